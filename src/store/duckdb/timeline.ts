/**
 * Concurrency over a period, exactly: every begin and end within it is an event (+1, -1), the running sum of the events
 * is the number of sessions at once, and the starts of the steps are events of no change, so that no stretch of equal
 * concurrency spans two steps. Sessions are half-open: one that ends when another begins does not overlap it.
 *
 * A long period is cut at starts of steps into slices, each of which sees the sessions clipped to it: memory stays
 * bounded, however many sessions there are.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Instant } from '../../core/observation.ts';
import { OTHERS, type Timeline, type TimelineQuery } from '../../core/query.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { nextTurn } from '../../lib/turn.ts';
import { chosenSql, groupLimit } from './aggregate.ts';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';
import { bigintOf } from './columns.ts';

const MOST_STEPS = 10_000;
/** Steps times series. */
const MOST_POINTS = 1_000_000;

/** One that is being filled in. */
interface Series {
  readonly value: string | null;
  readonly average: number[];
  readonly peak: number[];
}

/** `sliceOf`: about how many sessions a slice has. */
export async function readTimeline(
  connection: DuckDBConnection,
  asked: TimelineQuery,
  sliceOf = 250_000,
): Promise<Timeline> {
  const query = { ...asked, from: wholeOf(asked.from), to: wholeOf(asked.to), step: wholeOf(asked.step) };
  const steps = stepsOf(query);
  if (steps.length === 0) return { steps, series: [] };
  await connection.run('BEGIN TRANSACTION READ ONLY');
  const { own, hasOthers, sessions } = await rank(connection, query);
  const values = hasOthers ? [...own, OTHERS] : own;
  if (values.length * steps.length > MOST_POINTS) {
    throw new HeadcountError(
      'BAD_QUERY',
      `These are more than ${MOST_POINTS} points: ask for longer steps or fewer series.`,
    );
  }
  const zeros = () => new Array<number>(steps.length).fill(0);
  const series = values.map((value): Series => ({ value, average: zeros(), peak: zeros() }));
  const length = Math.ceil(steps.length / Math.ceil(Math.max(sessions, 1) / sliceOf));
  for (let first = 0; first < steps.length; first += length) {
    const slice = { ...query, from: steps[first]!, to: steps[first + length] ?? query.to };
    await fillIn(connection, slice, own, series, first);
  }
  await connection.run('COMMIT');
  return { steps, series };
}

function wholeOf(value: number): number {
  return Number(bigintOf(value));
}

function stepsOf({ from, to, step }: TimelineQuery): Instant[] {
  if (step < 1) throw new HeadcountError('BAD_QUERY', 'A step takes at least a millisecond.');
  const count = Math.max(Math.ceil((to - from) / step), 0);
  if (count > MOST_STEPS) {
    throw new HeadcountError(
      'BAD_QUERY',
      `These are more than ${MOST_STEPS} steps: ask for longer ones, or less time.`,
    );
  }
  return Array.from({ length: count }, (_, i) => from + i * step);
}

interface Ranking {
  /** What has a series of its own, the greatest first. */
  readonly own: readonly (string | null)[];
  readonly hasOthers: boolean;
  readonly sessions: number;
}

/** An undivided query has one series, whatever there is. */
async function rank(connection: DuckDBConnection, query: TimelineQuery): Promise<Ranking> {
  const bindings = createBindings();
  const chosen = chosenSql(query, '', bindings);
  if (query.by === null) {
    const [row] = await rowsOf(connection, `SELECT count(*) FROM (${chosen})`, bindings);
    return { own: [null], hasOthers: false, sessions: Number(row![0]) };
  }
  const limit = groupLimit(query.limit);
  const rows = await rowsOf(
    connection,
    `SELECT value, sum(count(*)) OVER () FROM (${chosen}) GROUP BY value
     ORDER BY sum(ended - began) DESC, value NULLS LAST LIMIT ${limit + 1}`,
    bindings,
  );
  const own = rows.slice(0, limit).map(([value]) => value as string | null);
  return { own, hasOthers: rows.length > limit, sessions: Number(rows[0]?.[1] ?? 0) };
}

/** Fills the points of a slice into the series, from step `first` on. */
async function fillIn(
  connection: DuckDBConnection,
  slice: TimelineQuery,
  own: readonly (string | null)[],
  series: readonly Series[],
  first: number,
): Promise<void> {
  const bindings = createBindings();
  const sql = pointsSql(slice, own, series.length, bindings);
  const result = await connection.stream(sql, [...bindings.values], [...bindings.types]);
  for await (const rows of result.yieldRows()) {
    for (const row of rows) {
      const [place, index, area, peak] = row as [number, number, number, number];
      const one = series[place - 1]!;
      const start = slice.from + index * slice.step;
      one.average[first + index] = area / Math.min(slice.step, slice.to - start);
      one.peak[first + index] = peak;
    }
    await nextTurn();
  }
}

/** Series, step, milliseconds that sessions were there in the step, greatest number at once; steps of none are absent. */
function pointsSql(slice: TimelineQuery, own: readonly (string | null)[], series: number, bindings: Bindings): string {
  const chosen = chosenSql(slice, '', bindings);
  const from = bindings.whole(slice.from);
  const to = bindings.whole(slice.to);
  const step = bindings.whole(slice.step);
  const steps = Math.ceil((slice.to - slice.from) / slice.step);
  return `WITH own AS (SELECT unnest(${bindings.texts(own)}) AS value, unnest(range(1, ${own.length + 1})) AS place),
    edges AS MATERIALIZED (
      SELECT coalesce(place, ${own.length + 1}) AS series, began, ended
      FROM (${chosen}) AS chosen LEFT JOIN own ON chosen.value IS NOT DISTINCT FROM own.value WHERE began < ended),
    events AS (
      SELECT series, moment, sum(change) AS change FROM (
        SELECT series, began AS moment, 1 AS change FROM edges
        UNION ALL SELECT series, ended, -1 FROM edges
        UNION ALL SELECT s.n + 1, ${from} + t.n * ${step}, 0 FROM range(${series}) s(n), range(${steps}) t(n)
      ) GROUP BY series, moment),
    levels AS (
      SELECT series, moment,
        sum(change) OVER (PARTITION BY series ORDER BY moment ROWS UNBOUNDED PRECEDING) AS level,
        lead(moment, 1, ${to}) OVER (PARTITION BY series ORDER BY moment) - moment AS lasted
      FROM events)
    SELECT series::INTEGER, ((moment - ${from}) // ${step})::INTEGER, sum(level * lasted)::DOUBLE, max(level)::INTEGER
    FROM levels WHERE lasted > 0 AND level > 0 GROUP BY 1, 2`;
}
