/** Programmes, now and over time, compared with the crowd. */

import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import type {
  AudienceReportWire,
  HistoryWire,
  ProgrammeDetailWire,
  ProgrammesWire,
  SessionPageWire,
  TimelineWire,
} from '../contract.ts';
import { CROWD, HERE, isBot, listenerOf, NOW, OPEN, PEOPLE, type Visit } from '../crowd.fixture.ts';
import { errorOf, type Site, startSite } from '../fixture.ts';

let site: Site;
before(async () => {
  site = await startSite();
  site.audience.defineProgrammes([
    { name: 'Music & talk', streams: ['radio/*'] },
    { name: 'Talk', streams: ['radio/talk'] },
    { name: 'News', streams: ['cdn/news', 'radio/jazz'] },
    { name: 'Empty', streams: ['nobody/*'] },
  ]);
});
after(() => site.close());
const api = <T>(path: string): Promise<T> => site.get<T>(`/api/v1${path}`);

const CARRIES: Readonly<Record<string, (visit: Visit) => boolean>> = {
  'Music & talk': ({ space }) => space === 'radio',
  Talk: ({ stream }) => stream === '/talk',
  News: ({ stream }) => stream === '/news' || stream === '/jazz',
  Empty: () => false,
};
const FROM = new Date(NOW - 86_400_000).toISOString();
const distinct = (visits: readonly Visit[]) => new Set(visits.map(listenerOf)).size;

test('every programme has the union of the listeners of its streams, and bots beside them', async () => {
  const { items } = await api<ProgrammesWire>('/programmes');
  assert.deepEqual(
    items.map(({ name, sessions, listeners, bots }) => ({ name, sessions, listeners, bots })),
    Object.entries(CARRIES).map(([name, carries]) => {
      const here = HERE.filter(carries);
      const bots = OPEN.filter(carries).filter(isBot).length;
      return { name, sessions: here.length, listeners: distinct(here), bots };
    }),
  );
  const [all, talk] = items;
  assert.ok(all!.listeners < all!.sessions, 'somebody in the crowd has two sessions');
  assert.ok(talk!.listeners > 0);
});

test('it is up if one of its streams is, plays what that plays, and has what the servers count', async () => {
  const { items } = await api<ProgrammesWire>('/programmes');
  const known = items.map(({ name, status, title, reportedListeners, streamCount, streamsUp }) => [
    ...[name, status, title, reportedListeners, streamCount, streamsUp],
  ]);
  assert.deepEqual(known, [
    ['Music & talk', 'up', 'So What', 17, 3, 1],
    ['Talk', 'unknown', null, null, 1, 0],
    ['News', 'up', 'So What', 17, 2, 1],
    ['Empty', 'unknown', null, null, 0, 0],
  ]);
});

test('one of them has its streams, each with its own counts', async () => {
  const { streams, ...programme } = await api<ProgrammeDetailWire>(`/programmes/${encodeURIComponent('Music & talk')}`);
  const { items } = await api<ProgrammesWire>('/programmes');
  assert.deepEqual(programme, items[0]);
  assert.deepEqual(streams.map(({ stream }) => stream).sort(), ['/jazz', '/silent', '/talk']);
  assert.equal(
    streams.reduce((sum, { sessions }) => sum + sessions, 0),
    programme.sessions,
  );
});

test('history, sessions, timelines and reports can be those of a programme', async () => {
  for (const [name, carries] of Object.entries(CARRIES)) {
    const programme = `programme=${encodeURIComponent(name)}`;
    const own = PEOPLE.filter(carries);
    const { groups } = await api<HistoryWire>(`/history?from=${FROM}&${programme}`);
    assert.deepEqual([groups[0]!.sessions, groups[0]!.uniqueClients], [own.length, distinct(own)], name);
    const open = await api<SessionPageWire>(`/sessions?${programme}`);
    assert.equal(open.total, HERE.filter(carries).length);
    const all = await api<SessionPageWire>(`/sessions?state=all&bot=all&from=${FROM}&${programme}`);
    assert.equal(all.total, CROWD.filter(carries).length);
    const { totals } = await api<AudienceReportWire>(`/reports/audience?from=${FROM}&minSession=0&${programme}`);
    assert.deepEqual([totals.as, totals.cume], [own.length, distinct(own)]);
    const { series } = await api<TimelineWire>(`/timeline?from=${FROM}&step=86400&${programme}`);
    assert.equal(series[0]!.peak[0], totals.peak.count);
  }
});

test('several programmes are those on any of them', async () => {
  const { groups } = await api<HistoryWire>(`/history?from=${FROM}&programme=Talk&programme=News`);
  const own = PEOPLE.filter((visit) => CARRIES['Talk']!(visit) || CARRIES['News']!(visit));
  assert.deepEqual([groups[0]!.sessions, groups[0]!.uniqueClients], [own.length, distinct(own)]);
});

test('history by programme has a group for each that had an audience, the longest listened to first', async () => {
  const { by, groups } = await api<HistoryWire>(`/history?from=${FROM}&by=programme`);
  assert.equal(by, 'programme');
  const counted = Object.fromEntries(groups.map((group) => [group.value, [group.sessions, group.uniqueClients]]));
  const expected = Object.entries(CARRIES)
    .map(([name, carries]) => [name, PEOPLE.filter(carries)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([name, own]) => [name, [own.length, distinct(own)]]);
  assert.deepEqual(counted, Object.fromEntries(expected));
  const seconds = groups.map(({ listeningSeconds }) => listeningSeconds);
  assert.deepEqual(
    seconds,
    seconds.toSorted((a, b) => b - a),
  );
  const some = await api<HistoryWire>(`/history?from=${FROM}&by=programme&programme=Talk`);
  assert.deepEqual(
    some.groups.map(({ value }) => value),
    ['Talk'],
  );
});

test('a programme that there is not is not found', async () => {
  for (const path of [
    ...['/programmes/Nothing', '/sessions?programme=Nothing', '/history?programme=Nothing'],
    ...['/history?by=programme&programme=Nothing', '/timeline?programme=Nothing', '/programmes/__proto__'],
    '/reports/audience?programme=Nothing',
  ]) {
    const answer = await site.ask(`/api/v1${path}`);
    assert.equal(answer.status, 404, path);
    assert.equal(errorOf(answer).code, 'NOT_FOUND');
  }
});
