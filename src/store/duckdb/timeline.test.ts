import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { dimension, moment, sessions } from '../suite/arbitrary.ts';
import { expectedTimeline } from '../suite/reference.ts';
import { appendRows } from './append.ts';
import { closedColumns } from './columns.ts';
import { MIGRATIONS } from './migrations.ts';
import { readTimeline } from './timeline.ts';

test('a timeline is the same, into however many slices it is cut', async (t) => {
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
  const query = fc.record({
    from: moment,
    to: moment,
    step: fc.constantFrom(3000, 10_000, 3333),
    by: dimension,
    filter: fc.constant({}),
    limit: fc.constantFrom(1, 3),
  });
  const property = fc.asyncProperty(sessions, query, fc.integer({ min: 1, max: 20 }), async (rows, asked, sliceOf) => {
    await connection.run('DELETE FROM sessions');
    await appendRows(connection, 'sessions', closedColumns(1), rows);
    const { steps, series } = await readTimeline(connection, asked, sliceOf);
    const expected = expectedTimeline(rows, asked);
    assert.deepEqual(steps, expected.steps);
    if (steps.length === 0) return;
    assert.deepEqual(
      series.map(({ value, peak }) => ({ value, peak })),
      expected.series.map(({ value, peak }) => ({ value, peak })),
    );
    const areas = (average: readonly number[]) => average.map((each) => each.toFixed(9));
    assert.deepEqual(
      series.map(({ average }) => areas(average)),
      expected.series.map(({ average }) => areas(average)),
    );
  });
  await fc.assert(property, { numRuns: 60 });
});
