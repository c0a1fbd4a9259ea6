/**
 * For bench/tracker.ts: one measurement in a process of its own, `tracker-child.ts WHAT`; its result is one line of JSON.
 *
 * - `audio`, `rounds`, `video`: folding into 200,000 open sessions, in milliseconds
 * - `map`: the same presences into a Map that keeps, by key and stream, no more than when and how much
 * - `told`, `expiring`: sessions beginning and ending beside 200,000 others, in milliseconds
 * - `memory`: a million open sessions, in bytes
 */

import { createHash } from 'node:crypto';
import { Audience } from '../src/core/audience.ts';
import type { Client } from '../src/core/identity.ts';
import type { Presence } from '../src/core/observation.ts';
import { Tracker } from '../src/core/tracker.ts';
import { memoryNow } from './harness.ts';
import { churnExpiring, churnTold } from './tracker-churn.ts';
import { type Batch, Crowd, LOG, meet, openEnrichment } from './tracker-crowd.ts';
import { FOLDED, type Folding, type Footprint, HELD, OPEN } from './tracker-scale.ts';

/** As the collector has it: so many observations are applied before what they changed is moved on. */
const SETTLE_AFTER = 10_000;

class Folder {
  readonly tracker = new Tracker({ hash: token });
  readonly audience = new Audience();
  #unsettled = 0;

  constructor() {
    this.tracker.attach(LOG);
  }

  /** What the collector does with a batch between enrichment and the store. */
  take({ presences, watermark }: Batch): void {
    for (const each of presences) this.tracker.observe(LOG.name, each);
    this.tracker.advance(LOG.name, watermark);
    this.#unsettled += presences.length;
    if (this.#unsettled < SETTLE_AFTER) return;
    this.#unsettled = 0;
    this.audience.apply(this.tracker.changes());
  }
}

/** Nothing but the sum of it: no order, no end, no audience. */
class Sums {
  readonly #sums = new Map<string, { from: number; to: number; bytes: number; requests: number }>();

  get size(): number {
    return this.#sums.size;
  }

  take({ presences }: Batch): void {
    for (const each of presences) this.#add(each);
  }

  #add({ client, stream, from, to, bytes, requests }: Presence<Client>): void {
    const key = `${client.key} ${stream}`;
    const sum = this.#sums.get(key);
    if (sum === undefined) {
      this.#sums.set(key, { from, to, bytes, requests });
      return;
    }
    if (from < sum.from) sum.from = from;
    if (to > sum.to) sum.to = to;
    sum.bytes += bytes;
    sum.requests += requests;
  }
}

async function fold(
  into: { take(batch: Batch): void },
  { hasQuality = false, inRounds = false },
  open: () => number,
): Promise<Folding> {
  const enrichment = await openEnrichment();
  const crowd = new Crowd(await meet(enrichment, OPEN), hasQuality);
  // Whoever is known stays known; what the thread of the players does is another question.
  await enrichment.close();
  for (const batch of crowd.arrivals()) into.take(batch);
  const told = () => (inRounds ? crowd.rounds(FOLDED) : crowd.next(FOLDED));
  for (const batch of told()) into.take(batch);
  memoryNow();
  let presences = 0;
  let milliseconds = 0;
  let processor = 0;
  for (const batch of told()) {
    const start = performance.now();
    const before = process.cpuUsage();
    into.take(batch);
    const { user, system } = process.cpuUsage(before);
    milliseconds += performance.now() - start;
    processor += (user + system) / 1000;
    presences += batch.presences.length;
  }
  return { milliseconds, processor, presences, open: open() };
}

function foldSessions(how: { hasQuality?: boolean; inRounds?: boolean }): Promise<Folding> {
  const folder = new Folder();
  return fold(folder, how, () => folder.audience.sessions.size);
}

function foldSums(): Promise<Folding> {
  const sums = new Sums();
  return fold(sums, {}, () => sums.size);
}

/** Everything that a running process has, but for the store, HTTP and the sources: enrichment with its databases too. */
async function weigh(): Promise<Footprint> {
  const bare = memoryNow();
  const enrichment = await openEnrichment();
  await meet(enrichment, 1);
  const before = memoryNow();
  const folder = new Folder();
  for (const batch of new Crowd(await meet(enrichment, HELD), true).arrivals()) folder.take(batch);
  folder.audience.apply(folder.tracker.changes());
  const after = memoryNow();
  const { size } = folder.audience.sessions;
  await enrichment.close();
  return { bare, before, after, open: size };
}

/** As app.ts makes ids. */
function token(text: string): string {
  return Buffer.from(createHash('sha256').update(text).digest('base64url').slice(0, 20), 'latin1').toString('latin1');
}

const measurements: Readonly<Record<string, () => Promise<unknown>>> = {
  audio: () => foldSessions({}),
  rounds: () => foldSessions({ inRounds: true }),
  video: () => foldSessions({ hasQuality: true }),
  map: foldSums,
  told: async () => churnTold(token),
  expiring: async () => churnExpiring(token),
  memory: weigh,
};

const measure = measurements[process.argv[2] ?? ''];
if (measure === undefined) throw new Error(`usage: tracker-child.ts ${Object.keys(measurements).join(' | ')}`);
process.stdout.write(`${JSON.stringify(await measure())}\n`);
