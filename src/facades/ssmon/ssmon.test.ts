/** Every answer, empty and full, over HTTP; the numbers of compatibility lines stand in the names. */

import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { HeadcountError } from '../../lib/errors.ts';
import { type Stage, stage, type Visit } from './stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(options: Record<string, unknown> = {}, visits: readonly Visit[] = [], key = 1): Promise<Stage> {
  const made = await stage(options, key);
  stages.push(made);
  if (visits.length > 0) await made.visit(...visits);
  return made;
}

const NAMES = ['GetConnectionCounts', 'GetConnectionStats', 'country', 'city', 'active', 'location'] as const;
const api = (name: string) => `/ssmon/api/v1/${name}`;

/** Five that have gone, three that are there; one is nowhere, and one is of a client that tells nothing. */
const VISITS: readonly Visit[] = [
  { from: 7200, to: 7194.995 },
  { from: 100_000, to: 9939.5, ip: '192.0.2.41' },
  { from: 3600, to: 3000, stream: 'vhf.config', ip: '198.51.100.7', port: 40_001 },
  { from: 3000, to: 2400, stream: 'vhf.config', ip: '198.51.100.7', port: 40_002 },
  { from: 1000, to: 900, ip: '203.0.113.9', details: { software: 'gr-osmosdr' } },
  { from: 600.123, port: 50_001 },
  { from: 300, stream: 'vhf.config', ip: '2001:db8::7', details: { software: 'SDR++' } },
  { from: 60, ip: '203.0.113.9', port: 1, details: {} },
];

/** What was looked at once with the tables of the original beside it; `GOLDEN=write` writes it anew. */
function checkGolden(file: string, answers: Readonly<Record<string, unknown>>): void {
  const path = new URL(`testdata/${file}.json`, import.meta.url);
  const text = `${JSON.stringify(answers, null, 1)}\n`;
  if (process.env['GOLDEN'] === 'write') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
}

async function allAnswers({ json }: Stage): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const name of NAMES) answers[name] = await json(api(name));
  return answers;
}

test('69: without any history every answer is 200, with zeros', async () => {
  checkGolden('empty', await allAnswers(await begun()));
});

test('63–68: every answer, of those who are there and those who were', async () => {
  checkGolden('full', await allAnswers(await begun({}, VISITS)));
});

test('67, 70: as the original writes it: JSON within JSON, and hashed addresses as numbers', async () => {
  checkGolden('as-the-original', await allAnswers(await begun({ nestedJson: true, addresses: 'number' }, VISITS)));
});

test('63: nobody is counted twice, whether connected or not', async () => {
  const { json } = await begun({}, VISITS);
  const { TOTAL, server_instance, ACTIVE } = await json<{
    TOTAL: number;
    server_instance: [string, number][];
    ACTIVE: { TOTAL: number; SERVER: Record<string, unknown[]> };
  }>(api('GetConnectionCounts'));
  assert.equal(TOTAL, VISITS.length);
  assert.equal(
    server_instance.reduce((sum, [, count]) => sum + count, 0),
    VISITS.length,
  );
  assert.equal(ACTIVE.TOTAL, 3);
  assert.deepEqual(Object.keys(ACTIVE.SERVER).sort(), ['hf.config', 'vhf.config']);
});

test('70: a hash is a safe number, the same after a restart, another one with another key, and no address', async () => {
  const hashes = async (key: number, options = {}) => {
    const { json, ask } = await begun(options, VISITS, key);
    for (const name of NAMES) {
      const { text } = await ask(api(name));
      for (const { ip = '192.0.2.40' } of VISITS) assert.ok(!text.includes(ip), `${ip} in ${name}`);
    }
    const { ip } = await json<{ ip: [string | number, number][] }>(api('GetConnectionCounts'));
    const { SERVER } = await json<{ SERVER: Record<string, { ip: string | number }[]> }>(api('active'));
    const counted = ip.map(([hashed]) => hashed);
    for (const { ip: hashed } of Object.values(SERVER).flat()) assert.ok(counted.includes(hashed));
    return counted;
  };
  const first = await hashes(1);
  assert.deepEqual(await hashes(1), first);
  for (const hashed of await hashes(2)) assert.ok(!first.includes(hashed));
  for (const hashed of first) assert.ok(Number.isSafeInteger(Number(hashed)) && String(Number(hashed)) === hashed);
  assert.deepEqual(await hashes(1, { addresses: 'number' }), first.map(Number));
});

test('71: every answer may be read by pages of other sites; what they ask before is answered 204', async () => {
  const { ask } = await begun();
  for (const name of NAMES) {
    const { headers } = await ask(api(name));
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['access-control-allow-methods'], 'GET, POST, PUT, OPTIONS');
    assert.equal(
      headers['access-control-allow-headers'],
      'Origin, Accept, Content-Type, X-Requested-With, X-CSRF-Token',
    );
  }
  for (const name of [...NAMES, 'open', 'close']) {
    const { status, text, headers } = await ask(api(name), {
      method: 'OPTIONS',
      headers: { origin: 'http://a.example' },
    });
    assert.deepEqual([status, text], [204, '']);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.match(String(headers['access-control-allow-headers']), /Content-Type.*Authorization/);
  }
});

test('only the sources that are named are counted', async () => {
  const { json, visit } = await begun({ sources: 'spy' }, VISITS.slice(0, 2));
  await visit({ source: 'radio', stream: '/jazz', from: 10 }, { source: 'radio', stream: '/jazz', from: 20, to: 5 });
  const counts = await json<{ TOTAL: number; server_instance: unknown; ACTIVE: { TOTAL: number } }>(
    api('GetConnectionCounts'),
  );
  assert.deepEqual([counts.TOTAL, counts.server_instance, counts.ACTIVE.TOTAL], [2, [['hf.config', 2]], 0]);
});

test('whoever asks again within a second is told the same, and the store is left alone', async () => {
  const { json, visit, clock, questions } = await begun({}, VISITS.slice(0, 1));
  const total = async () => (await json<{ TOTAL: number }>(api('GetConnectionCounts'))).TOTAL;
  assert.equal(await total(), 1);
  const asked = questions();
  await visit({ from: 50, to: 40 });
  await Promise.all([total(), total(), json(api('country'))]);
  assert.equal(questions(), asked);
  clock.pass(1000);
  assert.equal(await total(), 2);
  assert.ok(questions() > asked);
});

test('when the store cannot answer it is said, and asked again', async () => {
  const { ask, refuse } = await begun();
  refuse(new HeadcountError('STORE_BUSY', 'Too many questions wait.'));
  const { status, headers, text } = await ask(api('country'));
  assert.deepEqual([status, headers['retry-after']], [503, '1']);
  assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, 'STORE_UNAVAILABLE');
  refuse(null);
  assert.equal((await ask(api('country'))).status, 200);
});

test('a stream may be called anything', async () => {
  const names = ['__proto__', '7', '"; touch x', '<script>alert(1)</script>'];
  const { json } = await begun(
    {},
    names.map((stream) => ({ stream, from: 10 })),
  );
  const { TOTAL, SERVER } = await json<{ TOTAL: number; SERVER: Record<string, unknown[]> }>(api('active'));
  assert.equal(TOTAL, 4);
  for (const name of names) assert.equal(Object.getOwnPropertyDescriptor(SERVER, name)?.value.length, 1, name);
});
