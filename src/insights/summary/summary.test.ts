import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { facetOf } from '../../core/query.ts';
import type { SessionRecord } from '../../core/session.ts';
import { sessionOf } from './fixture.ts';
import { SUMMARY_DIMENSIONS, Summarizer, type SummaryDimension, type SummaryGroup } from './summary.ts';
import { Values } from './values.ts';

const summaryOf = (sessions: readonly SessionRecord[]) => {
  const summarizer = new Summarizer();
  for (const session of sessions) summarizer.add(session);
  return summarizer.summary();
};

const CITIES = [
  { city: 'London', countryCode: 'GB', latitude: 51.5, longitude: -0.1 },
  { city: 'London', countryCode: 'CA', latitude: 42.9, longitude: -81.2 },
  { city: null, countryCode: 'GB', latitude: 54, longitude: -2 },
  { city: null, countryCode: null, latitude: null, longitude: null },
];
const anybody = fc
  .record({
    from: fc.integer({ min: 0, max: 100_000 }),
    length: fc.integer({ min: 1, max: 50_000 }),
    stream: fc.constantFrom('rock', 'jazz', '(others)'),
    listener: fc.constantFrom('a', 'b', 'c', 'd'),
    user: fc.constantFrom('anna', null),
    quality: fc.constantFrom('720p', '360p', null),
    player: fc.constantFrom(
      null,
      { name: 'VLC', version: null, type: 'player', platform: null },
      { name: null, version: null, type: null, platform: 'iOS' },
    ),
    geo: fc.constantFrom(undefined, ...CITIES),
    bytes: fc.nat({ max: 1_000_000 }),
    bot: fc.boolean(),
  })
  .map(({ from, length, geo, ...said }) =>
    sessionOf({ from, to: from + length, ...(geo === undefined ? {} : { geo }), ...said }),
  );

/** The same, in the most obvious way. */
function groupsOf(sessions: readonly SessionRecord[], dimension: SummaryDimension): Map<string | null, object> {
  const groups = new Map<string | null, object>();
  for (const value of new Set(sessions.map((each) => facetOf(each, dimension)))) {
    const own = sessions.filter((each) => facetOf(each, dimension) === value);
    groups.set(value, {
      value,
      sessions: own.length,
      uniqueClients: new Set(own.map(({ listener }) => listener)).size,
      listeningSeconds: own.reduce((sum, each) => sum + each.lastSeenAt - each.startedAt, 0) / 1000,
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  }
  return groups;
}

test('every number is that of counting one by one', () => {
  fc.assert(
    fc.property(fc.array(anybody, { maxLength: 40 }), (all) => {
      const people = all.filter(({ bot }) => !bot);
      const summary = summaryOf(all);
      assert.equal(summary.sessions, people.length);
      assert.equal(summary.bots, all.length - people.length);
      assert.equal(summary.uniqueClients, new Set(people.map(({ listener }) => listener)).size);
      for (const dimension of SUMMARY_DIMENSIONS) {
        const groups = new Map<string | null, SummaryGroup>(summary.by[dimension].map((each) => [each.value, each]));
        assert.deepEqual(groups, groupsOf(people, dimension));
      }
      const placed = people.filter(({ place }) => place?.geo?.latitude != null);
      assert.equal(
        summary.places.reduce((sum, { sessions }) => sum + sessions, 0),
        placed.length,
      );
    }),
  );
});

/** A few numbers for all that is said: as who folds in numbers adds sessions. */
function summaryInNumbers(sessions: readonly SessionRecord[]) {
  const summarizer = new Summarizer();
  for (const session of sessions) {
    const { stream, quality, startedAt, lastSeenAt, bytes } = session;
    const streamNumber = summarizer.streamOf(stream)!;
    const qualityNumber = quality === null ? summarizer.unknownQuality : summarizer.qualityOf(quality)!;
    if (session.bot) summarizer.addBot();
    else summarizer.addRow(summarizer.whoOf(session), streamNumber, qualityNumber, startedAt, lastSeenAt, bytes);
  }
  return { summary: summarizer.summary(), names: summarizer.names };
}

test('in numbers they come to the same, and what only bots have played is not there', () => {
  fc.assert(
    fc.property(fc.array(anybody, { maxLength: 40 }), (all) => {
      const { summary, names } = summaryInNumbers(all);
      assert.deepEqual(summary, summaryOf(all));
      assert.deepEqual([...names.streams], [...new Set(all.map(({ stream }) => stream))]);
    }),
  );
});

test('more rows than there was room for at first', () => {
  const all = Array.from({ length: 6000 }, (_, i) =>
    sessionOf({ from: i, to: i + 10, listener: `l${i % 2500}`, stream: `s${i % 3}`, bytes: i }),
  );
  const summary = summaryOf(all);
  assert.equal(summary.uniqueClients, 2500);
  assert.deepEqual(new Map(summary.by.stream.map((each) => [each.value, each])), groupsOf(all, 'stream'));
  assert.deepEqual(summary.peak, { count: 10, at: 9 });
});

test('what lasted longest comes first', () => {
  const { by } = summaryOf([
    sessionOf({ from: 0, to: 1000, stream: 'short' }),
    sessionOf({ from: 0, to: 9000, stream: 'long' }),
    sessionOf({ from: 0, to: 1000, stream: 'again' }),
  ]);
  assert.deepEqual(
    by.stream.map(({ value }) => value),
    ['long', 'again', 'short'],
  );
});

test('two cities of one name are two places', () => {
  const [first, second] = CITIES;
  const { places } = summaryOf([
    sessionOf({ from: 0, to: 1, geo: second!, listener: 'a' }),
    sessionOf({ from: 5, to: 6, geo: second!, listener: 'a' }),
    sessionOf({ from: 0, to: 1, geo: first! }),
    sessionOf({ from: 0, to: 1 }),
  ]);
  assert.deepEqual(places, [
    { ...second!, sessions: 2, uniqueClients: 1 },
    { ...first!, sessions: 1, uniqueClients: 1 },
  ]);
});

test('nothing came to nothing', () => {
  const { sessions, peak, period, by, places } = summaryOf([]);
  assert.deepEqual(
    { sessions, peak, period, places },
    { sessions: 0, peak: { count: 0, at: null }, period: null, places: [] },
  );
  assert.deepEqual(Object.values(by).flat(), []);
});

test('more values than there is room for are counted together', () => {
  const values = new Values(3);
  const numbers = ['a', 'b', null, 'c', 'a', 'd'].map((value) => values.numberOf(value));
  assert.deepEqual(numbers, [0, 1, 2, 3, 0, 3]);
  assert.deepEqual(values.all, ['a', 'b', null, '(others)']);
  assert.equal(values.crowded, 2);
  assert.deepEqual(
    ['c', 'a', 'd'].map((value) => values.ownNumberOf(value)),
    [null, 0, null],
  );
  assert.equal(new Values(3).ownNumberOf('a'), 0);
});
