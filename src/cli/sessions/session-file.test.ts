import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SessionRecord } from '../../core/session.ts';
import { SessionWire } from '../../http/contract.ts';
import { SESSION_COLUMNS } from '../../http/session-columns.ts';
import { sessionWire } from '../../http/wire.ts';
import { sessionOf } from '../../insights/summary/fixture.ts';
import { HOSTILE } from '../report/fixture.ts';
import { openSessionFile } from './session-file.ts';
import { formatOfName } from './session-format.ts';

const folder = mkdtempSync(join(tmpdir(), "headcount-session's-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const START = Date.UTC(2025, 4, 17, 18);
const SESSIONS: readonly SessionRecord[] = [
  ...HOSTILE.map((name, i) =>
    sessionOf({ id: `hostile-${i}`, from: START, to: START + 1500, stream: name, userAgent: name, user: name }),
  ),
  sessionOf({
    id: 'whole',
    from: START,
    to: START + 90_500,
    address: '192.0.2.7',
    port: 5004,
    device: 'kitchen',
    player: { name: 'VLC', version: '3.0', type: 'player', platform: 'Linux' },
    geo: { city: 'London', countryCode: 'GB', latitude: 51.5, longitude: -0.1, accuracyKm: 50 },
    bytes: 2 ** 50,
    requests: 12,
    traffic: { up: { packets: 1, bytes: 2 }, down: { packets: 3, bytes: 4 } },
    quality: '720p',
    qualities: [
      { at: START, value: '360p' },
      { at: START + 500, value: '720p' },
    ],
    title: 'Song',
    identity: 'declared',
    details: { realm: 'example.org' },
  }),
  sessionOf({ id: 'robot', from: -62_135_596_800_000, to: START, bot: true }),
];

async function write(name: string, sessions: Iterable<SessionRecord>): Promise<string> {
  const path = join(folder, name);
  const file = await openSessionFile(path, formatOfName(path)!);
  for (const session of sessions) await file.add(session);
  await file.finish();
  await file.abandon();
  return path;
}

/** What DuckDB, which is not ours, reads of it. */
async function ask(question: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(question)).getRowObjectsJson();
  } finally {
    instance.closeSync();
  }
}
const literal = (path: string) => `'${path.replaceAll("'", "''")}'`;

test('JSON lines are sessions as the API has them', async () => {
  const text = readFileSync(await write('sessions.jsonl', SESSIONS), 'utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  const read = text
    .trimEnd()
    .split('\n')
    .map((line) => SessionWire.parse(JSON.parse(line)));
  assert.deepEqual(read, SESSIONS.map(sessionWire));
});

test('CSV has a row a session, numbers as numbers, and no formula', async () => {
  const path = await write('sessions.csv', SESSIONS);
  const rows = await ask(`SELECT * FROM read_csv(${literal(path)}, header = true, all_varchar = true, quote = '"')`);
  assert.equal(rows.length, SESSIONS.length);
  assert.deepEqual(
    Object.keys(rows[0]!),
    SESSION_COLUMNS.map(({ name }) => name),
  );
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const isText = SESSION_COLUMNS.find((column) => column.name === name)!.type === 'text';
      if (isText) assert.doesNotMatch(String(value), /^[=+\-@\t\r\n]/, name);
    }
  }
  const whole = rows.find(({ id }) => id === 'whole')!;
  assert.equal(whole['longitude'], '-0.1');
  assert.equal(whole['bytes'], String(2 ** 50));
  assert.equal(whole['startedAt'], '2025-05-17T18:00:00.000Z');
  assert.equal(whole['details'], '{"realm":"example.org"}');
  assert.equal(whole['qualityChanges'], '1');
  assert.equal(whole['title'], 'Song');
});

test('Parquet has typed columns, and DuckDB reads what was written', async () => {
  const path = await write('sessions.parquet', SESSIONS);
  const rows = await ask(`SELECT * FROM read_parquet(${literal(path)})`);
  assert.equal(rows.length, SESSIONS.length);
  for (const [i, session] of SESSIONS.entries()) {
    const wire = sessionWire(session);
    for (const { name, type, of } of SESSION_COLUMNS) {
      const value = rows[i]![name];
      const expected = of(wire);
      if (expected === null) assert.equal(value, null, name);
      else if (type === 'time') {
        const moment = new Date(String(value).replace(' ', 'T').replace(/\+00$/, 'Z'));
        // Years before 1000 are written differently: they are asked for below.
        if (String(expected) > '1000') assert.equal(moment.toISOString(), expected, name);
      } else if (type === 'text') assert.equal(value, (expected as string).toWellFormed(), name);
      else assert.equal(type === 'flag' ? value : Number(value), expected, name);
    }
  }
  const [types] = await ask(
    `SELECT typeof(startedAt) AS time, typeof(bytes) AS whole, typeof(latitude) AS real, typeof(bot) AS flag,
            epoch_ms(min(startedAt)) AS first
     FROM read_parquet(${literal(path)}) GROUP BY ALL LIMIT 1`,
  );
  assert.deepEqual(
    [types!['time'], types!['whole'], types!['real'], types!['flag']],
    ['TIMESTAMP WITH TIME ZONE', 'BIGINT', 'DOUBLE', 'BOOLEAN'],
  );
  const [early] = await ask(
    `SELECT epoch_ms(startedAt) AS first FROM read_parquet(${literal(path)}) WHERE id = 'robot'`,
  );
  assert.equal(Number(early!['first']), -62_135_596_800_000);
});

test('more sessions than a chunk are all there, in order, in every kind of file', async () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    sessionOf({ id: String(i), from: START + i, to: START + i + 1000 }),
  );
  const jsonl = readFileSync(await write('many.jsonl', many), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    jsonl.map((line) => JSON.parse(line).id),
    many.map(({ id }) => id),
  );
  const csv = readFileSync(await write('many.csv', many), 'utf8')
    .trimEnd()
    .split('\r\n')
    .slice(1);
  assert.deepEqual(
    csv.map((line) => line.split(',')[0]),
    many.map(({ id }) => id),
  );
  const parquet = await ask(`SELECT id FROM read_parquet(${literal(await write('many.parquet', many))})`);
  assert.deepEqual(
    parquet.map(({ id }) => id),
    many.map(({ id }) => id),
  );
});

test('no session is a file, too', async () => {
  assert.equal(readFileSync(await write('none.jsonl', []), 'utf8'), '');
  assert.match(readFileSync(await write('none.csv', []), 'utf8'), /^id,source,stream,[^\n]*\r\n$/);
  const path = await write('none.parquet', []);
  assert.deepEqual(await ask(`SELECT count(*)::INTEGER AS n FROM read_parquet(${literal(path)})`), [{ n: 0 }]);
});

test('a file that is abandoned leaves the old one, and nothing beside it', async () => {
  for (const extension of ['jsonl', 'csv', 'parquet']) {
    const path = join(folder, `old.${extension}`);
    writeFileSync(path, 'old');
    const file = await openSessionFile(path, formatOfName(path)!);
    for (let i = 0; i < 5000; i++) await file.add(SESSIONS[0]!);
    await file.abandon();
    assert.equal(readFileSync(path, 'utf8'), 'old');
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
});

test('every column is on the page', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/analyze.md', import.meta.url)), 'utf8');
  for (const { name } of SESSION_COLUMNS) assert.ok(page.includes(`\`${name}\``), name);
});
