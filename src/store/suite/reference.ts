/**
 * What a store has to answer, worked out the slow and obvious way over plain rows: the reference that the suite
 * compares with.
 */

import { isWithin } from '../../core/access.ts';
import {
  DIMENSIONS,
  type Dimension,
  facetOf,
  type HistoryGroup,
  type HistoryQuery,
  type InstantGroup,
  type InstantPlaces,
  type InstantQuery,
  type Listening,
  type ListeningCount,
  type ListeningQuery,
  OTHERS,
  QUARTER_HOUR,
  QUARTER_HOUR_LISTENING,
  type SessionFilter,
  type SessionQuery,
  type SessionSort,
  type Tallied,
  type TallyGroup,
  type TallyQuery,
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

export function expectedTally(rows: readonly SessionRecord[], { by, filter, limit }: TallyQuery): TallyGroup[] {
  const groups = new Map<string, { values: TallyGroup['values']; members: SessionRecord[] }>();
  if (by.length === 0) groups.set('[]', { values: [], members: [] });
  for (const row of rows.filter((each) => matches(each, filter))) {
    const values = by.map((tallied) => talliedOf(row, tallied));
    const key = JSON.stringify(values);
    groups.set(key, { values, members: [...(groups.get(key)?.members ?? []), row] });
  }
  return [...groups.values()]
    .map(({ values, members }) => {
      const closed = members.filter(({ endedAt }) => endedAt !== null);
      const closedSeconds = closed.reduce((sum, row) => sum + row.lastSeenAt - row.startedAt, 0) / 1000;
      return { values, sessions: members.length, closed: closed.length, closedSeconds };
    })
    .sort((a, b) => b.sessions - a.sessions || compareTuples(a.values, b.values))
    .slice(0, limit);
}

function talliedOf(row: SessionRecord, tallied: Tallied): string | number | null {
  if (tallied === 'stream' || tallied === 'address') return row[tallied];
  const geo = row.place?.geo ?? null;
  return geo === null ? null : tallied === 'country' ? geo.countryCode : geo[tallied];
}

/** Unknown last. */
function compareTuples(a: TallyGroup['values'], b: TallyGroup['values']): number {
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? null;
    const order = x === null || y === null ? Number(x === null) - Number(y === null) : compare(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

export function expectedInstant(
  rows: readonly SessionRecord[],
  { at, by, filter, limit }: InstantQuery,
): InstantGroup[] {
  const groups = new Map<string, { values: InstantGroup['values']; members: SessionRecord[] }>();
  if (by.length === 0) groups.set('[]', { values: [], members: [] });
  for (const row of presentAt(rows, at, filter)) {
    const values = by.map((dimension) => facetOf(row, dimension));
    const key = JSON.stringify(values);
    groups.set(key, { values, members: [...(groups.get(key)?.members ?? []), row] });
  }
  return [...groups.values()]
    .map(({ values, members }) => {
      const people = members.filter(({ bot }) => !bot);
      const bots = members.length - people.length;
      return { values, sessions: people.length, listeners: listenersOf(people).length, bots };
    })
    .sort((a, b) => b.sessions - a.sessions || b.bots - a.bots || compareTuples(a.values, b.values))
    .slice(0, limit);
}

export function expectedPlaces(
  rows: readonly SessionRecord[],
  { at, filter }: Pick<InstantQuery, 'at' | 'filter'>,
): InstantPlaces {
  const places = new Map<string, InstantPlaces['places'][number]>();
  let unplaced = 0;
  for (const { place } of presentAt(rows, at, filter)) {
    const { latitude = null, longitude = null, city = null, countryCode = null, accuracyKm = null } = place?.geo ?? {};
    if (latitude === null || longitude === null) {
      unplaced++;
      continue;
    }
    const key = JSON.stringify([latitude, longitude, city]);
    const known = places.get(key);
    const accuracies = [known?.accuracyKm ?? null, accuracyKm].filter((each) => each !== null);
    places.set(key, {
      ...{ latitude, longitude, city, countryCode },
      accuracyKm: accuracies.length === 0 ? null : Math.min(...accuracies),
      sessions: (known?.sessions ?? 0) + 1,
    });
  }
  const order = (each: InstantPlaces['places'][number]) => [each.latitude, each.longitude, each.city];
  return {
    places: [...places.values()].sort((a, b) => b.sessions - a.sessions || compareTuples(order(a), order(b))),
    unplaced,
  };
}

function presentAt(rows: readonly SessionRecord[], at: number, filter: SessionFilter): SessionRecord[] {
  return rows.filter((row) => row.startedAt <= at && at < row.lastSeenAt && matches(row, filter));
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

export function expectedListening(rows: readonly SessionRecord[], query: ListeningQuery): Listening {
  const { edges } = query;
  return {
    whole: listeningIn(rows, query, edges[0]!, edges.at(-1)!),
    steps: edges.slice(0, -1).map((edge, i) => listeningIn(rows, query, edge, edges[i + 1]!)),
  };
}

function listeningIn(
  rows: readonly SessionRecord[],
  { filter, minSession, cumeRule }: ListeningQuery,
  from: number,
  to: number,
): ListeningCount {
  const gross = rows.filter(
    (row) => row.startedAt < to && row.lastSeenAt > from && row.lastSeenAt > row.startedAt && matches(row, filter),
  );
  const active = gross.filter(({ startedAt, lastSeenAt }) => lastSeenAt - startedAt >= minSession);
  const quarters: number[] = [];
  for (let at = Math.ceil(from / QUARTER_HOUR) * QUARTER_HOUR; at + QUARTER_HOUR <= to; at += QUARTER_HOUR)
    quarters.push(at);
  const heard = quarters.map((at) => listenersOf(active).filter((listener) => hasHeard(active, listener, at)));
  const moments = active.map(({ startedAt }) => Math.max(startedAt, from)).sort((a, b) => a - b);
  const levelAt = (at: number) =>
    active.filter(({ startedAt, lastSeenAt }) => startedAt <= at && at < lastSeenAt).length;
  const peak = Math.max(0, ...moments.map(levelAt));
  return {
    grossSessions: gross.length,
    activeSessions: active.length,
    startedSessions: active.filter(({ startedAt }) => startedAt >= from).length,
    listeningSeconds:
      active.reduce((sum, row) => sum + Math.min(row.lastSeenAt, to) - Math.max(row.startedAt, from), 0) / 1000,
    listeners:
      cumeRule === 'session' ? listenersOf(active).length : quarters.length === 0 ? null : new Set(heard.flat()).size,
    quarterHours: quarters.length,
    quarterHourListeners: heard.reduce((sum, each) => sum + each.length, 0),
    peak: { count: peak, at: moments.find((at) => levelAt(at) === peak) ?? null },
  };
}

function listenersOf(rows: readonly SessionRecord[]): string[] {
  return [...new Set(rows.map(({ listener }) => listener))];
}

/** Between two edges of their sessions a listener is there all the time, or not at all. */
function hasHeard(rows: readonly SessionRecord[], listener: string, quarter: number): boolean {
  const own = rows.filter((row) => row.listener === listener);
  const clipped = (at: number) => Math.min(Math.max(at, quarter), quarter + QUARTER_HOUR);
  const edges = own.flatMap(({ startedAt, lastSeenAt }) => [clipped(startedAt), clipped(lastSeenAt)]);
  const inOrder = edges.sort((a, b) => a - b);
  let listened = 0;
  for (const [i, edge] of inOrder.entries()) {
    const isThere = own.some(({ startedAt, lastSeenAt }) => startedAt <= edge && edge < lastSeenAt);
    if (isThere) listened += (inOrder[i + 1] ?? edge) - edge;
  }
  return listened >= QUARTER_HOUR_LISTENING;
}

function matches(session: SessionRecord, filter: SessionFilter): boolean {
  for (const dimension of DIMENSIONS) {
    const wanted = filter[dimension];
    if (wanted !== undefined && !wanted.includes(facetOf(session, dimension))) return false;
  }
  if (filter.ip !== undefined && (session.address === null || !filter.ip.includes(session.address))) return false;
  if (filter.listener !== undefined && !filter.listener.includes(session.listener)) return false;
  if (filter.within !== undefined && !isWithin(filter.within, session.source, session.stream)) return false;
  const { streamPatterns } = filter;
  if (streamPatterns !== undefined && !isWithin(streamPatterns, session.source, session.stream)) return false;
  return filter.bot === undefined || filter.bot === session.bot;
}
