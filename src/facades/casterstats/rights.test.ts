/** Who sees what, and what the others are told. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { addresses, checkSchema, fromXml, names, PUBLIC, type Stage, stage, type Users } from './stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(options: Record<string, unknown> = PUBLIC, isBegun = true): Promise<Stage> {
  const made = await stage(options, isBegun);
  stages.push(made);
  return made;
}

const RIGHTS = {
  clearPassword: true,
  streams: [
    { name: 'one', source: 'radio', stream: '/one' },
    { name: 'two', source: 'radio', stream: '/two' },
    { name: 'three', source: 'radio', stream: '/three', access: ['staff'] },
    { name: 'four', source: 'radio', stream: '/four', access: ['owners'] },
    { name: 'free', source: 'radio', stream: '/free', public: true },
  ],
  secrets: [
    { user: 'marco', secret: 'hU5lD5f', groups: ['staff'] },
    { user: 'guest', secret: 'another', groups: ['staff'] },
    { user: 'nobody', secret: 'none' },
  ],
};

test('94, 99, 100: each sees what he may see, and is told why he does not see the rest', async () => {
  const { json, refusal, ask } = await begun(RIGHTS);
  const seen = async (user: string, password = user + user) =>
    names(await json<Users>(`/stats/userlist?username=${user}&password=${password}`)).join();
  assert.equal(await seen('admin'), 'one,two,four,free');
  assert.equal(await seen('guest'), 'one,free');
  assert.equal(await seen('marco', 'hU5lD5f'), 'three,free');
  assert.equal(await seen('nobody', 'none'), 'free');
  assert.deepEqual(names(await json<Users>('/stats/userlist')), ['free']);
  assert.deepEqual(names(await json<Users>('/stats/userlist/free')), ['free']);
  const as = (stream: string, user: string, password = user + user) =>
    refusal(`/stats/userlist/${stream}?username=${user}&password=${password}`);
  assert.equal(await as('two', 'guest'), '403 NoAccess');
  // In the group, but not within the rights of his account.
  assert.equal(await as('three', 'guest'), '403 NoAccess');
  assert.equal(await as('none', 'guest'), '404 UnknownStream');
  assert.equal(await as('one', 'guest', 'wrong'), '401 WrongPassword');
  assert.equal(await as('one', 'stranger'), '401 UnknownUser');
  for (const stream of ['one', 'none'])
    assert.equal(await refusal(`/stats/userlist/${stream}`), '401 CredentialsMissing');
  assert.equal(await refusal('/stats/userlist?username=guest'), '401 CredentialsMissing');
  assert.equal(await refusal('/stats/userlist?password=x'), '401 CredentialsMissing');
  assert.equal(await refusal('/stats/listeners/free'), '404 UnknownPage');
  // In the format that was asked for.
  const answer = await ask('/stats/userlist/none?format=XML&username=guest&password=guestguest');
  assert.equal(answer.status, 404);
  const { name, value } = fromXml(answer.text);
  assert.equal(name, 'Refusal');
  assert.equal((value as { Error: { Code: string } }).Error.Code, 'UnknownStream');
});

test('a discreet facade tells neither users nor streams from what there is not', async () => {
  const { refusal } = await begun({ ...RIGHTS, discreet: true });
  const as = (stream: string, user: string, password = user + user) =>
    refusal(`/stats/userlist/${stream}?username=${user}&password=${password}`);
  assert.equal(await as('two', 'guest'), await as('none', 'guest'));
  assert.equal(await as('two', 'stranger'), await as('two', 'guest', 'wrong'));
});

test('whoever may not see addresses gets the networks, and so does everybody without credentials', async () => {
  const { listen, json, ask } = await begun({ clearPassword: true, public: true });
  listen({ ip: '192.0.2.77' }, { ip: '2001:db8:1:2::77' }, { ip: 'opaque-token' });
  const masked = ['192.0.2.0', '2001:db8:1::', null];
  const of = async (query: string) => addresses(await json<Users>(`/stats/userlist${query}`));
  assert.deepEqual(await of(''), masked);
  assert.deepEqual(await of('?username=discreet&password=discreetdiscreet'), masked);
  assert.deepEqual(await of('?username=admin&password=adminadmin'), ['192.0.2.77', '2001:db8:1:2::77', 'opaque-token']);
  // The stream is public, and not his: that he has signed in shows him no more of it.
  const other = await begun({ clearPassword: true, public: true });
  other.listen({ stream: '/two', ip: '192.0.2.77' });
  const query = '?username=guest&password=guestguest';
  assert.deepEqual(addresses(await other.json<Users>(`/stats/userlist${query}`)), ['192.0.2.0']);
  assert.doesNotMatch((await ask('/stats/userlist?format=xml')).text, /77/);
});

test('103: accepted addresses only; none is all. Behind a trusted proxy the client counts', async () => {
  const { ask, refusal } = await begun({ ...PUBLIC, acceptedAddresses: ['198.51.100.0/24', '2001:db8::/32'] });
  const from = (client: string) => ({ headers: { 'x-forwarded-for': client } });
  for (const client of ['198.51.100.9', '2001:db8::1']) {
    assert.equal((await ask('/stats/userlist', from(client))).status, 200, client);
  }
  for (const client of ['198.51.101.9', '2001:db9::1', '192.0.2.1, 127.0.0.1']) {
    assert.equal(await refusal('/stats/userlist', from(client)), '403 AddressNotAccepted', client);
  }
  assert.equal(await refusal('/stats/userlist'), '403 AddressNotAccepted');
  assert.equal((await ask('/stats/casterstats.xsd')).status, 403);
  assert.equal((await (await begun()).ask('/stats/casterstats.xsd')).status, 200);
});

test('refusals and masked lists keep to the schema, too', () => assert.ok(checkSchema() > 1));
