/** The part of the suite about who was there at one moment, compared with the reference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIMENSIONS } from '../../core/query.ts';
import { filter, moment } from './arbitrary.ts';
import { compareWithReference } from './compare.ts';
import { expectedInstant, expectedPlaces } from './reference.ts';
import { closedSession, commitOf, createWriter, NOON, openSession } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const DAY = 86_400_000;
const NOWHERE = {
  ...{ countryCode: null, regionCode: null, region: null, city: null, postalCode: null },
  ...{ latitude: null, longitude: null, accuracyKm: null, timeZone: null },
};

export function testInstants(subject: StoreUnderTest): void {
  testRandomInstants(subject);
  testEdges(subject);
  testPlaces(subject);
  testReportsAt(subject);
}

function testRandomInstants(subject: StoreUnderTest): void {
  test('at a moment sessions, listeners and bots are counted by any dimensions, as the reference does', async (t) => {
    const store = await freshStore(t, subject);
    const by = fc.subarray([...DIMENSIONS], { maxLength: 2 });
    const query = fc.record({ at: moment, by, filter, limit: fc.constantFrom(1, 3, 100) });
    await compareWithReference(store, query, async (rows, asked) => {
      assert.deepEqual(await store.countsAt(asked), expectedInstant(rows, asked));
    });
  });
}

function testEdges(subject: StoreUnderTest): void {
  test('who began at the moment is there, who ended at it is not, however long before they began', async (t) => {
    const store = await freshStore(t, subject);
    const at = (id: string, start: number, end: number) =>
      closedSession(id, { startedAt: NOON + start, lastSeenAt: NOON + end });
    const old = at('old', -3 * 365 * DAY, 1);
    await createWriter(store)([at('new', 0, 1000), at('gone', -1000, 0), old, at('later', 1, 1000)]);
    await store.commit(commitOf(2, { open: [openSession('open', { startedAt: NOON - 5000, lastSeenAt: NOON + 2 })] }));
    const sessionsAt = async (moment: number) => {
      const [group] = await store.countsAt({ at: NOON + moment, by: [], filter: {}, limit: 1 });
      return group!.sessions;
    };
    assert.equal(await sessionsAt(-1), 3);
    assert.equal(await sessionsAt(0), 3);
    assert.equal(await sessionsAt(1), 3);
    assert.equal(await sessionsAt(2), 2, 'an open session reaches to its last sight');
    assert.equal(await sessionsAt(1000), 0);
  });

  test('nobody there is one empty group when undivided, and none when divided', async (t) => {
    const store = await freshStore(t, subject);
    const nobody = { at: NOON, filter: {}, limit: 10 };
    assert.deepEqual(await store.countsAt({ ...nobody, by: [] }), [{ values: [], sessions: 0, listeners: 0, bots: 0 }]);
    assert.deepEqual(await store.countsAt({ ...nobody, by: ['country'] }), []);
    assert.deepEqual(await store.placesAt(nobody), { places: [], unplaced: 0 });
  });
}

function testPlaces(subject: StoreUnderTest): void {
  const spot = fc.constantFrom(
    null,
    { ...NOWHERE, countryCode: 'DE', accuracyKm: 500 },
    { ...NOWHERE, countryCode: 'DE', city: 'Berlin', latitude: 52.52, longitude: 13.4, accuracyKm: 50 },
    { ...NOWHERE, countryCode: 'DE', city: 'Berlin', latitude: 52.52, longitude: 13.4, accuracyKm: 20 },
    { ...NOWHERE, countryCode: 'DE', city: null, latitude: 52.52, longitude: 13.4 },
    { ...NOWHERE, countryCode: 'ZA', city: 'Cape Town', latitude: -33.9, longitude: 18.4, accuracyKm: 50 },
    { ...NOWHERE, city: 'Half', latitude: 1, longitude: null },
  );
  const visit = fc.record({ spot, start: fc.nat(100), seconds: fc.integer({ min: 1, max: 40 }), bot: fc.boolean() });
  const visits = fc.array(visit, { maxLength: 40 }).map((drawn) =>
    drawn.map(({ spot: geo, start, seconds, bot }, i) => {
      const startedAt = NOON + start * 1000;
      const place = { geo, asn: null, organization: null };
      return closedSession(String(i), { startedAt, lastSeenAt: startedAt + seconds * 1000, place, bot });
    }),
  );

  test('places at a moment, and who has none, as the reference has them', async (t) => {
    const store = await freshStore(t, subject);
    const query = fc.record({ at: moment, filter: fc.constantFrom({}, { bot: false }, { country: ['DE', null] }) });
    const compare = async (rows: Parameters<typeof expectedPlaces>[0], asked: Parameters<typeof expectedPlaces>[1]) => {
      assert.deepEqual(await store.placesAt(asked), expectedPlaces(rows, asked));
    };
    await compareWithReference(store, query, compare, visits);
  });
}

function testReportsAt(subject: StoreUnderTest): void {
  test('reports as of a moment are those up to it, of every stream, oldest first', async (t) => {
    const store = await freshStore(t, subject);
    const report = (stream: string, at: number, title: string) => ({
      source: 'edge-1',
      report: { kind: 'report' as const, stream, at: NOON + at, status: 'up' as const, title },
    });
    const reports = [report('a', 0, 'first'), report('b', 500, 'other'), report('a', 1000, 'second')];
    await store.commit(commitOf(1, { reports }));
    const titlesAt = async (at: number) => (await store.reportsAt(NOON + at)).map((each) => each.report.title);
    assert.deepEqual(await titlesAt(-1), []);
    assert.deepEqual(await titlesAt(0), ['first']);
    assert.deepEqual((await titlesAt(999)).sort(), ['first', 'other']);
    const all = await titlesAt(1000);
    assert.equal(all.length, 3);
    assert.ok(all.indexOf('first') < all.indexOf('second'));
  });
}
