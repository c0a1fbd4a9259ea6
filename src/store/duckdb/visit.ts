/**
 * Every session that a question chooses, one after the other, from one snapshot: rows are read as they lie in the tables,
 * or sorted, a piece at a time, so that it takes the same memory however many there are. Commits and checkpoints go on
 * meanwhile.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { nextTurn } from '../../lib/turn.ts';
import type { Visit, VisitQuery } from '../store.ts';
import { createBindings, rowsOf } from './bindings.ts';
import { RECORD_COLUMNS, recordOf } from './columns.ts';
import { whereSql } from './filter.ts';
import { conditionsOf, orderSql } from './sessions.ts';

/** About ten milliseconds' worth. */
const ROWS_AT_A_TIME = 512;

export async function visitSessions(connection: DuckDBConnection, query: VisitQuery, visit: Visit): Promise<void> {
  await connection.run('BEGIN TRANSACTION READ ONLY');
  const counts = new Map<string, number>();
  for (const table of ['sessions', 'open_sessions']) {
    const { where, bindings } = chosen(query);
    const [row] = await rowsOf(connection, `SELECT count(*) FROM ${table} ${where}`, bindings);
    counts.set(table, Number(row![0]));
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (query.order === undefined) {
    for (const [table, count] of counts) if (count > 0) await visitRows(connection, [table], query, total, visit);
  } else if (total > 0) {
    await visitRows(connection, [...counts.keys()], query, total, visit);
  }
  await connection.run('COMMIT');
}

/** Sorted rows are sorted by DuckDB, which spills to the disk what is more than its memory. */
async function visitRows(
  connection: DuckDBConnection,
  tables: readonly string[],
  query: VisitQuery,
  total: number,
  visit: Visit,
): Promise<void> {
  const { where, bindings } = chosen(query);
  const rows = tables.map((table) => `SELECT ${RECORD_COLUMNS} FROM ${table} ${where}`).join(' UNION ALL ');
  const sql = query.order === undefined ? rows : `SELECT * FROM (${rows}) ${orderSql(query.order)}`;
  const result = await connection.stream(sql, [...bindings.values], [...bindings.types]);
  for await (const chunk of result) {
    for (let from = 0; from < chunk.rowCount; from += ROWS_AT_A_TIME) {
      const length = Math.min(ROWS_AT_A_TIME, chunk.rowCount - from);
      await visit(
        Array.from({ length }, (_, i) => recordOf(chunk.getRowValues(from + i))),
        total,
      );
      await nextTurn();
    }
  }
}

function chosen(query: VisitQuery) {
  const bindings = createBindings();
  return { where: whereSql(conditionsOf(query, bindings)), bindings };
}
