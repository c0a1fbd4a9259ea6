import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import type { SessionRecord } from '../core/session.ts';
import { openDuckDbStore } from '../store/duckdb/index.ts';
import { closedSession, commitOf, openSession } from '../store/suite/rows.ts';
import { silentLog } from '../telemetry/log.ts';
import { importHistory } from './import.ts';
import { keptTerminal } from './terminal.fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As spyserver_monitor makes its table. */
const TABLE = `create table connections (ip text, port text, server_instance text, sdr_version text, os text,
  start timestamp, end timestamp, duration real, lat real, lon real, country text, city text,
  PRIMARY KEY(ip, port, server_instance, start))`;

type Cell = string | number | bigint | null | Uint8Array;
const SDR = ['hf.config', '1700.0.0.1', 'Windows'];
const NOWHERE = [null, null, null, null];
const CHICAGO = ['41.8781', '-87.6298', 'United States', 'Chicago'];

function database(rows: readonly (readonly Cell[])[], table = TABLE): string {
  const path = join(folder, 'old.db');
  rmSync(path, { force: true });
  const made = new DatabaseSync(path);
  made.exec(table);
  const insert = made.prepare('INSERT INTO connections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const row of rows) insert.run(...row);
  made.close();
  return path;
}

async function run(...args: string[]): Promise<string> {
  const terminal = keptTerminal();
  assert.equal(await importHistory.run(['--data', join(folder, 'data'), ...args], terminal), 0);
  return terminal.written().out;
}

async function kept(): Promise<SessionRecord[]> {
  const store = await openDuckDbStore({ directory: join(folder, 'data'), log: silentLog });
  const found: SessionRecord[] = [];
  await store.visit({ filter: {}, from: null, to: null }, async (sessions) => {
    found.push(...sessions);
  });
  await store.close();
  return found;
}

test('a row is a session: who, on what, when, and where as it was kept', async () => {
  const times = ['2020-05-01 12:00:00.123456', '2020-05-01 12:00:05.128518', 5.005062];
  const path = database([['192.0.2.1', '5678', ...SDR, ...times, ...CHICAGO]]);
  assert.match(await run(path), /^1 session of the source ssmon kept in .*data\.\n$/);
  const [{ id, listener, ...session }] = (await kept()) as [SessionRecord];
  assert.match(`${id} ${listener}`, /^[\w-]{16} [\w-]{16}$/);
  const startedAt = Date.UTC(2020, 4, 1, 12, 0, 0, 123);
  const { place, player, ...facts } = session;
  assert.deepEqual(facts, {
    ...{ source: 'ssmon', stream: 'hf.config', identity: 'connection', address: '192.0.2.1', port: 5678 },
    ...{ userAgent: 'SDR# 1700.0.0.1 on Windows', user: null, device: null, bot: false, provisional: false },
    ...{ startedAt, lastSeenAt: startedAt + 5005, endedAt: startedAt + 5005, reason: 'left' },
    ...{ bytes: 0, requests: 0, traffic: null, quality: null, qualities: [], title: null, details: {} },
  });
  assert.equal(player?.name, 'SDR#');
  const { latitude, longitude, countryCode, city } = place!.geo!;
  assert.deepEqual([latitude, longitude, countryCode, city], [41.8781, -87.6298, 'US', 'Chicago']);
});

test('whole seconds, rows left open, unknown places and names of countries that are not ours are taken', async () => {
  const path = database([
    ['192.0.2.1', '1', ...SDR, '2020-05-01 12:00:00', '2020-05-01 12:00:01', 1, ...NOWHERE],
    ['192.0.2.1', '2', ...SDR, '2020-05-01 12:00:00', null, null, null, null, 'Czech Republic', 'Praha'],
    ['192.0.2.1', '3', ...SDR, '2020-05-01 12:00:00', null, 2.5, '1000', 'x', 'Hong Kong', null],
    ['2001:DB8::1', '4', 'hf.config', 'SDR++', '', '2020-05-01 12:00:09', '2020-05-01 12:00:00', -9, ...NOWHERE],
  ]);
  assert.match(await run('--source', 'airspy', path), /^4 sessions of the source airspy .* Without an end: 1\.\n$/);
  const noon = Date.UTC(2020, 4, 1, 12);
  const told = (await kept()).map(({ startedAt, endedAt, reason, place, details, address, userAgent }) => ({
    ...{ from: startedAt - noon, to: endedAt! - noon, reason, code: place?.geo?.countryCode, details },
    ...(address === '192.0.2.1' ? {} : { address, userAgent }),
  }));
  assert.deepEqual(told, [
    { from: 0, to: 1000, reason: 'left', code: undefined, details: {} },
    { from: 0, to: 1000, reason: 'lost', code: null, details: { leftOpen: true, countryName: 'Czech Republic' } },
    { from: 0, to: 2500, reason: 'left', code: 'HK', details: { countryName: 'Hong Kong' } },
    { from: 9000, to: 9000, reason: 'left', code: undefined, details: {}, address: '2001:db8::1', userAgent: 'SDR++' },
  ]);
});

test('rows that say nothing readable are counted and left out', async () => {
  const path = database([
    ['192.0.2.1', '1', ...SDR, 'yesterday', null, null, ...NOWHERE],
    ['192.0.2.1', '2', ...SDR, null, null, null, ...NOWHERE],
    ['192.0.2.1', '3', null, 'x', 'y', '2020-05-01 12:00:00', null, null, ...NOWHERE],
    ['192.0.2.1', '4', 'x'.repeat(5000), 'x', 'y', '2020-05-01 12:00:00', null, null, ...NOWHERE],
    ['192.0.2.1', '5', ...SDR, 2n ** 60n, null, null, ...NOWHERE],
    [new Uint8Array([1]), '6', ...SDR, '2020-05-01 12:00:00', '2020-05-01 12:00:01', 1, ...NOWHERE],
  ]);
  assert.match(await run(path), /^1 session .* cannot be read: 5\.\n$/);
  assert.deepEqual(
    (await kept()).map(({ address, port }) => [address, port]),
    [[null, 6]],
  );
});

test('the newer database of the same program adds what is new, and ends what was open', async () => {
  const open = ['192.0.2.1', '1', ...SDR, '2020-05-01 12:00:00.5', null, null, ...NOWHERE];
  await run(database([open]));
  const [before] = await kept();
  const over = [...open.slice(0, 6), '2020-05-01 12:01:00.5', 60, ...CHICAGO];
  await run(database([over, ['192.0.2.1', '2', ...SDR, '2020-05-02 12:00:00', null, null, ...NOWHERE]]));
  const after = await kept();
  assert.equal(after.length, 2);
  const same = after.find(({ id }) => id === before!.id)!;
  assert.deepEqual([same.endedAt! - same.startedAt, same.reason, same.details], [60_000, 'left', {}]);
});

test('addresses are masked as privacy says, and the same address is the same listener', async () => {
  const config = join(folder, 'headcount.yaml');
  writeFileSync(config, JSON.stringify({ privacy: { addresses: 'truncated' } }));
  const times = ['2020-05-01 12:00:00', '2020-05-01 12:00:01', 1];
  const path = database([
    ['192.0.2.1', '1', ...SDR, ...times, ...NOWHERE],
    ['192.0.2.1', '2', ...SDR, ...times, ...NOWHERE],
    ['192.0.2.9', '3', ...SDR, ...times, ...NOWHERE],
  ]);
  await run('-c', config, path);
  const sessions = await kept();
  assert.deepEqual(new Set(sessions.map(({ address }) => address)), new Set(['192.0.2.0']));
  assert.deepEqual(
    sessions.map(({ listener }) => listener === sessions[0]!.listener),
    [true, true, false],
  );
});

test('the history that is there stays: its sessions, those that are open, and where its sources go on', async () => {
  const store = await openDuckDbStore({ directory: join(folder, 'data'), log: silentLog });
  const residue = { watermarks: { radio: 5 }, waiting: [] };
  const fields = { closed: [closedSession('closed')], open: [openSession('open')], cursors: { radio: 7 }, residue };
  await store.commit(commitOf(1, fields));
  await store.close();
  await run(database([['192.0.2.1', '1', ...SDR, '2020-05-01 12:00:00', null, null, ...NOWHERE]]));
  const again = await openDuckDbStore({ directory: join(folder, 'data'), log: silentLog });
  const resumed = await again.resume();
  assert.deepEqual([resumed.sequence, resumed.cursors, resumed.residue], [2, { radio: 7 }, residue]);
  assert.deepEqual(resumed.open, [openSession('open')]);
  assert.equal((await again.size()).sessions, 3);
  await again.close();
});

test('what is no such database is refused, and left as it is', async () => {
  const refused = (path: string, said: RegExp) =>
    assert.rejects(run(path), (error: Error & { code: string }) => said.test(`${error.code}: ${error.message}`));
  await refused(join(folder, 'none.db'), /^FILE_UNREADABLE: There is no file/);
  await refused(folder, /^FILE_UNREADABLE: .* cannot be read/);
  writeFileSync(join(folder, 'x.csv'), 'ip,port\n'.repeat(1000));
  await refused(join(folder, 'x.csv'), /^NOT_CONNECTIONS: .* It is something else\.$/);
  writeFileSync(join(folder, 'empty.db'), '');
  await refused(join(folder, 'empty.db'), /^NOT_CONNECTIONS: .* It has no such table\.$/);
  const other = new DatabaseSync(join(folder, 'other.db'));
  other.exec('CREATE TABLE connections (ip text, port text, start timestamp)');
  other.close();
  await refused(join(folder, 'other.db'), /^NOT_CONNECTIONS: .* It lacks server_instance, sdr_version, /);
});

test('a damaged database is said to be', async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => [
    ...['192.0.2.1', String(i), ...SDR, '2020-05-01 12:00:00', null, null],
    ...NOWHERE,
  ]);
  const path = database(rows);
  const bytes = readFileSync(path);
  bytes.fill(0xff, 8192, bytes.length - 4096);
  writeFileSync(path, bytes);
  await assert.rejects(run(path), { code: 'FILE_UNREADABLE' });
});
