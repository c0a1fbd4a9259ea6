import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { listeningQuestion, listeningSessions } from '../suite/listening.ts';
import { expectedListening } from '../suite/reference.ts';
import { appendRows } from './append.ts';
import { closedColumns } from './columns.ts';
import { readListening } from './listening.ts';
import { MIGRATIONS } from './migrations.ts';

test('listening is counted the same, into however many slices of time and groups of listeners it is cut', async (t) => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  t.after(() => {
    connection.closeSync();
    instance.closeSync();
  });
  for (const { apply } of MIGRATIONS) {
    await apply(async (sql) => {
      await connection.run(sql);
    });
  }
  const parts = fc.record({ sliceOf: fc.integer({ min: 1, max: 20 }), groupOf: fc.integer({ min: 1, max: 20 }) });
  const property = fc.asyncProperty(listeningSessions, listeningQuestion, parts, async (rows, asked, sizes) => {
    await connection.run('DELETE FROM sessions');
    await appendRows(connection, 'sessions', closedColumns(1), rows);
    assert.deepEqual(await readListening(connection, asked, sizes), expectedListening(rows, asked));
  });
  await fc.assert(property, { numRuns: 100 });
});
