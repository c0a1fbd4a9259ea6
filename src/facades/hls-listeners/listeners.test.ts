/** One pass after another over a real audience; the clock is the test's. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Audience } from '../../core/audience.ts';
import { type Client, identify, type Place } from '../../core/identity.ts';
import { clientFacts, type Presence, presence } from '../../core/observation.ts';
import { Tracker } from '../../core/tracker.ts';
import { createClient } from '../../enrich/client.ts';
import { Listeners, type ListenersOptions } from './listeners.ts';

const T0 = Date.UTC(2026, 10, 21, 12);
const SECOND = 1000;
const hash = (text: string) => text;

interface Seen extends Partial<Omit<Presence<Client>, 'client'>> {
  readonly source?: string;
  readonly ip?: string;
  readonly agent?: string | null;
  readonly playback?: string;
  readonly bot?: boolean;
  readonly place?: Place | null;
  /** What is shown of the address. */
  readonly shown?: string;
}

function begin(options: Partial<ListenersOptions> = {}) {
  const tracker = new Tracker({ hash });
  for (const name of ['edge', 'radio']) {
    tracker.attach({ name, audience: null, gap: 60_000, departures: 'never', provisional: false });
  }
  const audience = new Audience();
  const listeners = new Listeners(
    { streams: ['one', 'two'], format: 'v2', sources: [], bots: true, window: 40_000, every: 20_000, ...options },
    { audience, describe: (session) => tracker.describe(session) },
  );
  const see = ({ source = 'edge', ip = '192.0.2.1', agent = 'VLC', playback, bot = false, ...more }: Seen) => {
    const { place = null, shown = ip, ...rest } = more;
    const id = playback === undefined ? null : { id: playback, issued: true };
    const facts = clientFacts({ address: ip, userAgent: agent, playback: id });
    const identity = identify(facts, ip, true, hash);
    const client = createClient({ identity, address: shown, facts, place, player: null, bot });
    tracker.observe(source, presence({ stream: 'one', from: T0, ...rest, client }));
    audience.apply(tracker.changes());
  };
  const pass = (at: number) => JSON.parse(listeners.pass(at)) as Record<string, Record<string, unknown>[]>;
  return { see, pass, listeners };
}

test('who was seen exactly 40 s ago is there, a second later no more', () => {
  const { see, pass } = begin();
  see({});
  assert.equal(pass(T0 + 40 * SECOND)['one']!.length, 1);
  assert.equal(pass(T0 + 40 * SECOND + 999)['one']!.length, 1, 'in whole seconds, as logs have them');
  assert.equal(pass(T0 + 41 * SECOND)['one']!.length, 0);
});

test('a connection that is told to be there until told otherwise is there', () => {
  const { see, pass } = begin();
  see({ until: Number.MAX_SAFE_INTEGER });
  const [listener] = pass(T0 + SECOND)['one']!;
  assert.equal(listener!['connected_time'], 1);
});

test('sessions of one address with one user agent are one listener: since the first, with the newest quality', () => {
  const { see, pass } = begin();
  see({ playback: 'a', qualities: [{ at: T0, value: 'low' }] });
  see({ playback: 'b', from: T0 + 5000, qualities: [{ at: T0 + 5000, value: 'high' }] });
  see({ playback: 'c', from: T0 + 9000 });
  see({ playback: 'd', agent: 'other' });
  const document = pass(T0 + 10 * SECOND);
  assert.deepEqual(document['total_listeners'], { one: 2, two: 0 });
  const merged = document['one']!.find(({ user_agent }) => user_agent === 'VLC')!;
  assert.equal(merged['connected_on'], T0 / SECOND);
  assert.equal(merged['mount_name'], 'HLS: high');
});

test('listeners whose shown address has been cut to the same are still told apart', () => {
  const { see, pass } = begin();
  for (const ip of ['192.0.2.1', '192.0.2.2']) see({ ip, shown: '192.0.2.0' });
  assert.deepEqual(
    pass(T0)['one']!.map(({ ip_address }) => ip_address),
    ['192.0.2.0', '192.0.2.0'],
  );
});

test('listeners come in the order in which they came', () => {
  const { see, pass } = begin();
  for (const [i, ip] of ['192.0.2.9', '192.0.2.1', '192.0.2.5'].entries()) see({ ip, from: T0 + i });
  see({ ip: '192.0.2.9', from: T0 + 10 });
  assert.deepEqual(
    pass(T0)['one']!.map(({ ip_address }) => ip_address),
    ['192.0.2.9', '192.0.2.1', '192.0.2.5'],
  );
});

test('a client without a user agent has a dash, as nginx writes it', () => {
  const { see, pass } = begin();
  see({ agent: null });
  assert.equal(pass(T0)['one']![0]!['user_agent'], '-');
});

