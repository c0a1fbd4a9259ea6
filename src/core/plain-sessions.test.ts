/** Plain sessions, and the tracker from where they are no longer enough, make the sessions of the tracker alone. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client, Place } from './identity.ts';
import { type Presence, presence } from './observation.ts';
import { NONE } from './open-rows.ts';
import type { PackedRuns } from './packed-runs.ts';
import { type EachPlain, PlainSessions } from './plain-sessions.ts';
import { Tracker } from './tracker.ts';

const GAP = 40_000;
const LATENESS = 5000;
/** In these tests a network may have so many user agents. */
const MOST_AGENTS = 2;
const QUALITIES = ['720p', '360p', 'audio'];
const STREAMS = ['rock', 'jazz'];
const HERE: Place = { geo: null, asn: 64_496, organization: null };

function clientOf(network: string, agent: string, more: Partial<Client> = {}): Client {
  const key = `${network} ${agent}`;
  return {
    ...{ session: null, key, identity: 'inferred', selfDeclared: true, agent: key, network, listener: key },
    ...{ listenerRank: 0, player: null, bot: false, place: HERE, address: network, port: null, userAgent: agent },
    ...{ user: null, device: null },
    ...more,
  };
}

/** Three of one network; two that differ in nothing but their address; one who is more than plain. */
const CLIENTS: readonly (() => Client)[] = [
  () => clientOf('a', 'VLC'),
  () => clientOf('a', 'Lavf'),
  () => clientOf('a', 'mpv'),
  () => clientOf('b', 'VLC'),
  () => clientOf('b', 'VLC', { address: 'b2' }),
  () => clientOf('c', 'VLC', { identity: 'declared', key: 'p' }),
];
const PLAIN = 4;

interface Run {
  readonly client: number;
  readonly stream: number;
  /** After the run before it; back by the lateness at most. */
  readonly after: number;
  readonly length: number;
  readonly bytes: number;
  readonly quality: number;
  readonly closes: boolean;
}

const runsOf = (clients: number) =>
  fc.array(
    fc.record({
      client: fc.nat(clients - 1),
      stream: fc.nat(1),
      after: fc.oneof(fc.integer({ min: -LATENESS, max: LATENESS }), fc.constantFrom(GAP - 1, GAP, GAP + 1, 2 * GAP)),
      length: fc.oneof(fc.nat(1000), fc.nat(2 * GAP)),
      bytes: fc.nat(1000),
      quality: fc.integer({ min: -1, max: 2 }),
      closes: fc.boolean(),
    }),
    { maxLength: 40 },
  );

type Told = readonly [string, string, number, number, number, string | null];

/** As both are told: runs with times, and the watermark after each that closes. */
function* told(all: readonly Run[]) {
  let newest = 1e6;
  for (const { after, length, closes, ...rest } of all) {
    const from = Math.max(newest + after, 0);
    const to = from + length;
    newest = Math.max(newest, from, closes ? to : 0);
    yield { ...rest, from, to, watermark: closes ? newest - LATENESS : null };
  }
}

/** The tracker, and what it has closed. */
class Tracked {
  readonly closed: Told[] = [];
  readonly #tracker = new Tracker({ hash: (text) => text, maxAgents: MOST_AGENTS });

  constructor() {
    this.#tracker.attach({ name: 's', audience: null, gap: GAP, departures: 'never', provisional: false });
  }

  observe(p: Presence<Client>): void {
    this.#tracker.observe('s', p);
  }

  advance(watermark: number): void {
    this.#tracker.advance('s', watermark);
    for (const session of this.#tracker.changes().closed) {
      const { listener, stream, startedAt, endedAt, bytes, quality } = this.#tracker.describe(session);
      this.closed.push([listener, stream, startedAt, endedAt!, bytes, quality]);
    }
  }
}

function byTracker(all: readonly Run[]): Told[] {
  const tracked = new Tracked();
  const clients = CLIENTS.map((make) => make());
  for (const run of told(all)) {
    tracked.observe(presenceOf(run, clients));
    if (run.watermark !== null) tracked.advance(run.watermark);
  }
  tracked.advance(Number.MAX_SAFE_INTEGER);
  return tracked.closed.sort(byText);
}

/** A run and its sight, as a reader packs them. */
function packed(from: number, to: number, bytes: number, sightAt: number, quality: number): PackedRuns {
  const runs = new Float64Array([0, 0, from, to, bytes, 1, quality === NONE ? 0 : 1]);
  return { runs, sights: new Float64Array(quality === NONE ? [] : [sightAt, quality]) };
}

