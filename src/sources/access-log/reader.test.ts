/** What a log says is a function of its lines alone, however they are split into blocks and batches. */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Client, identify } from '../../core/identity.ts';
import type { ClientFacts, Observation, Presence, StreamReport } from '../../core/observation.ts';
import { changePoints } from '../../core/quality.ts';
import type { SessionRecord } from '../../core/session.ts';
import { Tracker } from '../../core/tracker.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { blocksOf } from '../../transports/tail/blocks.ts';
import type { Batch } from '../source.ts';
import { config } from './options.ts';
import { readLogOnce } from './read-once.ts';
import { LogReader } from './reader.ts';
import { readerOptions } from './reader-options.ts';
import type { ReaderBatch, ReaderMark } from './reading.ts';

const GAP = 40_000;
const LATENESS = 5000;
const T0 = Date.UTC(2026, 10, 21, 1, 0, 0);

interface Line {
  /** Seconds after T0. */
  readonly at: number;
  readonly address: string;
  readonly agent: string;
  readonly request: string;
  readonly status: number;
  readonly sent: number;
}

function written({ at, address, agent, request, status, sent }: Line): string {
  const [, day, month, year, time] = new Date(T0 + at * 1000).toUTCString().split(' ');
  return `${address} - - [${day}/${month}/${year}:${time} +0000] "${request}" ${status} ${sent} "-" "${agent}"\n`;
}

const line = (more: Partial<Line> = {}): Line => ({
  ...{ at: 0, address: '192.0.2.1', agent: 'VLC/3', request: 'GET /rock/720p.m3u8 HTTP/1.1', status: 200, sent: 10 },
  ...more,
});

function reader(more: { playbackId?: string[]; from?: ReaderMark | null; counters?: ScopedCounters } = {}): LogReader {
  const { playbackId = [], from = null, counters = new ScopedCounters() } = more;
  const options = config.parse({ path: 'unused', playbackId });
  return new LogReader({ ...readerOptions(options, { gap: GAP, lateness: LATENESS }, counters, from), seed: 1 });
}

/** Takes the lines in one block, and cuts. */
function read(lines: readonly Line[], more: Parameters<typeof reader>[0] = {}, latest = Number.POSITIVE_INFINITY) {
  const log = reader(more);
  log.take(Buffer.from(lines.map(written).join('')), latest);
  return log.cut();
}

const presences = ({ observations }: { readonly observations: readonly Observation[] }): Presence[] =>
  observations.filter((each) => each.kind === 'presence');
const reports = ({ observations }: { readonly observations: readonly Observation[] }): StreamReport[] =>
  observations.filter((each) => each.kind === 'report');

/** The sessions that a real tracker makes of the batches. */
function sessionsOf(batches: readonly ReaderBatch[]): SessionRecord[] {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 'log', audience: null, gap: GAP, departures: 'never', provisional: false });
  const clients = new Map<string, Client>();
  const clientOf = (facts: ClientFacts): Client => {
    const text = JSON.stringify(facts);
    const { address, port, userAgent, user, device } = facts;
    const identity = identify(facts, address, true, hash);
    const client = clients.get(text) ?? {
      ...identity,
      ...{ address, port, userAgent, user, device, place: null, player: null, bot: false, session: null },
    };
    clients.set(text, client);
    return client;
  };
  const closed: SessionRecord[] = [];
  const settle = () => closed.push(...tracker.changes().closed.map((each) => tracker.describe(each)));
  for (const batch of batches) {
    for (const p of presences(batch)) tracker.observe('log', { ...p, client: clientOf(p.client) });
    if (batch.watermark !== null) tracker.advance('log', batch.watermark);
    settle();
  }
  tracker.advance('log', Number.MAX_SAFE_INTEGER);
  settle();
  return closed.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What counts of a session here; how the sights of a quality are kept is the tracker's. */
