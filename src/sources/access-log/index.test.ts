/** The source as it runs: files that grow and are rotated, restarts, the watermark of a live log. */

import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { startChild, until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import type { Presence } from '../../core/observation.ts';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Batch } from '../source.ts';
import { logTime } from './fixture.ts';
import { accessLog } from './index.ts';

let folder = '';
let path = '';
const watching: Watched[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-access-log-'));
  path = join(folder, 'access.log');
});
afterEach(async () => {
  for (const each of watching.splice(0)) await each.stop();
  rmSync(folder, { recursive: true });
});

function watch(more: Record<string, unknown> = {}, after?: Watched): Watched {
  const cursor = after === undefined ? {} : { cursor: after.cursor()!, after };
  const watched = watchSource(accessLog, { path, poll: '10ms', ...more }, cursor);
  watching.push(watched);
  return watched;
}

const T0 = Date.UTC(2026, 4, 1, 12, 0, 0);

/** Lines of a few players on two streams, one a second or so: those of the first one are a minute apart. */
function someLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const player = i % 60 === 0 ? 0 : 1 + (i % 7);
    const request = i % 3 === 0 ? `/hls/rock/${i % 120 < 60 ? '360p' : '720p'}.m3u8` : `/hls/jazz-${i}.ts`;
    return `192.0.2.${player} - - [${logTime(T0 + i * 1000)}] "GET ${request} HTTP/1.1" 200 ${i} "-" "Player/${player}"\n`;
  });
}

const requestsOf = (watched: Watched) => watched.sessions().reduce((sum, { requests }) => sum + requests, 0);
const all = (watched: Watched, requests: number) =>
  until(`${requests} requests`, () => requestsOf(watched) >= requests).then(() =>
    assert.equal(requestsOf(watched), requests),
  );

