/**
 * Who listened in each of many steps, and in how many clock quarter-hours for five minutes. Sessions of one listener that
 * are there at the same time are cut so that no two pieces of theirs overlap. Of a stretch of many steps, or of many
 * quarter-hours, only the first and the last can be shared with other pieces of the same listener: these are told apart
 * one by one, and all between them are an event at their begin and one at their end. So the work grows with the number
 * of sessions, and not with their length.
 *
 * Steps are made of quarter-hours, all but the ends of the first and the last: which step a moment lies in is looked up
 * by its quarter-hour.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { type ListeningCount, type ListeningQuery, QUARTER_HOUR, QUARTER_HOUR_LISTENING } from '../../core/query.ts';
import { nextTurn } from '../../lib/turn.ts';
import { type Bindings, createBindings } from './bindings.ts';
import { filterSql, periodSql, whereSql } from './filter.ts';

export type Listeners = Pick<ListeningCount, 'listeners' | 'quarterHours' | 'quarterHourListeners'>;

/** Sums over the groups of listeners that have been read. A change holds from its place on. */
interface Sums {
  whole: number;
  /** By step. */
  readonly listeners: Float64Array;
  readonly listenersChange: Float64Array;
  /** Listeners by quarter-hour, from the first whole one on. */
  readonly heard: Float64Array;
  readonly heardChange: Float64Array;
}

/** What a row of the answer is about. */
const WHOLE = 0;
const BY_STEP = 1;
const BY_QUARTER = 2;

export async function readListeners(
  connection: DuckDBConnection,
  query: ListeningQuery,
  groups: number,
): Promise<{ whole: Listeners; steps: Listeners[] }> {
  const { edges } = query;
  const quarters = wholeQuarters(edges[0]!, edges.at(-1)!);
  const sums: Sums = {
    whole: 0,
    listeners: new Float64Array(edges.length),
    listenersChange: new Float64Array(edges.length),
    heard: new Float64Array(quarters.count + 1),
    heardChange: new Float64Array(quarters.count + 1),
  };
  for (let group = 0; group < groups; group++) await addGroup(connection, query, sums, { group, groups });
  runUp(sums.listeners, sums.listenersChange);
  runUp(sums.heard, sums.heardChange);
  const answer = (from: number, to: number, listeners: number): Listeners => {
    const { first, count } = wholeQuarters(from, to);
    const start = first - quarters.first;
    return {
      listeners: query.cumeRule === 'quarter-hour' && count === 0 ? null : listeners,
      quarterHours: count,
      quarterHourListeners: sums.heard.subarray(start, start + count).reduce((sum, each) => sum + each, 0),
    };
  };
  return {
    whole: answer(edges[0]!, edges.at(-1)!, sums.whole),
    steps: edges.slice(0, -1).map((edge, i) => answer(edge, edges[i + 1]!, sums.listeners[i]!)),
  };
}

/** Numbers of quarter-hours since the epoch. */
function wholeQuarters(from: number, to: number): { first: number; count: number } {
  const first = Math.ceil(from / QUARTER_HOUR);
  return { first, count: Math.max(Math.floor(to / QUARTER_HOUR) - first, 0) };
}

function runUp(values: Float64Array, changes: Float64Array): void {
  let more = 0;
  for (const [i, change] of changes.entries()) {
    more += change;
    values[i]! += more;
  }
}

async function addGroup(
  connection: DuckDBConnection,
  query: ListeningQuery,
  sums: Sums,
  part: { group: number; groups: number },
): Promise<void> {
  const bindings = createBindings();
  const sql = groupSql(query, part, bindings);
  const result = await connection.stream(sql, [...bindings.values], [...bindings.types]);
  for await (const rows of result.yieldRows()) {
    for (const row of rows) {
      const [kind, place, count, change] = row as [number, number, number, number];
      if (kind === WHOLE) {
        sums.whole += count;
      } else if (kind === BY_STEP) {
        sums.listeners[place]! += count;
        sums.listenersChange[place]! += change;
      } else {
        sums.heard[place]! += count;
        sums.heardChange[place]! += change;
      }
    }
    await nextTurn();
  }
}

