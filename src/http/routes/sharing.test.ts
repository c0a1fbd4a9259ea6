/** `/sharing` of the real server, over accounts of the history. Who may ask: test/rights. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { ALL_ACCESS } from '../../core/access.ts';
import { lentAccount, playedAt } from '../../insights/sharing/live/fixture.ts';
import { createWriter } from '../../store/suite/rows.ts';
import type { AuditWire, SharedAccountsWire, SharingReportWire } from '../contract.ts';
import { NOW } from '../crowd.fixture.ts';
import { errorOf, type Question, type Site, startSite, until } from '../fixture.ts';

const carla = { name: 'carla', secret: 'a secret', access: ALL_ACCESS, write: true, groups: [] };
const SIGNED_IN = { authorization: `Basic ${Buffer.from('carla:a secret').toString('base64')}` };

async function judged(t: TestContext): Promise<Site> {
  const site = await startSite({ isEmpty: true, trust: { users: [carla] } });
  t.after(() => site.close());
  const other = playedAt('one', 'home', 'radio', NOW - 3_600_000, { source: 'radio', user: 'a/b ?#' });
  await createWriter(site.store)([...lentAccount(NOW), other]);
  site.sharing.start();
  await until('they are judged', () => site.sharing.state.judged === 2);
  return site;
}

async function get<T>(site: Site, path: string): Promise<T> {
  const answer = await site.ask(`/api/v1${path}`, { headers: SIGNED_IN });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as T;
}

const post = (body: unknown): Question => ({
  method: 'POST',
  headers: { ...SIGNED_IN, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

test('accounts are ranked, filtered and paged, and one is shown with its evidence', async (t) => {
  const site = await judged(t);
  const all = await get<SharedAccountsWire>(site, '/sharing');
  assert.deepEqual(
    [all.items.map(({ user }) => user), all.total, all.accounts, all.judged, all.days],
    [['anna', 'a/b ?#'], 2, 2, 2, 60],
  );
  const [first] = (await get<SharedAccountsWire>(site, '/sharing?limit=1')).items;
  assert.equal(first!.newestFinding?.kind, 'simultaneous');
  assert.equal((await get<SharedAccountsWire>(site, '/sharing?minScore=50')).total, 1);
  assert.equal((await get<SharedAccountsWire>(site, '/sharing?source=radio')).items[0]!.user, 'a/b ?#');
  assert.equal((await get<SharedAccountsWire>(site, '/sharing?days=2&user=anna&user=ben')).total, 1);
  const { nextCursor } = await get<SharedAccountsWire>(site, '/sharing?limit=1');
  assert.equal((await get<SharedAccountsWire>(site, `/sharing?limit=1&cursor=${nextCursor}`)).items[0]!.user, 'a/b ?#');
  const report = await get<SharingReportWire>(site, `/sharing/${first!.id}`);
  assert.equal(report.timeline.length, 42);
  assert.deepEqual(report.allHouseholds.map(({ place }) => place?.city).sort(), ['Berlin', 'Lyon']);
  for (const path of ['/sharing?days=0', '/sharing?cursor=x', '/sharing?colour=red']) {
    assert.equal((await site.ask(`/api/v1${path}`, { headers: SIGNED_IN })).status, 400, path);
  }
});

test('what is fine is kept, lowers the score, and can be taken back; anything else is refused', async (t) => {
  const site = await judged(t);
  const [anna] = (await get<SharedAccountsWire>(site, '/sharing')).items;
  const path = `/api/v1/sharing/${anna!.id}/feedback`;
  const say = async (body: object) => {
    const answer = await site.ask(path, post(body));
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text) as SharingReportWire;
  };
  const before = await get<SharingReportWire>(site, `/sharing/${anna!.id}`);
  const { id, why } = before.allFindings.find(({ kind }) => kind === 'simultaneous')!;
  const without = await say({ kind: 'finding', value: id });
  assert.ok(without.allFindings.every((each) => each.id !== id));
  assert.deepEqual(
    without.fine.map(({ kind, value, by, about }) => [kind, value, by, about]),
    [['finding', id, 'carla', why]],
  );
  const device = await say({ kind: 'device', value: 'box' });
  assert.equal(device.score, 0);
  assert.equal((await say({ kind: 'network', value: '198.51.100.0/24' })).fine.length, 3);
  assert.equal((await say({ kind: 'user' })).score, 0);
  await say({ kind: 'user', fine: false });
  await say({ kind: 'network', value: '198.51.100.0/24', fine: false });
  await say({ kind: 'device', value: 'box', fine: false });
  const after = await say({ kind: 'finding', value: id, fine: false });
  assert.deepEqual([after.score, after.fine], [before.score, []]);
  assert.equal((await get<SharedAccountsWire>(site, '/sharing')).items[0]!.score, before.score);

  const refused = async (body: object) => {
    const answer = await site.ask(path, post(body));
    return [answer.status, errorOf(answer).code];
  };
  assert.deepEqual(await refused({ kind: 'finding', value: 'no such' }), [404, 'NOT_FOUND']);
  assert.deepEqual(await refused({ kind: 'device', value: 'no such' }), [404, 'NOT_FOUND']);
  assert.deepEqual(await refused({ kind: 'network', value: 'no such' }), [400, 'BAD_REQUEST']);
  assert.deepEqual(await refused({ kind: 'user', value: 'no such' }), [400, 'BAD_REQUEST']);
  assert.deepEqual(await refused({ kind: 'device', value: 'box', fine: false }), [404, 'NOT_FOUND']);
  assert.deepEqual(await refused({ kind: 'moon' }), [400, 'BAD_REQUEST']);
});

test('the owner reads who has looked at what, and who said what is fine', async (t) => {
  const site = await judged(t);
  const [anna] = (await get<SharedAccountsWire>(site, '/sharing')).items;
  await get(site, `/sharing/${anna!.id}`);
  await site.ask(`/api/v1/sharing/${anna!.id}/feedback`, post({ kind: 'device', value: 'tv' }));
  await site.ask(`/api/v1/sharing/${anna!.id}/feedback`, post({ kind: 'device', value: 'no such' }));
  assert.equal((await site.ask('/api/v1/sharing/audit', { headers: SIGNED_IN })).status, 403);
  const page = async (query: string) => {
    const answer = await site.ask(`/api/v1/sharing/audit${query}`, { socketPath: site.socket });
    return JSON.parse(answer.text) as AuditWire;
  };
  const { items } = await page('');
  assert.deepEqual(
    items.map(({ who, what, user, fine }) => [who, what, user, fine?.value ?? null]),
    [
      ['carla', 'feedback', 'anna', 'tv'],
      ['carla', 'report', 'anna', null],
      ['carla', 'list', null, null],
    ],
  );
  const first = await page('?limit=2');
  const second = await page(`?limit=2&cursor=${first.nextCursor}`);
  assert.deepEqual([first.items.length, second.items.map(({ what }) => what), second.nextCursor], [2, ['list'], null]);
});
