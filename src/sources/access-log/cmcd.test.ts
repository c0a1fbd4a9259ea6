import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { detailsOf, parseCmcd } from './cmcd.ts';
import { combinedLine, jsonLine, presencesOf } from './reader.fixture.ts';

const NOTHING = { sid: null, bitrate: null, throughput: null, isStarved: false };

/** List, and what it says. The first are of CTA-5004 §4, the appendix of examples. */
const LISTS: readonly [string, Partial<ReturnType<typeof parseCmcd>>][] = [
  ['sid="6e2fb550-c457-11e9-bb97-0800200c9a66"', { sid: '6e2fb550-c457-11e9-bb97-0800200c9a66' }],
  [
    'br=3200,bs,d=4004,mtp=25400,ot=v,rtp=15000,sid="6e2f"',
    { sid: '6e2f', bitrate: 3200, throughput: 25_400, isStarved: true },
  ],
  ['bl=21300,br=3200,bs=?1,d=4004', { bitrate: 3200, isStarved: true }],
  ['bs=?0,br=1', { bitrate: 1 }],
  ['br=(3200;v 128;a),mtp=(900 1200)', { bitrate: 3200, throughput: 1200 }],
  ['sid="a,br=9,b",br=5', { sid: 'a,br=9,b', bitrate: 5 }],
  ['sid="a\\"b\\\\c"', { sid: 'a"b\\c' }],
  ['sid=unquoted, br=1', { sid: 'unquoted', bitrate: 1 }],
  ['sid="one",sid="two"', { sid: 'one' }],
  [`sid="${'x'.repeat(65)}"`, {}],
  ['sid=""', {}],
  ['com.example-sid="x",xbr=5,brx=6', {}],
  ['br=,mtp=fast', {}],
  ['', {}],
];

for (const [list, expected] of LISTS) {
  test(`reads ${list.slice(0, 70)}`, () => assert.deepEqual(parseCmcd(list), { ...NOTHING, ...expected }));
}

test('nothing is kept where nothing was measured', () => {
  assert.equal(detailsOf({ ...NOTHING, sid: 'a' }), null);
  assert.deepEqual(detailsOf({ ...NOTHING, bitrate: 1 }), { cmcdBitrate: 1 });
  assert.deepEqual(detailsOf({ ...NOTHING, isStarved: true }), { cmcdStarved: true });
});

test('whatever a player says, an id is short and a number is one', () => {
  const piece = fc.constantFrom(
    'sid',
    'br',
    'mtp',
    'bs',
    '=',
    ',',
    '"',
    '\\',
    '(',
    ')',
    ';',
    ' ',
    '9',
    '1e9',
    'é',
    '?1',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 40 }), (pieces) => {
      const { sid, bitrate, throughput } = parseCmcd(pieces.join(''));
      assert.ok(sid === null || (sid.length > 0 && sid.length <= 64));
      for (const number of [bitrate, throughput]) assert.ok(number === null || (number >= 0 && number < 1e9));
    }),
  );
});

test('a header of CMCD may be of any length: its first 2048 characters count', () => {
  const format = '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_cmcd_session"';
  const line = (list: string) => combinedLine({ request: 'GET /rock/1.ts' }).replace('"-" "VLC/3"', `"${list}"`);
  const sidOf = (list: string) => presencesOf([line(list)], { options: { format } })[0]!.client.playback?.id ?? null;
  assert.equal(sidOf(`sid=\\x22a-1\\x22,x=${'\\xC3\\xA9'.repeat(100_000)}`), 'a-1');
  assert.equal(sidOf(`x=${'y'.repeat(2030)},sid=a-1`), 'a-1');
  assert.equal(sidOf(`x=${'y'.repeat(500_000)},sid=a-1`), null);
});

test('a list that is not closed is none', () => {
  assert.equal(parseCmcd('br=(5000;v 128;a),sid="x"').bitrate, 5000);
  assert.equal(parseCmcd('br=(5000;v,sid="x"').sid, 'x');
  assert.deepEqual(parseCmcd(`${'br=(,'.repeat(400)}mtp=7`), parseCmcd('mtp=7'));
});

test('the same said in the query, in one header or in four gives the same presences', () => {
  const said = { session: 'sid="a-1",cid="rock"', object: 'br=3200,ot=v', request: 'mtp=25400,bl=100', status: 'bs' };
  const all = Object.values(said).join(',');
  const at = [0, 4, 8];
  const inQuery = at.map((each) =>
    combinedLine({ at: each, request: `GET /rock/1.ts?CMCD=${encodeURIComponent(all)}` }),
  );
  const headers = Object.fromEntries(Object.entries(said).map(([name, list]) => [`http_cmcd_${name}`, list]));
  const inHeaders = at.map((each) => jsonLine({ at: each, request: 'GET /rock/1.ts' }, headers));
  const inOne = at.map((each) => jsonLine({ at: each, request: 'GET /rock/1.ts' }, { http_cmcd_session: all }));
  const expected = presencesOf(inQuery);
  assert.deepEqual(
    expected.map(({ client, requests, details }) => [client.playback?.id, requests, details]),
    [
      ['a-1', 3, null],
      ['a-1', 0, { cmcdBitrate: 3200, cmcdThroughput: 25_400, cmcdStarved: true }],
    ],
  );
  assert.deepEqual(presencesOf(inHeaders), expected);
  assert.deepEqual(presencesOf(inOne), expected);
});

test('who does not want it does not have it', () => {
  const line = combinedLine({ request: 'GET /rock/1.ts?CMCD=sid%3D%22a%22%2Cbr%3D1' });
  const [only, ...others] = presencesOf([line], { options: { cmcd: false } });
  assert.deepEqual([only!.client.playback, others.length], [null, 0]);
});
