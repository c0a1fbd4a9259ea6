/** Lines of a megabyte, which is how long a line may be: what is read of them is what is read of short ones. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { NEAR } from './bytes.ts';
import { type Options, PLAIN, type Read, readAll, scannerFor } from './read.fixture.ts';

const MEGABYTE = 1024 * 1024;
/** json, w3c and haproxy take no longer lines: see text-line.ts. */
const TEXT = 256 * 1024;

const TIME = '[21/Nov/2026:01:19:26 +0000]';
const CUSTOM =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_x_forwarded_for" "$http_cookie" $request_time "$http_user_agent"';

type Place = 'user' | 'path' | 'query' | 'agent' | 'cookie' | 'forwarded';

interface Kind {
  readonly name: string;
  readonly format: string;
  readonly most: number;
  readonly options?: Options;
  /** Of the fields that are given the others are as in `PLAIN`. */
  readonly line: (fields: Partial<Record<Place, string>>) => string;
  readonly places: readonly Place[];
  readonly before?: string;
  readonly expected?: Partial<Read>;
}

/** Formats that keep no more of a long path and query than anybody looks at; and those that do so with every field. */
const CUT_TARGETS = ['vhost', 'main', 'a log_format', 'json', 'w3c', 'haproxy'];
const CUT_FIELDS = ['json', 'w3c', 'haproxy'];

function combined({ user = '-', path = '/hls/cam/720p.m3u8', query, agent = 'VLC/3' }: Partial<Record<Place, string>>) {
  const target = query === undefined ? path : `${path}?${query}`;
  return `192.0.2.1 - ${user} ${TIME} "GET ${target} HTTP/1.1" 200 194 "-" "${agent}"`;
}

const JSON_FACTS = { time: '2026-11-21T01:19:26Z', remote_addr: '192.0.2.1', status: '200', bytes: '194' };

const W3C = '#Fields: date time c-ip cs-username cs-uri-stem cs-uri-query sc-status sc-bytes cs(User-Agent) cs(Cookie)';

const KINDS: readonly Kind[] = [
  ...(['combined', 'auto'] as const).map((format) => ({
    ...{ name: format, format, most: MEGABYTE, line: combined },
    places: ['user', 'path', 'query', 'agent'] as const,
  })),
  {
    ...{ name: 'vhost', format: 'vhost', most: MEGABYTE, places: ['user', 'path', 'query', 'agent'] },
    line: (fields) => `tv.example.org:443 ${combined(fields)}`,
  },
  {
    ...{ name: 'rsyslog', format: 'rsyslog', most: MEGABYTE, places: ['user', 'path', 'query', 'agent'] },
    line: (fields) => `<190>Nov 21 01:19:27 edge nginx[17]: ${combined(fields)}`,
  },
  {
    ...{ name: 'icecast', format: 'icecast', most: MEGABYTE, places: ['user', 'path', 'query', 'agent'] },
    line: (fields) => `${combined(fields)} 13`,
    expected: { duration: 13_000, isOver: true },
  },
  {
    ...{ name: 'main', format: 'main', most: MEGABYTE, places: ['user', 'path', 'query', 'agent', 'forwarded'] },
    line: (fields) => `${combined(fields)} "${fields.forwarded ?? '-'}"`,
  },
  {
    ...{ name: 'a log_format', format: CUSTOM, most: MEGABYTE },
    places: ['user', 'path', 'query', 'agent', 'cookie', 'forwarded'],
    line: (fields) => {
      const [head, agent] = combined(fields).split(' "-" ') as [string, string];
      return `${head} "${fields.forwarded ?? '-'}" "${fields.cookie ?? '-'}" 0.005 ${agent}`;
    },
    expected: { duration: 5 },
  },
  {
    ...{ name: 'json', format: 'json', most: TEXT },
    places: ['user', 'path', 'query', 'agent', 'cookie', 'forwarded'],
    line: ({ user, path = PLAIN.path!, query, agent = 'VLC/3', cookie, forwarded }) => {
      const request = `GET ${path}${query === undefined ? '' : `?${query}`} HTTP/1.1`;
      const more = { remote_user: user, cookie, xff: forwarded };
      return JSON.stringify({ ...JSON_FACTS, request, user_agent: agent, ...more });
    },
  },
  {
    ...{ name: 'w3c', format: 'w3c', most: TEXT, before: W3C, places: ['user', 'path', 'query', 'agent', 'cookie'] },
    line: ({ user = '-', path = PLAIN.path!, query = '-', agent = 'VLC/3', cookie = '-' }) =>
      ['2026-11-21', '01:19:26', '192.0.2.1', user, path, query, '200', '194', agent, cookie].join('\t'),
  },
  {
    ...{ name: 'haproxy', format: 'haproxy', most: TEXT, places: ['path', 'query', 'agent', 'cookie', 'forwarded'] },
    options: { captures: ['User-Agent', 'Cookie', 'X-Forwarded-For'] },
    line: ({ path = PLAIN.path!, query, agent = 'VLC/3', cookie = '', forwarded = '' }) => {
      const target = query === undefined ? path : `${path}?${query}`;
      const timers = '10/0/30/69/109 200 194 - - ---- 1/1/1/1/0 0/0';
      return `192.0.2.1:4711 [21/Nov/2026:01:19:25.891] in web/srv1 ${timers} {${agent}|${cookie}|${forwarded}} "GET ${target} HTTP/1.1"`;
    },
    expected: { duration: 109 },
  },
];

