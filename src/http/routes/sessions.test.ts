/** `/sessions`: states, filters, orders and pages, compared with the crowd. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { clientFacts, presence } from '../../core/observation.ts';
import type { SessionPageWire, SessionWire } from '../contract.ts';
import { CROWD, HERE, isBot, NOW, OPEN, PEOPLE, placeOf, playerOf, type Visit } from '../crowd.fixture.ts';
import { errorOf, type Site, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());
const page = (query: string): Promise<SessionPageWire> => site.get<SessionPageWire>(`/api/v1/sessions?${query}`);
const nameOf = ({ client, stream, startedAt }: SessionWire) => `${client.ip} ${stream} ${Date.parse(startedAt)}`;
const planned = ({ address, stream, from }: Visit) => `${address} ${stream} ${from}`;
const namesOf = (items: readonly SessionWire[]) => items.map(nameOf).sort();
const plannedNames = (visits: readonly Visit[]) => visits.map(planned).sort();

/** All pages, each asked for with the cursor of the one before; `between` may change the world meanwhile. */
async function allPages(query: string, on: Site = site, between = async () => {}): Promise<SessionWire[]> {
  const items: SessionWire[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 200; pages++) {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const next: SessionPageWire = await on.get(`/api/v1/sessions?${query}${after}`);
    items.push(...next.items);
    if (next.nextCursor === null) return items;
    cursor = next.nextCursor;
    await between();
  }
  return assert.fail('the pages never end');
}

test('every session has exactly what is known of it', async () => {
  const { items } = await page('state=all&bot=all&limit=1000');
  assert.equal(items.length, CROWD.length);
  for (const visit of CROWD) {
    const { id, ...session } = items.find((each) => nameOf(each) === planned(visit))!;
    assert.ok(id.length > 0);
    const { address, quality, from, to, isOpen } = visit;
    const place = placeOf(address);
    const isRadio = visit.source === 'radio';
    const ended = new Date(to).toISOString();
    assert.deepEqual(session, {
      source: visit.space,
      stream: visit.stream,
      client: { ip: address, port: null, userAgent: visit.userAgent, user: visit.user, device: null },
      player: playerOf(visit.userAgent),
      geo: {
        ...(place?.geo ?? {
          countryCode: null,
          regionCode: null,
          region: null,
          city: null,
          postalCode: null,
          latitude: null,
          longitude: null,
          accuracyKm: null,
          timeZone: null,
        }),
        country: { DE: 'Germany', FR: 'France', NO: 'Norway' }[place?.geo?.countryCode ?? ''] ?? null,
        asn: place?.asn,
        organization: 'Example Networks',
      },
      startedAt: new Date(from).toISOString(),
      lastSeenAt: ended,
      endedAt: isOpen ? null : ended,
      endReason: isOpen ? null : isRadio ? 'left' : 'expired',
      durationSeconds: (to - from) / 1000,
      bytes: visit.bytes,
      traffic: null,
      requests: visit.requests,
      quality,
      qualityChanges: quality === null ? [] : [{ at: new Date(from).toISOString(), quality }],
      title: null,
      identity: isRadio ? 'connection' : 'inferred',
      bot: isBot(visit),
      provisional: false,
      details: {},
    });
  }
});

test('open ones are the default, and people', async () => {
  const { items, total, nextCursor } = await page('');
  assert.deepEqual(namesOf(items), plannedNames(HERE));
  assert.equal(total, HERE.length);
  assert.equal(nextCursor, null);
});

test('state and bot choose', async () => {
  const expected: [string, readonly Visit[]][] = [
    ['state=open&bot=all', OPEN],
    ['state=open&bot=true', OPEN.filter(isBot)],
    ['state=closed', PEOPLE.filter(({ isOpen }) => !isOpen)],
    ['state=closed&bot=all', CROWD.filter(({ isOpen }) => !isOpen)],
    ['state=all', PEOPLE],
    ['state=all&bot=true', CROWD.filter(isBot)],
  ];
  for (const [query, visits] of expected) {
    assert.ok(visits.length > 0, query);
    const { items, total } = await page(`${query}&limit=1000`);
    assert.deepEqual(namesOf(items), plannedNames(visits), query);
    assert.equal(total, visits.length, query);
  }
});

