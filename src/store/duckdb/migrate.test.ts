import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { startChild } from '../../../lab/child.ts';
import { createLog, silentLog } from '../../telemetry/log.ts';
import { commitOf } from '../suite/rows.ts';
import { freshFolder } from '../suite/store-under-test.ts';
import { commitNumber, nextStep, sessionsAfter } from './crash.ts';
import { openDuckDbStore } from './index.ts';
import type { Migration } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';

const COMMITS = 4;
const CHILD = join(import.meta.dirname, 'crash-child.ts');

const open = (directory: string, migrations?: readonly Migration[], log = silentLog) =>
  openDuckDbStore({ directory, log, ...(migrations && { migrations }) });

/** A store of the first schema, with a few commits in it. */
async function firstStore(folder: string): Promise<void> {
  const store = await open(folder);
  for (let sequence = 1; sequence <= COMMITS; sequence++) await store.commit(commitNumber(sequence));
  await store.close();
}

/** Rows of a question to a file that nobody has open. */
async function ask(path: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRows();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function assertWhole(folder: string, migrations?: readonly Migration[]): Promise<void> {
  const store = await open(folder, migrations);
  assert.equal((await store.resume()).sequence, COMMITS);
  assert.equal((await store.size()).sessions, sessionsAfter(COMMITS));
  await store.close();
}

/** Of this program, and of the next one. */
const NOW = MIGRATIONS.length;
const NEXT = NOW + 1;

const VERSION = 'SELECT version FROM schema_version';
const COLOURS =
  'SELECT colour, count(*) FROM (SELECT colour FROM sessions UNION ALL SELECT colour FROM open_sessions) GROUP BY ALL ORDER BY ALL';

test('an older file is migrated in place, after a backup that is said in the log', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  await firstStore(folder);
  const lines: string[] = [];
  const log = createLog({ level: 'info', write: (line) => lines.push(line), now: () => new Date(0) });
  const store = await open(
    folder,
    nextStep(async () => {}),
    log,
  );
  assert.equal((await store.size()).sessions, sessionsAfter(COMMITS));
  await store.close();
  const said = `schema ${NOW}: migrating it to ${NEXT}, its backup is .*headcount\\.duckdb\\.backup-v${NOW}\n`;
  assert.match(lines.join(''), new RegExp(said));
  assert.deepEqual(await ask(path, VERSION), [[BigInt(NEXT)]]);
  assert.deepEqual(await ask(path, COLOURS), [
    ['green', 600n],
    ['red', BigInt(sessionsAfter(COMMITS) - 600)],
  ]);
  // The backup is a store of its own: put in place, it is what it was.
  const restored = await freshFolder(t);
  await copyFile(`${path}.backup-v${NOW}`, join(restored, 'headcount.duckdb'));
  await assertWhole(restored);
  assert.deepEqual(readdirSync(folder).sort(), ['headcount.duckdb', `headcount.duckdb.backup-v${NOW}`]);
});

test('a file of this schema is left alone, and a newer one is refused', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  await firstStore(folder);
  await assertWhole(folder);
  assert.ok(!existsSync(`${path}.backup-v${NOW}`));
  await (
    await open(
      folder,
      nextStep(async () => {}),
    )
  ).close();
  const before = statSync(path).mtimeMs;
  await assert.rejects(open(folder), {
    code: 'STORE_NEWER',
    message: new RegExp(`schema ${NEXT}, and this version of Headcount knows ${NOW}`),
  });
  assert.equal(statSync(path).mtimeMs, before);
});

test('a migration that fails leaves the old file, and works when it is mended', async (t) => {
  const folder = await freshFolder(t);
  await firstStore(folder);
  const broken = nextStep(async () => {
    throw new Error('half-way');
  });
  await assert.rejects(open(folder, broken), /half-way|has failed/);
  assert.deepEqual(await ask(join(folder, 'headcount.duckdb'), VERSION), [[BigInt(NOW)]]);
  await assertWhole(folder);
  await assertWhole(
    folder,
    nextStep(async () => {}),
  );
});

test('killed half-way, the old file is intact and the next start migrates it', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  await firstStore(folder);
  const child = startChild(process.execPath, [CHILD, folder, 'die']);
  assert.equal(await child.ended, null, child.output());
  assert.deepEqual(await ask(path, VERSION), [[BigInt(NOW)]]);
  await assertWhole(folder);
  await assertWhole(
    folder,
    nextStep(async () => {}),
  );
  assert.deepEqual(await ask(path, VERSION), [[BigInt(NEXT)]]);
});

test('killed at any moment, it is the old file or the migrated one', async (t) => {
  const folder = await freshFolder(t);
  const path = join(folder, 'headcount.duckdb');
  await firstStore(folder);
  const original = join(await freshFolder(t), 'original');
  await copyFile(path, original);
  const versions = new Set<bigint>();
  for (let kill = 0; kill < 12; kill++) {
    await rm(`${path}.wal`, { force: true });
    await copyFile(original, path);
    const child = startChild(process.execPath, [CHILD, folder, 'migrate']);
    await child.printed(kill % 2 === 0 ? /migrating/ : /half-way/);
    await wait(Math.random() * 120);
    await child.stop('SIGKILL');
    const [[version]] = (await ask(path, VERSION)) as [[bigint]];
    versions.add(version);
    if (version === BigInt(NOW)) await assertWhole(folder);
    else assert.equal((await ask(path, COLOURS)).length, 2);
    await assertWhole(
      folder,
      nextStep(async () => {}),
    );
  }
  t.diagnostic(`found in schema ${[...versions].join(' and ')}`);
});

test('what a killed process has begun to make is removed, and what another is making is not', async (t) => {
  const folder = await freshFolder(t);
  const unfinished = join(folder, 'headcount.duckdb.new');
  const script = `import { DuckDBInstance } from '@duckdb/node-api';
    await DuckDBInstance.create(${JSON.stringify(unfinished)});
    console.log('making');
    setInterval(() => {}, 60_000);`;
  const other = startChild(process.execPath, ['--input-type=module', '--eval', script], { cwd: import.meta.dirname });
  t.after(() => other.stop('SIGKILL'));
  await other.printed(/making/);
  await assert.rejects(open(folder), { code: 'STORE_LOCKED' });
  assert.ok(existsSync(unfinished));
  await other.stop('SIGKILL');
  writeFileSync(unfinished, 'half a header');
  const store = await open(folder);
  await store.commit(commitOf(1));
  await store.close();
  assert.deepEqual(readdirSync(folder), ['headcount.duckdb']);
});
