import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { until } from '../../../../lab/child.ts';
import type { Place } from '../../../core/identity.ts';
import { systemClock } from '../../../lib/clock.ts';
import { parseIp } from '../../../lib/ip.ts';
import { ScopedCounters } from '../../../telemetry/counters.ts';
import { createLog } from '../../../telemetry/log.ts';
import { HandClock } from '../../fixture.ts';
import {
  addressOf,
  FIND_IP_ANSWER,
  FIND_IP_REDUCED,
  IP_API_FAIL,
  ipApiAnswer,
  ipGeolocationAnswer,
  sendJson,
  startGeoServer,
} from './fixture.ts';
import { createWebPlaces, type WebPlacesOptions } from './index.ts';

const TOKEN = 'a-token-of-ours';

/** Asks for places on behalf of numbered clients; what they are told is in `told`. */
function start(t: TestContext, url: string, options: Partial<WebPlacesOptions<string>> = {}) {
  const counters = new ScopedCounters();
  const lines: string[] = [];
  const told = new Map<string, Place | null>();
  const places = createWebPlaces<string>({
    service: 'ip-api',
    token: null,
    url,
    perMinute: null,
    timeoutMs: 5000,
    keep: 1000,
    keepMs: 3_600_000,
    mask: (address) => address,
    settle: (waiting, place) => {
      for (const who of waiting) told.set(who, place);
    },
    clock: systemClock,
    log: createLog({ level: 'debug', write: (line) => lines.push(line), now: () => new Date(0) }),
    counters,
    random: () => 0,
    ...options,
  });
  t.after(() => places.close());
  const ask = (address: string, who: string) => {
    const where = places.of(parseIp(address)!);
    where.waiting?.push(who);
    return where;
  };
  return { places, ask, told, counters, lines };
}

const ipApi = (t: TestContext) =>
  startGeoServer(t, '/json/', (request, response) => sendJson(response, ipApiAnswer(addressOf(request))));

/** Addresses of name servers that everybody knows: documentation addresses would not be asked for. */
const anAddress = (i: number) => `8.8.${4 + (i >> 8)}.${i & 255}`;

test('an answer of ip-api is a place, passed on unchanged; known from then on', async (t) => {
  const server = await ipApi(t);
  const { ask, told, counters } = start(t, server.url);
  assert.deepEqual(ask('8.8.8.8', 'anna'), { place: null, waiting: ['anna'], isOpen: false });
  await until('anna is told', () => told.has('anna'));
  assert.deepEqual(told.get('anna')?.answer, ipApiAnswer('8.8.8.8'));
  assert.equal(told.get('anna')?.geo?.city, 'Berlin');
  assert.deepEqual(ask('8.8.8.8', 'bert'), { place: told.get('anna'), waiting: null, isOpen: false });
  assert.deepEqual(server.asked, ['/json/8.8.8.8']);
  assert.deepEqual(counters.read(), { lookups: 1 });
});

test('findip is asked with the token, which is in no error and no log; its answer is reduced', async (t) => {
  const server = await startGeoServer(t, '/', (_, response) => sendJson(response, FIND_IP_ANSWER));
  const { ask, told, lines } = start(t, server.url, { service: 'findip', token: TOKEN });
  ask('8.8.8.8', 'anna');
  await until('anna is told', () => told.has('anna'));
  assert.deepEqual(told.get('anna')?.answer, FIND_IP_REDUCED);
  assert.deepEqual(server.asked, [`/8.8.8.8/?token=${TOKEN}`]);
  server.answer = (_, response) => response.writeHead(401).end(`no such token ${TOKEN}`);
  ask('8.8.4.4', 'bert');
  await until('bert is told', () => told.has('bert'));
  assert.equal(told.get('bert'), null);
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /refused the login/);
  for (const secret of [TOKEN, '8.8.4.4']) assert.ok(!lines.join('').includes(secret));
});

