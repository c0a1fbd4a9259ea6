import { strict as assert } from 'node:assert';
import { copyFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { until } from '../../lab/child.ts';
import type { Client } from '../core/identity.ts';
import { type ClientFacts, clientFacts, presence } from '../core/observation.ts';
import { Tracker } from '../core/tracker.ts';
import { parseExclusion } from '../lib/exclusion.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { caseFile, HandClock, noCases } from './fixture.ts';
import { addressOf, ipApiAnswer, sendJson, startGeoServer } from './geo/web/fixture.ts';
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

test('whoever keeps clients himself is told the same of them, each time anew', async () => {
  const { enrichment, counters } = await start({ keepClients: 1 });
  const facts = clientFacts({ address: '2001:db8::0:1', userAgent: 'VLC/3.0', user: 'anna' });
  const met = enrichment.meet('a', facts);
  assert.notEqual(enrichment.meet('a', facts), met);
  assert.deepEqual(enrichment.meet('a', facts), met);
  enrichment.meet('a', clientFacts({ address: '192.0.2.1' }));
  assert.equal(counters.read()['clientsEvicted'] ?? 0, 0);
  assert.deepEqual(enrichment.identify('a', facts), met);
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
  const { enrichment } = await start();
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

// Places that come later, from a web service

const webGeo = (url: string) => ({
  web: {
    ...{ service: 'ip-api', token: null, url, perMinute: null, timeoutMs: 5000 },
    ...{ keep: 1000, keepMs: 3_600_000 },
  },
});

const ipApi = (t: TestContext) =>
  startGeoServer(t, '/json/', (request, response) => sendJson(response, ipApiAnswer(addressOf(request))));

test('a place from a web service reaches the session and every client of the address', async (t) => {
  const server = await ipApi(t);
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 's', audience: null, gap: 40_000, departures: 'never', provisional: false });
  const told: Client[] = [];
  const { enrichment } = await start({
    geo: webGeo(server.url),
    found: (source, client) => {
      told.push(client);
      tracker.touch(source, client);
    },
  });
  t.after(() => enrichment.close());
  const clients = ['VLC/3.0', 'mpv 0.38'].map((userAgent) =>
    enrichment.identify('s', clientFacts({ address: '8.8.8.8', userAgent })),
  );
  for (const client of clients) tracker.observe('s', presence({ stream: 'radio', client, from: 0 }));
  const { opened } = tracker.changes();
  assert.deepEqual(
    opened.map(({ place }) => place),
    [null, null],
  );
  await until('both are told', () => told.length === 2);
  const { regrouped } = tracker.changes();
  assert.deepEqual(new Set(regrouped), new Set(opened));
  for (const session of regrouped) {
    const { place } = tracker.describe(session);
    assert.equal(place?.geo?.city, 'Berlin');
    assert.deepEqual(place.answer, ipApiAnswer('8.8.8.8'));
  }
  assert.deepEqual(server.asked, ['/json/8.8.8.8']);
  // Whoever comes now has it at once.
  assert.equal(enrichment.identify('s', clientFacts({ address: '8.8.8.8' })).place, regrouped[0]!.place);
});

test('nobody waits for a web service: not even whoever waits for all that can be found out', async (t) => {
  const server = await startGeoServer(t, '/json/', () => {});
  const { enrichment, found } = await start({ geo: webGeo(server.url) });
  enrichment.identify('s', clientFacts({ address: '8.8.8.8', userAgent: FIREFOX }));
  await until('it is asked', () => server.asked.length === 1);
  await enrichment.settled();
  assert.equal(found.length, 0);
  await enrichment.close();
});

test('a place that could not be found out is asked for again when the client comes again', async (t) => {
  const server = await startGeoServer(t, '/json/', (_, response) => response.writeHead(500).end());
  const clock = new HandClock();
  const { enrichment, found, counters } = await start({ geo: webGeo(server.url), clock });
  t.after(() => enrichment.close());
  const facts = clientFacts({ address: '8.8.8.8', userAgent: 'VLC/3.0' });
  const client = enrichment.identify('s', facts);
  await until('it has failed', () => counters.get('lookupsFailed') === 1);
  await enrichment.settled();
  server.answer = (request, response) => sendJson(response, ipApiAnswer(addressOf(request)));
  enrichment.identify('s', facts);
  assert.equal(server.asked.length, 1);
  clock.pass(5 * 60_000);
  assert.equal(enrichment.identify('s', facts), client);
  await until('it is told', () => found.length === 1);
  assert.equal(client.place?.geo?.city, 'Berlin');
  enrichment.identify('s', facts);
  assert.equal(server.asked.length, 2);
});

for (const addresses of ['truncated', 'hashed'] as const) {
  test(`${addresses}: what a web service answers does not tell the address either`, async (t) => {
    const server = await ipApi(t);
    const { enrichment, found } = await start({ geo: webGeo(server.url), privacy: { ...FULL, addresses } });
    t.after(() => enrichment.close());
    const client = enrichment.identify('s', clientFacts({ address: '8.8.8.8' }));
    await until('it is told', () => found.length === 1);
    assert.deepEqual(server.asked, ['/json/8.8.8.8']);
    assert.ok(!JSON.stringify(client).includes('8.8.8.8'));
    assert.deepEqual(client.place?.answer, ipApiAnswer(client.address!));
  });
}

// Whom the configuration excludes

test('who is excluded is a bot, whatever plays, and so is whoever publishes', async (t) => {
  const exclude = ['192.0.2.0/24', 'agent:ourprobe'].map((text) => parseExclusion(text)!);
  const { enrichment } = await start({ exclude, privacy: { ...FULL, addresses: 'hashed' } });
  t.after(() => enrichment.close());
  const of = (address: string, userAgent: string) => enrichment.identify('s', clientFacts({ address, userAgent }));
  const ours = [of('192.0.2.9', FIREFOX), of('192.0.2.9', 'VLC/3.0'), of('198.51.100.1', 'OurProbe/1.0 VLC/3.0')];
  const others = [of('198.51.100.1', FIREFOX), of('198.51.100.1', 'VLC/3.0')];
  assert.deepEqual(
    [...ours, ...others].map(({ bot }) => bot),
    [true, true, true, false, false],
  );
  assert.equal(ours[0]!.player?.name, 'Firefox');
  const facts = { address: '198.51.100.1', userAgent: FIREFOX };
  const publisher = enrichment.identify('s', clientFacts({ ...facts, isPublisher: true }));
  assert.equal(publisher.bot, true);
  assert.notEqual(publisher.key, others[0]!.key);
});

// Databases that are replaced while Headcount runs

async function swapping(t: TestContext, name = 'GeoLite2-City-Test') {
  const directory = await mkdtemp(join(tmpdir(), 'headcount-swap-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'city.mmdb');
  await copyFile(caseFile(`geoip/test-data/${name}.mmdb`), path);
  const clock = new HandClock();
  const lines: string[] = [];
  const log = { ...silentLog, warn: (line: string) => lines.push(line), info: (line: string) => lines.push(line) };
  const started = await start({ geo: { database: path }, clock, log: { ...log, scoped: () => silentLog } });
  t.after(() => started.enrichment.close());
  const facts = clientFacts({ address: '81.2.69.142', userAgent: 'VLC/3.0' });
  const cityOf = () => started.enrichment.identify('s', facts).place?.geo?.city ?? null;
  /** The next look at the file, until it is over. */
  const look = async () => {
    await until('it sleeps', () => clock.alarms.length === 1);
    clock.pass(10_000);
    await until('it has looked', () => clock.alarms.length === 1);
  };
  return { ...started, directory, path, lines, cityOf, look };
}

test('a database that is replaced is taken over without a restart; sessions keep their place', {
  skip: noCases,
}, async (t) => {
  const { enrichment, directory, path, counters, lines, cityOf, look } = await swapping(t, 'GeoIP2-Country-Test');
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 's', audience: null, gap: 40_000, departures: 'never', provisional: false });
  const hears = (from: number) => {
    const client = enrichment.identify('s', clientFacts({ address: '81.2.69.142', userAgent: 'VLC/3.0' }));
    tracker.observe('s', presence({ stream: 'radio', client, from }));
  };
  hears(0);
  assert.equal(cityOf(), null);
  await copyFile(caseFile('geoip/test-data/GeoIP2-City-Test.mmdb'), join(directory, 'new'));
  await rename(join(directory, 'new'), path);
  await look();
  assert.equal(cityOf(), null, 'it has been seen only once: it may still be written');
  await look();
  assert.equal(cityOf(), 'London');
  assert.equal(counters.get('databasesReloaded'), 1);
  assert.equal(lines.length, 1);
  hears(10_000);
  const [session, ...more] = [...tracker.sessions()];
  assert.deepEqual([session?.place?.geo?.countryCode, session?.place?.geo?.city, more.length], ['GB', null, 0]);
  await look();
  await look();
  assert.equal(counters.get('databasesReloaded'), 1);
});

test('a database that is written anew in place is taken over when it has come to rest', {
  skip: noCases,
}, async (t) => {
  const { path, counters, lines, cityOf, look } = await swapping(t, 'GeoIP2-Country-Test');
  await truncate(path, 1000);
  await look();
  await copyFile(caseFile('geoip/test-data/GeoIP2-City-Test.mmdb'), path);
  await look();
  assert.equal(cityOf(), null);
  await look();
  assert.equal(cityOf(), 'London');
  assert.deepEqual([counters.get('databasesReloaded'), counters.get('databasesRefused')], [1, 0]);
  assert.equal(lines.length, 1);
});

test('a new database that does not work is refused, once, and the old one stays in use', {
  skip: noCases,
}, async (t) => {
  const { path, counters, lines, cityOf, look } = await swapping(t);
  assert.equal(cityOf(), 'London');
  const wrong = [
    () => writeFile(path, 'no database at all'),
    () => copyFile(caseFile('geoip/test-data/GeoLite2-ASN-Test.mmdb'), path),
    () => copyFile(caseFile('geoip/test-data/GeoIP2-City-Test-Broken-Double-Format.mmdb'), path),
    () => copyFile(caseFile('geoip/bad-data/libmaxminddb/libmaxminddb-offset-integer-overflow.mmdb'), path),
  ];
  for (const [i, replace] of wrong.entries()) {
    await replace();
    for (let looks = 0; looks < 4; looks++) await look();
    assert.equal(counters.get('databasesRefused'), i + 1);
    assert.equal(lines.length, i + 1);
    assert.match(lines[i]!, /stays in use/);
    assert.equal(cityOf(), 'London');
  }
  await rm(path);
  await look();
  await look();
  assert.equal(cityOf(), 'London');
  await copyFile(caseFile('geoip/test-data/GeoIP2-City-Test.mmdb'), path);
  await look();
  await look();
  assert.equal(counters.get('databasesReloaded'), 1);
  assert.equal(cityOf(), 'London');
});
