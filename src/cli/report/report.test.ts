import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { sessionOf } from '../../insights/summary/fixture.ts';
import { RelaySummarizer } from '../../insights/summary/relay.ts';
import { wallClockOf } from '../../insights/summary/wall-clock.ts';
import { fit, widthOf } from '../text-width.ts';
import { analysisOf, HOSTILE, UTC } from './fixture.ts';
import { type Format, writerOf } from './report.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2025, 4, 17, 18);
const LONDON = { city: 'London', countryCode: 'GB', latitude: 51.5, longitude: -0.1 };
const tell = (format: Format, analysis: ReturnType<typeof analysisOf>, clock = UTC) =>
  writerOf(format).then((write) => write({ analysis, clock }));

const EVENING = analysisOf(
  [
    sessionOf({ from: START, to: START + 2 * HOUR, listener: 'a', bytes: 3_000_000, geo: LONDON, quality: '720p' }),
    sessionOf({ from: START + HOUR, to: START + 4 * HOUR, listener: 'b', bytes: 500, stream: 'jazz' }),
    sessionOf({ from: START, to: START + HOUR, listener: 'robot', bot: true }),
  ],
  {
    files: ['access.log.1', 'access.log'],
    tally: {
      bytes: 12_345,
      lines: 1000,
      packets: null,
      unreadable: 7,
      statuses: { 404: { requests: 10, bytes: 50 }, 200: { requests: 90, bytes: 3_000_500 } },
      more: {},
    },
    counters: {
      rejected: 7,
      rejectedTime: 5,
      rejectedClientPort: 2,
      rejectedFormat: 1,
      latePresences: 3,
      late: 4,
      lines: 1000,
    },
  },
);

test('the text says what there was, and when', async () => {
  const text = await tell('text', EVENING, wallClockOf('Europe/Berlin')!);
  for (const line of [
    /^access\.log\.1 and 1 more$/m,
    /^Sat 17 May 2025, 20:00:00 – Sun 18 May 2025, 00:00:00 Europe\/Berlin$/m,
    /^1,000 lines, 12\.3 kB$/m,
    /Sessions +2 +Unique clients +2$/m,
    /Listening time +5\.0 h +Bytes +3\.0 MB$/m,
    /Average session +2\.5 h +Bots, left out +1$/m,
    /Peak +2 +on Sat 17 May 2025 at 21:00:00$/m,
    /^ {2}jazz +█{12} +3\.0 +1 +1 +500 B$/m,
    /^ {2}rock +█{8} +2\.0 +1 +1 +3\.0 MB$/m,
    /^ {2}United Kingdom +█{8} +2\.0/m,
    /^ {2}200 +█{12} +90\.0 % +90 +3\.0 MB$/m,
    /^7 lines could not be read \(0\.7 %\):$/m,
    /^ {2}no time, or none that there is +5$/m,
    /^ {2}client port +2$/m,
    /^ {2}not in the format of this log, or in none +1$/m,
    /^ {2}requests too late for their session: counted apart +3$/m,
    /^ {2}lines late by more than the lateness: moved up to it +4$/m,
  ])
    assert.match(text, line);
});