test('ipgeolocation is asked with key and address; who has no answer is there without a place', async (t) => {
  const server = await startGeoServer(t, '/ipgeo', (_, response) => sendJson(response, ipGeolocationAnswer('8.8.8.8')));
  const { ask, told, lines, counters } = start(t, server.url, { service: 'ipgeolocation', token: TOKEN });
  for (const who of ['anna', 'bert']) ask('8.8.8.8', who);
  await until('both are told', () => told.size === 2);
  assert.deepEqual(server.asked, [`/ipgeo?apiKey=${TOKEN}&ip=8.8.8.8`]);
  assert.deepEqual([told.get('anna')?.geo?.latitude, told.get('bert')?.geo?.city], [52.52, 'Berlin']);
  // Not in its database, and what it takes for reserved: it is not in trouble.
  for (const [address, status] of [
    ['8.8.4.1', 404],
    ['8.8.4.2', 423],
  ] as const) {
    server.answer = (_, response) => response.writeHead(status).end('{"message":"no"}');
    ask(address, address);
    await until(`${address} is told`, () => told.has(address));
    assert.equal(told.get(address), null);
  }
  assert.deepEqual([counters.get('lookupsUnknown'), counters.get('lookupsFailed')], [2, 0]);
  server.answer = (_, response) => response.writeHead(500).end(`${TOKEN} 8.8.4.4`);
  ask('8.8.4.4', 'carl');
  await until('carl is told', () => told.has('carl'));
  assert.equal(told.get('carl'), null);
  assert.equal(lines.length, 1);
  for (const secret of [TOKEN, '8.8.4.4']) assert.ok(!lines.join('').includes(secret));
});

test('one address is asked for once, whoever has it; of IPv6 a /64 is one', async (t) => {
  const server = await ipApi(t);
  const { ask, told } = start(t, server.url);
  for (const who of ['anna', 'bert', 'carl']) ask('8.8.8.8', who);
  ask('2001:4860:4860::8888', 'dora');
  ask('2001:4860:4860::8844', 'emil');
  await until('all are told', () => told.size === 5);
  assert.deepEqual(server.asked.sort(), ['/json/2001:4860:4860::8888', '/json/8.8.8.8']);
  assert.ok([...told.values()].every((place) => place?.geo?.city === 'Berlin'));
});

test('addresses that nobody on the internet has are never sent', async (t) => {
  const server = await ipApi(t);
  const { ask, told, counters } = start(t, server.url);
  const local = [
    ...[
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '127.0.0.1',
      '169.254.1.1',
      '100.64.0.1',
      '0.0.0.0',
      '255.255.255.255',
    ],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '224.0.0.1', '::1', '::', 'fe80::1', 'fd00::1'],
    ...['fec0::1', 'ff02::1', '2001:db8::1', '3fff::1', '::ffff:10.0.0.1', '64:ff9b:1::1'],
  ];
  for (const address of local) assert.deepEqual(ask(address, address), { place: null, waiting: null, isOpen: false });
  ask('8.8.8.8', 'anna');
  await until('anna is told', () => told.has('anna'));
  assert.deepEqual(server.asked, ['/json/8.8.8.8']);
  assert.equal(counters.get('lookupsLocal'), local.length);
});

test('no more than so many a minute; the rest waits for its turn, in order', async (t) => {
  const server = await ipApi(t);
  const clock = new HandClock();
  const { ask, told } = start(t, server.url, { clock, perMinute: 3 });
  for (let i = 0; i < 7; i++) ask(anAddress(i), `${i}`);
  await until('three are told', () => told.size === 3 && clock.alarms.length > 0);
  assert.equal(server.asked.length, 3);
  clock.pass(clock.alarms[0]!);
  await until('six are told', () => told.size === 6 && clock.alarms.length > 0);
  assert.equal(server.asked.length, 6);
  assert.deepEqual([...told.keys()].sort(), ['0', '1', '2', '3', '4', '5']);
  clock.pass(61_000);
  await until('all are told', () => told.size === 7);
  assert.equal(clock.elapsed(), 122_000);
});

