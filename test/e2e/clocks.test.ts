/**
 * Time does not decide what a session is: the same log, read live, last year's, in one go after an hour down, with pauses,
 * with lines out of order, and while the wall clock steps back, gives the same sessions. The whole application runs, on
 * a clock that is forty times as fast.
 */

import { strict as assert } from 'node:assert';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { until } from '../../lab/child.ts';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { randomFrom } from '../../src/enrich/fixture.ts';
import type { AudienceWire, SessionPageWire, SourcesWire } from '../../src/http/contract.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { KINDS } from '../../src/sources/index.ts';
import { silentLog } from '../../src/telemetry/log.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const GAP = 40 * SECOND;
const LATENESS = 5 * SECOND;
const SPEED = 40;
const START = Date.UTC(2026, 10, 20, 12);

const folder = mkdtempSync(join(tmpdir(), 'headcount-clocks-'));
after(() => rmSync(folder, { recursive: true }));
const running = new Set<Reading>();
afterEach(async () => {
  for (const reading of running) await reading.stop();
});

interface Line {
  readonly at: number;
  /** When the server writes it: it may be late, but less than the lateness. */
  readonly writtenAt: number;
  readonly client: number;
  readonly bytes: number;
}

/** Nine minutes of thirty clients who come, go and pause, with a silence of three minutes for all. */
function writeLog(): Line[] {
  const random = randomFrom(20_261_121);
  const lines: Line[] = [];
  for (let client = 0; client < 30; client++) {
    let at = START + Math.floor(random() * 2 * MINUTE);
    while (at < START + 9 * MINUTE) {
      const isSilent = at > START + 4 * MINUTE && at < START + 7 * MINUTE;
      if (!isSilent) {
        const second = Math.floor(at / SECOND) * SECOND;
        lines.push({
          at: second,
          writtenAt: second + random() * 4 * SECOND,
          client,
          bytes: Math.floor(random() * 1e5),
        });
      }
      // Now and then a pause: shorter than the gap, or longer.
      at += random() < 0.06 ? (20 + random() * 60) * SECOND : (2 + random() * 4) * SECOND;
    }
  }
  return lines.sort((a, b) => a.writtenAt - b.writtenAt);
}

function textOf({ at, client, bytes }: Line): string {
  return `192.0.2.${client} - - [${logTime(at)}] "GET /hls/rock/1.ts HTTP/1.1" 200 ${bytes} "-" "VLC/3.0.${client}"\n`;
}

/** What the lines amount to, found by the definition alone. */
function truthOf(lines: readonly Line[]): string[] {
  const sessions: { client: number; from: number; to: number; requests: number; bytes: number }[] = [];
  for (const { client, at, bytes } of lines.toSorted((a, b) => a.at - b.at)) {
    const session = sessions.findLast((each) => each.client === client);
    if (session !== undefined && at - session.to <= GAP) {
      session.to = at;
      session.requests++;
      session.bytes += bytes;
    } else {
      sessions.push({ client, from: at, to: at, requests: 1, bytes });
    }
  }
  return sessions
    .map(({ client, from, to, requests, bytes }) => {
      const end = Math.max(to, from + SECOND);
      return `VLC/3.0.${client} ${new Date(from).toISOString()} ${new Date(end).toISOString()} ${requests} ${bytes}`;
    })
    .sort();
}

const LINES = writeLog();

class FastClock implements Clock {
  /** Set it to step. */
  offset: number;
  readonly #began = performance.now();

  constructor(start: number) {
    this.offset = start;
  }

  now(): number {
    return Math.floor(this.offset + this.elapsed());
  }

  elapsed(): number {
    return (performance.now() - this.#began) * SPEED;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / SPEED, signal);
  }
}

class Reading {
  readonly clock: FastClock;
  readonly #log: string;
  readonly #data: string;
  #app: App | null = null;