const FILTERS: readonly [string, (visit: Visit) => boolean][] = [
  ['stream=/news', ({ stream }) => stream === '/news'],
  ['stream=/news&stream=/jazz', ({ stream }) => ['/news', '/jazz'].includes(stream)],
  ['source=cdn', ({ space }) => space === 'cdn'],
  ['country=FR', ({ address }) => placeOf(address)?.geo?.countryCode === 'FR'],
  ['country=~', ({ address }) => placeOf(address)?.geo === null],
  ['country=~&country=NO', ({ address }) => [undefined, 'NO'].includes(placeOf(address)?.geo?.countryCode as 'NO')],
  ['city=Lyon,%20FR', ({ address }) => placeOf(address)?.geo?.city === 'Lyon'],
  ['asn=64496', ({ address }) => placeOf(address)?.asn === 64_496],
  ['player=VLC', ({ userAgent }) => playerOf(userAgent)?.name === 'VLC'],
  ['platform=Linux', ({ userAgent }) => playerOf(userAgent)?.platform === 'Linux'],
  ['quality=720p', ({ quality }) => quality === '720p'],
  ['quality=~', ({ quality }) => quality === null],
  [`user=${encodeURIComponent('zoë')}`, ({ user }) => user === 'zoë'],
  ['user=anna&stream=/news', ({ user, stream }) => user === 'anna' && stream === '/news'],
  ['identity=connection', ({ source }) => source === 'radio'],
  ['ip=192.0.2.2', ({ address }) => address === '192.0.2.2'],
  ['ip=192.0.2.2&ip=192.0.2.3', ({ address }) => ['192.0.2.2', '192.0.2.3'].includes(address)],
];

for (const [query, isMeant] of FILTERS) {
  test(`${decodeURIComponent(query)} finds just those, live and in the store`, async () => {
    const meant = PEOPLE.filter(isMeant);
    assert.ok(meant.length > 0, 'the crowd has such');
    for (const state of ['open', 'all']) {
      const { items, total } = await page(`${query}&state=${state}&limit=1000`);
      const expected = meant.filter(({ isOpen }) => isOpen || state === 'all');
      assert.deepEqual(namesOf(items), plannedNames(expected), state);
      assert.equal(total, expected.length);
    }
  });
}

test('a filter that fits nobody gives an empty page', async () => {
  for (const query of ['stream=/none', 'stream=', 'asn=many', 'asn=-1', 'ip=~', 'user=%00', 'city=%F0%9F%8E%B5']) {
    for (const state of ['open', 'all']) {
      assert.deepEqual(await page(`${query}&state=${state}`), { items: [], nextCursor: null, total: 0 }, query);
    }
  }
});

