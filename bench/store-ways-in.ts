/** For bench/store.ts: the ways in that DuckDB has for rows from JavaScript: ours, and prepared inserts of a hundred rows. */

import { join } from 'node:path';
import { randomFrom } from '../src/enrich/fixture.ts';
import { appendRows } from '../src/store/duckdb/append.ts';
import { closedColumns } from '../src/store/duckdb/columns.ts';
import { openInstance } from '../src/store/duckdb/instance.ts';
import { MIGRATIONS } from '../src/store/duckdb/migrations.ts';
import { milliseconds } from './format.ts';
import { inTurns, ratioOf, timed } from './harness.ts';
import type { Report } from './report.ts';
import { sessionOf } from './store-sessions.ts';

const ROWS = 10_000;
const AT_ONCE = 100;

export async function measureWaysIn(folder: string, report: Report): Promise<void> {
  const random = randomFrom(3);
  const rows = Array.from({ length: ROWS }, (_, i) => sessionOf(i, random));
  const columns = closedColumns(1);
  const instance = await openInstance(join(folder, 'ways.duckdb'), { memoryMegabytes: 512, threads: 2 });
  const connection = await instance.connect();
  for (const { apply } of MIGRATIONS) {
    await apply(async (sql) => {
      await connection.run(sql);
    });
  }
  const inTransaction = (work: () => Promise<void>) =>
    timed(async () => {
      await connection.run('BEGIN');
      await work();
      await connection.run('COMMIT');
    });
  const row = `(${columns.map(() => '?').join(',')})`;
  const prepared = await connection.prepare(`INSERT INTO sessions VALUES ${new Array(AT_ONCE).fill(row).join(',')}`);
  const insert = async () => {
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const some = rows.slice(from, from + AT_ONCE);
      const cells = some.flatMap((each) => columns.map(({ of }) => of(each)));
      prepared.bind(
        cells,
        some.flatMap(() => columns.map(({ type }) => type)),
      );
      await prepared.run();
    }
  };
  const turns = { rounds: 3, warmUps: 1 };
  const { ours, theirs } = await inTurns(turns, {
    ours: () => inTransaction(() => appendRows(connection, 'sessions', columns, rows)),
    theirs: () => inTransaction(insert),
  });
  prepared.destroySync();
  connection.closeSync();
  instance.closeSync();
  report.figure({
    what: '10,000 sessions into DuckDB: data chunks',
    ours: milliseconds(ours),
    peer: { name: 'prepared inserts', figure: milliseconds(theirs) },
    ratio: ratioOf(ours, theirs),
  });
}
