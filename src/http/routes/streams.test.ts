/** `/streams`, compared with the crowd, and of servers that count only. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type { StreamReport } from '../../core/observation.ts';
import type { StreamDetailWire, StreamListenersWire, StreamsWire } from '../contract.ts';
import { NOW, OPEN, tallyOf } from '../crowd.fixture.ts';
import { errorOf, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());
const api = <T>(path: string): Promise<T> => site.get<T>(`/api/v1${path}`);

test('a stream has what its source says of it, and the audience that we count', async () => {
  const { items } = await api<StreamsWire>('/streams');
  const counts = tallyOf(OPEN, ({ stream }) => stream);
  for (const { stream, sessions, bots } of items) {
    const { value: _, ...expected } = counts.find(({ value }) => value === stream) ?? {
      value: 0,
      sessions: 0,
      bots: 0,
    };
    assert.deepEqual({ sessions, bots }, expected, stream);
  }
  const { id: _, sessions: __, bots: ___, ...jazz } = items.find(({ stream }) => stream === '/jazz')!;
  assert.deepEqual(jazz, {
    source: 'radio',
    stream: '/jazz',
    status: 'up',
    statusSince: new Date(NOW - 3_600_000).toISOString(),
    title: 'So What',
    titleSince: new Date(NOW - 600_000).toISOString(),
    name: 'Jazz',
    description: null,
    genre: null,
    contentType: null,
    bitrateKbps: null,
    startedAt: null,
    reportedListeners: 17,
    peakListeners: null,
    uniqueListeners: null,
    maxListeners: null,
    averageSeconds: null,
    countOnly: false,
  });
});

test('streams are sorted by audience; one that nobody speaks of is unknown, one that is down has no listeners', async () => {
  const { items } = await api<StreamsWire>('/streams');
  const sizes = items.map(({ sessions }) => sessions);
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
  assert.equal(items.find(({ stream }) => stream === '/news')?.status, 'unknown');
  const silent = items.find(({ stream }) => stream === '/silent');
  assert.equal(silent?.status, 'down');
  assert.equal(silent.reportedListeners, null);
});

test('a stream has its titles, oldest first: those that its server remembers, and those that were told', async () => {
  const { items } = await api<StreamsWire>('/streams');
  const jazz = items.find(({ stream }) => stream === '/jazz')!;
  const at = (ago: number) => new Date(NOW - ago).toISOString();
  assert.deepEqual((await api<StreamDetailWire>(`/streams/${jazz.id}`)).titles, [
    { at: at(3_600_000), title: 'Blue in Green' },
    { at: at(600_000), title: 'So What' },
  ]);
  assert.ok(items.every((stream) => !('titles' in stream)));
});

test('of a server that tells numbers only there is its count, now and over time, and no sessions', async () => {
  const other = await startSite({ isEmpty: true });
  try {
    const told = (at: number, listeners: number): StreamReport => ({
      ...{ kind: 'report', stream: '/live', at, status: 'up', listeners, countOnly: true },
      ...{ uniqueListeners: 2, maxListeners: 100, averageSeconds: 61.5 },
    });
    await other.tell('radio', [told(NOW - 120_000, 4), told(NOW - 60_000, 10)]);
    await other.settle();
    const { items } = await other.get<StreamsWire>('/api/v1/streams');
    const [live] = items;
    assert.equal(items.length, 1);
    assert.deepEqual(
      [live!.countOnly, live!.reportedListeners, live!.uniqueListeners, live!.maxListeners, live!.averageSeconds],
      [true, 10, 2, 100, 61.5],
    );
    assert.equal(live!.sessions, 0);
    const { from, to, stepSeconds, steps, average, peak } = await other.get<StreamListenersWire>(
      `/api/v1/streams/${live!.id}/listeners?from=${new Date(NOW - 180_000).toISOString()}&step=60`,
    );
    assert.deepEqual([from, to, stepSeconds], [steps[0], new Date(NOW).toISOString(), 60]);
    assert.deepEqual(average, [null, 4, 10]);
    assert.deepEqual(peak, [null, 4, 10]);
  } finally {
    await other.close();
  }
});

test('the count of a server that is not asked sensibly is refused', async () => {
  const { items } = await api<StreamsWire>('/streams');
  const path = `/api/v1/streams/${items[0]!.id}/listeners`;
  for (const query of [
    'step=0',
    'from=yesterday',
    'from=2030-01-01T00:00:00Z',
    'step=1&from=2020-01-01T00:00:00Z',
    'by=x',
  ]) {
    const answer = await site.ask(`${path}?${query}`);
    assert.equal(answer.status, 400, query);
    assert.equal(errorOf(answer).code, 'BAD_REQUEST');
  }
  assert.equal((await site.ask('/api/v1/streams/nobody/listeners')).status, 404);
});

test('a stream without reports has an empty history, and one that is not there is not found', async () => {
  const { items } = await api<StreamsWire>('/streams');
  const news = items.find(({ stream }) => stream === '/news')!;
  const { history, titles } = await api<StreamDetailWire>(`/streams/${news.id}`);
  assert.deepEqual([history, titles], [[], []]);
  for (const id of ['nobody', '%2Fnews', '__proto__', 'a'.repeat(200)]) {
    const answer = await site.ask(`/api/v1/streams/${id}`);
    assert.equal(answer.status, 404, id);
    assert.equal(errorOf(answer).code, 'NOT_FOUND');
  }
});