test('what X-Rl and X-Ttl say is done: none is left, so nobody asks until it is over', async (t) => {
  const server = await startGeoServer(t, '/json/', (request, response) =>
    sendJson(response, ipApiAnswer(addressOf(request)), { 'X-Rl': '0', 'X-Ttl': '17' }),
  );
  const clock = new HandClock();
  const { ask, told } = start(t, server.url, { clock });
  ask('8.8.8.8', 'anna');
  await until('anna is told', () => told.has('anna'));
  ask('8.8.4.4', 'bert');
  await until('it waits', () => clock.alarms.length > 0);
  assert.deepEqual(clock.alarms, [18_000]);
  assert.equal(server.asked.length, 1);
  clock.pass(18_000);
  await until('bert is told', () => told.has('bert'));
});

test('429: the same address is asked for again, first, when the service wants to be asked', async (t) => {
  const server = await startGeoServer(t, '/json/', (_, response) => response.writeHead(429, { 'X-Ttl': '30' }).end());
  const clock = new HandClock();
  const { ask, told, counters, lines } = start(t, server.url, { clock, perMinute: 100 });
  ask('8.8.8.8', 'anna');
  await until('it waits', () => clock.alarms.length > 0);
  assert.deepEqual(clock.alarms, [31_000]);
  server.answer = (request, response) => sendJson(response, ipApiAnswer(addressOf(request)));
  ask('8.8.8.8', 'bert');
  ask('8.8.4.4', 'carl');
  clock.pass(31_000);
  await until('all are told', () => told.size === 3);
  assert.deepEqual(server.asked.slice(0, 2), ['/json/8.8.8.8', '/json/8.8.8.8']);
  assert.ok([...told.values()].every((place) => place !== null));
  assert.deepEqual(counters.read(), { lookups: 3, lookupsRefused: 1 });
  assert.deepEqual(lines, []);
});

test('what the service does not know is nowhere, and asked again when it comes again later', async (t) => {
  const server = await startGeoServer(t, '/json/', (_, response) => sendJson(response, IP_API_FAIL));
  const clock = new HandClock();
  const { ask, told, counters } = start(t, server.url, { clock });
  ask('8.8.8.8', 'anna');
  await until('anna is told', () => told.has('anna'));
  assert.equal(told.get('anna'), null);
  assert.deepEqual(ask('8.8.8.8', 'bert'), { place: null, waiting: null, isOpen: true });
  assert.equal(counters.get('lookupsUnknown'), 1);
  server.answer = (request, response) => sendJson(response, ipApiAnswer(addressOf(request)));
  clock.pass(5 * 60_000);
  ask('8.8.8.8', 'bert');
  await until('bert is told', () => told.has('bert'));
  assert.equal(told.get('bert')?.geo?.city, 'Berlin');
  assert.equal(server.asked.length, 2);
});

const failures = {
  'an error': [(_, response) => response.writeHead(500).end('oops'), /HTTP 500/],
  'no JSON': [(_, response) => response.end('<html>8.8.8.8</html>'), /no JSON/],
  'another JSON': [(_, response) => sendJson(response, { hello: 'world' }), /would not say/],
  'a body without end': [(_, response) => response.end('x'.repeat(100_000)), /more than 16384 bytes/],
  'a redirect to elsewhere': [
    (_, response) => response.writeHead(302, { location: 'http://198.51.100.1/' }).end(),
    /a redirect to another server/,
  ],
  'nothing for too long': [() => {}, /did not answer within 200 ms/],
  'a connection that breaks': [(request) => request.socket.destroy(), /closed the connection/],
} satisfies Record<string, [Parameters<typeof startGeoServer>[2], RegExp]>;

