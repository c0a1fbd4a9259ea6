/**
 * Who was there at one moment. Begins and ends are read with the least and the greatest of each block of rows, which
 * DuckDB keeps: blocks of other times are passed over, and one with a session that began long before is not.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { InstantGroup, InstantPlaces, InstantQuery, SessionFilter } from '../../core/query.ts';
import { groupLimit } from './aggregate.ts';
import { type Bindings, createBindings, rowsOf } from './bindings.ts';
import { numberOf } from './columns.ts';
import { facetSql, filterSql, whereSql } from './filter.ts';

const MOST_PLACES = 10_000;

/** Of closed and open sessions that were there. */
function presentSql(columns: string, at: number, filter: SessionFilter, bindings: Bindings): string {
  const moment = bindings.whole(at);
  const where = whereSql([...filterSql(filter, bindings), `started_at <= ${moment}`, `last_seen_at > ${moment}`]);
  return `SELECT ${columns} FROM sessions ${where} UNION ALL SELECT ${columns} FROM open_sessions ${where}`;
}

export async function countInstant(connection: DuckDBConnection, query: InstantQuery): Promise<InstantGroup[]> {
  const { at, by, filter, limit } = query;
  const bindings = createBindings();
  const names = by.map((_, i) => `value_${i}`);
  const columns = [...by.map((dimension, i) => `${facetSql(dimension)} AS ${names[i]}`), 'listener_hash', 'bot'];
  const order = ['sessions DESC', 'bots DESC', ...names.map((name) => `${name} NULLS LAST`)];
  const rows = await rowsOf(
    connection,
    `SELECT ${[...names, ''].join(', ')} count(*) FILTER (NOT bot) AS sessions,
       count(DISTINCT listener_hash) FILTER (NOT bot), count(*) FILTER (bot) AS bots
     FROM (${presentSql(columns.join(', '), at, filter, bindings)})
     ${names.length === 0 ? '' : `GROUP BY ${names.join(', ')}`}
     ORDER BY ${order.join(', ')} LIMIT ${groupLimit(limit)}`,
    bindings,
  );
  return rows.map((row) => {
    const [sessions, listeners, bots] = row.slice(by.length).map(Number) as [number, number, number];
    return { values: row.slice(0, by.length) as (string | null)[], sessions, listeners, bots };
  });
}

/** Whose degrees are not known are one group, which comes first. */
export async function placeInstant(
  connection: DuckDBConnection,
  { at, filter }: Pick<InstantQuery, 'at' | 'filter'>,
): Promise<InstantPlaces> {
  const bindings = createBindings();
  const columns =
    'latitude IS NULL OR longitude IS NULL AS nowhere, latitude, longitude, city, accuracy_km, country_code';
  const spot = (column: string) => `CASE WHEN nowhere THEN NULL ELSE ${column} END`;
  const rows = await rowsOf(
    connection,
    `SELECT nowhere, ${spot('latitude')} AS y, ${spot('longitude')} AS x, ${spot('city')} AS place,
       min(accuracy_km), min(country_code), count(*) AS sessions
     FROM (${presentSql(columns, at, filter, bindings)}) GROUP BY nowhere, y, x, place
     ORDER BY nowhere DESC, sessions DESC, y, x, place NULLS LAST LIMIT ${MOST_PLACES + 1}`,
    bindings,
  );
  const unplaced = rows[0]?.[0] === true ? Number(rows.shift()!.at(-1)) : 0;
  return {
    places: rows.slice(0, MOST_PLACES).map(([, latitude, longitude, city, accuracyKm, countryCode, sessions]) => ({
      latitude: Number(latitude),
      longitude: Number(longitude),
      accuracyKm: numberOf(accuracyKm),
      city: city as string | null,
      countryCode: countryCode as string | null,
      sessions: Number(sessions),
    })),
    unplaced,
  };
}
