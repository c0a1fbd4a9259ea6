/** The part of the suite about what a row may hold: hostile text, large numbers, nulls; reports and samples. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isWithin } from '../../core/access.ts';
import type { StreamReport } from '../../core/observation.ts';
import type { SessionRecord } from '../../core/session.ts';
import type { Store } from '../store.ts';
import { bareSession, closedSession, commitOf, createWriter, NOON, openSession } from './rows.ts';
import { freshStore, type StoreUnderTest } from './store-under-test.ts';

const HOSTILE = [
  "'; DROP TABLE sessions; --",
  '"quoted" `ticks` \\ $1 ? %s {x}',
  'nul\u0000in the middle',
  '\u0000',
  '',
  ' ',
  '😀 👩‍👩‍👧‍👦 \u202e right to left',
  'line\r\nfeed\tand\u0007bell\u001b[31m',
  '\ufffe\uffff',
  'NULL',
  'x'.repeat(65_536),
  '😀'.repeat(16_384),
];

/** No UTF-8 can write a lone surrogate, and no reader keeps a byte order mark. */
const MENDED = [
  ['\ud800', '\ufffd'],
  ['a\udc00b', 'a\ufffdb'],
  ['😀\ud83d', '😀\ufffd'],
  ['\ufeff\ufeffmarked', 'marked'],
] as const;

function withText(text: string, id: string): SessionRecord {
  const known = closedSession(id);
  const texts = { stream: text, listener: text, address: text, userAgent: text, user: text, device: text, title: text };
  return {
    ...known,
    ...texts,
    player: { name: text, version: text, type: text, platform: text },
    place: {
      geo: {
        ...known.place!.geo!,
        countryCode: text,
        regionCode: text,
        region: text,
        city: text,
        postalCode: text,
        timeZone: text,
      },
      asn: 1,
      organization: text,
    },
    quality: text,
    qualities: [{ at: NOON, value: text }],
    details: { text, ["it's a \u0000 key"]: text },
  };
}

export function testValues(subject: StoreUnderTest): void {
  testTexts(subject);
  testPatterns(subject);
  testNumbers(subject);
  testStreams(subject);
}

function testTexts(subject: StoreUnderTest): void {
  test('text comes back as it was, whatever it means to SQL, and is found by it', async (t) => {
    const store = await freshStore(t, subject);
    const rows = HOSTILE.map((text, i) => withText(text, `id-${i}`));
    await createWriter(store)(rows);
    for (const [i, text] of HOSTILE.entries()) {
      assert.deepEqual(await store.session(`id-${i}`), rows[i]);
      for (const name of ['stream', 'user', 'city', 'player', 'quality', 'country', 'platform'] as const) {
        // A city is told from its namesakes by its country.
        const value = name === 'city' ? `${text}, ${text}` : text;
        assert.deepEqual(await foundBy(store, { [name]: [value] }), [`id-${i}`], name);
      }
      assert.deepEqual(await foundBy(store, { ip: [text] }), [`id-${i}`]);
      assert.deepEqual(await foundBy(store, { listener: [text] }), [`id-${i}`]);
    }
    const groups = await store.aggregate({ from: 0, to: NOON * 2, by: 'user', filter: {}, limit: 100 });
    assert.deepEqual(new Set(groups.map(({ value }) => value)), new Set(HOSTILE));
  });

  test('ids may be hostile, too', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)(HOSTILE.map((id) => closedSession(id)));
    for (const id of HOSTILE) assert.equal((await store.session(id))?.id, id);
    await store.commit(commitOf(2, { superseded: HOSTILE }));
    assert.equal((await store.size()).sessions, 0);
  });

  test('text that cannot be kept is mended, and found by what it was and by what it is', async (t) => {
    const store = await freshStore(t, subject);
    await createWriter(store)(MENDED.map(([text]) => withText(text, text)));
    for (const [text, mended] of MENDED) {
      for (const id of [text, mended]) {
        const kept = await store.session(id);
        assert.deepEqual([kept?.id, kept?.user, kept?.place?.geo?.city], [mended, mended, mended]);
        assert.deepEqual(await foundBy(store, { user: [id] }), [mended]);
      }
    }
    await store.commit(commitOf(2, { superseded: MENDED.map(([, mended]) => mended) }));
    assert.equal((await store.size()).sessions, 0);
  });
}

