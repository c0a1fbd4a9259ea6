import { strict as assert } from 'node:assert';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startChild } from '../../../lab/child.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Commit, Store } from '../store.ts';
import { closedSession, commitOf, openSession } from '../suite/rows.ts';
import { freshFolder } from '../suite/store-under-test.ts';
import { rowsOf } from './bindings.ts';
import { commitTo } from './commit.ts';
import { createDatabase, type Database } from './database.ts';
import { openDuckDbStore } from './index.ts';
import { mountTmpfs } from './tmpfs.ts';

const open = (directory: string, counters = new ScopedCounters()) =>
  openDuckDbStore({ directory, log: silentLog, counters, logBytes: 4 * 1024 * 1024 });

/** About a megabyte. */
function heavy(sequence: number): Commit {
  const rows = Array.from({ length: 1000 }, (_, i) => i);
  return commitOf(sequence, {
    closed: rows.map((i) => closedSession(`${sequence}/${i}`, { title: `${sequence * i} `.repeat(100) })),
    open: [openSession('open', { bytes: sequence })],
    cursors: { 'edge-1': sequence },
  });
}

async function assertAt(store: Store, sequence: number): Promise<void> {
  const resumed = await store.resume();
  assert.equal(resumed.sequence, sequence);
  assert.deepEqual(resumed.cursors, { 'edge-1': sequence });
  assert.deepEqual(
    resumed.open.map(({ record }) => record.bytes),
    [sequence],
  );
  assert.equal((await store.size()).sessions, sequence * 1000 + 1);
}

/** Commits until there is no room; answers the first sequence that found none. */
async function fill(store: Store): Promise<number> {
  for (let sequence = 1; sequence < 200; sequence++) {
    try {
      await store.commit(heavy(sequence));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'STORE_FULL');
      return sequence;
    }
  }
  throw new Error('the disk is not full');
}

test('disk full: the commit is refused as a whole, history can be read, and with room the same commit succeeds', async (t) => {
  const disk = mountTmpfs(t, 'size=40m');
  if (disk === null) return;
  writeFileSync(join(disk.folder, 'ballast'), Buffer.alloc(12_000_000));
  const folder = join(disk.folder, 'data');
  const store = await open(folder);
  const failed = await fill(store);
  assert.ok(failed > 5, `the first ${failed - 1} commits found room`);
  await assertAt(store, failed - 1);
  for (let i = 0; i < 3; i++) await assert.rejects(store.commit(heavy(failed)), { code: 'STORE_FULL' });
  await assertAt(store, failed - 1);
  rmSync(join(disk.folder, 'ballast'));
  await store.commit(heavy(failed));
  await store.commit(heavy(failed + 1));
  await assertAt(store, failed + 1);
  await store.close();
  const again = await open(folder);
  await assertAt(again, failed + 1);
  await again.close();
});

test('a checkpoint that finds no room ends the instance, not the store', async (t) => {
  const disk = mountTmpfs(t, 'size=40m');
  if (disk === null) return;
  const ballast = join(disk.folder, 'ballast');
  const counters = new ScopedCounters();
  const store = await openDuckDbStore({
    directory: join(disk.folder, 'data'),
    log: silentLog,
    counters,
    logBytes: 2 ** 40,
  });
  for (const sequence of [1, 2, 3, 4, 5, 6, 7, 8]) await store.commit(heavy(sequence));
  const { bavail, bsize } = statfsSync(disk.folder);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 300_000));
  // Forgetting writes little, and then wants the log folded into the file.
  assert.equal(await store.forget({ listener: 'listener of 3/7' }), 1);
  assert.equal(counters.get('checkpointsFailed'), 1);
  assert.equal(counters.get('reopened'), 1);
  assert.equal((await store.session('3/7'))?.listener, '');
  await assertAt(store, 8);
  await assert.rejects(store.commit(heavy(9)), { code: 'STORE_FULL' });
  rmSync(ballast);
  await store.commit(heavy(9));
  await assertAt(store, 9);
  await store.close();
});

test('a log that has no room to be folded in waits until there is some', async (t) => {
  const disk = mountTmpfs(t, 'size=40m');
  if (disk === null) return;
  const ballast = join(disk.folder, 'ballast');
  const counters = new ScopedCounters();
  const store = await open(join(disk.folder, 'data'), counters);
  writeFileSync(ballast, Buffer.alloc(33_000_000));
  for (const sequence of [1, 2, 3, 4, 5]) await store.commit(heavy(sequence));
  assert.ok(counters.get('checkpointsPostponed') > 0);
  assert.equal(counters.get('checkpoints') + counters.get('checkpointsFailed'), 0);
  rmSync(ballast);
  await store.commit(heavy(6));
  assert.equal(counters.get('checkpoints'), 1);
  await assertAt(store, 6);
  await store.close();
});

