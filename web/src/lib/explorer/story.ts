/** A session as it is drawn: stretches of quality and titles along its span. Times are milliseconds. */

import type { SessionTitlesWire, SessionWire } from '../../../../src/http/contract.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** More rows are hard to read: what was on for the shortest time is in one row together. */
export const MOST_LANES = 6;

/** From its first to its last sight. A lone sight has a second. */
export function spanOf({ startedAt, lastSeenAt }: Pick<SessionWire, 'startedAt' | 'lastSeenAt'>): Span {
  const from = Date.parse(startedAt);
  return { from, to: Math.max(Date.parse(lastSeenAt), from + 1000) };
}

/** Each quality until the next one; none is without length. */
export function qualityStretches(session: SessionWire): Stretch[] {
  const span = spanOf(session);
  const points = session.qualityChanges;
  return points
    .map(({ at, quality }, i) => {
      const next = points[i + 1];
      const to = next === undefined ? span.to : Math.min(Date.parse(next.at), span.to);
      return { from: Math.max(Date.parse(at), span.from), to, label: quality };
    })
    .filter(({ from, to }) => to > from);
}

export function titleStretches({ items }: SessionTitlesWire): Stretch[] {
  return items.map(({ from, to, title }) => ({ from: Date.parse(from), to: Date.parse(to), label: title }));
}

export interface Lane {
  /** Null is all those that have no row of their own. */
  readonly label: string | null;
  readonly stretches: readonly Stretch[];
}

/** A row for each label, the greatest number in it first: `1080p` is above `720p`. */
export function lanesOf(stretches: readonly Stretch[]): Lane[] {
  const byLabel = Map.groupBy(stretches, ({ label }) => label);
  const lengthOf = (list: readonly Stretch[]) => list.reduce((sum, { from, to }) => sum + to - from, 0);
  const ranked = [...byLabel].sort(([, a], [, b]) => lengthOf(b) - lengthOf(a));
  const own = ranked.slice(0, ranked.length > MOST_LANES ? MOST_LANES - 1 : MOST_LANES);
  const rest = ranked.slice(own.length).flatMap(([, list]) => list);
  const inOrder = own.sort(([a], [b]) => b.localeCompare(a, undefined, { numeric: true }));
  return [
    ...inOrder.map(([label, list]) => ({ label, stretches: list })),
    ...(rest.length === 0 ? [] : [{ label: null, stretches: rest }]),
  ];
}

/** Where it lies, as shares of the span from 0 to 1. */
export function placeIn(span: Span, { from, to }: Span): { readonly left: number; readonly width: number } {
  const share = (at: number) => Math.min(Math.max((at - span.from) / (span.to - span.from), 0), 1);
  return { left: share(from), width: share(to) - share(from) };
}
