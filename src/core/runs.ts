/**
 * Early merging: a reader folds the presences of a batch into runs before they cross over, so that a million lines
 * become a few thousand observations. It merges just what the tracker would merge, and nothing whose order matters.
 */

import type { Milliseconds, Presence, Traffic } from './observation.ts';
import { mergeQualities } from './quality.ts';

/** Folds presences of the same client object and stream; between them there must be no cut. The order does not matter. */
export function foldRuns<C extends object>(presences: readonly Presence<C>[], gap: Milliseconds): Presence<C>[] {
  const byClient = new Map<C, Map<string, Presence<C>[]>>();
  const runs: Presence<C>[] = [];
  for (const p of presences) {
    if (p.over || p.provisional || p.until !== null || p.since !== null) {
      runs.push(p);
      continue;
    }
    const byStream = byClient.get(p.client) ?? new Map<string, Presence<C>[]>();
    byClient.set(p.client, byStream);
    const own = byStream.get(p.stream);
    if (own === undefined) byStream.set(p.stream, [p]);
    else own.push(p);
  }
  for (const byStream of byClient.values()) {
    for (const own of byStream.values()) {
      own.sort((a, b) => a.from - b.from || a.to - b.to);
      let run = own[0]!;
      for (const p of own.slice(1)) {
        if (p.from - run.to <= gap && mayMerge(run, p)) {
          run = merge(run, p);
        } else {
          runs.push(run);
          run = p;
        }
      }
      runs.push(run);
    }
  }
  return runs;
}

/** Titles and details are as new as the end of their presence: merging must not make them newer than they are. */
function mayMerge<C>(a: Presence<C>, b: Presence<C>): boolean {
  const [older, newer] = a.to <= b.to ? [a, b] : [b, a];
  const hasTitle = older.title === null || older.title === newer.title;
  return hasTitle && (older.details === null || older.to === newer.to) && (a.details === null || b.details === null);
}

function merge<C>(a: Presence<C>, b: Presence<C>): Presence<C> {
  return {
    ...a,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    bytes: a.bytes + b.bytes,
    requests: a.requests + b.requests,
    traffic: addTraffic(a.traffic, b.traffic),
    qualities:
      a.qualities === null || b.qualities === null
        ? (a.qualities ?? b.qualities)
        : mergeQualities(a.qualities, b.qualities, Number.NEGATIVE_INFINITY),
    title: a.title ?? b.title,
    details: a.details ?? b.details,
  };
}

export function addTraffic(a: Traffic | null, b: Traffic | null): Traffic | null {
  if (a === null || b === null) return a ?? b;
  return {
    up: { packets: a.up.packets + b.up.packets, bytes: a.up.bytes + b.up.bytes },
    down: { packets: a.down.packets + b.down.packets, bytes: a.down.bytes + b.down.bytes },
  };
}
