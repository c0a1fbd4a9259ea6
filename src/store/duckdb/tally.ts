/** All sessions there ever were, counted by what they have in common. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Tallied, TallyGroup, TallyQuery } from '../../core/query.ts';
import { groupLimit } from './aggregate.ts';
import { createBindings, rowsOf } from './bindings.ts';
import { filterSql, whereSql } from './filter.ts';

const COLUMN: Readonly<Record<Tallied, string>> = {
  stream: 'stream',
  country: 'country_code',
  city: 'city',
  address: 'address',
  latitude: 'latitude',
  longitude: 'longitude',
};

export async function tallySessions(connection: DuckDBConnection, query: TallyQuery): Promise<TallyGroup[]> {
  const bindings = createBindings();
  const columns = query.by.map((tallied) => COLUMN[tallied]);
  const where = whereSql(filterSql(query.filter, bindings));
  const select = `SELECT ${[...columns, 'started_at', 'last_seen_at', 'ended_at'].join(', ')}`;
  const groups = columns.length === 0 ? '' : `GROUP BY ${columns.join(', ')}`;
  const order = ['sessions DESC', ...columns.map((column) => `${column} NULLS LAST`)].join(', ');
  const counts = [
    'count(*) AS sessions',
    'count(ended_at)',
    'coalesce(sum(last_seen_at - started_at) FILTER (ended_at IS NOT NULL), 0)',
  ];
  const rows = await rowsOf(
    connection,
    `SELECT ${[...columns, ...counts].join(', ')}
     FROM (${select} FROM sessions ${where} UNION ALL ${select} FROM open_sessions ${where})
     ${groups} ORDER BY ${order} LIMIT ${groupLimit(query.limit)}`,
    bindings,
  );
  return rows.map((row) => {
    const [sessions, closed, closedMs] = row.slice(columns.length).map(Number) as [number, number, number];
    const values = row.slice(0, columns.length) as (string | number | null)[];
    return { values, sessions, closed, closedSeconds: closedMs / 1000 };
  });
}