/** What about, where (the step, or the quarter-hour counted from the first whole one), count, change from there on. */
function groupSql(query: ListeningQuery, part: { group: number; groups: number }, bindings: Bindings): string {
  const { edges, cumeRule } = query;
  const { first, count } = wholeQuarters(edges[0]!, edges.at(-1)!);
  const from = bindings.whole(first);
  const to = bindings.whole(first + count);
  // What counts for a listener of a step, as quarter-hours of which the first and the last may be there in part.
  const runs =
    cumeRule === 'session'
      ? `SELECT listener, began // ${QUARTER_HOUR} AS first, (ended - 1) // ${QUARTER_HOUR} AS last FROM pieces`
      : 'SELECT listener, quarter AS first, quarter AS last FROM heard UNION ALL SELECT listener, first, last FROM through';
  return `WITH pieces AS MATERIALIZED (${piecesSql(query, part, bindings)}),
    spans AS MATERIALIZED (
      SELECT *, began // ${QUARTER_HOUR} AS first, (ended - 1) // ${QUARTER_HOUR} AS last
      FROM (
        SELECT listener, greatest(began, ${from} * ${QUARTER_HOUR}) AS began, least(ended, ${to} * ${QUARTER_HOUR}) AS ended
        FROM pieces)
      WHERE began < ended),
    heard AS MATERIALIZED (
      SELECT listener, quarter FROM (
        SELECT listener, first AS quarter, least(ended, (first + 1) * ${QUARTER_HOUR}) - began AS listened FROM spans
        UNION ALL SELECT listener, last, ended - last * ${QUARTER_HOUR} FROM spans WHERE last > first)
      GROUP BY listener, quarter HAVING sum(listened) >= ${QUARTER_HOUR_LISTENING}),
    through AS (SELECT listener, first + 1 AS first, last - 1 AS last FROM spans WHERE last > first + 1),
    runs AS MATERIALIZED (${runs})
    SELECT ${WHOLE}, 0, count(DISTINCT listener)::DOUBLE, 0::DOUBLE FROM runs
    UNION ALL (${byStepSql(edges, bindings)})
    UNION ALL (
      SELECT ${BY_QUARTER}, (quarter - ${from})::INTEGER, sum(heard)::DOUBLE, sum(change)::DOUBLE FROM (
        SELECT quarter, 1 AS heard, 0 AS change FROM heard
        UNION ALL SELECT first, 0, 1 FROM through
        UNION ALL SELECT last + 1, 0, -1 FROM through)
      GROUP BY quarter)`;
}

/** The sessions that are long enough, clipped to the period, without what of them overlaps others of their listener. */
function piecesSql(
  { edges, filter, minSession }: ListeningQuery,
  { group, groups }: { group: number; groups: number },
  bindings: Bindings,
): string {
  const [from, to] = [edges[0]!, edges.at(-1)!];
  const where = whereSql([
    ...filterSql(filter, bindings),
    ...periodSql(from, to, bindings),
    'last_seen_at > started_at',
    `last_seen_at - started_at >= ${bindings.whole(minSession)}`,
    ...(groups === 1 ? [] : [`listener_hash % ${groups} = ${group}`]),
  ]);
  const there = `SELECT listener_hash AS listener, greatest(started_at, ${bindings.whole(from)}) AS began,
    least(last_seen_at, ${bindings.whole(to)}) AS ended`;
  return `SELECT listener, greatest(began, coalesce(reach, began)) AS began, ended
    FROM (
      SELECT *, max(ended) OVER (
        PARTITION BY listener ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
      FROM (${there} FROM sessions ${where} UNION ALL ${there} FROM open_sessions ${where}))
    WHERE reach IS NULL OR ended > reach`;
}

function byStepSql(edges: readonly number[], bindings: Bindings): string {
  const starts = edges.slice(0, -1).map((edge) => Math.floor(edge / QUARTER_HOUR));
  const ends = edges.slice(1).map((edge) => Math.ceil(edge / QUARTER_HOUR));
  return `WITH steps AS (SELECT step, unnest(range(start, finish)) AS quarter FROM (
        SELECT unnest(range(${starts.length})) AS step, unnest(${bindings.wholes(starts)}) AS start,
          unnest(${bindings.wholes(ends)}) AS finish)),
      stepped AS (
        SELECT listener, head.step AS first, tail.step AS last FROM runs
        JOIN steps AS head ON head.quarter = runs.first JOIN steps AS tail ON tail.quarter = runs.last)
    SELECT ${BY_STEP}, step::INTEGER, sum(listeners)::DOUBLE, sum(change)::DOUBLE FROM (
      SELECT step, count(DISTINCT listener) AS listeners, 0 AS change FROM (
        SELECT listener, first AS step FROM stepped UNION ALL SELECT listener, last FROM stepped) GROUP BY step
      UNION ALL SELECT first + 1, 0, count(*) FROM stepped WHERE last > first + 1 GROUP BY first
      UNION ALL SELECT last, 0, -count(*) FROM stepped WHERE last > first + 1 GROUP BY last)
    GROUP BY step`;
}
