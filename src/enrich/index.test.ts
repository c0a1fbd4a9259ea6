import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../core/identity.ts';
import { type ClientFacts, clientFacts, presence } from '../core/observation.ts';
import { Tracker } from '../core/tracker.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { caseFile, noCases } from './fixture.ts';
import { createEnrichment, type EnrichmentOptions } from './index.ts';
import { keyedHash } from './privacy.ts';

const KEY = new Uint8Array(32).fill(9);
const hash = keyedHash(KEY);
const FULL = { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 } as const;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';

async function start(options: Partial<EnrichmentOptions> = {}) {
  const counters = new ScopedCounters();
  const found: [source: string, client: Client][] = [];
  const enrichment = await createEnrichment({
    geo: false,
    asnDatabase: false,
    privacy: FULL,
    key: KEY,
    acceptDeclared: true,
    found: (source, client) => found.push([source, client]),
    log: silentLog,
    counters,
    ...options,
  });
  return { enrichment, counters, found };
}

test('the same facts object, and equal facts, of one source are one client', async () => {
  const { enrichment } = await start();
  const facts = clientFacts({ address: '192.0.2.1', port: 4000, userAgent: 'VLC/3.0' });
  const client = enrichment.identify('a', facts);
  assert.equal(enrichment.identify('a', facts), client);
  assert.equal(enrichment.identify('a', { ...facts }), client);
  assert.notEqual(enrichment.identify('b', facts), client);
  assert.equal(enrichment.identify('a', facts), client);
  await enrichment.close();
});

const text = fc.option(fc.constantFrom('', '-', '1', '1:1', '1:', ':', '|', '1:-', '#', 'x'.repeat(301)), {
  nil: null,
});
const anyFacts: fc.Arbitrary<ClientFacts> = fc.record({
  isPublisher: fc.boolean(),
  address: text,
  port: fc.option(fc.integer({ min: 1, max: 3 }), { nil: null }),
  userAgent: text,
  user: text,
  device: text,
  connection: text,
  playback: fc.option(fc.record({ id: fc.constantFrom('', '1', '1:1'), issued: fc.boolean() }), { nil: null }),
});

test('two clients are one if their facts are equal, and never otherwise', async () => {
  const { enrichment } = await start({ queueAgents: 1 });
  const texts = new Map<Client, string>();
  fc.assert(
    fc.property(anyFacts, fc.constantFrom('s', 's1:1', '1:s'), (facts, source) => {
      const client = enrichment.identify(source, { ...facts });
      const { address, port, userAgent, user, device, connection, playback, isPublisher } = facts;
      const who = [address, port, userAgent, user, device, connection, playback, isPublisher];
      const said = JSON.stringify([source, ...who]);
      assert.equal(texts.get(client) ?? said, said);
      assert.equal(enrichment.identify(source, { ...facts }), client);
      texts.set(client, said);
    }),
    { numRuns: 3000 },
  );
  assert.equal(new Set(texts.values()).size, texts.size);
  await enrichment.close();
});

test('all clients have one shape, with what the tracker reads first', async () => {
  const { enrichment } = await start();
  const clients = [
    enrichment.identify('s', clientFacts({})),
    enrichment.identify('s', clientFacts({ address: '192.0.2.1', userAgent: 'VLC/3.0', user: 'ann', connection: '1' })),
  ];
  for (const client of clients) {
    assert.deepEqual(Object.keys(client), [
      'session',
      'key',
      'identity',
      'selfDeclared',
      'agent',
      'network',
      'listener',
      'listenerRank',
      'player',
      'bot',
      'place',
      'address',
      'port',
      'userAgent',
      'user',
      'device',
    ]);
  }
  await enrichment.close();
});

test('addresses have one writing; the network of an IPv6 address is its /64', async () => {
  const { enrichment } = await start();
  const of = (address: string) => enrichment.identify('s', clientFacts({ address }));
  assert.equal(of('::FFFF:192.0.2.1').address, '192.0.2.1');
  assert.equal(of('::ffff:192.0.2.1').key, of('192.0.2.1').key);
  assert.equal(of('2001:DB8::0:1').address, '2001:db8::1');
  assert.equal(of('2001:db8::1').key, of('2001:db8::ffff').key);
  assert.notEqual(of('2001:db8::1').key, of('2001:db8:0:1::1').key);
  assert.equal(of('2001:db8::1').network, hash('n|2001:db8::/64'));
  assert.equal(of('some-token').address, 'some-token');
  await enrichment.close();
});

test('ids that a player declares count only where they are believed', async () => {
  const facts = clientFacts({ address: '192.0.2.1', playback: { id: 'made-up', issued: false } });
  const believing = await start();
  const doubting = await start({ acceptDeclared: false });
  assert.equal(believing.enrichment.identify('s', facts).identity, 'declared');
  assert.equal(doubting.enrichment.identify('s', facts).identity, 'inferred');
  await believing.enrichment.close();
  await doubting.enrichment.close();
});