/** Open ones are left out of their ends: what the watermark has reached is not the same everywhere. */
function comparable(watched: Watched) {
  return watched
    .sessions()
    .map(({ id, stream, address, startedAt, lastSeenAt, bytes, requests, qualities, quality }) => ({
      ...{ id, stream, address, startedAt, lastSeenAt, bytes, requests, quality },
      changes: qualities.filter((point, i) => qualities[i - 1]?.value !== point.value),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readWhole(text: string): Promise<Watched> {
  const whole = join(folder, 'whole.log');
  writeFileSync(whole, text);
  const watched = watch({ path: whole, follow: false });
  assert.equal(await watched.ended, null);
  return watched;
}

test('a log that grows in pieces and is rotated meanwhile gives the sessions of the whole', async () => {
  const lines = someLines(900);
  const truth = await readWhole(lines.join(''));
  assert.equal(truth.counters.get('lines'), 900);
  // The first player is gone for longer than the gap each time.
  assert.equal(truth.sessions().filter(({ address }) => address === '192.0.2.0').length, 15);

  const text = lines.join('');
  const live = watch();
  let place = 0;
  let rotations = 0;
  for (let piece = 1; place < text.length; piece = (piece * 7919) % 4001) {
    appendFileSync(path, text.slice(place, place + piece));
    place += piece;
    if (text[place - 1] === '\n' || rotations > 3) continue;
    const end = text.indexOf('\n', place) + 1;
    appendFileSync(path, text.slice(place, end));
    place = Math.max(end, place);
    // As logrotate does it.
    await until('all that was written', () => requestsOf(live) === text.slice(0, place).split('\n').length - 1);
    renameSync(path, `${path}.${++rotations}`);
  }
  await all(live, 900);
  assert.equal(live.counters.get('rotations'), 4);
  assert.deepEqual(comparable(live), comparable(truth));
  assert.deepEqual([...live.reports.keys()].sort(), ['jazz', 'rock']);
});

test('stopped and started again at any place, it goes on with the sessions that it had', async () => {
  const lines = someLines(700);
  const truth = await readWhole(lines.join(''));
  let live: Watched | undefined;
  for (let from = 0; from < lines.length; from += 70) {
    appendFileSync(path, lines.slice(from, from + 70).join(''));
    if (from === 350) {
      renameSync(path, `${path}.1`);
      writeFileSync(path, '');
    }
    live = watch({}, live);
    await until('what was written', () => requestsOf(live!) >= from + 70);
    await live.stop();
  }
  assert.deepEqual(comparable(live!), comparable(truth));
});

test('killed at any moment, it neither loses nor repeats a line', async () => {
  const lines = someLines(600);
  const child = fileURLToPath(new URL('child.fixture.ts', import.meta.url));
  const kept: { presences: Presence[]; watermark: number | null; cursor: unknown }[] = [];
  const count = () => kept.reduce((sum, { presences }) => sum + presences.reduce((n, p) => n + p.requests, 0), 0);
  const cursor = () => kept.findLast((batch) => batch.cursor !== null)?.cursor ?? null;
  let place = 0;
  for (let round = 0; round < 8; round++) {
    const reading = startChild(process.execPath, [child, path, JSON.stringify(cursor())]);
    const end = round === 7 ? lines.length : place + 20 + ((round * 37) % 60);
    const batches = () => reading.output().split('\n').length - 1;
    for (; place < end; place += 5) {
      appendFileSync(path, lines.slice(place, Math.min(place + 5, end)).join(''));
      const before = batches();
      if (place % 3 === 0) await until('a batch', () => batches() > before);
    }
    place = end;
    if (round === 3) renameSync(path, `${path}.1`);
    const read = () => reading.output().split('"requests":').length;
    if (round === 7)
      await until('the rest', () => read() > 1 && count() + requestsIn(reading.output()) >= lines.length);
    await reading.stop('SIGKILL');
    const whole = reading.output().split('\n').slice(0, -1);
    kept.push(...whole.map((text) => JSON.parse(text) as (typeof kept)[number]));
  }
  assert.equal(count(), lines.length);
  const bytes = kept.flatMap(({ presences }) => presences).reduce((sum, p) => sum + p.bytes, 0);
  assert.equal(bytes, (lines.length * (lines.length - 1)) / 2);
  assert.equal(readFileSync(path).length + readFileSync(`${path}.1`).length, lines.join('').length);
});

function requestsIn(output: string): number {
  return [...output.matchAll(/"requests":(\d+)/g)].reduce((sum, [, requests]) => sum + Number(requests), 0);
}

/** A clock that stands still unless it is moved. */
function handClock(now: number): Clock & { move(ms: number): void } {
  let elapsed = 1000;
  let wall = now;
  return {
    now: () => wall,
    elapsed: () => elapsed,
    sleep: (_, signal) => new Promise((resolve) => (signal.aborted ? resolve() : setTimeout(resolve, 5))),
    move: (ms) => {
      elapsed += ms;
      wall += ms;
    },
  };
}

/** Runs the source with a clock of our own. */
function runWith(clock: Clock, options: Record<string, unknown> = {}) {
  const stopping = new AbortController();
  const batches: Batch[] = [];
  const counters = new ScopedCounters();
  const source = accessLog.create(accessLog.config.parse({ path, poll: '10ms', ...options }), {
    ...{ name: 'log', audience: null, gap: 40_000, lateness: 5000 },
  });
  const emit = async (batch: Batch) => {
    batches.push(batch);
  };
  const { signal } = stopping;
  const ended = source.run({ emit, signal, cursor: null, log: silentLog, counters, clock, inboxes: new Inboxes() });
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { batches, counters, stop };
}

const lineAt = (at: number) => `192.0.2.1 - - [${logTime(at)}] "GET /hls/rock/1.ts HTTP/1.1" 200 1 "-" "-"\n`;

test('at the end of a live log the watermark moves on with elapsed time, once a second, and does not jump', async () => {
  const lastYear = T0 - 365 * 86_400_000;
  const clock = handClock(T0);
  writeFileSync(path, lineAt(lastYear));
  const { batches, stop } = runWith(clock);
  await until('the line', () => batches.length === 1);
  assert.equal(batches[0]!.watermark, lastYear - 5000);
  for (const step of [1, 2, 3]) {
    clock.move(1500);
    await until('a beat', () => batches.length === 1 + step);
    assert.equal(batches.at(-1)!.watermark, lastYear - 5000 + step * 1500);
    assert.deepEqual(batches.at(-1)!.observations, []);
  }
  await stop();
});

test('the watermark of a live log never passes the wall clock, nor do its lines', async () => {
  const clock = handClock(T0);
  writeFileSync(path, lineAt(T0 + 3600_000));
  const { batches, counters, stop } = runWith(clock);
  await until('the line', () => batches.length === 1);
  assert.equal(batches[0]!.watermark, T0);
  const [, p] = batches[0]!.observations;
  assert.equal(p?.kind === 'presence' && p.from, T0 + 60_000);
  assert.equal(counters.get('future'), 1);
  await stop();
});

test('before there is a file it tells that it lives, and says nothing of the time', async () => {
  const clock = handClock(T0);
  const { batches, stop } = runWith(clock);
  await until('a beat', () => batches.length === 1);
  clock.move(1000);
  await until('another', () => batches.length === 2);
  assert.deepEqual(
    batches.map(({ observations, watermark }) => [observations, watermark]),
    [
      [[], undefined],
      [[], undefined],
    ],
  );
  await stop();
});

test('a duration says how far back to begin', async () => {
  writeFileSync(path, Array.from({ length: 3000 }, (_, i) => lineAt(T0 - (3000 - i) * 60_000)).join(''));
  const { batches, stop } = runWith(handClock(T0), { from: '12h' });
  await until('the lines', () => batches.length > 0);
  const requests = batches[0]!.observations.reduce(
    (sum, each) => sum + (each.kind === 'presence' ? each.requests : 0),
    0,
  );
  assert.equal(requests, 720);
  await stop();
});

test('a cursor of another shape is refused, and the log is read anew', async () => {
  writeFileSync(path, lineAt(T0));
  const watched = watchSource(accessLog, { path }, { cursor: { offset: 7 } });
  watching.push(watched);
  await all(watched, 1);
  assert.equal(watched.counters.get('cursorsRefused'), 1);
});

test('a log in a folder that does not exist is an error with a code', async () => {
  const watched = watchSource(accessLog, { path: join(folder, 'nowhere', 'access.log') });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError && error.code === 'LOG_FOLDER_MISSING');
});

/** The same lines as JSON. */
function asJson(line: string): string {
  const [, address, time, uri, sent, agent] =
    /^(\S+) - - \[([^\]]+)\] "GET (\S+) HTTP\/1.1" 200 (\d+) "-" "([^"]*)"\n$/.exec(line)!;
  return `${JSON.stringify({ remote_addr: address, time_local: time, request: `GET ${uri} HTTP/1.1`, status: 200, bytes: Number(sent), ua: agent })}\n`;
}

