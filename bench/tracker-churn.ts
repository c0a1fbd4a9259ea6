/**
 * For bench/tracker.ts: sessions that begin and end, beside 200,000 that are there. `told`: a server names the connection
 * that begins and the one that ends. `expiring`: a client asks once, and its gap passes.
 */

import { Audience } from '../src/core/audience.ts';
import { type Client, type Hash, identify } from '../src/core/identity.ts';
import { clientFacts, FOREVER, type Observation, presence } from '../src/core/observation.ts';
import type { SourceTraits } from '../src/core/spaces.ts';
import { Tracker } from '../src/core/tracker.ts';
import { createClient } from '../src/enrich/client.ts';
import { memoryNow } from './harness.ts';
import { LOG } from './tracker-crowd.ts';
import { CHURNED, type Churn, OPEN } from './tracker-scale.ts';

const TOLD: SourceTraits = { name: 'server', audience: null, gap: 0, departures: 'inOrder', provisional: false };
const START = Date.UTC(2025, 4, 17, 18);
/** So many come, and as many go, in a millisecond of the server's time. */
const A_MILLISECOND = 5;
const BATCH = 10_000;

interface Step {
  readonly observations: readonly Observation<Client>[];
  readonly watermark: number;
}

export function churnTold(hash: Hash): Churn {
  const clients = newClients(OPEN + 2 * CHURNED, hash, true);
  return churn(
    hash,
    TOLD,
    steps(
      clients,
      (client, at) => [begin(client, at)],
      (client, at) => [end(client, at)],
    ),
  );
}

export function churnExpiring(hash: Hash): Churn {
  const clients = newClients(OPEN + 2 * CHURNED, hash, false);
  // Whoever came so long ago is gone without a word: just as many are open as with those who are told to go.
  const gap = OPEN / A_MILLISECOND;
  return churn(
    hash,
    { ...LOG, gap },
    steps(
      clients,
      (client, at) => [visit(client, at)],
      () => [],
    ),
  );
}

/** First those who stay for a while; then one comes for each who goes, once to warm up and once to measure. */
function churn(hash: Hash, source: SourceTraits, all: readonly Step[]): Churn {
  const tracker = new Tracker({ hash });
  const audience = new Audience();
  tracker.attach(source);
  let begun = 0;
  let ended = 0;
  const take = ({ observations, watermark }: Step) => {
    for (const each of observations) tracker.observe(source.name, each);
    tracker.advance(source.name, watermark);
    const { joined, left } = audience.apply(tracker.changes());
    begun += joined.length;
    ended += left.length;
  };
  const measured = all.slice(-CHURNED / BATCH);
  for (const step of all.slice(0, -measured.length)) take(step);
  begun = 0;
  ended = 0;
  memoryNow();
  const start = performance.now();
  for (const step of measured) take(step);
  return { milliseconds: performance.now() - start, begun, ended };
}

type Tell = (client: Client, at: number) => Observation<Client>[];

function steps(clients: readonly Client[], begins: Tell, ends: Tell): Step[] {
  return Array.from({ length: clients.length / BATCH }, (_, step) => {
    const observations: Observation<Client>[] = [];
    for (let i = step * BATCH; i < (step + 1) * BATCH; i++) {
      const at = START + Math.floor(i / A_MILLISECOND);
      observations.push(...begins(clients[i]!, at));
      if (i >= OPEN) observations.push(...ends(clients[i - OPEN]!, at));
    }
    return { observations, watermark: START + ((step + 1) * BATCH) / A_MILLISECOND };
  });
}

const begin = (client: Client, at: number) => presence({ stream: 'radio', client, from: at, until: FOREVER });
const end = (client: Client, at: number) => ({ kind: 'departure' as const, stream: 'radio', client, at });
const visit = (client: Client, at: number) => presence({ stream: 'radio', client, from: at, requests: 1 });

/** Whose ids and addresses differ, and nothing else: what enrichment costs is measured by enrich.ts. */
function newClients(count: number, hash: Hash, isTold: boolean): Client[] {
  return Array.from({ length: count }, (_, i) => {
    const address = `198.51.${(i >> 16) & 255}.${i & 65_535}`;
    const facts = clientFacts({ address, userAgent: 'Player/1.0', connection: isTold ? `boot-1/${i}` : null });
    const identity = identify(facts, address, true, hash);
    return createClient({ identity, address, facts, place: null, player: null, bot: false });
  });
}
