/** `/sessions/:id/titles`: what a stream played while somebody was there, also one that several sources tell of. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type { StreamReport } from '../../core/observation.ts';
import type { SessionPageWire, SessionTitlesWire, SessionWire } from '../contract.ts';
import { NOW } from '../crowd.fixture.ts';
import { errorOf, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());

const MINUTE = 60_000;
const report = (stream: string, at: number, title?: string | null): StreamReport => ({
  kind: 'report',
  stream,
  at,
  status: 'up',
  ...(title === undefined ? {} : { title }),
});

async function sessionsOn(stream: string, state = 'all'): Promise<SessionWire[]> {
  const query = `state=${state}&bot=all&limit=1000&stream=${encodeURIComponent(stream)}`;
  return (await site.get<SessionPageWire>(`/api/v1/sessions?${query}`)).items;
}

async function titlesOf({ id }: SessionWire): Promise<[string, number, number][]> {
  const { items } = await site.get<SessionTitlesWire>(`/api/v1/sessions/${id}/titles`);
  return items.map(({ from, to, title }) => [title, Date.parse(from), Date.parse(to)]);
}

test('every session has heard just what played while it was there', async () => {
  const played: [string, number, number][] = [
    ['Blue in Green', NOW - 60 * MINUTE, NOW - 10 * MINUTE],
    ['So What', NOW - 10 * MINUTE, Number.MAX_SAFE_INTEGER],
  ];
  const sessions = await sessionsOn('/jazz');
  for (const session of sessions) {
    const [from, to] = [Date.parse(session.startedAt), Date.parse(session.lastSeenAt)];
    const expected = played
      .map(([title, began, ended]) => [title, Math.max(began, from), Math.min(ended, to)] as const)
      .filter(([, began, ended]) => began < ended);
    assert.deepEqual(await titlesOf(session), expected, session.id);
  }
  const heard = await Promise.all(sessions.map(async (each) => (await titlesOf(each)).length));
  assert.deepEqual([...new Set(heard)].sort(), [1, 2], 'the crowd has both kinds');
});

test('of a stream that two sources tell of, and of titles that are told afterwards', async () => {
  await site.tell('edge-1', [report('/news', NOW - 50 * MINUTE, 'Morning')]);
  await site.tell('edge-2', [
    report('/news', NOW - 49 * MINUTE, 'Morning'),
    { ...report('/news', NOW - MINUTE, 'Noon'), titles: [{ at: NOW - 4 * MINUTE, title: 'Noon' }] },
  ]);
  await site.settle();
  const longest = (await sessionsOn('/news', 'open')).toSorted((a, b) => b.durationSeconds - a.durationSeconds)[0]!;
  const [from, to] = [Date.parse(longest.startedAt), Date.parse(longest.lastSeenAt)];
  assert.deepEqual(await titlesOf(longest), [
    ['Morning', from, NOW - 4 * MINUTE],
    ['Noon', NOW - 4 * MINUTE, to],
  ]);
});

test('while nothing played nothing was heard, and a report without a title changes none', async () => {
  await site.tell('radio', [
    report('/talk', NOW - 55 * MINUTE, 'Hour one'),
    report('/talk', NOW - 20 * MINUTE, null),
    report('/talk', NOW - 15 * MINUTE, 'Hour two'),
    { ...report('/talk', NOW - 12 * MINUTE), name: 'Talk' },
  ]);
  await site.settle();
  const longest = (await sessionsOn('/talk', 'open')).toSorted((a, b) => b.durationSeconds - a.durationSeconds)[0]!;
  const [from, to] = [Date.parse(longest.startedAt), Date.parse(longest.lastSeenAt)];
  assert.deepEqual(await titlesOf(longest), [
    ['Hour one', from, NOW - 20 * MINUTE],
    ['Hour two', NOW - 15 * MINUTE, to],
  ]);
});

test('of a stream that nobody told of nothing is known; a session that is not there is not found', async () => {
  const [session] = await sessionsOn('/sport');
  assert.deepEqual(await titlesOf(session!), []);
  const answer = await site.ask('/api/v1/sessions/nobody/titles');
  assert.equal(answer.status, 404);
  assert.equal(errorOf(answer).code, 'NOT_FOUND');
});
