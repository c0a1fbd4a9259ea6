/** Who may read, and what; who may post. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { basic, bearer, type Stage, stage } from './stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(options: Record<string, unknown> = {}): Promise<Stage> {
  const made = await stage({ public: false, ...options });
  stages.push(made);
  await made.visit({ from: 60 }, { from: 90, to: 30, stream: 'vhf.config', ip: '198.51.100.7' });
  return made;
}

const READ = [
  ...['GetConnectionCounts', 'GetConnectionStats', 'country', 'city', 'active', 'location'].map(
    (name) => `/ssmon/api/v1/${name}`,
  ),
  ...['/', '/ssmon', '/ssmon/', '/static/page.css', '/ssmon/static/world.svg'],
];

test('without credentials nothing is told, unless it is public', async () => {
  const { ask } = await begun();
  for (const path of READ) {
    const { status, text, headers } = await ask(path);
    assert.equal(status, 401, path);
    assert.match(String(headers['www-authenticate']), /^Basic /);
    assert.ok(!/hf\.config|Chicago|Poland/.test(text), text);
  }
  const open = await begun({ public: true });
  for (const path of READ) assert.equal((await open.ask(path)).status, 200, path);
});

test('a user, a token, and nobody else', async () => {
  const { ask } = await begun();
  const path = '/ssmon/api/v1/country';
  for (const headers of [basic('olga'), bearer('reader'), bearer('monitor')]) {
    assert.equal((await ask(path, { headers })).status, 200);
  }
  const wrong = [basic('olga', 'x'), basic('nobody'), bearer('x', 'x'), { authorization: 'Bearer' }, basic('monitor')];
  for (const headers of wrong) assert.equal((await ask(path, { headers })).status, 401, JSON.stringify(headers));
});

test('whoever guesses has to wait; whoever does not goes on', async () => {
  const { ask, clock, counters } = await begun({ public: true });
  const path = '/ssmon/api/v1/open';
  const guess = () => ask(path, { method: 'POST', headers: bearer('x', 'x') });
  for (let i = 0; i < 20; i++) assert.equal((await guess()).status, 401);
  const held = await guess();
  assert.deepEqual([held.status, held.headers['retry-after']], [429, '60']);
  assert.equal((await ask('/ssmon/api/v1/country')).status, 200);
  clock.pass(60_000);
  assert.equal((await guess()).status, 401);
  const { wrongCredentials, attemptsHeld } = counters.read()['facade ssmon']!;
  assert.deepEqual([wrongCredentials, attemptsHeld], [21, 1]);
});

test('each sees the streams that he may see, now and in history', async () => {
  const { ask, json } = await begun();
  const counts = await json<{ TOTAL: number; ACTIVE: { TOTAL: number } }>(
    '/ssmon/api/v1/GetConnectionCounts',
    basic('hana'),
  );
  assert.deepEqual([counts.TOTAL, counts.ACTIVE.TOTAL], [1, 1]);
  for (const path of READ) {
    const { status, text } = await ask(path, { headers: basic('hana') });
    assert.equal(status, 200);
    assert.ok(!/vhf|Poland|Krak|198\.51/.test(text), `${path}: ${text}`);
  }
  assert.equal((await json<{ TOTAL: number }>('/ssmon/api/v1/GetConnectionCounts', basic('olga'))).TOTAL, 2);
});

test('whoever may not see addresses sees no port either, and hashes as everybody', async () => {
  const { json } = await begun();
  interface Shown {
    readonly SERVER: Record<string, { readonly ip: string; readonly port: string | null }[]>;
  }
  const shown = async (who: string) => (await json<Shown>('/ssmon/api/v1/active', basic(who))).SERVER['hf.config']![0]!;
  const [masked, whole] = [await shown('masked'), await shown('olga')];
  assert.deepEqual([masked.port, whole.port, masked.ip], [null, '5678', whole.ip]);
  const { longest } = await json<{ longest: unknown[] }>('/ssmon/api/v1/GetConnectionStats', basic('masked'));
  assert.equal(longest[1], null);
});

const CONNECTION = {
  ...{ ip: '192.0.2.40', port: '5678', server_instance: 'hf.config', sdr_version: '1', os: 'Windows' },
  ...{ start: '2026-03-01 11:59:00.000000', end: null },
};

test('62: posting takes a token that may write; a place or a public facade is none', async () => {
  const { post, inboxes } = await begun({ public: true });
  const taken: unknown[] = [];
  inboxes.open('ssmon', (message) => {
    taken.push(message);
    return 'taken';
  });
  for (const path of ['/ssmon/api/v1/open', '/ssmon/api/v1/close']) {
    const refused = async (headers: Record<string, string>) => (await post(path, CONNECTION, headers)).status;
    assert.equal(await refused({}), 401, 'loopback is no identity');
    assert.equal(await refused(basic('olga')), 401, 'nor is a user, though he may write');
    assert.equal(await refused(bearer('x', 'wrong')), 401);
    assert.equal(await refused(bearer('reader')), 403);
    assert.equal(await refused(bearer('part')), 403);
  }
  assert.deepEqual(taken, []);
  assert.equal((await post('/ssmon/api/v1/open', CONNECTION)).status, 200);
  assert.equal(taken.length, 1);
});
