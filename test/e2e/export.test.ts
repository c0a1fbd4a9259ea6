/**
 * The history goes out and comes back by the real commands, while Headcount runs and when it does not. The source is a
 * spyserver that prints what the real one prints (lab/spyserver.ts); its connections are mirrored, too, over a `kill -9`.
 */

import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { createSpyServer, type SpyServer } from '../../lab/spyserver.ts';
import type { SessionWire } from '../../src/http/contract.ts';
import { connectionRow } from '../../src/sinks/sqlite/connections.ts';
import { command, eventually, type Installation, install } from './process.ts';

const leaving: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const leave of leaving.splice(0).reverse()) await leave();
});

type Row = Record<string, unknown>;

function rowsOf(path: string): Row[] {
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database
      .prepare('SELECT * FROM connections ORDER BY port')
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

const expectedRows = (sessions: readonly SessionWire[]): Row[] =>
  sessions.map((session) => ({ ...connectionRow(session) })).sort((a, b) => (a.port < b.port ? -1 : 1));

async function start(config: Record<string, unknown>): Promise<{ spy: SpyServer; installation: Installation }> {
  const spy = createSpyServer('hf.config');
  leaving.push(() => spy.stop());
  const sources = [{ url: `spyserver:${spy.config}?exe=${spy.exe}`, name: 'sdr' }];
  const installation = await install({ sources, geo: { enabled: false }, ...config });
  leaving.push(() => installation.remove());
  return { spy, installation };
}

async function visitors(spy: SpyServer): Promise<void> {
  await spy.connect('192.0.2.1', 5001, 'SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0');
  await spy.connect('192.0.2.1', 5002, 'SDR++');
  await spy.connect('2001:db8::3', 5003, "=cmd|' /C calc'!A0");
  await spy.disconnect('192.0.2.1', 5001);
}

test('export and import through the Headcount that runs, and without it, tell the same', async () => {
  const { spy, installation } = await start({ basePath: '/live/' });
  const { folder, data } = installation;
  const file = join(folder, 'headcount.yaml');
  const child = await installation.start();
  await visitors(spy);
  const path = join(folder, 'running.sqlite');
  await eventually('all three are in the export, one of them over', async () => {
    const { code, err } = await command('export', '-c', file, path);
    assert.equal(code, 0, err);
    assert.deepEqual(
      rowsOf(path).map(({ ip, port, server_instance, os, end }) => [ip, port, server_instance, os, end !== null]),
      [
        ['192.0.2.1', '5001', 'hf.config', 'Microsoft Windows NT 6.2.9200.0', true],
        ['192.0.2.1', '5002', 'hf.config', null, false],
        ['2001:db8::3', '5003', 'hf.config', null, false],
      ],
    );
  });
  for (const port of [5002, 5003]) await spy.disconnect(port === 5002 ? '192.0.2.1' : '2001:db8::3', port);
  await eventually('all are over', async () => {
    await command('export', '-c', file, path);
    assert.ok(rowsOf(path).every(({ duration }) => Number(duration) >= 1));
  });

  const imported = await command('import', '-c', file, '--source', 'old', path);
  assert.deepEqual([imported.code, imported.out], [0, `3 sessions of the source old kept in ${data}.\n`]);
  await command('import', '-c', file, '--source', 'old', path);
  const copy = join(folder, 'copy.db');
  assert.equal((await command('export', '-c', file, '--source', 'old', copy)).out, `3 sessions written to ${copy}.\n`);
  assert.deepEqual(rowsOf(copy), rowsOf(path));
  const whilst = await command('export', '-c', file, join(folder, 'running.jsonl'));
  assert.equal(whilst.code, 0, whilst.err);

  await child.stop('SIGTERM');
  const stopped = await command('export', '-c', file, join(folder, 'stopped.jsonl'));
  assert.deepEqual([stopped.code, stopped.err], [0, '']);
  const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').split('\n').sort();
  assert.equal(linesOf('stopped.jsonl').length, 7);
  assert.deepEqual(linesOf('stopped.jsonl'), linesOf('running.jsonl'));
  const piped = await command('export', '-c', file, '--format', 'jsonl', '-');
  assert.deepEqual([piped.code, piped.out.split('\n').sort()], [0, linesOf('stopped.jsonl')]);
});

test('the mirror has every connection, also over kill -9', async () => {
  const { spy, installation } = await start({ sinks: [{ kind: 'sqlite', path: 'connections.db' }] });
  const mirror = join(installation.folder, 'connections.db');
  const first = await installation.start();
  await visitors(spy);
  await eventually('the mirror has them', async () => {
    const rows = rowsOf(mirror).map(({ port, end }) => [port, end !== null]);
    assert.deepEqual(rows, [
      ['5001', true],
      ['5002', false],
      ['5003', false],
    ]);
  });
  await first.stop('SIGKILL');
  await installation.start();
  await eventually('who was open has ended, in the history and in the mirror', async () => {
    const sessions = await installation.sessions();
    assert.equal(sessions.length, 3);
    assert.ok(sessions.every(({ endedAt }) => endedAt !== null));
    assert.deepEqual(rowsOf(mirror), expectedRows(sessions));
  });
  assert.deepEqual(
    readdirSync(installation.folder).filter((name) => name.startsWith('connections')),
    ['connections.db'],
  );
});