/** Letters that mean something to a database stand for themselves. */
const PATTERNS: readonly (readonly [string, readonly string[]])[] = [
  ['*', ['100%', '100x', 'a_b', 'axb', 'a\\%b', 'a\nb']],
  ['100%', ['100%']],
  ['100*', ['100%', '100x']],
  ['*%*', ['100%', 'a\\%b']],
  ['a_b', ['a_b']],
  ['a_*', ['a_b']],
  ['a*b', ['a_b', 'axb', 'a\\%b', 'a\nb']],
  ['a\\*', ['a\\%b']],
  ['A*', []],
  ['', []],
];

function testPatterns(subject: StoreUnderTest): void {
  test('what fits a pattern of streams is what the core says that fits', async (t) => {
    const store = await freshStore(t, subject);
    const streams = PATTERNS[0]![1];
    await store.commit(
      commitOf(1, { closed: streams.map((stream) => closedSession(stream, { stream, source: 'a%' })) }),
    );
    for (const [stream, found] of PATTERNS) {
      for (const source of ['*', 'a%', 'a*']) {
        const pattern = { source, stream };
        assert.deepEqual((await foundBy(store, { within: [pattern] })).sort(), [...found].sort(), stream);
        assert.deepEqual(
          streams.filter((each) => isWithin([pattern], 'a%', each)),
          streams.filter((each) => found.includes(each)),
        );
      }
      assert.deepEqual(await foundBy(store, { within: [{ source: 'a_', stream }] }), []);
    }
    assert.deepEqual(await foundBy(store, { within: [] }), []);
  });
}

async function foundBy(store: Store, filter: object): Promise<string[]> {
  const page = await store.sessions({
    state: 'all',
    filter,
    from: null,
    to: null,
    sort: 'startedAt',
    descending: false,
    limit: 10,
    cursor: null,
  });
  return page.items.map(({ id }) => id);
}

function testNumbers(subject: StoreUnderTest): void {
  test('numbers keep their value up to 2^53, fractions up to the last digit', async (t) => {
    const store = await freshStore(t, subject);
    const most = Number.MAX_SAFE_INTEGER;
    const flow = { packets: most, bytes: most - 1 };
    const geo = {
      ...closedSession('x').place!.geo!,
      latitude: -89.123_456_789_012_34,
      longitude: -0.1 - 0.2,
      accuracyKm: 0.001,
    };
    const large = closedSession('large', {
      bytes: most,
      requests: 2 ** 31 + 1,
      port: 65_535,
      traffic: { up: flow, down: flow },
      place: { geo, asn: 4_294_967_295, organization: null },
      qualities: [{ at: most, value: 'q' }],
    });
    const ancient = closedSession('ancient', { startedAt: -most, lastSeenAt: -most + 1000, bytes: most });
    const open = openSession('open', { bytes: most });
    await store.commit(commitOf(1, { closed: [large, ancient], open: [open] }));
    assert.deepEqual(await store.session('large'), large);
    assert.deepEqual(await store.session('ancient'), ancient);
    assert.deepEqual(await store.session('open'), open.record);
    const [group] = await store.aggregate({ from: -most, to: most, by: null, filter: {}, limit: 1 });
    assert.equal(group!.bytes, 3 * most);
    assert.equal((await store.sessions({ ...LARGEST, limit: 1 })).total, 3);
  });

  test('a number that is none does not break the commit', async (t) => {
    const store = await freshStore(t, subject);
    const odd = closedSession('odd', { bytes: Number.NaN, requests: 1.5, port: Number.POSITIVE_INFINITY });
    await store.commit(commitOf(1, { closed: [odd] }));
    const kept = await store.session('odd');
    assert.deepEqual([kept?.bytes, kept?.requests, kept?.port], [0, 2, Number.MAX_SAFE_INTEGER]);
  });

  test('null stays null everywhere, and an object of nulls stays an object', async (t) => {
    const store = await freshStore(t, subject);
    const { geo } = closedSession('x').place!;
    const nothing = Object.fromEntries(Object.keys(geo!).map((name) => [name, null])) as never;
    const rows = [
      bareSession('bare'),
      bareSession('player', { player: { name: null, version: null, type: null, platform: null } }),
      bareSession('place', { place: { geo: null, asn: null, organization: null } }),
      bareSession('geo', { place: { geo: nothing, asn: null, organization: null } }),
      bareSession('traffic', { traffic: { up: { packets: 0, bytes: 0 }, down: { packets: 0, bytes: 0 } } }),
    ];
    const open = rows.map((row) => openSession(`open ${row.id}`, { ...row, id: `open ${row.id}`, endedAt: null }));
    await store.commit(commitOf(1, { closed: rows, open }));
    for (const row of [...rows, ...open.map(({ record }) => record)])
      assert.deepEqual(await store.session(row.id), row);
    for (const by of ['country', 'city', 'player', 'platform', 'quality', 'asn', 'user'] as const) {
      const groups = await store.aggregate({ from: 0, to: NOON * 2, by, filter: {}, limit: 10 });
      assert.deepEqual(
        groups.map(({ value, sessions }) => [value, sessions]),
        [[null, 10]],
        by,
      );
    }
  });
}

