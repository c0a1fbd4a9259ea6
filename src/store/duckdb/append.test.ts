/** Rows, few and very many, in a transaction. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { appendRows } from './append.ts';
import { rowsOf } from './bindings.ts';
import { text, whole } from './columns.ts';

const COLUMNS = [whole<number>('number', (n) => n), text<number>('name', (n) => (n % 3 === 0 ? null : `name ${n}`))];

async function withTable(work: (connection: DuckDBConnection) => Promise<void>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run('CREATE TABLE numbers (number BIGINT, name VARCHAR)');
    await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function tally(connection: DuckDBConnection): Promise<number[]> {
  const query = `SELECT count(*), count(DISTINCT number), coalesce(sum(number), 0), count(name),
    count(*) FILTER (name = 'name ' || number) FROM numbers`;
  const [row] = await rowsOf(connection, query);
  return row!.map(Number);
}

for (const count of [0, 1, 512, 1025, 100_000, 100_001, 143_360]) {
  test(`${count} rows come in, each as it is and once`, async () => {
    await withTable(async (connection) => {
      const rows = Array.from({ length: count }, (_, i) => i);
      await connection.run('BEGIN');
      await appendRows(connection, 'numbers', COLUMNS, rows);
      await connection.run('COMMIT');
      const named = count - Math.ceil(count / 3);
      const sum = rows.reduce((total, each) => total + each, 0);
      assert.deepEqual(await tally(connection), [count, count, sum, named, named]);
      const others = await rowsOf(connection, "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'numbers'");
      assert.deepEqual(others, []);
    });
  });
}

test('very many rows that are not committed leave nothing behind, and come in again', async () => {
  await withTable(async (connection) => {
    const rows = Array.from({ length: 120_000 }, (_, i) => i);
    await connection.run('BEGIN');
    await appendRows(connection, 'numbers', COLUMNS, rows);
    await connection.run('ROLLBACK');
    assert.equal((await tally(connection))[0], 0);
    await connection.run('BEGIN');
    await appendRows(connection, 'numbers', COLUMNS, rows);
    await connection.run('COMMIT');
    assert.equal((await tally(connection))[0], 120_000);
  });
});