/** What clients write, as formats with escapes have it. */
const FILLINGS = ['a', 'a/', '192.0.2.1, ', 'sid=7; ', 'é', ' [', '&a=b', '%41', '1'];
const ESCAPES: readonly (readonly [string, string])[] = [
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\x22', '"'],
  ['aaaa\\x5C', 'aaaa\\'],
];
const TEMPLATES = ['vhost', 'main', 'a log_format'];
const HAVE_ESCAPES = ['combined', 'auto', 'vhost', 'rsyslog', 'icecast', 'main', 'a log_format'];

function filled(place: Place, filling: string, length: number): string {
  const beginning = place === 'path' ? '/' : '';
  return `${beginning}${filling.repeat(Math.floor(length / Buffer.byteLength(filling)))}`;
}

function readOf({ format, options, before }: Kind, line: string): (Read | string)[] {
  const scanner = scannerFor(format, options);
  if (before !== undefined) readAll(scanner, `${before}\n`);
  return readAll(scanner, `${line}\n${line}`);
}

for (const kind of KINDS) {
  test(`${kind.name}: a field may fill a megabyte, or all that a format takes`, () => {
    const room = kind.most - 600;
    for (const place of kind.places) {
      for (const filling of FILLINGS.filter((each) => isPossible(kind, place, each))) {
        const text = filled(place, filling, room);
        const expected = { ...PLAIN, ...kind.expected, [place]: text };
        const what = `${place} of ${JSON.stringify(filling)}`;
        assertSame(readOf(kind, kind.line({ [place]: text })), expected, what, cutOf(kind, place));
      }
      for (const [written, meant] of HAVE_ESCAPES.includes(kind.name) ? ESCAPES : []) {
        const text = filled(place, written, room);
        const expected = { ...PLAIN, ...kind.expected, [place]: text.replaceAll(written, meant) };
        assertSame(readOf(kind, kind.line({ [place]: text })), expected, `${place} of ${written}`, cutOf(kind, place));
      }
    }
  });
}

/** A space ends a target, a bracket the user of a log_format, and w3c decodes what is encoded. */
function isPossible({ name }: Kind, place: Place, filling: string): boolean {
  const isTarget = place === 'path' || place === 'query';
  if (filling.includes(' ') && isTarget) return false;
  // Half a character is none.
  if (filling === 'é' && isTarget && CUT_TARGETS.includes(name)) return false;
  if (name === 'w3c' && filling.includes('%')) return isTarget;
  return !(place === 'user' && filling === ' [' && TEMPLATES.includes(name));
}

function cutOf({ name }: Kind, place: Place): Place | null {
  const isTarget = place === 'path' || place === 'query';
  return (isTarget && CUT_TARGETS.includes(name)) || CUT_FIELDS.includes(name) ? place : null;
}

/** Not deepEqual on the whole: a message of some megabytes helps nobody. `cut`: of that field there may be less. */
function assertSame(read: readonly (Read | string)[], expected: Read, what: string, cut: Place | null = null): void {
  assert.equal(read.length, 2, what);
  for (const each of read) {
    assert.notEqual(typeof each, 'string', `${what}: ${String(each)}`);
    const keys = new Set([...Object.keys(expected), ...Object.keys(each)]) as Set<keyof Read>;
    for (const key of keys) {
      const isSame = (each as Read)[key] === expected[key];
      assert.ok(isSame || (key === cut && isPart((each as Read)[key], expected[key], key)), `${what}: ${key}`);
    }
  }
}

/** Of a chain of proxies the end; the last escape may have been cut in two. */
function isPart(read: unknown, whole: unknown, place: Place): boolean {
  if (typeof read !== 'string' || typeof whole !== 'string' || read.length < 16_000) return false;
  return place === 'forwarded' ? whole.endsWith(read) : whole.startsWith(read.slice(0, -4));
}

/** A field of so many letters and this text is read as one of a single letter and the text. */
function assertShifted(kind: Kind, place: Place, shift: number, text: string): void {
  const put = (letters: string) => kind.line({ [place]: `${place === 'path' ? '/' : ''}q${letters}${text}` });
  const shortened = readOf(kind, put('z'.repeat(shift))).map((each) =>
    JSON.stringify(each).replace('z'.repeat(shift), 'z'),
  );
  const short = readOf(kind, put('z')).map((each) => JSON.stringify(each));
  assert.deepEqual(shortened, short, `${kind.name}: ${place}, ${shift} letters and ${text}`);
}