test('v1 counts passes, for each stream by itself, and begins anew after an absence', () => {
  const { see, pass } = begin({ format: 'v1', every: 5 * SECOND });
  const durations = (at: number) => {
    const document = pass(at);
    return [document['one']![0]?.['duration'], document['two']![0]?.['duration']];
  };
  see({});
  assert.deepEqual(durations(T0), [5, undefined]);
  see({ stream: 'two' });
  assert.deepEqual(durations(T0 + 5 * SECOND), [10, 5]);
  assert.deepEqual(durations(T0 + 50 * SECOND), [undefined, undefined]);
  see({ from: T0 + 55 * SECOND });
  assert.deepEqual(durations(T0 + 55 * SECOND), [5, undefined]);
});

test('only the streams, sources and bots that are asked for', () => {
  const seen: Seen[] = [
    { ip: '192.0.2.1' },
    { ip: '192.0.2.2', source: 'radio' },
    { ip: '192.0.2.3', bot: true },
    { ip: '192.0.2.4', stream: 'three' },
  ];
  const told = (options: Partial<ListenersOptions>) => {
    const { see, pass } = begin(options);
    for (const [i, each] of seen.entries()) see({ from: T0 + i, ...each });
    return pass(T0)['one']!.map(({ ip_address }) => String(ip_address).at(-1));
  };
  assert.deepEqual(told({}), ['1', '2', '3']);
  assert.deepEqual(told({ sources: ['radio'] }), ['2']);
  assert.deepEqual(told({ bots: false }), ['1', '2']);
});

test('streams keep their order, whatever they are called, and are told once', () => {
  const streams = ['rock', '7', '__proto__', 'constructor', '"quoted"\n', '1', 'rock'];
  const { see, listeners } = begin({ streams });
  see({ stream: '__proto__' });
  const keys = [...listeners.pass(T0).matchAll(/^ {4}("(?:[^"\\]|\\.)*"): /gm)].map(([, key]) => JSON.parse(key!));
  assert.deepEqual(keys, ['total_listeners', ...streams.slice(0, -1)]);
  assert.match(listeners.pass(T0), /^ {8}"__proto__": 1,$/m);
});

test('what is written by clients stays text', () => {
  const { see, listeners } = begin();
  const agent = '</script>"\n    ],\n    "two": [] \ud800';
  see({ agent });
  const [listener] = (JSON.parse(listeners.pass(T0)) as { one: { user_agent: string }[] }).one;
  assert.equal(listener!.user_agent, agent);
});

test('a clock that is behind the log makes no negative times', () => {
  const { see, pass } = begin();
  see({ from: T0 + 3000 });
  const [listener] = pass(T0)['one']!;
  assert.deepEqual([listener!['connected_on'], listener!['connected_time']], [T0 / SECOND, 0]);
});

const GEO = {
  ...{ countryCode: 'DE', regionCode: 'BE', region: 'Land Berlin', city: 'Berlin', postalCode: '10115' },
  ...{ latitude: 52.52, longitude: 13.4, accuracyKm: 20, timeZone: 'Europe/Berlin' },
};

test('what a web service has answered is passed on unchanged, also that it failed', () => {
  for (const answer of [
    { status: 'fail', message: 'reserved range', query: '192.0.2.1' },
    { city: 'Berlin', traits: [] },
  ]) {
    const { see, pass } = begin();
    const place = { geo: GEO, asn: null, organization: null, answer };
    see({ place });
    assert.deepEqual(pass(T0)['one']![0]!['location'], answer);
  }
});

test('what our own databases know is told in the words of ip-api.com', () => {
  const { see, pass } = begin({ format: 'v1' });
  see({ place: { geo: GEO, asn: 64_496, organization: 'Example Networks' } });
  assert.deepEqual(Object.entries(pass(T0)['one']![0]!['geo'] as object), [
    ['status', 'success'],
    ['country', 'Germany'],
    ['countryCode', 'DE'],
    ['region', 'BE'],
    ['regionName', 'Land Berlin'],
    ['city', 'Berlin'],
    ['zip', '10115'],
    ['lat', 52.52],
    ['lon', 13.4],
    ['timezone', 'Europe/Berlin'],
    ['isp', 'Example Networks'],
    ['org', 'Example Networks'],
    ['as', 'AS64496 Example Networks'],
    ['query', '192.0.2.1'],
  ]);
});

test('of a place what is not known is empty, and a place that is not known is null', () => {
  const { see, pass } = begin();
  see({ place: { geo: null, asn: 64_496, organization: null } });
  see({ ip: '192.0.2.2' });
  const [known, unknown] = pass(T0)['one']!.map(({ location }) => location as Record<string, unknown> | null);
  assert.deepEqual([known!['country'], known!['lat'], known!['as']], ['', null, 'AS64496']);
  assert.equal(unknown, null);
});