test('a question that needs too much memory is refused, and harms nobody', async (t) => {
  const store = await openDuckDbStore({ directory: await freshFolder(t), log: silentLog, memoryMegabytes: 128 });
  t.after(() => store.close());
  // Twenty megabytes a commit.
  const large = (sequence: number) =>
    Array.from({ length: 200 }, (_, i) =>
      closedSession(`${sequence}/${i}`, { title: `${sequence * i}.`.repeat(25_000) }),
    );
  for (const sequence of [1, 2, 3, 4, 5, 6]) await store.commit(commitOf(sequence, { closed: large(sequence) }));
  const everything = { state: 'all', filter: {}, from: null, to: null, cursor: null } as const;
  const question = { ...everything, sort: 'city', descending: false, limit: 1000 } as const;
  await assert.rejects(store.sessions(question), { code: 'STORE_TOO_MUCH' });
  await store.commit(commitOf(7, { closed: large(7) }));
  assert.deepEqual(await store.session('5/7'), large(5)[7]);
  assert.equal((await store.sessions({ ...question, limit: 10 })).total, 1400);
});

test('a commit that questions have left no memory for is tried again alone', async (t) => {
  const folder = await freshFolder(t);
  await (await open(folder)).close();
  const counters = new ScopedCounters();
  const settings = { memoryMegabytes: 128, threads: 1 };
  const database = createDatabase({ path: join(folder, 'headcount.duckdb'), settings, counters });
  t.after(() => database.close());
  const crowded: Database = {
    ...database,
    write: async () => {
      throw new HeadcountError('STORE_TOO_MUCH', 'no memory');
    },
  };
  let isReading = true;
  const reading = database.read(async (connection) => {
    await connection.run('SELECT sum(i) FROM range(30_000_000) r(i)');
    isReading = false;
  });
  await commitTo(crowded, heavy(1), counters);
  assert.equal(isReading, false, 'it has waited for the question before it');
  await reading;
  assert.equal(counters.get('commitsAlone'), 1);
  assert.deepEqual(await database.read((connection) => rowsOf(connection, 'SELECT sequence FROM progress')), [[1n]]);
});

test('no room for a new store: refused, and nothing is left behind', async (t) => {
  const disk = mountTmpfs(t, 'size=64k');
  if (disk === null) return;
  await assert.rejects(open(disk.folder), { code: 'STORE_FULL' });
  disk.remount('size=40m');
  const store = await open(disk.folder);
  assert.equal((await store.resume()).sequence, 0);
  await store.close();
});

test('a damaged file is refused with its path, and stays as it is', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  const store = await open(folder);
  for (const sequence of [1, 2, 3]) await store.commit(heavy(sequence));
  await store.close();
  const good = readFileSync(path);
  const garbled = (from: number, length: number) =>
    Buffer.concat([good.subarray(0, from), Buffer.alloc(length, 0x5a), good.subarray(from + length)]);
  const damaged = {
    'no database at all': Buffer.from('This is not a database. '.repeat(1000)),
    'an empty file': Buffer.alloc(0),
    'cut short': good.subarray(0, 5000),
    'garbled header': garbled(0, 100),
    'garbled second header': garbled(4096, 8192),
    'garbled throughout': garbled(12_288, good.length - 12_288),
  };
  for (const [what, bytes] of Object.entries(damaged)) {
    writeFileSync(path, bytes);
    await assert.rejects(open(folder), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'STORE_CORRUPT', what);
      assert.match(error.message, /headcount\.duckdb/);
      return true;
    });
    assert.deepEqual(readFileSync(path), bytes, what);
  }
  writeFileSync(path, good);
  const mended = await open(folder);
  await assertAt(mended, 3);
  await mended.close();
});

