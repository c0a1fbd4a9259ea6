/**
 * For bench/process.ts: one console folded into sessions, in a process of its own, `process-child.ts WHAT FILE`; its result
 * is one line of JSON, `{ milliseconds, processor, sessions }`. All of it goes through a real tracker.
 *
 * - `lines`: bytes in memory, to lines, to the source's audience
 * - `spyserver`: the source, which runs `cat FILE`
 * - `process`: the source of any program, with patterns, which runs `cat FILE`
 */

import { readFileSync } from 'node:fs';
import type { Observation } from '../src/core/observation.ts';
import { Tracker } from '../src/core/tracker.ts';
import { systemClock } from '../src/lib/clock.ts';
import { HeadcountError } from '../src/lib/errors.ts';
import { Inboxes } from '../src/lib/inboxes.ts';
import { processSource } from '../src/sources/process/index.ts';
import type { Batch, SourceKind } from '../src/sources/source.ts';
import { createAudience } from '../src/sources/spyserver/audience.ts';
import { spyserver } from '../src/sources/spyserver/index.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { lineSplitter } from '../src/transports/spawn/lines.ts';
import { clientOf, token } from './plain-clients.ts';

export interface Folded {
  readonly milliseconds: number;
  /** Of this process, all its threads, without the child. */
  readonly processor: number;
  readonly sessions: number;
}

const PATTERNS = {
  open: 'Accepted client (?<endpoint>\\S+) running ?(?<userAgent>.*)$',
  close: 'Client disconnected: (?<endpoint>\\S+)',
  ignore: ['\\[R82XX\\]', 'Found ', 'Exact sample rate', 'Device was '],
};
/** As a pipe gives them. */
const PIECE = 64 * 1024;

const common = { name: 'bench', audience: null, gap: 0, lateness: 0 };
const tracker = new Tracker({ hash: token });
tracker.attach({ name: common.name, audience: null, gap: 0, departures: 'inOrder', provisional: false });
let sessions = 0;

async function emit({ observations, watermark }: Batch): Promise<void> {
  for (const each of observations) {
    if (each.kind === 'presence' || each.kind === 'departure') {
      tracker.observe(common.name, { ...each, client: clientOf(each.client) });
    }
  }
  if (watermark !== undefined) tracker.advance(common.name, watermark);
  sessions += tracker.changes().closed.length;
}

async function foldLines(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const counters = new ScopedCounters();
  const audience = createAudience({ stream: 'hf', boot: 1, isIgnored: () => false, counters });
  const splitter = lineSplitter(PIECE, () => counters.add('longLines'));
  for (let at = 0; at < bytes.length; at += PIECE) {
    const now = Date.now();
    const observations: Observation[] = [];
    for (const line of splitter.take(bytes.subarray(at, at + PIECE))) observations.push(...audience.take(line, now));
    await emit({ observations, watermark: now });
  }
}

/** Ends as `cat` does. */
async function runSource(kind: SourceKind, options: Record<string, unknown>): Promise<void> {
  const source = kind.create(kind.config.parse(options) as never, common);
  const { signal } = new AbortController();
  const context = {
    cursor: null,
    log: silentLog,
    counters: new ScopedCounters(),
    clock: systemClock,
    inboxes: new Inboxes(),
  };
  try {
    await source.run({ ...context, emit, signal });
  } catch (error) {
    if (!(error instanceof HeadcountError && error.code === 'CHILD_ENDED')) throw error;
  }
}

const [what, path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: process-child.ts WHAT FILE');
const run: Readonly<Record<string, () => Promise<void>>> = {
  lines: () => foldLines(path),
  spyserver: () => runSource(spyserver, { config: path, exe: '/bin/cat' }),
  process: () => runSource(processSource, { program: '/bin/cat', arguments: [path], ...PATTERNS }),
};
const start = performance.now();
const before = process.cpuUsage();
await run[what!]!();
const { user, system } = process.cpuUsage(before);
const result: Folded = { milliseconds: performance.now() - start, processor: (user + system) / 1000, sessions };
process.stdout.write(`${JSON.stringify(result)}\n`);