function comparable(sessions: readonly SessionRecord[]) {
  return sessions
    .map(({ stream, address, userAgent, startedAt, endedAt, bytes, requests, qualities, quality }) => ({
      ...{ stream, address, userAgent, startedAt, endedAt, bytes, requests, quality },
      changes: changePoints(qualities),
    }))
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}
const idsOf = (sessions: readonly SessionRecord[]) =>
  sessions.map(({ id, ...each }) => `${sortKey(each)} ${id}`).sort();
const sortKey = (each: { stream: string; address: string | null; userAgent: string | null; startedAt: number }) =>
  `${each.stream} ${each.address} ${each.userAgent} ${each.startedAt}`;

/** From the definition alone: the lines of each client and stream, in the order of time, cut where the gap is exceeded. */
function truth(lines: readonly Line[]) {
  const seen = new Map<string, { at: number; line: Line }[]>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const each of lines) {
    newest = Math.max(newest, each.at);
    const match = /^GET \/(\w+)\/(\w+)\.(m3u8|ts)/.exec(each.request);
    if (match === null || ![200, 206, 304].includes(each.status)) continue;
    const key = `${match[1]} ${each.address} ${each.agent}`;
    const at = Math.max(each.at, newest - LATENESS / 1000);
    seen.set(key, [...(seen.get(key) ?? []), { at, line: each }]);
  }
  return [...seen.values()].flatMap((all) => {
    const sorted = all.toSorted((a, b) => a.at - b.at);
    const cuts = sorted.flatMap(({ at }, i) => (i > 0 && at - sorted[i - 1]!.at > GAP / 1000 ? [i] : []));
    return [0, ...cuts].map((from, i) => sessionOf(sorted.slice(from, cuts[i] ?? sorted.length)));
  });
}

function sessionOf(all: readonly { at: number; line: Line }[]) {
  const [, stream] = /^GET \/(\w+)/.exec(all[0]!.line.request)!;
  const points = all
    .flatMap(({ at, line: { request } }) => {
      const match = /\/(\w+)\.m3u8/.exec(request);
      return match === null ? [] : [{ at: T0 + at * 1000, value: match[1]! }];
    })
    .sort((a, b) => a.at - b.at || (a.value < b.value ? -1 : 1));
  const startedAt = T0 + all[0]!.at * 1000;
  return {
    stream: stream!,
    address: all[0]!.line.address,
    userAgent: all[0]!.line.agent,
    startedAt,
    endedAt: Math.max(T0 + all.at(-1)!.at * 1000, startedAt + 1000),
    bytes: all.reduce((sum, { line: { sent } }) => sum + sent, 0),
    requests: all.length,
    quality: points.at(-1)?.value ?? null,
    changes: points.filter((point, i) => points[i - 1]?.value !== point.value),
  };
}

/** A log whose time goes on, sometimes by more than the gap, and sometimes steps back. */
const logs: fc.Arbitrary<Line[]> = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 6 }) },
        { weight: 2, arbitrary: fc.integer({ min: -9, max: -1 }) },
        { weight: 1, arbitrary: fc.integer({ min: 30, max: 50 }) },
      ),
      address: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'),
      agent: fc.constantFrom('VLC/3', 'hls.js'),
      request: fc.constantFrom(
        ...['GET /rock/720p.m3u8', 'GET /rock/360p.m3u8?token=1', 'GET /rock/17.ts', 'GET /jazz/720p.m3u8'],
        ...['HEAD /rock/720p.m3u8', 'GET /favicon.ico', 'GET /jazz/9.ts'],
      ),
      status: fc.constantFrom(200, 200, 206, 304, 404),
      sent: fc.nat(100_000),
    }),
    { maxLength: 80 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ step, request, ...rest }) => {
      at = Math.max(at + step, 0);
      return { ...rest, at, request: `${request} HTTP/1.1` };
    });
  });

