/**
 * How many sessions were there in each of many steps: every begin and end is an event (+1, -1), the running sum of the
 * events is the number of sessions at once, and the starts of the steps are events of no change, so that no stretch of
 * equal concurrency spans two steps. Whoever was there in a step was there before and after its start, or came later in it.
 *
 * The period is read in slices of equal length, whatever the steps are; a step may lie in several.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Instant } from '../../core/observation.ts';
import type { ListeningQuery } from '../../core/query.ts';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';
import { filterSql, periodSql, whereSql } from './filter.ts';

/** Of one step. `gross` are all sessions, the others only those that are long enough. */
export interface Concurrency {
  /** Sessions that began before the step and were still there. */
  readonly carried: number;
  readonly grossCarried: number;
  /** Sessions that began in the step. */
  readonly started: number;
  readonly grossStarted: number;
  /** Milliseconds that sessions were there. */
  readonly area: number;
  readonly peak: number;
  /** The first moment of the peak; null if nobody was there. */
  readonly peakAt: Instant | null;
}

const NOBODY: Concurrency = {
  carried: 0,
  grossCarried: 0,
  started: 0,
  grossStarted: 0,
  area: 0,
  peak: 0,
  peakAt: null,
};

export async function readConcurrency(
  connection: DuckDBConnection,
  query: ListeningQuery,
  slices: number,
): Promise<Concurrency[]> {
  const { edges } = query;
  const steps = edges.slice(0, -1).map(() => NOBODY);
  const from = edges[0]!;
  const to = edges.at(-1)!;
  const length = Math.ceil((to - from) / Math.max(slices, 1));
  let step = 0;
  for (let start = from; start < to; start += length) {
    const end = Math.min(start + length, to);
    // The step in which the slice begins, and all that begin within it.
    while (edges[step + 1]! <= start) step++;
    let next = step + 1;
    while (edges[next]! < end) next++;
    const starts = [start, ...edges.slice(step + 1, next)];
    for (const [i, part] of (await readSlice(connection, query, starts, end)).entries()) {
      const isContinued = starts[i]! > edges[step + i]!;
      steps[step + i] = isContinued ? withMore(steps[step + i]!, part) : part;
    }
  }
  return steps;
}

/** Of all steps together. */
export function wholeConcurrency(steps: readonly Concurrency[]): Concurrency {
  return steps.reduce(withMore);
}

/** A stretch and the one that follows upon it: who is carried into the second was there in the first. */
function withMore(first: Concurrency, second: Concurrency): Concurrency {
  const higher = second.peak > first.peak ? second : first;
  return {
    carried: first.carried,
    grossCarried: first.grossCarried,
    started: first.started + second.started,
    grossStarted: first.grossStarted + second.grossStarted,
    area: first.area + second.area,
    peak: higher.peak,
    peakAt: higher.peakAt,
  };
}

/** One for each start; the last one ends at `end`. */
async function readSlice(
  connection: DuckDBConnection,
  query: ListeningQuery,
  starts: readonly Instant[],
  end: Instant,
): Promise<Concurrency[]> {
  const bindings = createBindings();
  const rows = await rowsOf(connection, sliceSql(query, starts, end, bindings), bindings);
  const answer = starts.map(() => NOBODY);
  let [carried, grossCarried] = [0, 0];
  for (const row of rows) {
    const cells = row.map(Number) as [number, number, number, number, number, number, number, number];
    const [place, change, grossChange, started, grossStarted, area, peak, peakAt] = cells;
    // What comes before the first start is who is carried into it.
    if (place > 0) {
      const there = { carried, grossCarried, started, grossStarted, area, peak };
      answer[place - 1] = { ...there, peakAt: peak === 0 ? null : peakAt };
    }
    carried += change;
    grossCarried += grossChange;
  }
  return answer;
}

/**
 * By place (the how-manieth start): changes in it, sessions that began, their area, their peak and its first moment. At
 * the same moment ends come first, and with them whoever is carried into the slice; then the start of a step, then begins.
 * What is passed through within a moment is never more than what was before or is after it, and lasts for no time.
 */
function sliceSql(
  { filter, minSession }: ListeningQuery,
  starts: readonly Instant[],
  end: Instant,
  bindings: Bindings,
): string {
  const where = whereSql([
    ...filterSql(filter, bindings),
    ...periodSql(starts[0]!, end, bindings),
    'last_seen_at > started_at',
  ]);
  const from = bindings.whole(starts[0]!);
  const to = bindings.whole(end);
  const there = `SELECT greatest(started_at, ${from}) AS began, least(last_seen_at, ${to}) AS ended,
    (started_at >= ${from})::INTEGER AS is_new,
    (last_seen_at - started_at >= ${bindings.whole(minSession)})::INTEGER AS is_long`;
  return `WITH there AS MATERIALIZED (${there} FROM sessions ${where} UNION ALL ${there} FROM open_sessions ${where}),
    events AS (
      SELECT began AS moment, 2 * is_new - 1 AS turn, is_long AS change, 1 AS gross_change,
        is_long * is_new AS started, is_new AS gross_started, 0 AS step FROM there
      UNION ALL SELECT ended, -1, -is_long, -1, 0, 0, 0 FROM there WHERE ended < ${to}
      UNION ALL SELECT unnest(${bindings.wholes(starts)}), 0, 0, 0, 0, 0, 1),
    levels AS (
      SELECT *, (sum(change) OVER before)::INTEGER AS level, (sum(step) OVER before)::INTEGER AS place,
        lead(moment, 1, ${to}) OVER (ORDER BY moment, turn) - moment AS lasted
      FROM events WINDOW before AS (ORDER BY moment, turn ROWS UNBOUNDED PRECEDING))
    SELECT place, sum(change), sum(gross_change), sum(started), sum(gross_started), sum(level * lasted)::DOUBLE,
      max(level), arg_min(moment, (-level, moment))
    FROM levels GROUP BY place ORDER BY place`;
}