const ESCAPING = KINDS.filter(({ name }) => HAVE_ESCAPES.includes(name));

test('what begins behind many bytes is read as if it stood at once', () => {
  const token = fc.constantFrom('a', 'b/', '=', '&', '\\"', '\\\\', '\\x22', 'é', '[', '?', ' ', ' [', '] "');
  const texts = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(''));
  const shifts = fc.oneof(fc.integer({ min: 990, max: 1030 }), fc.constantFrom(1, 3000, 20_000));
  fc.assert(
    fc.property(fc.constantFrom(...ESCAPING), fc.nat(), texts, shifts, (kind, n, text, shift) => {
      assertShifted(kind, kind.places[n % kind.places.length]!, shift, text);
    }),
    { numRuns: 1500 },
  );
});

test('an escape may stand where near ends', () => {
  for (const kind of ESCAPING) {
    for (const place of kind.places) {
      for (let shift = NEAR - 8; shift < NEAR + 4; shift++) {
        for (const text of ['\\"b', '\\\\', '\\\\\\"c', '\\x22d', 'é']) assertShifted(kind, place, shift, text);
      }
    }
  }
});

test('a time may stand behind a name of any length, also where others look like it', () => {
  const impossible = '[31/Nov/2026:01:19:26 +0000] "';
  for (const user of [
    'a'.repeat(MEGABYTE),
    `${'b'.repeat(2000)} ${impossible} ${impossible}`,
    `c ${'[ '.repeat(5000)}`,
  ]) {
    assertSame(readOf(KINDS[0]!, combined({ user })), { ...PLAIN, user }, user.slice(0, 20));
  }
  const [read] = readOf(KINDS[0]!, combined({ user: `${impossible} `.repeat(30_000) }));
  assert.equal(read, 'Time');
});

test('longer lines than a format takes are none of it', () => {
  for (const kind of KINDS.filter(({ most }) => most === TEXT)) {
    const line = kind.line({ agent: 'a'.repeat(MEGABYTE - 600) });
    assert.deepEqual(readOf(kind, line), ['Format', 'Format'], kind.name);
    const auto = scannerFor('auto', kind.options);
    assert.equal(typeof readAll(auto, line)[0], 'string', kind.name);
  }
});

test('a line of JSON that has more keys, texts or lists than any server writes is none', () => {
  const facts = JSON.stringify({ ...JSON_FACTS, request: 'GET /hls/cam/720p.m3u8 HTTP/1.1', user_agent: 'VLC/3' });
  const many = (part: (i: number) => string) => Array.from({ length: 20_000 }, (_, i) => part(i)).join(',');
  const json = KINDS.find(({ name }) => name === 'json')!;
  for (const part of [
    many((i) => `"k${i}":1`),
    many((i) => `"k${i}":{"a":[]}`),
    `"a":[${many(() => '""')}]`,
    `"a":${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    `${'"a":{'.repeat(20_000)}"b":1${'}'.repeat(20_000)}`,
  ]) {
    assert.deepEqual(readOf(json, `{${part},${facts.slice(1)}`), ['Format', 'Format'], part.slice(0, 20));
  }
  // What a client puts into one field is none of that.
  for (const agent of ['["', '":{', '[{', '\\":']) {
    const text = agent.repeat(20_000);
    assertSame(readOf(json, json.line({ agent: text })), { ...PLAIN, agent: text }, agent);
  }
});

test('what is no text in a list of headers is left out', () => {
  const json = KINDS.find(({ name }) => name === 'json')!;
  const nested = `${'['.repeat(3000)}${']'.repeat(3000)}`;
  for (const value of ['{"toString":1,"valueOf":1}', nested, 'null', 'true', '{}']) {
    const line = json.line({ agent: 'VLC/3' }).replace('}', `,"xff":["192.0.2.9",${value},"192.0.2.8"]}`);
    assertSame(readOf(json, line), { ...PLAIN, forwarded: '192.0.2.9, 192.0.2.8' }, value.slice(0, 20));
  }
});

test('of a header that was sent many times the last values count: those that proxies have added', () => {
  const json = KINDS.find(({ name }) => name === 'json')!;
  const values = Array.from({ length: 500 }, (_, i) => `198.51.100.${i % 250}`);
  const line = json.line({}).replace('}', `,"xff":${JSON.stringify(values)}}`);
  assertSame(readOf(json, line), { ...PLAIN, forwarded: values.slice(-100).join(', ') }, 'xff');
});

test('a header of columns may have any spaces, and any separators', () => {
  const columns = `date time c-ip cs-uri-stem sc-status ${'\u2028'} sc-bytes cs(User-Agent)`;
  const row = '2026-11-21\t01:19:26\t192.0.2.1\t/hls/cam/720p.m3u8\t200\t-\t194\tVLC/3';
  const scanner = scannerFor('w3c');
  const read = readAll(scanner, `#Fields:${' '.repeat(TEXT - 500)}${columns}\n${row}`);
  assert.deepEqual(read, ['other', PLAIN]);
});