test('the same lines give the same sessions, whatever the blocks and batches, and they are the true ones', async () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(logs, cuts, fc.array(fc.boolean(), { minLength: 1 }), async (lines, places, cutsBatch) => {
      const bytes = Buffer.from(lines.map(written).join(''));
      const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
      const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
      const log = reader();
      const batches: ReaderBatch[] = [];
      let n = 0;
      for await (const block of blocksOf(Iterator.from(chunks) as never, new ScopedCounters())) {
        log.take(block, Number.POSITIVE_INFINITY);
        if (cutsBatch[n++ % cutsBatch.length]) batches.push(log.cut());
      }
      batches.push(log.cut());
      const whole = read(lines);
      assert.deepEqual(comparable(sessionsOf(batches)), comparable(sessionsOf([whole])));
      assert.deepEqual(idsOf(sessionsOf(batches)), idsOf(sessionsOf([whole])));
      assert.deepEqual(comparable(sessionsOf(batches)), comparable0(truth(lines)));
      assert.deepEqual(batches.flatMap(reports), reports(whole));
    }),
    { numRuns: 400 },
  );
});

function comparable0(sessions: ReturnType<typeof truth>) {
  return sessions.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

test('a reader that goes on from a mark reads on as if nothing had happened', () => {
  fc.assert(
    fc.property(logs, fc.nat(), (lines, place) => {
      const at = place % (lines.length + 1);
      const before = reader();
      before.take(Buffer.from(lines.slice(0, at).map(written).join('')), Number.POSITIVE_INFINITY);
      const first = before.cut();
      const mark = JSON.parse(JSON.stringify(before.mark)) as ReaderMark;
      const second = read(lines.slice(at), { from: mark });
      assert.deepEqual(comparable(sessionsOf([first, second])), comparable0(truth(lines)));
      assert.equal(second.watermark ?? null, read(lines).watermark);
    }),
  );
});

test('what opens a session by its line is there for itself where an older line comes later: it names the session', () => {
  const told = presences(read([line({ at: 55 }), line({ at: 51 }), line({ at: 99 }), line({ at: 95 })]));
  assert.deepEqual(
    told.map(({ from, to, requests }) => [(from - T0) / 1000, (to - T0) / 1000, requests]),
    [
      [55, 55, 0],
      [99, 99, 0],
      [51, 99, 4],
    ],
  );
});

test('the watermark is the newest time less the lateness, and never goes back', () => {
  const log = reader();
  assert.equal(log.cut().watermark, null);
  const watermarks = [10, 30, 3, 31].map((at) => {
    log.take(Buffer.from(written(line({ at }))), Number.POSITIVE_INFINITY);
    return (log.cut().watermark! - T0) / 1000;
  });
  assert.deepEqual(watermarks, [5, 25, 25, 26]);
});

test('a line that is too old counts as late, at the bound', () => {
  const counters = new ScopedCounters();
  const [, p] = presences(read([line({ at: 100 }), line({ at: 20 })], { counters }));
  assert.deepEqual([p!.from - T0, p!.to - T0, p!.requests], [95_000, 100_000, 2]);
  assert.equal(counters.get('late'), 1);
});

test('a line from the future is moved down to the present', () => {
  const counters = new ScopedCounters();
  const batch = read([line({ at: 3600 }), line({ at: 50 })], { counters }, T0 + 60_000);
  const [, p] = presences(batch);
  assert.deepEqual([p!.from - T0, p!.to - T0], [55_000, 60_000]);
  assert.deepEqual([counters.get('future'), counters.get('late')], [1, 1]);
  assert.equal(batch.watermark, T0 + 55_000);
});

test('a stream is up when it is first seen, and again after more than a minute', () => {
  const jazz = 'GET /jazz/1.ts HTTP/1.1';
  const lines = [
    line({ at: 0 }),
    line({ at: 1, request: jazz }),
    line({ at: 60 }),
    line({ at: 62, request: jazz }),
    line({ at: 121 }),
  ];
  const told = reports(read(lines)).map(({ stream, at, status }) => [stream, (at - T0) / 1000, status]);
  assert.deepEqual(told, [
    ['rock', 0, 'up'],
    ['jazz', 1, 'up'],
    ['jazz', 62, 'up'],
    ['rock', 121, 'up'],
  ]);
});

test('unknown is null: no user agent, no user, no address', () => {
  const bare = written(line()).replace('"-" "VLC/3"', '"-" "-"');
  const common = written(line({ address: '192.0.2.2' })).replace(' "-" "VLC/3"', '');
  const hidden = written(line()).replace('192.0.2.1', '-');
  const named = written(line()).replace(' - - ', ' - ann ');
  const mapped = written(line({ address: '::FFFF:192.0.2.9' }));
  const log = reader();
  log.take(Buffer.from([bare, common, hidden, named, mapped].join('')), Number.POSITIVE_INFINITY);
  assert.deepEqual(
    presences(log.cut()).map(({ client: { address, userAgent, user } }) => [address, userAgent, user]),
    [
      ['192.0.2.1', null, null],
      ['192.0.2.2', null, null],
      [null, 'VLC/3', null],
      ['192.0.2.1', 'VLC/3', 'ann'],
      ['192.0.2.9', 'VLC/3', null],
    ],
  );
});

test('a playback id is taken from the parameters that the options name, and from no other', () => {
  const asks = (query: string) => line({ request: `GET /rock/720p.m3u8?${query} HTTP/1.1` });
  const lines = [asks('sid=a%20b&x=1'), asks('x=2&sid=a%20b'), asks('session=c'), asks('x=3'), line()];
  const ids = (batch: ReaderBatch) => presences(batch).map(({ client, requests }) => [client.playback, requests]);
  assert.deepEqual(ids(read(lines, { playbackId: ['sid', 'session'] })), [
    [{ id: 'a b', issued: false }, 2],
    [{ id: 'c', issued: false }, 1],
    [null, 2],
  ]);
  assert.deepEqual(ids(read(lines)), [[null, 5]]);
});

async function readOnce(text: string | string[], counters = new ScopedCounters()) {
  const batches: Batch[] = [];
  const files = [text].flat().map(async function* (each) {
    yield Buffer.from(each);
  });
  const emit = async (batch: Batch) => {
    batches.push(batch);
  };
  const tally = await readLogOnce(files, config.parse({ path: 'unused' }), {
    gap: GAP,
    lateness: LATENESS,
    counters,
    emit,
  });
  return { tally, batches: batches.map((batch) => ({ ...batch, watermark: batch.watermark ?? null })) };
}

test('everything is tallied, also what is no audience and what cannot be read', async () => {
  const counters = new ScopedCounters();
  const lines = [
    ...[line({ sent: 5 }), line({ status: 404, sent: 7 }), line({ status: 206, sent: 11 })].map(written),
    ...[line({ request: 'HEAD /rock/720p.m3u8 HTTP/1.1', sent: 0 }), line({ request: 'GET / HTTP/1.1' })].map(written),
    ...['nonsense\n', written(line()).replace('2026', '1926')],
  ].join('');
  const { tally, batches } = await readOnce(lines, counters);
  assert.deepEqual(tally, {
    ...{ bytes: lines.length, lines: 7, packets: null, unreadable: 2, more: {} },
    statuses: {
      200: { requests: 3, bytes: 15 },
      206: { requests: 1, bytes: 11 },
      404: { requests: 1, bytes: 7 },
    },
  });
  assert.equal(sessionsOf(batches).length, 1);
  assert.deepEqual(counters.read(), {
    ...{ bytes: lines.length, lines: 7, requests: 2, rejected: 2, rejectedAddress: 1, rejectedTime: 1 },
  });
});

test('several logs are read as one, though the first has lost its last line end', async () => {
  const lines = [line(), line({ at: 5 }), line({ at: 10 })].map(written);
  const { tally, batches } = await readOnce([(lines[0]! + lines[1]!).trimEnd(), lines[2]!]);
  assert.equal(tally.lines, 3);
  assert.equal(sessionsOf(batches).length, 1);
});

test('an empty log is a log; bytes of which no line can be read are none', async () => {
  assert.equal((await readOnce('')).tally.lines, 0);
  for (const text of ['one\ntwo\n', '\0\xff', `${'x'.repeat(2_000_000)}\n`]) {
    await assert.rejects(readOnce(text), { code: 'NOT_AN_ACCESS_LOG' });
  }
});

test('counters of a new reader go on where those of the old one ended', () => {
  const counters = new ScopedCounters();
  for (let i = 0; i < 2; i++) read([line(), line()], { counters });
  assert.equal(counters.get('lines'), 4);
});

test('a user agent that nobody has is cut, and what is too long for a path is no audience', () => {
  const counters = new ScopedCounters();
  const lines = [
    line({ agent: 'x'.repeat(65_536) }),
    line({ agent: `${'x'.repeat(65_535)}y` }),
    line({ request: `GET /rock/${'a'.repeat(3000)}.m3u8 HTTP/1.1` }),
  ];
  const found = presences(read(lines, { counters }));
  assert.deepEqual(
    found.map(({ client, requests }) => [client.userAgent?.length, requests]),
    [[4096, 2]],
  );
  assert.equal(counters.get('cutUserAgents'), 2);
});

test('too many clients, paths and streams are forgotten, counted, and known again when they come again', () => {
  const counters = new ScopedCounters();
  const log = reader({ counters });
  const round = (at: number) =>
    Array.from({ length: 501_000 }, (_, i) =>
      written(line({ at, address: `token-${i}`, request: `GET /s${i % 21_000}/${i}.mp4 HTTP/1.1` })),
    ).join('');
  const batches: ReaderBatch[] = [];
  for (const at of [0, 30]) {
    log.take(Buffer.from(round(at)), Number.POSITIVE_INFINITY);
    batches.push(log.cut());
  }
  assert.equal(counters.get('forgottenClients'), 1_002_000);
  assert.ok(counters.get('forgottenPaths') >= 1_002_000);
  const [first, second] = batches.map((batch) =>
    presences(batch).map(({ client, stream }) => [client.address, stream]),
  );
  assert.equal(first!.length, 501_000);
  assert.deepEqual(first, second);
  assert.equal(reports(batches[1]!).length, 21_000);
});

test('streams whose names end in a digit are told apart by their playlists, also after a restart', () => {
  const ask = (path: string) => line({ request: `GET /hls/${path} HTTP/1.1` });
  const counters = new ScopedCounters();
  const first = reader({ counters });
  first.take(Buffer.from(written(ask('cam1.m3u8')) + written(ask('cam12.ts'))), Number.POSITIVE_INFINITY);
  assert.deepEqual(
    presences(first.cut()).map(({ stream, requests }) => [stream, requests]),
    [['cam1', 2]],
  );
  const second = read([ask('cam13.ts'), ask('cam.m3u8')], { from: first.mark });
  assert.deepEqual(
    presences(second).map(({ stream }) => stream),
    ['cam1', 'cam'],
  );
  const many = Array.from({ length: 1100 }, (_, i) => ask(`many${i}.m3u8`));
  read(many, { counters });
  assert.equal(counters.get('unlearnedStreams'), 100);
});

test('clients of every format are told apart by their addresses, however alike they are written', () => {
  const at = (address: string, second: number) => ({
    combined: written(line({ at: second, address })),
    json: `${JSON.stringify({ remote_addr: address, msec: T0 / 1000 + second, request: 'GET /rock/720p.m3u8 HTTP/1.1', status: 200, ua: 'VLC/3' })}\n`,
  });
  for (const format of ['combined', 'json'] as const) {
    const log = reader();
    const text = ['192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.1'].map((address, i) => at(address, i)[format]);
    log.take(Buffer.from(text.join('')), Number.POSITIVE_INFINITY);
    const found = presences(log.cut()).map(({ client, requests }) => [client.address, requests]);
    assert.deepEqual(found, [
      ['192.0.2.1', 2],
      ['192.0.2.2', 2],
    ]);
  }
});