test('several logs, each written in its own way, are one audience, also after a restart', async () => {
  const lines = someLines(600);
  const truth = await readWhole(lines.join(''));
  const of = (edge: number, from: number, to: number) =>
    lines
      .slice(from, to)
      .filter((_, i) => i % 2 === edge)
      .map((line) => (edge === 1 ? asJson(line) : line))
      .join('');
  const write = (from: number, to: number) => {
    appendFileSync(join(folder, 'edge-0.log'), of(0, from, to));
    appendFileSync(join(folder, 'edge-1.log'), of(1, from, to));
  };
  write(0, 300);
  const first = watch({ path: join(folder, 'edge-*.log') });
  await all(first, 300);
  await first.stop();
  write(300, 600);
  const second = watch({ path: join(folder, 'edge-*.log') }, first);
  await all(second, 600);
  // Whoever is seen in one log first is called after that.
  const alike = (watched: Watched) =>
    comparable(watched)
      .map(({ id: _, ...rest }) => JSON.stringify(rest))
      .sort();
  assert.deepEqual(alike(second), alike(truth));
  assert.equal(second.counters.get('late'), 0);
  assert.equal(second.counters.get('rejected'), 0);
});

test('lines that are sent by syslog are a log, too', async () => {
  const socket = createSocket('udp4');
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  const live = watch({ path: `syslog:127.0.0.1:${port}`, protocol: 'udp' });
  const now = Math.floor(Date.now() / 1000) * 1000;
  const line = (i: number) =>
    `<190>Nov 21 01:19:26 web nginx: 192.0.2.${i} - - [${logTime(now)}] "GET /hls/rock/720p.m3u8 HTTP/1.1" 200 10 "-" "VLC/3"`;
  // Until somebody listens what is sent is lost.
  await until('the first one is heard', async () => {
    socket.send(line(0), port, '127.0.0.1');
    return live.sessions().length === 1;
  });
  for (let i = 1; i < 50; i++) socket.send(line(i), port, '127.0.0.1');
  await until('all are heard', () => live.sessions().length === 50);
  socket.close();
});

test('a log that is packed is read once', async () => {
  const lines = someLines(300);
  const truth = await readWhole(lines.join(''));
  writeFileSync(`${path}.1.gz`, gzipSync(lines.join('')));
  const packed = watch({ path: `${path}.1.gz` });
  assert.equal(await packed.ended, null);
  assert.deepEqual(comparable(packed), comparable(truth));
});

for (const wrong of ['syslog:here', 'syslog:127.0.0.1:99999']) {
  test(`${wrong} is no address`, () => assert.equal(accessLog.config.safeParse({ path: wrong }).success, false));
}