test('from and to choose who was there in between, live and in the store', async () => {
  const from = NOW - 50 * 60_000;
  const to = NOW - 30 * 60_000;
  const query = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&limit=1000`;
  const there = PEOPLE.filter((each) => each.from < to && each.to > from);
  for (const state of ['open', 'closed', 'all']) {
    const expected = there.filter(({ isOpen }) => state === 'all' || isOpen === (state === 'open'));
    assert.ok(expected.length > 0);
    assert.deepEqual(namesOf((await page(`${query}&state=${state}`)).items), plannedNames(expected), state);
  }
});

test('times may be written with an offset', async () => {
  const utc = await page('state=all&to=2026-03-01T11:30:00Z');
  assert.ok(utc.total > 0 && utc.total < PEOPLE.length);
  assert.deepEqual(await page('state=all&to=2026-03-01T13:30:00%2B02:00'), utc);
});

const SORTED: Readonly<Record<string, (visit: Visit) => string | number | null>> = {
  startedAt: ({ from }) => from,
  duration: ({ from, to }) => to - from,
  bytes: ({ bytes }) => bytes,
  stream: ({ stream }) => stream,
  country: ({ address }) => placeOf(address)?.geo?.countryCode ?? null,
  city: ({ address }) => placeOf(address)?.geo?.city ?? null,
  player: ({ userAgent }) => playerOf(userAgent)?.name ?? null,
  user: ({ user }) => user,
};

for (const [sort, facetOf] of Object.entries(SORTED)) {
  test(`sorted by ${sort}, both ways, seven at a time: in order, and every one once`, async () => {
    const visitOf = (session: SessionWire) => CROWD.find((each) => planned(each) === nameOf(session))!;
    for (const state of ['closed', 'all', 'open']) {
      const expected = CROWD.filter(({ isOpen }) => state === 'all' || isOpen === (state === 'open'));
      for (const direction of ['', '-']) {
        const items = await allPages(`state=${state}&bot=all&sort=${direction}${sort}&limit=7`);
        assert.deepEqual(namesOf(items), plannedNames(expected), state);
        // Who is here is sorted by how long ago it began, since that never changes while one turns the pages.
        const isByStart = sort === 'duration' && state === 'open';
        const values = items.map(visitOf).map((each) => (isByStart ? -each.from : facetOf(each)));
        for (const [i, value] of values.slice(1).entries()) {
          const before = values[i]!;
          if (before === null) assert.equal(value, null, 'unknown ones come last');
          else if (value !== null)
            assert.ok(direction === '' ? before <= value! : before >= value!, `${before} ${value}`);
        }
      }
    }
  });
}

test('while sessions join and leave, those who stay are on exactly one page', async (t) => {
  const busy = await startSite();
  t.after(() => busy.close());
  let round = 0;
  const joinAndLeave = async () => {
    round++;
    const guest = (i: number) => clientFacts({ address: `203.0.113.${round}`, connection: `guest ${round} ${i}` });
    const stay = (i: number) =>
      presence({ stream: '/jazz', client: guest(i), from: NOW - 1000 * i - round, until: Number.MAX_SAFE_INTEGER });
    await busy.tell('radio', [stay(1), stay(900), stay(2000)]);
    // One that came a moment ago leaves again; those of the crowd stay.
    await busy.tell('radio', [{ kind: 'departure', stream: '/jazz', client: guest(1), at: NOW }]);
    await busy.settle();
  };
  for (const sort of ['startedAt', '-startedAt', 'stream', '-duration']) {
    const items = await allPages(`sort=${sort}&bot=all&limit=5`, busy, joinAndLeave);
    const ids = items.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, `${sort}: nobody twice`);
    const names = new Set(items.map(nameOf));
    for (const name of plannedNames(OPEN)) assert.ok(names.has(name), `${sort}: ${name} was missed`);
  }
  assert.ok(round > 20, 'the world moved');
  const past = await allPages('state=all&bot=all&limit=5&sort=startedAt', busy, joinAndLeave);
  const ids = past.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const names = new Set(past.map(nameOf));
  for (const name of plannedNames(CROWD)) assert.ok(names.has(name), name);
});

test('a page may begin so many sessions down, open or past, and goes on by its cursor', async () => {
  for (const query of [
    'state=open&bot=all',
    'state=open&sort=city',
    'state=all&bot=all&sort=bytes',
    'state=open&ip=192.0.2.1',
  ]) {
    const all = await allPages(`${query}&limit=7`);
    for (const offset of [0, 1, all.length >> 1, Math.max(all.length - 1, 0), all.length, all.length + 3]) {
      const { items, total, nextCursor } = await page(`${query}&limit=2&offset=${offset}`);
      const expected = all.slice(offset, offset + 2).map(({ id }) => id);
      assert.deepEqual(
        items.map(({ id }) => id),
        expected,
        `${query} ${offset}`,
      );
      assert.equal(total, all.length);
      assert.equal(nextCursor === null, offset + 2 >= all.length);
      if (nextCursor === null) continue;
      const [next] = (await page(`${query}&limit=1&cursor=${encodeURIComponent(nextCursor)}`)).items;
      assert.equal(next?.id, all[offset + 2]?.id);
    }
  }
});

test('a page begins at a cursor or at an offset, not at both', async () => {
  const { nextCursor } = await page('state=all&limit=5');
  const answer = await site.ask(`/api/v1/sessions?state=all&offset=5&cursor=${nextCursor}`);
  assert.equal(answer.status, 400);
  assert.match(errorOf(answer).message, /"cursor".*"offset"/);
});

test('a cursor is good for the question that gave it, and for no other', async () => {
  for (const state of ['open', 'all']) {
    const { nextCursor } = await page(`state=${state}&limit=5`);
    assert.ok(nextCursor);
    await page(`state=${state}&limit=9&cursor=${nextCursor}`);
    const wrong = [
      `state=${state === 'open' ? 'all' : 'open'}&cursor=${nextCursor}`,
      `state=${state}&sort=bytes&cursor=${nextCursor}`,
      `state=${state}&cursor=x`,
      `state=${state}&cursor=`,
      `state=${state}&cursor=${Buffer.from('[1]').toString('base64url')}`,
      `state=${state}&cursor=${Buffer.from('["a",{},"b"]').toString('base64url')}`,
    ];
    for (const query of wrong) {
      const answer = await site.ask(`/api/v1/sessions?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(errorOf(answer).code, 'BAD_CURSOR', query);
    }
  }
});

test('a wrong parameter is refused by its name', async () => {
  const wrong: [string, RegExp][] = [
    ['state=here', /"state"/],
    ['bot=maybe', /"bot"/],
    ['sort=age', /"sort"/],
    ['limit=0', /"limit"/],
    ['limit=1001', /"limit"/],
    ['limit=ten', /"limit"/],
    ['limit=5&limit=6', /"limit"/],
    ['offset=-1', /"offset"/],
    ['offset=some', /"offset"/],
    ['from=yesterday', /"from"/],
    ['to=2026-02-30T00:00:00Z', /"to"/],
    ['to=1772366400000', /"to"/],
    ['from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', /"from" must be before "to"/],
    [Array.from({ length: 101 }, (_, i) => `user=u${i}`).join('&'), /"user".*100/],
  ];
  for (const [query, message] of wrong) {
    const answer = await site.ask(`/api/v1/sessions?${query}`);
    assert.equal(answer.status, 400, query);
    const error = errorOf(answer);
    assert.equal(error.code, 'BAD_REQUEST');
    assert.match(error.message, message);
  }
});

test('a session that is not there is not found', async () => {
  for (const id of ['nobody', '__proto__', '%00', '%F0%9F%8E%B5', 'a'.repeat(200)]) {
    const answer = await site.ask(`/api/v1/sessions/${id}`);
    assert.equal(answer.status, 404, id);
    assert.equal(errorOf(answer).code, 'NOT_FOUND');
  }
});
