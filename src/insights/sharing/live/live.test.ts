/** The insight as it runs: real files, a real thread, the real judgement; the history and the clock are ours. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../../../lab/child.ts';
import type { SharingFound } from '../../../core/event.ts';
import type { SessionRecord } from '../../../core/session.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { family, historyOf, lentAccount, playedAt } from './fixture.ts';
import { type LiveSharing, openLiveSharing } from './index.ts';

const NOW = Date.UTC(2026, 2, 1, 22);
const HOUR = 3_600_000;

/** Stands still until it is told to move; sleepers wake up soon. */
class OwnClock implements Clock {
  passed = 0;
  now = () => NOW + this.passed;
  elapsed = () => this.passed;
  sleep = (_: number, signal: AbortSignal) => systemClock.sleep(5, signal);
}

interface Running {
  readonly sharing: LiveSharing;
  readonly clock: OwnClock;
  readonly told: SharingFound[];
  readonly counted: Map<string, number>;
  readonly warnings: string[];
  readonly history: ReturnType<typeof historyOf>;
  /** Set, what is found cannot be kept. */
  refusal: Error | null;
}

function folderOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'headcount-sharing-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function running(t: TestContext, sessions: SessionRecord[], directory = folderOf(t)): Running {
  const clock = new OwnClock();
  const counted = new Map<string, number>();
  const history = historyOf(sessions);
  const made: Omit<Running, 'sharing'> & { sharing: LiveSharing | null } = {
    ...{ clock, counted, history, told: [], warnings: [], refusal: null, sharing: null },
  };
  const sharing = openLiveSharing({
    ...{ directory, store: history, clock, timeZone: 'UTC', days: 60, tellFrom: 50 },
    hash: (text) => Buffer.from(text).toString('base64url').slice(-20),
    tell: async (events) => {
      if (made.refusal !== null) throw made.refusal;
      made.told.push(...events);
    },
    counters: {
      add: (name, amount = 1) => counted.set(name, (counted.get(name) ?? 0) + amount),
      set: (name, value) => counted.set(name, value),
    },
    warn: (message) => made.warnings.push(message),
  });
  sharing.start();
  t.after(() => sharing.stop());
  return Object.assign(made, { sharing });
}

const allJudged = ({ sharing }: Running) =>
  until('all are judged', () => sharing.state.judged > 0 && sharing.state.judged === sharing.state.accounts);
const everybody = { source: null, user: null, minScore: 0, foundSince: null, limit: 100, cursor: null };
const judgements = ({ counted }: Running) => counted.get('judged') ?? 0;

test('accounts are judged by themselves, highest score first, page by page', async (t) => {
  const app = running(t, [...family(NOW), ...lentAccount(NOW)]);
  await allJudged(app);
  const { items, total } = app.sharing.list(everybody);
  assert.deepEqual([items.map(({ user }) => user), total], [['anna', 'ben'], 2]);
  const [anna, ben] = items;
  assert.ok(anna!.score >= 50, `${anna!.score}`);
  assert.equal(ben!.score, 0);
  assert.ok(anna!.classicScore > 100);
  assert.equal(anna!.plays, 42);
  const first = app.sharing.list({ ...everybody, limit: 1 });
  const second = app.sharing.list({ ...everybody, limit: 1, cursor: first.nextCursor });
  assert.deepEqual([first.items[0]!.user, second.items[0]!.user, second.nextCursor], ['anna', 'ben', null]);
  assert.deepEqual(app.sharing.list({ ...everybody, minScore: 50 }).total, 1);
  assert.deepEqual(app.sharing.list({ ...everybody, foundSince: NOW + 1 }).total, 0);
  assert.throws(() => app.sharing.list({ ...everybody, cursor: 'x' }), { code: 'BAD_CURSOR' });
});

test('a report has the evidence, and what it is about is in its timeline', async (t) => {
  const app = running(t, lentAccount(NOW));
  await allJudged(app);
  const { id } = app.sharing.list(everybody).items[0]!;
  const [report, again] = await Promise.all([app.sharing.report(id), app.sharing.report(id)]);
  assert.equal(report, again, 'made once for those who ask at the same time');
  const { judgement, timeline, usedDevices } = report!;
  assert.ok(judgement.findings.length > 0);
  const known = new Set(timeline.map((play) => play.id));
  for (const { plays } of judgement.findings) assert.ok(plays.every((play) => known.has(play)));
  assert.deepEqual(usedDevices.map(({ device, plays }) => [device, plays]).sort(), [
    ['box', 21],
    ['tv', 21],
  ]);
  assert.equal(await app.sharing.report('nobody'), null);
});

