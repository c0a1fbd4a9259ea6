/** `at`: who was there at a moment, where, and what was on, compared with the crowd. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type { AudienceWire, PlacesWire, SessionPageWire, StreamsWire } from './contract.ts';
import { CROWD, isBot, listenerOf, NOW, placeOf, tallyOf, VALUE, type Visit } from './crowd.fixture.ts';
import { errorOf, startSite } from './fixture.ts';

const site = await startSite();
after(() => site.close());

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();
const ask = <T>(path: string, at: number, more = ''): Promise<T> => site.get<T>(`/api/v1/${path}?at=${iso(at)}${more}`);
const present = (at: number): Visit[] => CROWD.filter(({ from, to }) => from <= at && at < to);
const people = (at: number): Visit[] => present(at).filter((each) => !isBot(each));

/** In the middle of everything, and at both edges of visits that have ended. */
const MOMENTS = [NOW - 30 * MINUTE, NOW - 2 * MINUTE, CROWD[50]!.from, CROWD[50]!.to, CROWD[50]!.to - 1, NOW];

test('the total at a moment is whoever was there, at its edges as well', async () => {
  const counts = MOMENTS.map((at) => present(at).length);
  assert.ok(new Set(counts).size > 3, 'the moments differ');
  for (const at of MOMENTS) {
    const { at: answered, total, by, groups } = await ask<AudienceWire>('audience', at);
    const listeners = new Set(people(at).map(listenerOf)).size;
    const sessions = people(at).length;
    assert.deepEqual(total, { sessions, listeners, bots: present(at).length - sessions }, iso(at));
    assert.deepEqual({ answered, by, groups }, { answered: iso(at), by: null, groups: [] });
  }
});

test('by every dimension the groups are those of the moment', async () => {
  const at = MOMENTS[1]!;
  for (const [by, facetOf] of Object.entries(VALUE)) {
    const { groups } = await ask<AudienceWire>('audience', at, `&by=${by}`);
    const found = groups.map(({ value, sessions, bots }) => ({ value, sessions, bots }));
    const inOrder = (each: object) => JSON.stringify(each);
    assert.deepEqual(found.map(inOrder).sort(), tallyOf(present(at), facetOf).map(inOrder).sort(), by);
    const sizes = groups.map(({ sessions }) => sessions);
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
      `${by}: the greatest first`,
    );
  }
  const { groups } = await ask<AudienceWire>('audience', at, '&by=country&limit=1');
  assert.equal(groups.length, 1);
});

test('filters choose among those of the moment', async () => {
  const at = MOMENTS[1]!;
  const jazz = people(at).filter(({ stream, user }) => stream === '/jazz' && user === null);
  const { total } = await ask<AudienceWire>('audience', at, '&stream=/jazz&user=~');
  assert.equal(total.sessions, jazz.length);
  const page = await ask<SessionPageWire>('sessions', at, '&stream=/jazz&user=~');
  assert.equal(page.total, jazz.length);
  const { places, unplaced } = await ask<PlacesWire>('places', at, '&stream=/jazz&user=~');
  assert.equal(
    places.reduce((sum, { count }) => sum + count, unplaced),
    jazz.length,
  );
});

test('sessions at a moment are exactly these, page by page, open ones among them', async () => {
  const nameOf = (address: string | null, start: number) => `${address} ${start}`;
  for (const at of MOMENTS) {
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: SessionPageWire = await ask('sessions', at, `&bot=all&limit=7&sort=startedAt${after}`);
      assert.equal(page.total, present(at).length);
      found.push(...page.items.map(({ client, startedAt }) => nameOf(client.ip, Date.parse(startedAt))));
      cursor = page.nextCursor;
    }
    assert.deepEqual(
      found.sort(),
      present(at)
        .map(({ address, from }) => nameOf(address, from))
        .sort(),
      iso(at),
    );
  }
});

test('places at a moment are those of its people, and of its bots where these are asked for', async () => {
  const at = MOMENTS[1]!;
  for (const [bot, visits] of [
    ['', people(at)],
    ['&bot=all', present(at)],
  ] as const) {
    const cities = visits.map(({ address }) => placeOf(address)?.geo?.city ?? null);
    const { places, unplaced } = await ask<PlacesWire>('places', at, bot);
    assert.equal(unplaced, cities.filter((city) => city === null).length);
    for (const { city, count, country } of places) {
      assert.equal(count, cities.filter((each) => each === city).length);
      assert.ok(country !== null);
    }
    assert.equal(places.length, new Set(cities.filter((city) => city !== null)).size);
  }
});

test('streams at a moment have what had been said by then, and who was there', async () => {
  const before = await ask<StreamsWire>('streams', NOW - 2 * 3_600_000);
  assert.deepEqual(before.items, []);
  const at = NOW - 15 * MINUTE;
  const { items } = await ask<StreamsWire>('streams', at);
  const now = await site.get<StreamsWire>('/api/v1/streams');
  const jazz = items.find(({ stream }) => stream === '/jazz')!;
  const jazzNow = now.items.find(({ stream }) => stream === '/jazz')!;
  assert.equal(jazz.id, jazzNow.id);
  assert.equal(jazz.status, 'up');
  assert.notEqual(jazz.title, jazzNow.title);
  assert.equal(jazz.reportedListeners, null, 'what the server counts now is not what it counted then');
  for (const { source, stream, sessions, bots } of items) {
    const there = present(at).filter((each) => each.space === source && each.stream === stream);
    assert.deepEqual(
      { sessions, bots },
      { sessions: there.filter((each) => !isBot(each)).length, bots: there.filter(isBot).length },
    );
  }
  assert.deepEqual(items.map(({ stream }) => stream).toSorted(), ['/jazz', '/news', '/sport', '/talk']);
});

test('what contradicts itself, and what is still to come, is refused in words', async () => {
  const then = iso(NOW - MINUTE);
  const wrong: [string, RegExp][] = [
    [`sessions?at=${then}&from=${then}`, /"at" or "from"/],
    [`sessions?at=${then}&to=${then}`, /"at" or "to"/],
    [`sessions?at=${then}&state=all`, /"at" or "state"/],
    [`audience?at=${then}&bot=all`, /"bot"/],
    ['audience?country=DE', /"country" is only for a moment/],
    ['places?country=DE', /"country" is only for a moment/],
    ['places?bot=true', /"bot" is only for a moment/],
    ...['sessions', 'audience', 'places', 'streams'].flatMap((path): [string, RegExp][] => [
      [`${path}?at=${iso(NOW + 1)}`, /still to come/],
      [`${path}?at=yesterday`, /"at" must be a time such as/],
    ]),
  ];
  for (const [path, message] of wrong) {
    const answer = await site.ask(`/api/v1/${path}`);
    assert.equal(answer.status, 400, path);
    assert.equal(errorOf(answer).code, 'BAD_REQUEST');
    assert.match(errorOf(answer).message, message);
  }
  assert.equal((await site.ask(`/api/v1/places?at=${then}&programme=none`)).status, 404);
});