/** Also answers how many runs were taken before the tracker went on. Nobody who has nothing open is kept in mind if `keep` is 0. */
function byPlain(all: readonly Run[], keep = 100): { closed: Told[]; taken: number } {
  const names = { streams: STREAMS, qualities: QUALITIES };
  const plain = new PlainSessions({ gap: GAP, names, maxAgents: MOST_AGENTS, keep });
  const tracked = new Tracked();
  const clients = CLIENTS.map((make) => make());
  let taken = 0;
  let isPlain = true;
  const close: EachPlain = ({ seat, stream, from, to, bytes, quality }, row) => {
    const { listener } = plain.clientOf(seat[row]!);
    const seen = quality[row] === NONE ? null : QUALITIES[quality[row]!]!;
    const end = Math.max(to[row]!, from[row]! + 1000);
    tracked.closed.push([listener, STREAMS[stream[row]!]!, from[row]!, end, bytes[row]!, seen]);
  };
  for (const run of told(all)) {
    const { client, stream, from, to, bytes, quality, watermark } = run;
    const seat = isPlain ? plain.seatOf(clients[client]!) : NONE;
    if (seat !== NONE && plain.add(seat, stream, quality, packed(from, to, bytes, to, quality), 0, 0)) {
      taken++;
    } else {
      if (isPlain) {
        plain.close(close);
        for (const each of plain.open()) tracked.observe(each);
        tracked.advance(plain.watermark);
        isPlain = false;
      }
      tracked.observe(presenceOf(run, clients));
    }
    if (watermark !== null && isPlain) plain.advance(watermark, close);
    else if (watermark !== null) tracked.advance(watermark);
  }
  if (isPlain) plain.advance(Number.POSITIVE_INFINITY, close);
  else tracked.advance(Number.MAX_SAFE_INTEGER);
  return { closed: tracked.closed.sort(byText), taken };
}

type ToldRun = ReturnType<typeof told> extends Generator<infer T> ? T : never;

function presenceOf({ client, stream, from, to, bytes, quality }: ToldRun, clients: readonly Client[]) {
  const qualities = quality === -1 ? null : [{ at: to, value: QUALITIES[quality]! }];
  return presence({ client: clients[client]!, stream: STREAMS[stream]!, from, to, bytes, requests: 1, qualities });
}

const byText = (a: Told, b: Told) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test('the sessions of any runs are those of the tracker', () => {
  fc.assert(
    fc.property(runsOf(CLIENTS.length), (all) => {
      assert.deepEqual(byPlain(all).closed, byTracker(all));
    }),
    { numRuns: 2000 },
  );
});

test('they are also if who has nothing open is forgotten at once', () => {
  fc.assert(
    fc.property(runsOf(CLIENTS.length), (all) => {
      assert.deepEqual(byPlain(all, 0).closed, byTracker(all));
    }),
    { numRuns: 2000 },
  );
});

test('of plain clients that are no crowd all are taken', () => {
  fc.assert(
    fc.property(runsOf(PLAIN), (all) => {
      const apart = all.map((run) => ({ ...run, client: run.client === 2 ? 3 : run.client }));
      assert.equal(byPlain(apart).taken, apart.length);
    }),
  );
});

test('a run that is near to two sessions makes them one', () => {
  const sessions = new PlainSessions({ gap: GAP, names: { streams: STREAMS, qualities: QUALITIES } });
  const seat = sessions.seatOf(clientOf('a', 'VLC'));
  for (const at of [200_000, 100_000, 160_000, 130_000]) {
    assert.equal(sessions.add(seat, 0, NONE, packed(at, at, 5, at, NONE), 0, 0), true);
  }
  const closed: number[][] = [];
  const close: EachPlain = ({ from, to, bytes, requests }, row) => {
    closed.push([from[row]!, to[row]!, bytes[row]!, requests[row]!]);
  };
  sessions.advance(200_000 + GAP, close);
  assert.equal(closed.length, 0, 'one that ends just there may still grow');
  sessions.advance(200_001 + GAP, close);
  sessions.close(close);
  assert.deepEqual(closed, [[100_000, 200_000, 20, 4]]);
});

test('who has nothing open is forgotten when there are too many, and seats are used again', () => {
  const sessions = new PlainSessions({ gap: GAP, names: { streams: STREAMS, qualities: QUALITIES }, keep: 4 });
  let closed = 0;
  let most = 0;
  for (let i = 0; i < 5000; i++) {
    const seat = sessions.seatOf(clientOf(`n${i}`, 'VLC'));
    most = Math.max(most, seat);
    const at = i * GAP;
    assert.equal(sessions.add(seat, i % 2, i % 3, packed(at, at, 1, at, i % 3), 0, 0), true);
    sessions.advance(at, () => closed++);
  }
  sessions.advance(Number.POSITIVE_INFINITY, () => closed++);
  assert.equal(closed, 5000);
  assert.ok(most < 12, `${most} seats`);
  assert.ok(sessions.generation > 100);
});
