/**
 * Polls many servers as fast as it can, in a process of its own: `{"ports":[…],"reportAt":[150,750]}` on standard input;
 * says what the heap holds after so many polls, and ends after the last of these.
 */

import { text } from 'node:stream/consumers';
import { systemClock } from '../../src/lib/clock.ts';
import { Inboxes } from '../../src/lib/inboxes.ts';
import { icecast } from '../../src/sources/icecast/index.ts';
import type { Batch } from '../../src/sources/source.ts';
import { ScopedCounters } from '../../src/telemetry/counters.ts';
import { silentLog } from '../../src/telemetry/log.ts';

/** Shorter than configurations may say, and than a poll takes: the next one is due when the last one is over. */
const EVERY_MS = 20;

const { ports, reportAt } = JSON.parse(await text(process.stdin)) as { ports: number[]; reportAt: number[] };
const stopping = new AbortController();
const streams = new Set<string>();
let polls = 0;

function taken(port: number, { observations }: Batch): void {
  for (const each of observations) if (each.kind === 'report') streams.add(`${port}${each.stream}`);
  if (++polls === reportAt[0]) report();
}

function report(): void {
  globalThis.gc!();
  process.stdout.write(`${reportAt.shift()} polls: ${process.memoryUsage().heapUsed} bytes, ${streams.size} streams\n`);
  if (reportAt.length === 0) stopping.abort();
}

await Promise.all(
  ports.map((port) => {
    const options = { ...icecast.config.parse({ host: '127.0.0.1', port, password: 'x' }), every: EVERY_MS };
    const source = icecast.create(options, { name: `server-${port}`, audience: null, gap: 0, lateness: 0 });
    return source.run({
      emit: async (batch) => taken(port, batch),
      signal: stopping.signal,
      ...{ cursor: null, log: silentLog, counters: new ScopedCounters(), clock: systemClock },
      inboxes: new Inboxes(),
    });
  }),
);
