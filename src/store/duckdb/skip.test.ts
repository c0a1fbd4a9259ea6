import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { createBindings, rowsOf } from './bindings.ts';
import { CITY, whereSql } from './filter.ts';
import { amongSql, findStart, type Ordered, type Position, type Start } from './skip.ts';

const ROWS = 200_000;
const PAGE = 5;

let instance: DuckDBInstance;
let connection: DuckDBConnection;

before(async () => {
  instance = await DuckDBInstance.create();
  connection = await instance.connect();
  // Nine rows in ten have no city; 'A, B' is written in two ways.
  await connection.run(`CREATE TABLE rows AS SELECT md5(i::VARCHAR) AS id, (hash(i) >> 32)::UINTEGER AS id_hash,
      CASE i % 40 WHEN 0 THEN 'A, B' WHEN 1 THEN 'A' WHEN 2 THEN 'C' WHEN 3 THEN '' END AS city,
      CASE i % 40 WHEN 1 THEN 'B' WHEN 2 THEN 'D' END AS country_code
    FROM range(${ROWS}) numbers(i)`);
});

after(() => {
  connection.closeSync();
  instance.closeSync();
});

for (const descending of [false, true]) {
  for (const offset of [2100, 7000, 12_000, 19_998, 20_001, 90_000, ROWS - 2]) {
    test(`row ${offset} of a city, ${descending ? 'falling' : 'rising'}, is found from a row a little before it`, async () => {
      const ordered = orderedBy(descending);
      const start = await findStart(connection, ordered, offset);
      assert.ok(start.skip >= 0 && start.skip < ROWS / 10, `${start.skip} rows are skipped`);
      assert.deepEqual(await pageFrom(start, ordered), await pageAt(offset, descending));
    });
  }
}

function orderedBy(descending: boolean): Ordered {
  return {
    ...{ sql: CITY, columns: ['city', 'country_code'], isText: true, descending, total: ROWS, length: PAGE },
    select: (what, _, condition) => `SELECT ${what} FROM rows ${whereSql(condition === undefined ? [] : [condition])}`,
  };
}

function orderOf(descending: boolean): string {
  return `ORDER BY ${CITY} ${descending ? 'DESC' : 'ASC'} NULLS LAST, id LIMIT ${PAGE}`;
}

async function pageAt(offset: number, descending: boolean): Promise<unknown[]> {
  return (await rowsOf(connection, `SELECT id FROM rows ${orderOf(descending)} OFFSET ${offset}`)).flat();
}

/** All that has one of the values, but for what comes before the row in the value of the row. */
async function pageFrom({ from, skip, among }: Start, ordered: Ordered): Promise<unknown[]> {
  const { value, id } = from as Position;
  const bindings = createBindings();
  const isBehind = `(${CITY} IS DISTINCT FROM ${value === null ? 'NULL' : bindings.text(String(value))} OR id >= ${bindings.text(id)})`;
  const where = whereSql([amongSql(ordered, among!, bindings), isBehind]);
  return (
    await rowsOf(connection, `SELECT id FROM rows ${where} ${orderOf(ordered.descending)} OFFSET ${skip}`, bindings)
  ).flat();
}