test('damage that shows only when rows are read is told then, and again, and the file stays', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  const store = await open(folder);
  for (const sequence of [1, 2, 3]) await store.commit(heavy(sequence));
  await store.close();
  const good = readFileSync(path);
  const cut = good.subarray(0, good.length / 2);
  writeFileSync(path, cut);
  const damaged = await open(folder);
  const everything = { state: 'all', filter: {}, from: null, to: null, cursor: null } as const;
  const question = { ...everything, sort: 'bytes', descending: true, limit: 1000 } as const;
  for (let i = 0; i < 2; i++) await assert.rejects(damaged.sessions(question), { code: 'STORE_CORRUPT' });
  await damaged.close();
  assert.deepEqual(readFileSync(path), cut);
  writeFileSync(path, good);
  const mended = await open(folder);
  await assertAt(mended, 3);
  await mended.close();
});

test('a file of another kind of database is not taken over', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE theirs AS SELECT 42 AS answer');
  connection.closeSync();
  instance.closeSync();
  await assert.rejects(open(folder), { code: 'STORE_CORRUPT', message: /no history of Headcount/ });
});

test('a store that another process has open is refused with its process id, and free when that ends', async (t) => {
  const folder = await freshFolder(t);
  await (await open(folder)).close();
  const child = startChild(process.execPath, [join(import.meta.dirname, 'crash-child.ts'), folder, 'hold']);
  t.after(() => child.stop('SIGKILL'));
  await child.printed(/open/);
  await assert.rejects(open(folder), { code: 'STORE_LOCKED', message: new RegExp(`process ${child.pid}\\b`) });
  await child.stop('SIGKILL');
  const store = await open(folder);
  assert.equal((await store.resume()).sequence, 0);
  await store.close();
});

test('a store that this process has open is refused as well', async (t) => {
  const folder = await freshFolder(t);
  const store = await open(folder);
  await assert.rejects(open(folder), { code: 'STORE_LOCKED', message: new RegExp(`${process.pid}`) });
  await assert.rejects(open(join(folder, '..', folder.split('/').at(-1)!)), { code: 'STORE_LOCKED' });
  await store.commit(commitOf(1));
  await store.close();
  await (await open(folder)).close();
});

test('a folder that cannot be written, or is none, is refused', async (t) => {
  const folder = await freshFolder(t);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(open(file), { code: 'STORE_UNWRITABLE' });
  await assert.rejects(open(join(file, 'below')), { code: 'STORE_UNWRITABLE' });
  mkdirSync(join(folder, 'taken', 'headcount.duckdb'), { recursive: true });
  await assert.rejects(open(join(folder, 'taken')), { code: 'STORE_UNWRITABLE' });
  if (process.getuid?.() === 0) return;
  const shut = join(folder, 'shut');
  mkdirSync(shut);
  chmodSync(shut, 0o500);
  await assert.rejects(open(shut), { code: 'STORE_UNWRITABLE' });
});

test('a file system that can only be read is refused, whether there is a store on it or not', async (t) => {
  const disk = mountTmpfs(t, 'size=16m');
  if (disk === null) return;
  disk.remount('ro');
  await assert.rejects(open(disk.folder), { code: 'STORE_UNWRITABLE' });
  disk.remount('rw');
  await (await open(disk.folder)).close();
  disk.remount('ro');
  await assert.rejects(open(disk.folder), { code: 'STORE_UNWRITABLE' });
});

test('what a killed process has spilled is removed at the next opening, and nothing else', async (t) => {
  const folder = await freshFolder(t);
  mkdirSync(join(folder, 'headcount.duckdb.tmp-abandoned'));
  writeFileSync(join(folder, 'headcount.duckdb.tmp-abandoned', 'duckdb_temp_storage_DEFAULT-0.tmp'), 'spilled');
  writeFileSync(join(folder, 'other.tmp-file'), 'theirs');
  await (await open(folder)).close();
  assert.deepEqual(readdirSync(folder).sort(), ['headcount.duckdb', 'other.tmp-file']);
});

test('the data directory is made for its owner only', async (t) => {
  const folder = join(await freshFolder(t), 'a', 'b');
  const store = await open(folder);
  await store.close();
  assert.ok(existsSync(join(folder, 'headcount.duckdb')));
  const { statSync } = await import('node:fs');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a commit that skips a sequence is a bug, and is not applied', async (t) => {
  const store = await open(await freshFolder(t));
  t.after(() => store.close());
  await assert.rejects(store.commit(commitOf(2)), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'STORE_FAILED');
    assert.match(String(error.cause), /the commit after 0 is 1, not 2/);
    return true;
  });
  await store.commit(commitOf(1));
  assert.equal((await store.resume()).sequence, 1);
});
