/**
 * Reads one log through the access-log source and a real tracker, in a process of its own, and prints what came of it
 * as one line of JSON: `{ lines, sessions, requests, bytes }`. Started by bench/access-log.ts.
 */

import { Tracker } from '../src/core/tracker.ts';
import { systemClock } from '../src/lib/clock.ts';
import { Inboxes } from '../src/lib/inboxes.ts';
import { accessLog } from '../src/sources/access-log/index.ts';
import type { Batch } from '../src/sources/source.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { clientOf, token } from './plain-clients.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: access-log-child.ts LOG');

const { gap, lateness, departures, provisional } = accessLog.traits;
const common = { name: 'bench', audience: null, gap, lateness };
const tracker = new Tracker({ hash: token });
tracker.attach({ name: common.name, audience: null, gap, departures, provisional });

const counters = new ScopedCounters();
const result = { lines: 0, sessions: 0, requests: 0, bytes: 0 };

await accessLog.create(accessLog.config.parse({ path, follow: false }), common).run({
  emit,
  signal: new AbortController().signal,
  cursor: null,
  inboxes: new Inboxes(),
  log: silentLog,
  counters,
  clock: systemClock,
});
tracker.advance(common.name, Number.MAX_SAFE_INTEGER);
settle();
result.lines = counters.get('lines');
process.stdout.write(`${JSON.stringify(result)}\n`);

async function emit(batch: Batch): Promise<void> {
  for (const observation of batch.observations) {
    if (observation.kind === 'presence') {
      tracker.observe(common.name, { ...observation, client: clientOf(observation.client) });
    }
  }
  if (batch.watermark !== undefined) tracker.advance(common.name, batch.watermark);
  settle();
}

function settle(): void {
  for (const session of tracker.changes().closed) {
    result.sessions++;
    result.requests += session.requests;
    result.bytes += session.bytes;
  }
}