  constructor(name: string, start: number) {
    this.clock = new FastClock(start);
    this.#log = join(folder, `${name}.log`);
    this.#data = join(folder, `${name}-data`);
    writeFileSync(this.#log, '');
  }

  async start(): Promise<void> {
    const sources = [`log:${this.#log}?name=log&gap=${GAP / SECOND}s&lateness=${LATENESS / SECOND}s`];
    const config = loadConfig({ kinds: KINDS, file: null, env: {}, sources, listen: '127.0.0.1:0', data: this.#data });
    const onFatal = (error: unknown) => {
      throw error;
    };
    const { clock } = this;
    running.add(this);
    this.#app = await startApp({ config, clock, log: silentLog, random: Math.random, isDemo: false, onFatal });
  }

  async stop(): Promise<void> {
    running.delete(this);
    await this.#app?.close();
    this.#app = null;
  }

  append(lines: readonly Line[]): void {
    appendFileSync(this.#log, lines.map(textOf).join(''));
  }

  /** As the server writes it: each line when its time has come, by a clock of its own. */
  async appendLive(lines: readonly Line[]): Promise<void> {
    const began = this.clock.elapsed() - (lines[0]!.writtenAt - SECOND);
    let next = 0;
    while (next < lines.length) {
      const due = lines.findIndex(({ writtenAt }, i) => i >= next && writtenAt > this.clock.elapsed() - began);
      const end = due === -1 ? lines.length : due;
      if (end > next) this.append(lines.slice(next, end));
      next = end;
      await systemClock.sleep(10, new AbortController().signal);
    }
  }

  async ask<T>(path: string): Promise<T> {
    return (await (await fetch(`${this.#app!.url}api/v1${path}`)).json()) as T;
  }

  async lines(): Promise<number> {
    return (await this.ask<SourcesWire>('/sources')).items[0]?.counters['lines'] ?? 0;
  }

  /** Every session, once all lines are read and nobody is there. */
  async sessions(lines: number): Promise<string[]> {
    await until('all lines are read', async () => (await this.lines()) === lines, 30_000);
    await until(
      'nobody is there',
      async () => {
        const { total } = await this.ask<AudienceWire>('/audience');
        const open = await this.ask<SessionPageWire>('/sessions?state=open');
        return total.sessions === 0 && open.total === 0;
      },
      30_000,
    );
    const { items, nextCursor } = await until('the store has it all', async () => {
      const page = await this.ask<SessionPageWire>('/sessions?state=all&limit=1000');
      return page.items.every(({ endedAt }) => endedAt !== null) && page;
    });
    assert.equal(nextCursor, null);
    return items
      .map(({ client, startedAt, lastSeenAt, requests, bytes }) =>
        [client.userAgent, startedAt, lastSeenAt, requests, bytes].join(' '),
      )
      .sort();
  }
}

const truth = truthOf(LINES);

test('the log is worth a test', () => {
  assert.ok(truth.length > 60, `${truth.length} sessions`);
  const isBehind = (line: Line, i: number) => LINES.slice(0, i).some(({ at }) => at > line.at);
  assert.ok(LINES.filter(isBehind).length > LINES.length / 4, 'many lines are out of order');
});

test('live, with pauses and with lines out of order', async () => {
  const reading = new Reading('live', START);
  await reading.start();
  await reading.appendLive(LINES);
  assert.deepEqual(await reading.sessions(LINES.length), truth);
});

test('live, while our wall clock steps back by ten minutes and later forward', async () => {
  const reading = new Reading('step', START);
  await reading.start();
  const writing = reading.appendLive(LINES);
  const third = Math.floor(LINES.length / 3);
  await until('a third is read', async () => (await reading.lines()) > third, 30_000);
  reading.clock.offset -= 10 * MINUTE;
  await until('two thirds are read', async () => (await reading.lines()) > 2 * third, 30_000);
  reading.clock.offset += 10 * MINUTE;
  await writing;
  assert.deepEqual(await reading.sessions(LINES.length), truth);
});

test('a third live, and the rest in one go after an hour down', async () => {
  const reading = new Reading('backlog', START);
  await reading.start();
  const third = Math.floor(LINES.length / 3);
  await reading.appendLive(LINES.slice(0, third));
  await until('they are read', async () => (await reading.lines()) === third);
  await reading.stop();
  reading.clock.offset += HOUR;
  reading.append(LINES.slice(third));
  await reading.start();
  assert.deepEqual(await reading.sessions(LINES.length - third), truth);
});

test('last year’s, in one go', async () => {
  const YEAR = 365 * 24 * HOUR;
  const reading = new Reading('last-year', START + YEAR);
  reading.append(LINES);
  await reading.start();
  assert.deepEqual(await reading.sessions(LINES.length), truth);
});
