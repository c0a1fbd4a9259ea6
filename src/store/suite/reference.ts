/**
 * What a store has to answer, worked out the slow and obvious way over plain rows: the reference that the suite
 * compares with.
 */

import {
  type Dimension,
  facetOf,
  type HistoryGroup,
  type HistoryQuery,
  matches,
  OTHERS,
  type SessionQuery,
  type SessionSort,
  type Timeline,
  type TimelineQuery,
  type TimelineSeries,
} from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';

export function expectedSessions(rows: readonly SessionRecord[], query: SessionQuery): SessionRecord[] {
  const isEmpty = query.from !== null && query.to !== null && query.from >= query.to;
  const chosen = rows.filter((row) => {
    if (isEmpty) return false;
    if (query.state !== 'all' && (query.state === 'open') !== (row.endedAt === null)) return false;
    if (query.to !== null && row.startedAt >= query.to) return false;
    if (query.from !== null && row.lastSeenAt <= query.from) return false;
    return matches(row, query.filter);
  });
  return chosen.sort((a, b) => {
    const [x, y] = [sortValue(a, query.sort), sortValue(b, query.sort)];
    if ((x === null) !== (y === null)) return x === null ? 1 : -1;
    const order = x === null || y === null ? 0 : compare(x, y);
    return order === 0 ? compare(a.id, b.id) : query.descending ? -order : order;
  });
}

function sortValue(row: SessionRecord, sort: SessionSort): string | number | null {
  if (sort === 'duration') return row.lastSeenAt - row.startedAt;
  return sort === 'startedAt' || sort === 'bytes' ? row[sort] : facetOf(row, sort);
}

/** Texts in the order of their code points, as UTF-8 has it. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}

interface Clipped {
  readonly value: string | null;
  readonly began: number;
  readonly ended: number;
  readonly row: SessionRecord;
}

function clip(rows: readonly SessionRecord[], query: HistoryQuery | TimelineQuery): Clipped[] {
  const { from, to, by, filter } = query;
  return rows
    .filter((row) => from < to && row.startedAt < to && row.lastSeenAt > from && matches(row, filter))
    .map((row) => ({
      value: by === null ? null : facetOf(row, by),
      began: Math.max(row.startedAt, from),
      ended: Math.min(row.lastSeenAt, to),
      row,
    }));
}

export function expectedGroups(rows: readonly SessionRecord[], query: HistoryQuery): HistoryGroup[] {
  const clipped = clip(rows, query);
  const values = query.by === null ? [null] : [...new Set(clipped.map(({ value }) => value))];
  const groups = values.map((value) =>
    groupOf(
      value,
      clipped.filter((each) => each.value === value),
    ),
  );
  return groups
    .sort((a, b) => b.listeningSeconds - a.listeningSeconds || compareValues(a.value, b.value))
    .slice(0, query.limit);
}

function groupOf(value: string | null, members: readonly Clipped[]): HistoryGroup {
  return {
    value,
    sessions: members.length,
    uniqueClients: new Set(members.map(({ row }) => row.listener)).size,
    listeningSeconds: members.reduce((sum, { began, ended }) => sum + ended - began, 0) / 1000,
    bytes: members.reduce((sum, { row }) => sum + row.bytes, 0),
  };
}

/** Unknown last. */
function compareValues(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return compare(a, b);
}

export function expectedTimeline(rows: readonly SessionRecord[], query: TimelineQuery): Timeline {
  const { from, to, step, by } = query;
  const steps: number[] = [];
  for (let at = from; at < to; at += step) steps.push(at);
  const clipped = clip(rows, query);
  if (by === null) return { steps, series: [seriesOf(null, clipped, steps, query)] };
  const ranked = expectedGroups(rows, { from, to, by: by as Dimension, filter: query.filter, limit: rows.length });
  const own = ranked.slice(0, query.limit).map(({ value }) => value);
  const series = own.map((value) =>
    seriesOf(
      value,
      clipped.filter((each) => each.value === value),
      steps,
      query,
    ),
  );
  if (ranked.length > own.length) {
    series.push(
      seriesOf(
        OTHERS,
        clipped.filter((each) => !own.includes(each.value)),
        steps,
        query,
      ),
    );
  }
  return { steps, series };
}

function seriesOf(
  value: string | null,
  members: readonly Clipped[],
  steps: readonly number[],
  { to, step }: TimelineQuery,
): TimelineSeries {
  const average: number[] = [];
  const peak: number[] = [];
  for (const start of steps) {
    const end = Math.min(start + step, to);
    const present = members.filter(({ began, ended }) => began < end && ended > start);
    const area = present.reduce((sum, { began, ended }) => sum + Math.min(ended, end) - Math.max(began, start), 0);
    average.push(area / (end - start));
    // The number of sessions is greatest just after some begin.
    const moments = present.map(({ began }) => Math.max(began, start));
    const levels = moments.map((at) => present.filter(({ began, ended }) => began <= at && at < ended).length);
    peak.push(Math.max(0, ...levels));
  }
  return { value, average, peak };
}
