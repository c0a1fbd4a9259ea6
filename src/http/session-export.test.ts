/** `/sessions/export`: what `/sessions` has with the same question, as a file, and no more of it at a time than is taken. */

import { strict as assert } from 'node:assert';
import { readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { clientFacts, presence } from '../core/observation.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { SessionPageWire, SessionWire } from './contract.ts';
import { NOW } from './crowd.fixture.ts';
import { errorOf, startSite, until } from './fixture.ts';
import { SESSION_COLUMNS } from './session-columns.ts';

const site = await startSite();
after(() => site.close());

const shown = async (query: string) => (await site.get<SessionPageWire>(`/api/v1/sessions?${query}&limit=1000`)).items;
const exported = async (query: string) => {
  const answer = await site.ask(`/api/v1/sessions/export?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer;
};
const objectsIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SessionWire);

for (const query of [
  'state=all',
  'state=all&bot=all&sort=bytes',
  'state=closed&sort=-duration',
  'state=all&stream=/news&stream=/jazz&sort=user',
  'state=all&country=~&sort=-city',
  'state=all&from=2026-03-01T11:10:00Z&to=2026-03-01T11:30:00Z',
  'state=open&sort=startedAt',
  'state=all&user=nobody-of-this-name',
]) {
  test(`${query}: JSON lines are the sessions that are shown, in their order`, async () => {
    const { text, headers } = await exported(`format=jsonl&${query}`);
    assert.deepEqual(objectsIn(text), await shown(query));
    assert.match(headers['content-disposition']!, /^attachment; filename="headcount-sessions-2026-03-01-1200\.jsonl"$/);
    assert.equal(headers['cache-control'], 'no-store');
  });
}

test('CSV has a line of names and one for each session; columns are those that are asked for, in this order', async () => {
  const all = await exported('format=csv&state=all');
  const lines = all.text.trimEnd().split('\r\n');
  assert.equal(lines[0], SESSION_COLUMNS.map(({ name }) => name).join(','));
  assert.equal(lines.length, 1 + (await shown('state=all')).length);
  const some = await exported('format=csv&state=all&sort=startedAt&columns=startedAt,ip&columns=stream');
  const rows = (await shown('state=all&sort=startedAt')).map(({ startedAt, client, stream }) =>
    [startedAt, client.ip, stream].join(','),
  );
  assert.deepEqual(some.text.trimEnd().split('\r\n'), ['startedAt,ip,stream', ...rows]);
  const flat = await exported('format=jsonl&state=all&sort=startedAt&columns=stream,ip');
  assert.deepEqual(Object.keys(objectsIn(flat.text)[0]!), ['stream', 'ip']);
});

test('no cell of CSV is a formula, and no line steers a terminal', async () => {
  const client = clientFacts({
    address: '198.51.100.99',
    user: '=cmd|x',
    userAgent: '@sum\u001b[2J\u202e',
    connection: 'x',
  });
  await site.tell('radio', [presence({ stream: '/evil', client, from: NOW - 5000, to: NOW - 1000 })]);
  await site.settle();
  const { text } = await exported('format=csv&state=all&stream=/evil&columns=user,userAgent');
  assert.equal(text.split('\r\n')[1], "'=cmd|x,'@sum\ufffd[2J\ufffd");
});

test('Parquet is read by DuckDB, column by column, and nothing of it stays behind', async () => {
  const { body, headers } = await exported('format=parquet&state=all&sort=-bytes');
  assert.match(headers['content-disposition']!, /\.parquet"$/);
  const path = join(site.directory, 'read.parquet');
  writeFileSync(path, body);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(`SELECT id, bytes, ip FROM '${path}'`);
  const rows = reader.getRowObjectsJson();
  instance.closeSync();
  const expected = (await shown('state=all&sort=-bytes')).map(({ id, bytes, client }) => ({
    id,
    bytes: String(bytes),
    ip: client.ip,
  }));
  assert.deepEqual(rows, expected);
  assert.deepEqual(readdirSync(join(site.directory, 'exports')), []);
});

test('what cannot be meant is refused before anything is written', async () => {
  for (const [query, message] of [
    ['state=all', /"format"/],
    ['format=xlsx', /"format"/],
    ['format=csv&columns=secret', /no column "secret"/],
    ['format=csv&limit=5', /"limit"/],
    ['format=csv&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', /"from" must be before "to"/],
  ] as const) {
    const answer = await site.ask(`/api/v1/sessions/export?${query}`);
    assert.equal(answer.status, 400, query);
    assert.match(errorOf(answer).message, message);
  }
});

test('a store that is busy says so, instead of a file', async () => {
  site.refusal = { questions: new HeadcountError('STORE_BUSY', 'Too many questions wait for it.') };
  for (const format of ['csv', 'jsonl', 'parquet']) {
    const answer = await site.ask(`/api/v1/sessions/export?format=${format}`);
    assert.equal(answer.status, 503, format);
    assert.equal(errorOf(answer).code, 'STORE_BUSY');
  }
  site.refusal = {};
});

test('who does not read keeps a place of two; who goes away gives it back', async (t) => {
  const big = await startSite();
  t.after(() => big.close());
  const guest = (i: number) =>
    presence({
      stream: '/jazz',
      client: clientFacts({ address: '203.0.113.9', userAgent: 'x'.repeat(1000), connection: `c${i}` }),
      from: NOW - 60_000 - i,
      to: NOW - 2000,
    });
  await big.tell(
    'radio',
    Array.from({ length: 20_000 }, (_, i) => guest(i)),
  );
  await big.settle();
  const path = '/api/v1/sessions/export?format=jsonl&state=all';
  const ask = () => {
    const asking = request({ host: '127.0.0.1', port: big.port, path, agent: false });
    asking.on('error', () => {});
    asking.end();
    return asking;
  };
  const first = ask();
  const second = ask();
  await until('a third one is refused', async () => {
    const answer = await big.ask(`${path}&user=nobody`);
    return answer.status === 503 && errorOf(answer).code === 'EXPORT_BUSY';
  });
  first.destroy();
  second.destroy();
  await until('there is room again', async () => (await big.ask(`${path}&user=nobody`)).status === 200);
});
