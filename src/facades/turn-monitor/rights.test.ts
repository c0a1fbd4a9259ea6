/** Who may see what of /stats. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { allocate, bind, type Stage, stage, USERS } from './stage.fixture.ts';

const NET: { address: string; port: number } = { address: '198.51.100.77', port: 40_000 };

function crowd(on: Stage): Stage {
  allocate(on);
  bind(on, 0x4000);
  allocate(on, { client: NET, user: 'nina', realm: 'example.net' });
  bind(on, 0x4001, { client: NET, user: 'nina' });
  return on;
}

test('who may see everything sees users, addresses and messages', async () => {
  const { activeUserList, log } = await crowd(stage({ users: USERS })).stats('log=true', 'whole');
  assert.deepEqual(Object.keys(activeUserList).sort(), ['192.0.2.10:50000', '198.51.100.77:40000']);
  assert.equal(log.length, 8);
});

test('who may not see addresses sees networks, and no message', async () => {
  const { activeUserList, log, currentUserAmount } = await crowd(stage({ users: USERS })).stats('log=true', 'masked');
  assert.deepEqual([Object.keys(activeUserList).sort(), log], [['192.0.2.0', '198.51.100.0'], []]);
  assert.equal(currentUserAmount, 2);
});

test('networks that several users have in common are told apart', async () => {
  const on = stage({ users: USERS });
  for (let i = 1; i <= 3; i++) {
    const client = { address: `192.0.2.${i}`, port: 50_000 + i };
    allocate(on, { client });
    bind(on, 0x4000, { client });
  }
  const { activeUserList } = await on.stats('', 'masked');
  assert.deepEqual(Object.keys(activeUserList).sort(), ['192.0.2.0', '192.0.2.0 (2)', '192.0.2.0 (3)']);
});

test('who sees one realm sees its users, and no message', async () => {
  const { activeUserList, log } = await crowd(stage({ users: USERS })).stats('log=true', 'limited');
  assert.deepEqual([Object.keys(activeUserList), log], [['198.51.100.77:40000'], []]);
});

test('where there are users, nobody is answered without credentials, or with wrong ones', async () => {
  const on = crowd(stage({ users: USERS }));
  const nobody = await on.ask('log=true');
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers['www-authenticate']!, /^Basic /);
  assert.doesNotMatch(String(nobody.body), /alice|192\.0\.2/);
  const basic = `Basic ${Buffer.from('whole:wrong').toString('base64')}`;
  assert.equal((await on.ask('', { headers: { authorization: basic } })).status, 401);
  assert.equal((await on.ask('', { headers: { authorization: 'Bearer wrong' } })).status, 401);
  assert.equal(on.counters.scope('facade turn-monitor').get('wrongCredentials'), 2);
});

test('whoever guesses has to wait', async () => {
  const on = stage({ users: USERS });
  const headers = { authorization: `Basic ${Buffer.from('whole:wrong').toString('base64')}` };
  const statuses = new Set<number>();
  for (let i = 0; i < 40; i++) statuses.add((await on.ask('', { headers })).status);
  assert.deepEqual([...statuses], [401, 429]);
  assert.equal((await on.ask('', { as: 'whole' })).status, 429);
  on.at(61);
  assert.equal((await on.ask('', { as: 'whole' })).status, 200);
});

test('without users and tokens it is for this machine, by its own name, and not through a proxy', async () => {
  const on = crowd(stage());
  assert.equal((await on.stats('log=true')).log.length, 8);
  assert.equal((await on.ask('', { headers: { host: 'localhost:3001' } })).status, 200);
  assert.equal((await on.ask('', { address: '::1', headers: { host: '[::1]:3001' } })).status, 200);
  for (const more of [
    { address: '192.0.2.99' },
    { headers: { host: 'rebound.example:3001' } },
    { headers: { host: '' } },
    { headers: { 'x-forwarded-for': '127.0.0.1' } },
  ]) {
    const { status, body } = await on.ask('log=true', more);
    assert.equal(status, 403, JSON.stringify(more));
    assert.doesNotMatch(String(body), /alice/);
  }
});

test('public tells everybody the users, with masked addresses and without messages', async () => {
  for (const users of [USERS, []]) {
    const on = crowd(stage({ users, options: { public: true } }));
    const { status, body } = await on.ask('log=true', { address: '203.0.113.5' });
    assert.equal(status, 200);
    assert.match(String(body), /"192\.0\.2\.0":\{"username":"alice"/);
    assert.match(String(body), /"log":\[\]/);
  }
});

test('where addresses are hidden from everybody no messages are kept', async () => {
  const on = crowd(stage({ hasMessages: false }));
  assert.deepEqual((await on.stats('log=true')).log, []);
  assert.equal(on.messages.isWanted, false);
  assert.deepEqual(on.messages.list(), []);
});
