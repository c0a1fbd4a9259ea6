import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { combinedLine, type Given, jsonLine, presencesOf } from './reader.fixture.ts';

const OPTIONS = { playbackId: 'session,sid' };

function idOf(line: string, given: Given = { options: OPTIONS }): string | null {
  const [presence] = presencesOf([line], given);
  return presence!.client.playback?.id ?? null;
}

const asks = (query: string) => combinedLine({ request: `GET /rock/1.ts?${query}` });

/** Query, and the id in it. */
const QUERIES: readonly [string, string | null][] = [
  ['sid=a', 'a'],
  ['x=1&sid=a&y=2', 'a'],
  ['sid=a&session=b', 'b'],
  ['sid=a&sid=b', 'a'],
  ['sid=a%2Bb%20c+d', 'a+b c d'],
  ['sid=%zz', '%zz'],
  ['sid=', null],
  ['sid', null],
  ['=a', null],
  ['Sid=a', null],
  ['xsid=a&sidx=b', null],
  ['session=&sid=a', 'a'],
  [`sid=${'x'.repeat(128)}`, 'x'.repeat(128)],
  [`sid=${'x'.repeat(129)}`, null],
  [`x=${'y'.repeat(9000)}&sid=a`, null],
  ['', null],
];

for (const [query, id] of QUERIES) {
  test(`of ${query.slice(0, 40) || 'an empty query'} the id is ${id?.slice(0, 20)}`, () =>
    assert.equal(idOf(asks(query)), id));
}

test('cookies are asked after the query, by the same names', () => {
  const line = (query: string, cookie: string) =>
    jsonLine({ request: `GET /rock/1.ts${query}` }, { http_cookie: cookie });
  assert.equal(idOf(line('', 'lang=en; sid=a; session=b')), 'b');
  assert.equal(idOf(line('', 'lang=en;sid=a')), 'a');
  assert.equal(idOf(line('?sid=q', 'sid=c')), 'q');
  assert.equal(idOf(line('?sid=q', 'session=c')), 'c');
  assert.equal(idOf(line('', 'xsid=a; sid; sid=')), null);
  assert.equal(idOf(line('', 'sid=a=b')), 'a=b');
});

test('cookies are looked at up to 64 KiB, and none of them in part', () => {
  const format = '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" "$http_cookie"';
  const asText = (cookie: string) => idOf(jsonLine({ request: 'GET /rock/1.ts' }, { http_cookie: cookie }));
  const asBytes = (cookie: string) =>
    idOf(combinedLine({ request: 'GET /rock/1.ts' }).replace('"-" "VLC/3"', `"VLC/3" "${cookie}"`), {
      options: { ...OPTIONS, format },
    });
  for (const idIn of [asText, asBytes]) {
    assert.equal(idIn(`sid=a; x=${'y'.repeat(200_000)}`), 'a');
    assert.equal(idIn(`x=${'y'.repeat(65_000)}; sid=a`), 'a');
    assert.equal(idIn(`x=${'y'.repeat(65_520)}; sid=${'z'.repeat(100)}`), null);
    assert.equal(idIn(`x=${'y'.repeat(200_000)}; sid=a`), null);
  }
});

test('an id of so many bytes that none can be meant is none', () => {
  const format = '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$cookie_sid"';
  const given = { options: { ...OPTIONS, format } };
  const line = (id: string) => combinedLine({ request: 'GET /rock/1.ts' }).replace('"-" "VLC/3"', `"${id}"`);
  assert.equal(idOf(line('\\xE2\\x82\\xAC'.repeat(128)), given), '€'.repeat(128));
  assert.equal(idOf(line('\\xE2\\x82\\xAC'.repeat(129)), given), null);
  assert.equal(idOf(line('a'.repeat(900_000)), given), null);
});

test('a field of its own, which the format names, is the id', () => {
  const format = '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$cookie_sid"';
  const line = (id: string) => combinedLine({ request: 'GET /rock/1.ts?sid=q' }).replace('"-" "VLC/3"', `"${id}"`);
  assert.equal(idOf(line('c-1'), { options: { ...OPTIONS, format } }), 'c-1');
  assert.equal(idOf(line('-'), { options: { ...OPTIONS, format } }), 'q');
});

test('what CMCD says comes first, then what the configuration names', () => {
  assert.equal(idOf(asks('sid=a&CMCD=sid%3D%22m%22')), 'm');
  assert.equal(idOf(asks('sid=a&CMCD=br%3D5')), 'a');
  assert.equal(idOf(asks('sid=a&CMCD=sid%3D%22m%22'), { options: { ...OPTIONS, cmcd: false } }), 'a');
});

test('whose ids they are is said by the configuration', () => {
  const issued = (options: Record<string, unknown>) => presencesOf([asks('sid=a')], { options })[0]!.client.playback;
  assert.deepEqual(issued(OPTIONS), { id: 'a', issued: false });
  assert.deepEqual(issued({ ...OPTIONS, playbackIssued: true }), { id: 'a', issued: true });
  assert.equal(issued({}), null);
});

test('whatever a query is, its id is that of the plain definition', () => {
  const part = fc.constantFrom('sid', 'session', 'x', '=', '=', '&', '&', 'a', '%41', '%', '+', 'CMCD');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
      const query = parts.join('');
      assert.equal(idOf(asks(query), { options: { ...OPTIONS, cmcd: false } }), plainly(query), query);
    }),
    { numRuns: 500 },
  );
});

/** In the slow and obvious way. */
function plainly(query: string): string | null {
  for (const name of ['session', 'sid']) {
    const found = query.split('&').find((each) => each.startsWith(`${name}=`));
    const value = found === undefined ? '' : found.slice(name.length + 1).replaceAll('+', ' ');
    if (value === '') continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return found!.slice(name.length + 1);
    }
  }
  return null;
}
