/** The part of the suite about counting all sessions by what they have in common, compared with the reference. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { TALLIED } from '../../core/query.ts';
import { filter } from './arbitrary.ts';
import { compareWithReference } from './compare.ts';
import { expectedTally } from './reference.ts';
import { closedSession, createWriter } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const NOWHERE = {
  ...{ countryCode: null, regionCode: null, region: null, city: null, postalCode: null },
  ...{ latitude: null, longitude: null, accuracyKm: null, timeZone: null },
};

export function testTallies(subject: StoreUnderTest): void {
  test('tallies count open and closed sessions, as the reference does', async (t) => {
    const store = await freshStore(t, subject);
    const by = fc.subarray([...TALLIED]);
    const query = fc.record({ by, filter, limit: fc.constantFrom(1, 3, 100) });
    await compareWithReference(store, query, async (rows, asked) => {
      assert.deepEqual(await store.tally(asked), expectedTally(rows, asked));
    });
  });

  test('places are tallied by their degrees; nobody is one empty group, or none', async (t) => {
    const store = await freshStore(t, subject);
    assert.deepEqual(await store.tally({ by: [], filter: {}, limit: 1 }), [
      { values: [], sessions: 0, closed: 0, closedSeconds: 0 },
    ]);
    assert.deepEqual(await store.tally({ by: ['stream'], filter: {}, limit: 1 }), []);
    const at = (id: string, latitude: number | null, longitude: number | null) =>
      closedSession(id, { place: { geo: { ...NOWHERE, latitude, longitude }, asn: null, organization: null } });
    const rows = [at('a', 41.8781, -87.6298), at('b', 41.8781, -87.6298), at('c', -33.9, 18.4), at('d', null, null)];
    await createWriter(store)(rows);
    const groups = await store.tally({ by: ['latitude', 'longitude'], filter: {}, limit: 10 });
    assert.deepEqual(groups, expectedTally(rows, { by: ['latitude', 'longitude'], filter: {}, limit: 10 }));
    assert.deepEqual(
      groups.map(({ values, sessions }) => [...values, sessions]),
      [
        [41.8781, -87.6298, 2],
        [-33.9, 18.4, 1],
        [null, null, 1],
      ],
    );
  });
}
