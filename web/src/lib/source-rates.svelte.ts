/** The rates of every source during the last ten minutes: the API tells those of now, and the page remembers. */

import type { SourceWire } from '../../../src/http/contract.ts';

const WINDOW = 600_000;
/** They are asked for every five seconds; a page that reconnects may ask more often. */
const LEAST_APART = 4000;

interface Sample {
  readonly at: number;
  readonly perSecond: number;
}

let kept = $state.raw<ReadonlyMap<string, readonly Sample[]>>(new Map());
let newest = Number.NEGATIVE_INFINITY;

export const sourceRates = {
  /** Of what tells most of a source; oldest first, in anything a second. */
  of(source: string): readonly number[] {
    return kept.get(source)?.map(({ perSecond }) => perSecond) ?? [];
  },
  /** Sources that are not among these are forgotten. */
  take(sources: readonly SourceWire[], at: number): void {
    if (at - newest < LEAST_APART) return;
    newest = at;
    kept = new Map(
      sources.map(({ name, rates }) => {
        const before = kept.get(name)?.filter((sample) => at - sample.at < WINDOW) ?? [];
        const [first] = rates;
        return [name, first === undefined ? before : [...before, { at, perSecond: first.perSecond }]];
      }),
    );
  },
};
