/** What is handed to the inbox becomes sessions, through a real tracker. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { INBOXES, type Watched, type WatchOptions, watchSource } from '../../../lab/watch.ts';
import type { Receipt } from '../../lib/inboxes.ts';
import { connectionOf, timeText } from './fixture.ts';
import { ssmon } from './index.ts';

const watching: Watched[] = [];
afterEach(async () => {
  for (const each of watching.splice(0)) await each.stop();
});

function watch(options: Record<string, unknown> = {}, more: WatchOptions = {}): Watched {
  const watched = watchSource(ssmon, { inbox: 'tested', ...options }, more);
  watching.push(watched);
  return watched;
}

const hand = (fields: Record<string, unknown>): Receipt | null => INBOXES.hand('tested', connectionOf(fields));

/** Sessions as `stream port`, those that have ended with how long they were, in seconds. */
const told = (watched: Watched) =>
  watched
    .sessions()
    .map(({ stream, port, startedAt, endedAt }) =>
      [stream, port, ...(endedAt === null ? [] : [(endedAt - startedAt) / 1000])].join(' '),
    )
    .sort();

const shows = (watched: Watched, ...expected: string[]) =>
  until(expected.join(', '), () => JSON.stringify(told(watched)) === JSON.stringify(expected)).catch(() =>
    assert.deepEqual(told(watched), expected),
  );

test('61: a connection is there from its own start until the end that is posted', async () => {
  const watched = watch();
  const begun = Date.now() - 90_000;
  const start = timeText(begun);
  assert.equal(hand({ start }), 'taken');
  assert.equal(hand({ start, port: '5679', server_instance: 'vhf.config' }), 'taken');
  await shows(watched, 'hf.config 5678', 'vhf.config 5679');
  const [session] = watched.sessions();
  assert.deepEqual([session!.startedAt, session!.address, session!.identity], [begun, '192.0.2.40', 'connection']);
  assert.equal(session!.userAgent, 'SDR# 1700.0.0.1 on Windows');
  assert.deepEqual(session!.details, { software: 'SDR#', version: '1700.0.0.1', os: 'Windows' });
  assert.equal(watched.reports.get('vhf.config')?.status, 'up');
  const end = Date.now();
  assert.equal(hand({ start, end: timeText(end), duration: 90 }), 'taken');
  await until('it has ended', () => watched.sessions().some(({ endedAt }) => endedAt !== null));
  const gone = watched.sessions().find(({ endedAt }) => endedAt !== null)!;
  assert.deepEqual([gone.port, gone.reason, gone.startedAt], [5678, 'left', begun]);
  assert.ok(gone.endedAt! >= end && gone.endedAt! <= Date.now());
});

test('44: one address with two ports is two connections; what is posted again changes nothing', async () => {
  const watched = watch();
  const start = timeText(Date.now() - 10_000);
  for (const port of ['1', '2', '1']) hand({ start, port });
  await shows(watched, 'hf.config 1', 'hf.config 2');
  const end = timeText(Date.now());
  for (const port of ['1', '1']) hand({ start, port, end });
  hand({ start, port: '1' });
  await until('one has ended', () => watched.sessions().filter(({ endedAt }) => endedAt !== null).length === 1);
  assert.equal(watched.sessions().length, 2);
  assert.deepEqual(watched.counters.read(), { posts: 6, opened: 2, closed: 1, repeatedPosts: 3 });
});

test('the same address and port with a later start: the one before has gone', async () => {
  const watched = watch();
  hand({ start: timeText(Date.now() - 10_000) });
  hand({ start: timeText(Date.now() - 1) });
  await until('two, one of which is open', () => {
    const all = watched.sessions();
    return all.length === 2 && all.filter(({ endedAt }) => endedAt === null).length === 1;
  });
});

test('an end whose beginning was never told is a whole session', async () => {
  const watched = watch();
  const start = Date.now() - 60_000;
  hand({ start: timeText(start), end: timeText(start + 5005) });
  await shows(watched, 'hf.config 5678 5.005');
});

test('who was there before a restart is still there, and ends once', async () => {
  const first = watch();
  const start = Date.now() - 60_000;
  hand({ start: timeText(start) });
  await shows(first, 'hf.config 5678');
  await watching.pop()!.stop();
  const second = watch({}, { after: first });
  await until('it takes them', () => INBOXES.hand('tested', 'rubbish') !== null);
  assert.deepEqual(told(second), ['hf.config 5678']);
  const end = Date.now();
  hand({ start: timeText(start), end: timeText(end) });
  await until('it has ended', () => second.sessions().every(({ endedAt }) => endedAt !== null));
  const sessions = second.sessions();
  assert.deepEqual(
    sessions.map(({ startedAt }) => startedAt),
    [start],
  );
});

test('60: clients of ignored addresses are not taken', async () => {
  const watched = watch({ ignore: '192.168.0.0/16,2001:db8::/32' });
  assert.equal(hand({ ip: '192.168.1.2' }), 'ignored');
  assert.equal(hand({ ip: '2001:db8::1' }), 'ignored');
  assert.equal(hand({ ip: '192.169.1.2' }), 'taken');
  await shows(watched, 'hf.config 5678');
  assert.deepEqual(watched.counters.read(), { posts: 3, ignoredPosts: 2, opened: 1 });
});

test('a connection of which no end is told ends after the longest time', async () => {
  const watched = watch({ longest: '1m' });
  hand({ start: timeText(Date.now() - 3_600_000) });
  await until('it has ended', () => watched.sessions().some(({ reason }) => reason === 'expired'));
});

test('there is room for so many, and no more', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const watched = watch({}, { taking: () => held });
  await until('it takes them', () => INBOXES.hand('tested', 'rubbish') !== null);
  const receipts = new Set<string | null>();
  for (let i = 0; !receipts.has('full'); i++)
    receipts.add(hand({ port: `${i % 60_000}`, ip: `2001:db8::${(i >> 12) + 1}` }));
  assert.deepEqual([...receipts], ['taken', 'full']);
  assert.equal(watched.counters.read()['droppedPosts'], 1);
  release();
});
