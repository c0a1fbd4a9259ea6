/**
 * For index.test.ts: follows a log in a process of its own, which may be killed at any moment. What a store would keep
 * of a batch is one line on standard output, written in one piece: `{ presences, watermark, cursor }`.
 *
 * Arguments: the log, and the cursor to go on with as JSON.
 */

import { writeSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Batch } from '../source.ts';
import { accessLog } from './index.ts';

const [path, cursor] = process.argv.slice(2) as [string, string];
const { gap, lateness } = accessLog.traits;

async function emit({ observations, watermark, cursor: reached }: Batch): Promise<void> {
  const presences = observations.filter(({ kind }) => kind === 'presence');
  writeSync(1, `${JSON.stringify({ presences, watermark: watermark ?? null, cursor: reached ?? null })}\n`);
}

await accessLog
  .create(accessLog.config.parse({ path, poll: '10ms' }), { name: 'log', audience: null, gap, lateness })
  .run({
    ...{ emit, signal: new AbortController().signal, cursor: JSON.parse(cursor) },
    ...{ log: silentLog, counters: new ScopedCounters(), clock: systemClock, inboxes: new Inboxes() },
  });
