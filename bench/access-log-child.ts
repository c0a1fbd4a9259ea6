/**
 * Reads one log through the access-log source and a real tracker, in a process of its own, and prints what came of it
 * as one line of JSON: `{ lines, sessions, requests, bytes }`. Started by bench/access-log.ts.
 */

import { createHash } from 'node:crypto';
import { type Client, identify } from '../src/core/identity.ts';
import type { ClientFacts } from '../src/core/observation.ts';
import { Tracker } from '../src/core/tracker.ts';
import { systemClock } from '../src/lib/clock.ts';
import { Inboxes } from '../src/lib/inboxes.ts';
import { networkOf } from '../src/lib/ip.ts';
import { accessLog } from '../src/sources/access-log/index.ts';
import type { Batch } from '../src/sources/source.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: access-log-child.ts LOG');

const { gap, lateness, departures, provisional } = accessLog.traits;
const common = { name: 'bench', audience: null, gap, lateness };
const tracker = new Tracker({ hash: token });
tracker.attach({ name: common.name, audience: null, gap, departures, provisional });

const clients = new WeakMap<ClientFacts, Client>();
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

/** As enrichment does it, without geo, network and player. */
function clientOf(facts: ClientFacts): Client {
  let client = clients.get(facts);
  if (client === undefined) {
    const { address, port, userAgent, user, device } = facts;
    client = {
      session: null,
      ...identify(facts, address === null ? null : networkOf(address), true, token),
      ...{ address, port, userAgent, user, device, place: null, player: null, bot: false },
    };
    clients.set(facts, client);
  }
  return client;
}

function token(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