for (const [name, [answer, sentence]] of Object.entries(failures)) {
  test(`a service that answers with ${name} is left alone for a while; it is said once, and nobody is lost`, async (t) => {
    const server = await startGeoServer(t, '/json/', answer);
    const clock = new HandClock();
    const { ask, told, counters, lines } = start(t, server.url, { clock, timeoutMs: 200 });
    ask('8.8.8.8', 'anna');
    await until('anna is told', () => told.has('anna'));
    assert.equal(told.get('anna'), null);
    ask('8.8.4.4', 'bert');
    await until('it waits', () => clock.alarms.length > 0);
    clock.pass(clock.alarms[0]!);
    await until('bert is told', () => told.has('bert'));
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, sentence);
    assert.ok(!lines[0]!.includes('8.8.8.8'));
    assert.equal(counters.get('lookupsFailed'), 2);
    server.answer = (request, response) => sendJson(response, ipApiAnswer(addressOf(request)));
    clock.pass(5 * 60_000);
    ask('8.8.8.8', 'carl');
    await until('carl is told', () => told.has('carl'));
    assert.equal(told.get('carl')?.geo?.city, 'Berlin');
    assert.match(lines[1]!, /places are found again/);
    assert.equal(lines.length, 2);
  });
}

test('pauses grow while the service is in trouble, and no further than five minutes', async (t) => {
  const server = await startGeoServer(t, '/json/', (_, response) => response.writeHead(503).end());
  const clock = new HandClock();
  const { ask, told } = start(t, server.url, { clock, perMinute: 1000 });
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    ask(anAddress(i), `${i}`);
    await until('it waits, or has been asked', () => clock.alarms.length > 0 || told.size > i);
    if (clock.alarms.length > 0) {
      pauses.push(clock.alarms[0]! - clock.elapsed());
      clock.pass(pauses.at(-1)!);
    }
    await until('it has been asked', () => told.size === i + 1);
  }
  // Half of the whole, with a chance of 0.
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 150_000]);
});

test('too many that wait: the oldest are dropped, counted, and may come again', async (t) => {
  const server = await ipApi(t);
  const clock = new HandClock();
  const { ask, told, counters } = start(t, server.url, { clock, perMinute: 1, queue: 3 });
  ask('8.8.8.8', 'first');
  await until('the first is told', () => told.has('first'));
  for (let i = 0; i < 5; i++) ask(anAddress(i), `${i}`);
  assert.deepEqual([told.get('0'), told.get('1'), told.has('2')], [null, null, false]);
  assert.equal(counters.get('lookupsDropped'), 2);
  assert.equal(ask(anAddress(0), 'again').isOpen, true);
  clock.pass(5 * 60_000);
  assert.notEqual(ask(anAddress(0), 'again').waiting, null);
});

test('so many at a time, and no more', async (t) => {
  const held: (() => void)[] = [];
  const server = await startGeoServer(t, '/json/', (request, response) => {
    held.push(() => sendJson(response, ipApiAnswer(addressOf(request))));
  });
  const { ask, told } = start(t, server.url);
  for (let i = 0; i < 20; i++) ask(anAddress(i), `${i}`);
  while (told.size < 20) {
    await until('some are asked for', () => held.length > 0 || told.size === 20);
    held.shift()?.();
  }
  assert.equal(server.open.most, 4);
});

test('what is remembered is bounded, in number and in time', async (t) => {
  const server = await ipApi(t);
  const clock = new HandClock();
  const { ask, told } = start(t, server.url, { clock, keep: 2, keepMs: 10_000 });
  for (const [i, who] of ['anna', 'bert', 'carl'].entries()) {
    ask(anAddress(i), who);
    await until(`${who} is told`, () => told.has(who));
  }
  assert.notEqual(ask(anAddress(2), 'carl').place, null);
  assert.equal(ask(anAddress(0), 'anna').place, null);
  clock.pass(10_000);
  assert.equal(ask(anAddress(2), 'carl').place, null);
});

test('closing ends what is under way and what waits; nobody is told any more', async (t) => {
  const server = await startGeoServer(t, '/json/', () => {});
  const { places, ask, told } = start(t, server.url, { perMinute: 2 });
  for (let i = 0; i < 10; i++) ask(anAddress(i), `${i}`);
  await until('it is asked', () => server.open.now === 2);
  await places.close();
  await until('the requests have ended', () => server.open.now === 0);
  assert.equal(told.size, 0);
});

test('a service that nobody knows is refused', (t) => {
  assert.throws(() => start(t, 'http://127.0.0.1:1/', { service: 'elsewhere' }), { code: 'GEO_SERVICE_UNKNOWN' });
});