test('what is found anew is told once, also over a restart; what is old is not', async (t) => {
  const directory = folderOf(t);
  const sessions = lentAccount(NOW);
  const first = running(t, sessions, directory);
  await allJudged(first);
  const ofPeriod = first.told.filter(({ finding }) => finding.kind === 'households');
  assert.equal(ofPeriod.length, 1, 'what is about the whole period is told once');
  const ids = first.told.flatMap((event) => (ofPeriod.includes(event) ? [] : [event.id]));
  assert.ok(ids.length > 0 && ids.length < 4, `${ids.length}: only those of the last day`);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(
    first.told.every(
      ({ at, account, listener, finding }) =>
        (finding.kind === 'households' || at >= NOW - 24 * HOUR) && account.user === 'anna' && listener === 'l-anna',
    ),
  );
  await first.sharing.stop();

  const second = running(t, sessions, directory);
  await allJudged(second);
  assert.deepEqual(second.told, []);
  sessions.push(
    playedAt('home-new', 'home', 'tv', NOW - 4 * HOUR),
    playedAt('away-new', 'away', 'box', NOW - 3 * HOUR),
  );
  second.clock.passed += 1000;
  second.sharing.sessionsChanged([{ source: 'plex', user: 'anna', bot: false }]);
  second.clock.passed += 5000;
  await until('the new one is told', () => second.told.some(({ finding }) => finding.plays.includes('away-new')));
  assert.ok(second.told.every(({ id }) => !ids.includes(id)));
});

test('what could not be kept is told later, and failures are counted and said once', async (t) => {
  const app = running(t, lentAccount(NOW));
  app.refusal = new Error('no room');
  await until('it failed', () => (app.counted.get('failures') ?? 0) > 0);
  assert.deepEqual(app.told, []);
  app.clock.passed += 31_000;
  await until('it failed again', () => (app.counted.get('failures') ?? 0) > 1);
  assert.deepEqual(app.warnings, ['accounts cannot be judged: no room']);
  app.refusal = null;
  app.clock.passed += 31_000;
  await until('it is told', () => app.told.length > 0);
});

test('sessions that are provisional are judged, and not told: their ids will change', async (t) => {
  const sessions = lentAccount(NOW).map((each) => ({ ...each, provisional: each.id.startsWith('away') }));
  const app = running(t, sessions);
  await allJudged(app);
  assert.ok(app.sharing.list(everybody).items[0]!.score >= 50);
  assert.deepEqual(app.told, []);
});

test('who has sessions at once is judged again while they last', async (t) => {
  const open = { endedAt: null, reason: null };
  const app = running(t, [
    playedAt('a', 'home', 'tv', NOW - HOUR, { ...open, lastSeenAt: NOW }),
    playedAt('b', 'away', 'box', NOW - HOUR, { ...open, lastSeenAt: NOW }),
  ]);
  await allJudged(app);
  const before = judgements(app);
  app.clock.passed += 61_000;
  await until('it is judged again', () => judgements(app) > before);
});

test('what is fine lowers the score at once, and for good, until it is taken back', async (t) => {
  const directory = folderOf(t);
  const app = running(t, lentAccount(NOW), directory);
  await allJudged(app);
  const { id, score } = app.sharing.list(everybody).items[0]!;
  const fine = { kind: 'device', value: 'box', about: 'the box' } as const;
  await app.sharing.setFine(id, fine, true, 'carla');
  const report = await app.sharing.report(id);
  assert.ok(report!.score < score, `${report!.score} < ${score}`);
  assert.deepEqual(
    report!.fine.map(({ kind, value, by }) => [kind, value, by]),
    [['device', 'box', 'carla']],
  );
  await app.sharing.stop();
  const again = running(t, lentAccount(NOW), directory);
  await allJudged(again);
  assert.equal(again.sharing.list(everybody).items[0]!.score, report!.score);
  await again.sharing.setFine(id, fine, false, 'carla');
  assert.equal((await again.sharing.report(id))!.score, score);
});

test('whoever is forgotten is nowhere any more', async (t) => {
  const directory = folderOf(t);
  const sessions = lentAccount(NOW);
  const app = running(t, sessions, directory);
  await allJudged(app);
  const { id } = app.sharing.list(everybody).items[0]!;
  await app.sharing.setFine(id, { kind: 'user', value: '', about: '' }, true, null);
  sessions.length = 0;
  await app.sharing.forgotten('anna');
  assert.equal(await app.sharing.report(id), null);
  assert.equal(app.sharing.list(everybody).total, 0);
});

test('a history that cannot be read now is read later', async (t) => {
  const app = running(t, []);
  await until('it has been read', () => app.counted.has('accounts'));
  const busy = running(t, lentAccount(NOW));
  busy.history.refusal = new Error('busy');
  busy.clock.passed += 7 * HOUR;
  await until('it failed', () => busy.warnings.length > 0);
  busy.history.refusal = null;
  busy.clock.passed += 7 * HOUR;
  await allJudged(busy);
});
