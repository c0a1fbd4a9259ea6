import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { silentLog } from '../../telemetry/log.ts';
import { closedEvent, commitOf } from '../suite/rows.ts';
import { freshFolder } from '../suite/store-under-test.ts';
import { openDuckDbStore } from './index.ts';

async function rowsIn(folder: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(join(folder, 'headcount.duckdb'));
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll('SELECT count(*) FROM outbox');
  const rows = reader.value(0, 0);
  connection.closeSync();
  instance.closeSync();
  return rows;
}

test('an event leaves the file when the last sink has passed it', async (t) => {
  const folder = await freshFolder(t);
  const store = await openDuckDbStore({ directory: folder, log: silentLog });
  await store.outbox.open(['one', 'two']);
  await store.commit(commitOf(1, { events: ['a', 'b', 'c'].map((id) => closedEvent(id)) }));
  const places = (await store.outbox.waiting('one', 3)).map(({ at }) => at);
  await store.outbox.advance('one', places[2]!);
  await store.outbox.advance('two', places[1]!);
  await store.close();
  assert.equal(await rowsIn(folder), 1n);
  const again = await openDuckDbStore({ directory: folder, log: silentLog });
  await again.outbox.trim('two', 0);
  await again.close();
  assert.equal(await rowsIn(folder), 0n);
});