const LARGEST = {
  state: 'all',
  filter: {},
  from: null,
  to: null,
  sort: 'bytes',
  descending: true,
  cursor: null,
} as const;

function testStreams(subject: StoreUnderTest): void {
  test('reports of a stream are answered newest first, of equal time the later written first', async (t) => {
    const store = await freshStore(t, subject);
    const report = (at: number, title: string | null): StreamReport => ({
      kind: 'report',
      stream: 'radio',
      at,
      status: 'up',
      title,
      listeners: 2 ** 40,
    });
    const stored = [report(1, 'a'), report(3, 'b'), report(3, "c';\u0000"), report(2, null)].map((each) => ({
      source: 'edge-1',
      report: each,
    }));
    await store.commit(commitOf(1, { reports: stored.slice(0, 2) }));
    await store.commit(
      commitOf(2, { reports: [...stored.slice(2), { source: 'edge-2', report: report(9, 'other') }] }),
    );
    const titles = async (limit: number) =>
      (await store.reports('edge-1', 'radio', limit)).map((each) => each.report.title);
    assert.deepEqual(await titles(10), ["c';\u0000", 'b', null, 'a']);
    assert.deepEqual(await titles(2), ["c';\u0000", 'b']);
    const before = async (at: number) =>
      (await store.reports('edge-1', 'radio', 2, at)).map((each) => each.report.title);
    assert.deepEqual([await before(3), await before(4), await before(1)], [[null, 'a'], ["c';\u0000", 'b'], []]);
    assert.deepEqual(await store.reports('edge-1', 'other', 10), []);
    assert.deepEqual(await store.reports('edge-2', 'radio', 1), [{ source: 'edge-2', report: report(9, 'other') }]);
  });

  test('samples of a stream and metric are answered in order of time, from inclusive, to exclusive', async (t) => {
    const store = await freshStore(t, subject);
    const sample = (at: number, value: number, metric = 'listeners') => ({
      source: 'edge-1',
      stream: 'radio',
      at,
      metric,
      value,
    });
    const values = [sample(3, 0.1 + 0.2), sample(1, -1), sample(2, 2 ** 53), sample(4, 4), sample(2, 7, 'bitrate')];
    await store.commit(commitOf(1, { samples: values }));
    assert.deepEqual(await store.samples('edge-1', 'radio', 'listeners', 1, 4), [
      sample(1, -1),
      sample(2, 2 ** 53),
      sample(3, 0.1 + 0.2),
    ]);
    assert.deepEqual(await store.samples('edge-1', 'radio', "listeners' OR true --", 0, 10), []);
  });
}