test('the text fits a terminal of 80 columns and steers none, whatever names there are', async () => {
  const sessions = HOSTILE.map((name, i) =>
    sessionOf({
      from: START,
      to: START + (i + 1) * 40 * HOUR,
      stream: name,
      user: name,
      quality: name,
      player: { name, version: null, type: null, platform: name },
      geo: { city: name, countryCode: 'GB' },
      bytes: 1e15,
    }),
  );
  const text = await tell('text', analysisOf(sessions));
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 80, `${widthOf(line)} columns: ${line}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test('a text is cut and filled to its columns', () => {
  assert.equal(fit('東京ラジオ', 6), '東京… ');
  assert.equal(fit('abc', 5), 'abc  ');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
      assert.equal(widthOf(fit(text, columns)), columns);
    }),
  );
});

test('JSON has the shape that is promised', async () => {
  const report = JSON.parse(await tell('json', EVENING));
  assert.deepEqual(report.input, {
    files: 2,
    bytes: 12_345,
    lines: 1000,
    packets: null,
    unreadable: 7,
    reasons: { rejectedTime: 5, rejectedClientPort: 2, rejectedFormat: 1 },
  });
  assert.deepEqual(report.period, { from: '2025-05-17T18:00:00.000Z', to: '2025-05-17T22:00:00.000Z' });
  assert.deepEqual(
    [report.sessions, report.uniqueClients, report.bots, report.listeningSeconds, report.bytes],
    [2, 2, 1, 18_000, 3_000_500],
  );
  assert.deepEqual(report.peak, { count: 2, at: '2025-05-17T19:00:00.000Z' });
  assert.deepEqual(Object.keys(report.by), [
    ...['stream', 'country', 'city', 'player', 'platform', 'quality', 'user', 'status'],
  ]);
  assert.deepEqual(report.by.quality, [
    { value: null, sessions: 1, uniqueClients: 1, listeningSeconds: 10_800, bytes: 500 },
    { value: '720p', sessions: 1, uniqueClients: 1, listeningSeconds: 7200, bytes: 3_000_000 },
  ]);
  assert.deepEqual(report.by.status[0], { value: '200', requests: 90, bytes: 3_000_500 });
  assert.equal(report.timeline.steps[0], '2025-05-17T18:00:00.000Z');
  assert.equal(report.timeline.average.length, report.timeline.steps.length);
  assert.deepEqual(report.places, [{ ...LONDON, sessions: 1, uniqueClients: 1 }]);
});

test('JSON on a terminal steers nothing, and is the same JSON', async () => {
  const stream = '\u001b[31m\u009b31m\u202e\u2028';
  const json = await tell('json', analysisOf([sessionOf({ from: 0, to: 1000, stream })]));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  assert.doesNotMatch(json, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  assert.equal(JSON.parse(json).by.stream[0].value, stream);
});

test('CSV has a row for everything, and no formula', async () => {
  const lines = (await tell('csv', EVENING)).split('\r\n');
  assert.equal(lines[0], 'dimension,value,sessions,uniqueClients,listeningSeconds,bytes,requests,records');
  for (const line of [
    'input,lines,,,,12345,,1000',
    'unreadable,,,,,,,7',
    'unreadable,rejectedTime,,,,,,5',
    'total,,2,2,18000,3000500,,',
    'bots,,1,,,,,',
    'peak,2025-05-17T19:00:00.000Z,2,,,,,',
    'stream,jazz,1,1,10800,500,,',
    'country,,1,1,10800,500,,',
    'city,"London, GB",1,1,7200,3000000,,',
    'status,404,,,,50,10,',
  ])
    assert.ok(lines.includes(line), line);
  const hostile = await tell('csv', analysisOf(HOSTILE.map((stream) => sessionOf({ from: 0, to: 1000, stream }))));
  assert.match(hostile, /^stream,"'=HYPERLINK\(""http/m);
  assert.match(hostile, /^stream,'@SUM/m);
  assert.doesNotMatch(hostile, /(^|,)"?[=@+]/m);
});

test('every format tells of nothing, too', async () => {
  const nothing = analysisOf([]);
  assert.match(await tell('text', nothing), /Sessions +0/);
  assert.equal(JSON.parse(await tell('json', nothing)).timeline, null);
  assert.match(await tell('csv', nothing), /total,,0,0,0,0,,/);
  assert.match(await tell('html', nothing), /Nobody listened\./);
});

test('what only captures have is told by every format that people read', async () => {
  const analysis = analysisOf([], {
    files: ['-'],
    tally: {
      ...{ bytes: 1, lines: null, packets: 5, unreadable: 1, statuses: null },
      more: { turn: { messages: { 'binding request': 12, 'allocate error': 0 } } },
    },
  });
  assert.match(await tell('text', analysis), /^standard input\n5 packets, 1 B$/m);
  assert.match(await tell('text', analysis), /turn messages binding request +12$/m);
  assert.match(await tell('text', analysis), /^1 packet could not be read \(20\.0 %\)\.$/m);
  assert.match(await tell('html', analysis), /turn messages binding request<\/th><td>12</);
  assert.equal(JSON.parse(await tell('json', analysis)).turn.messages['binding request'], 12);
});

/** Allocations of these users, as a capture gives them. */
function relayOf(users: readonly string[]) {
  const relay = new RelaySummarizer();
  for (const [i, user] of users.entries()) {
    relay.add({
      ...sessionOf({ from: START, to: START + 10_000 }),
      ...{ user, address: '2001:db8::7', port: 5000 + i, details: { peers: 2 } },
      traffic: { up: { packets: 10, bytes: 1000 * (i + 1) }, down: { packets: 20, bytes: 4000 } },
    });
  }
  const tally = { bytes: 1, lines: null, packets: 60, unreadable: 0, statuses: null };
  const more = { turn: { messages: { 'allocate request': 4 }, errors: { 'allocate 401': 2 } } };
  return analysisOf([], { relay: relay.summary(), tally: { ...tally, more } });
}

test('of a relay every format tells what went through, errors, and the top talkers', async () => {
  const analysis = relayOf(['alice', 'bob']);
  const text = await tell('text', analysis);
  for (const line of [
    /^ {2}Allocations +2$/m,
    /^ {2}From clients +3\.0 kB in 20 packets$/m,
    /^ {2}On average +8\.8 kb\/s$/m,
    /^Top talkers +average +up +down +peers$/m,
    /^ {2}bob at \[2001:db8::7\]:5001 +4\.8 kb\/s +2\.0 kB +4\.0 kB +2$/m,
    /^ {2}turn errors allocate 401 +2$/m,
  ])
    assert.match(text, line);
  const { relay, turn } = JSON.parse(await tell('json', analysis));
  assert.deepEqual([relay.allocations, relay.up, relay.peers], [2, { packets: 20, bytes: 3000 }, 4]);
  assert.deepEqual(relay.talkers[0], {
    ...{ user: 'bob', address: '2001:db8::7', port: 5001, stream: 'rock', startedAt: '2025-05-17T18:00:00.000Z' },
    ...{ seconds: 10, peers: 2, bitsPerSecond: 4800 },
    ...{ up: { packets: 10, bytes: 2000 }, down: { packets: 20, bytes: 4000 } },
  });
  assert.deepEqual(turn.errors, { 'allocate 401': 2 });
  const csv = await tell('csv', analysis);
  assert.match(csv, /^relayed,up,,,,3000,,20\r$/m);
  assert.match(csv, /^talker,bob at \[2001:db8::7\]:5001,1,,10,6000,,30\r$/m);
  assert.match(csv, /^counted,turn errors allocate 401,,,,,,2\r$/m);
  const html = await tell('html', analysis);
  assert.match(html, /<caption>Top talkers<\/caption>.*bob at \[2001:db8::7\]:5001/s);
});

test('the names of talkers steer no terminal, and are no markup', async () => {
  const analysis = relayOf(HOSTILE);
  const text = await tell('text', analysis);
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 80, `${widthOf(line)} columns: ${line}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.doesNotMatch(await tell('html', analysis), /<script|<img|<iframe|<b>/);
});

test('without a relay nothing is said of one', async () => {
  assert.doesNotMatch(await tell('text', EVENING), /Relayed|talkers/);
  assert.equal('relay' in JSON.parse(await tell('json', EVENING)), false);
});