for (const addresses of ['truncated', 'hashed'] as const) {
  test(`${addresses}: nothing of a client tells its address`, async () => {
    const { enrichment } = await start({ privacy: { ...FULL, addresses }, geo: { database: null }, asnDatabase: null });
    for (const address of ['8.8.8.8', '2001:4860:4860::8888', '192.0.2.77', 'host-77.example.net']) {
      const client = enrichment.identify('s', clientFacts({ address, userAgent: 'VLC/3.0' }));
      assert.ok(!JSON.stringify(client).includes(address), address);
      assert.notEqual(client.address, null);
    }
    // The place was looked up before.
    assert.equal(enrichment.identify('s', clientFacts({ address: '8.8.8.8' })).place?.asn, 15169);
    await enrichment.close();
  });
}

test('places: at once, for the first IPv6 address too, and shared', async () => {
  const { enrichment } = await start({ geo: { database: null }, asnDatabase: null });
  const placeOf = (address: string) => enrichment.identify('s', clientFacts({ address })).place;
  assert.deepEqual([placeOf('8.8.8.8')?.geo?.countryCode, placeOf('8.8.8.8')?.organization], ['US', 'Google LLC']);
  const ipv6 = placeOf('2001:4860:4860::8888');
  assert.equal(ipv6?.asn, 15169);
  assert.notEqual(ipv6.geo?.countryCode ?? null, null);
  assert.equal(placeOf('8.8.8.9'), placeOf('8.8.8.8'));
  for (const address of ['192.0.2.1', '127.0.0.1', '10.0.0.1', '2001:db8::1', 'token'])
    assert.equal(placeOf(address), null);
  await enrichment.close();
});

test('databases by path', { skip: noCases }, async () => {
  const { enrichment } = await start({
    geo: { database: caseFile('geoip/test-data/GeoIP2-City-Test.mmdb') },
    asnDatabase: caseFile('geoip/test-data/GeoLite2-ASN-Test.mmdb'),
  });
  const placeOf = (address: string) => enrichment.identify('s', clientFacts({ address })).place;
  assert.equal(placeOf('81.2.69.142')?.geo?.city, 'London');
  assert.equal(placeOf('81.2.69.142')?.asn, null);
  assert.deepEqual(placeOf('1.0.0.0'), { geo: null, asn: 15169, organization: 'Google Inc.' });
  await enrichment.close();
});

test('what cannot be used is said at the start', async () => {
  await assert.rejects(start({ geo: { database: '/nowhere.mmdb' } }), { code: 'MMDB_UNREADABLE' });
  await assert.rejects(start({ asnDatabase: '/nowhere.mmdb' }), { code: 'MMDB_UNREADABLE' });
  await assert.rejects(start({ key: new Uint8Array(4) }), { code: 'PRIVACY_KEY' });
});

test('without databases there are no places', async () => {
  const { enrichment } = await start();
  assert.equal(enrichment.identify('s', clientFacts({ address: '8.8.8.8' })).place, null);
  await enrichment.close();
});

test('a player is known before the session begins', async () => {
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 's', audience: null, gap: 40_000, departures: 'never', provisional: false });
  const { enrichment, found } = await start();
  const client = enrichment.identify('s', clientFacts({ address: '192.0.2.1', userAgent: FIREFOX }));
  tracker.observe('s', presence({ stream: 'radio', client, from: 0 }));
  const [opened] = tracker.changes().opened;
  assert.deepEqual(tracker.describe(opened!).player, {
    name: 'Firefox',
    version: '121.0',
    type: 'browser',
    platform: 'Linux',
  });
  await enrichment.settled();
  assert.deepEqual(found, []);
  await enrichment.close();
});

test('clients with one user agent share what is known of it', async () => {
  const { enrichment } = await start();
  const of = (address: string) => enrichment.identify('s', clientFacts({ address, userAgent: FIREFOX }));
  assert.equal(of('192.0.2.1').player?.name, 'Firefox');
  assert.equal(of('192.0.2.1').player, of('192.0.2.2').player);
  await enrichment.close();
});

test('so many clients are kept and no more', async () => {
  const { enrichment, counters } = await start({ keepClients: 3 });
  const of = (i: number) => enrichment.identify('s', clientFacts({ address: `192.0.2.${i}`, userAgent: FIREFOX }));
  const clients = [1, 2, 3, 4, 5].map(of);
  assert.equal(counters.get('clientsEvicted'), 2);
  assert.equal(of(5), clients[4]);
  assert.notEqual(of(1), clients[0]);
  await enrichment.close();
});

test('a user agent without end is kept without its end, but still tells clients apart', async () => {
  const { enrichment } = await start();
  const of = (userAgent: string) => enrichment.identify('s', clientFacts({ address: '192.0.2.1', userAgent }));
  const long = 'VLC/3.0 '.padEnd(5000, 'x');
  assert.equal(of(`${long}a`).userAgent, long.slice(0, 1024));
  assert.notEqual(of(`${long}a`).key, of(`${long}b`).key);
  assert.equal(of(`${long}a`), of(`${long}a`));
  await enrichment.close();
});
