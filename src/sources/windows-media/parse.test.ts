/** What becomes of the logs and reports of testdata/, which are written by the documents of Windows Media Services. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCidrs } from '../../lib/cidr.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import type { Post } from '../../transports/posts/posts.ts';
import { readRows, told } from '../row-log.fixture.ts';
import { windowsMedia } from './index.ts';
import { readReport } from './multicast.ts';

const recorded = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const WMS_9 = recorded('wms-9.00-by-documents.log');

const read = (files: Parameters<typeof readRows>[1], options: Record<string, unknown> = {}, chunk?: number) =>
  readRows(windowsMedia, files, options, chunk);

/** Address, begin and end by the clock, bytes. */
const brief = (sessions: Parameters<typeof told>[0]) =>
  told(sessions).map(({ address, from, to, bytes }) => `${address} ${from.slice(11)}-${to.slice(11)} ${bytes}`);

test('renderings of one session id are one visit, however long the pause was', async () => {
  const { sessions, tally, counters } = await read(WMS_9);
  assert.deepEqual(brief(sessions), [
    '192.0.2.10 21:05:00-21:45:00 18000000',
    '192.0.2.11 21:11:00-21:12:00 720000',
    '192.0.2.10 21:36:00-21:46:00 7200000',
    '192.0.2.14 21:52:59-21:53:00 4000',
  ]);
  const [first] = sessions;
  assert.deepEqual(
    [first!.stream, first!.title, first!.userAgent, first!.requests, first!.user, first!.identity],
    ['live', 'Late Show', 'NSPlayer/9.0.0.2980 WMFSDK/9.0', 2, null, 'connection'],
  );
  assert.deepEqual(first!.details, { protocol: 'rtsp', playerVersion: '9.0.0.2980', os: 'Windows XP' });
  assert.equal(sessions[2]!.userAgent, null);
  assert.deepEqual([tally.lines, tally.unreadable], [19, 0]);
  assert.deepEqual([counters['relays'], counters['withoutDuration'], counters['refusals']], [2, 1, 1]);
});

test('where times are those of connecting, the order of the rows gives it away', async () => {
  const [byEnd, byStart] = await Promise.all([read(WMS_9), read(recorded('wms-9.00-start-times-by-documents.log'))]);
  // The one that failed has the same time in both.
  assert.deepEqual(brief(byStart.sessions).slice(0, 3), brief(byEnd.sessions).slice(0, 3));
  const told = await read(WMS_9, { times: 'start' });
  assert.equal(brief(told.sessions)[0], '192.0.2.10 21:10:00-22:05:00 18000000');
});

test('that times are those of connecting may come out later', async () => {
  const rows = ['21:10:00 300 1', '21:12:00 60 2', '21:11:00 600 3', '21:13:00 700 4'].map((row) => {
    const [time, seconds, id] = row.split(' ');
    return `192.0.2.${id} 2006-05-01 ${time} /live ${seconds} 200 10 ${id}\n`;
  });
  const header = '#Fields: c-ip date time cs-uri-stem x-duration c-status sc-bytes s-session-id\n';
  // As if the first rows were all that there was when the log was opened.
  const { sessions, counters } = await read(header + rows.join(''), {}, `${header}${rows[0]}${rows[1]}`.length);
  assert.equal(counters['timesTurned'], 1);
  assert.deepEqual(brief(sessions).sort(), [
    '192.0.2.1 21:05:00-21:10:00 10',
    '192.0.2.2 21:11:00-21:12:00 10',
    '192.0.2.3 21:11:00-21:21:00 10',
    '192.0.2.4 21:13:00-21:24:40 10',
  ]);
});

test('4.1 knows no sessions: renderings of one player on one file, no further apart than the gap', async () => {
  const { sessions } = await read(recorded('wms-4.1-by-documents.log'));
  assert.deepEqual(brief(sessions), [
    '192.0.2.20 16:08:20-16:11:30 1800',
    '192.0.2.20 16:10:10-16:10:50 500',
    '192.0.2.20 16:39:00-16:40:00 600',
  ]);
  assert.deepEqual(
    [sessions[0]!.stream, sessions[0]!.userAgent],
    ['sample', 'Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)'],
  );
});

test('fewer columns, local time and Windows-1252: what is not there is null', async () => {
  const { sessions } = await read(recorded('wms-9.00-reduced-ansi-by-documents.log'));
  const [{ stream, userAgent, title, details, startedAt }] = sessions as [(typeof sessions)[0]];
  assert.deepEqual([stream, userAgent, title, details], ['café', null, null, {}]);
  assert.equal(new Date(startedAt).toISOString(), '2006-05-01T21:59:00.000Z');
});

test('the time zone counts where the log does not say which it is', async () => {
  const row = '#Fields: c-ip date time cs-uri-stem x-duration\n192.0.2.1 2006-05-01 14:00:00 /a 60\n';
  const { sessions } = await read(row, { timeZone: 'Europe/Berlin' });
  assert.equal(new Date(sessions[0]!.startedAt).toISOString(), '2006-05-01T11:59:00.000Z');
});

test('the same log in UTF-8 with a mark, in UTF-16 of either order, gives the same sessions', async () => {
  const text = WMS_9.toString('utf8').replaceAll('Evening_Show', 'Soirée_Вечер');
  const truth = told((await read(text)).sessions);
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const bytes of [Buffer.from(`\ufeff${text}`), little, big, little.subarray(2), big.subarray(2)]) {
    assert.deepEqual(told((await read(bytes, {}, 999)).sessions), truth);
  }
});

test('a header in the middle names other columns from there on', async () => {
  const first = '#Fields: c-ip date time cs-uri-stem x-duration\n192.0.2.1 2006-05-01 14:00:00 /a 60\n';
  const second = '#Fields: date time c-ip x-duration cs-uri-stem\n2006-05-01 14:10:00 192.0.2.2 30 /b\n';
  const { sessions, tally } = await read(first + second);
  assert.deepEqual(
    sessions.map(({ stream, address }) => [stream, address]),
    [
      ['a', '192.0.2.1'],
      ['b', '192.0.2.2'],
    ],
  );
  assert.equal(tally.unreadable, 0);
});

test('what cannot be read is counted by why, and the rest is read', async () => {
  const header = '#Fields: c-ip date time cs-uri-stem x-duration sc-bytes\n';
  const rows = [
    '192.0.2.1 2006-05-01 14:00:00 /a 60 5',
    '192.0.2.1 2006-05-01 14:00:00 /a 60',
    '192.0.2.1 2006-13-01 14:00:00 /a 60 5',
    '192.0.2.1 - 14:00:00 /a 60 5',
    `${'1'.repeat(65)} 2006-05-01 14:00:00 /a 60 5`,
    '192.0.2.1 2006-05-01 14:00:00 /a -7 5',
    '192.0.2.1 2006-05-01 14:00:00 /a 60 many',
  ];
  const { counters, sessions } = await read(`${header}${rows.join('\n')}\n`);
  assert.equal(sessions.length, 1);
  const { rejected, rejectedFormat, rejectedTime, rejectedAddress, rejectedNumbers } = counters;
  assert.deepEqual([rejected, rejectedFormat, rejectedTime, rejectedAddress, rejectedNumbers], [6, 1, 2, 1, 2]);
});

test('a file of which no line can be read is refused', async () => {
  await assert.rejects(read('what is this\nno log\n'), { code: 'LOG_OF_OTHER_KIND' });
});

test('however the log is cut into chunks, and into files, its sessions are the same', async () => {
  const truth = told((await read(WMS_9)).sessions);
  const lines = WMS_9.toString('utf8').split(/(?<=\n)/);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 11, max: lines.length }),
      async (chunk, at) => {
        const files = [lines.slice(0, at).join(''), lines.slice(at).join('')];
        assert.deepEqual(told((await read(files, {}, chunk)).sessions), truth);
      },
    ),
    { numRuns: 30 },
  );
});

// Reports of players of a multicast

const REPORT = recorded('multicast-report-by-documents.xml').toString('utf8');
const NOW = Date.UTC(2006, 4, 1, 21, 36, 0);

function report(
  body: string | Buffer,
  { proxies = [] as string[], ...post }: Partial<Post> & { proxies?: string[] } = {},
) {
  const counters = new ScopedCounters();
  const given = { body: Buffer.from(body as string), address: '192.0.2.77', forwarded: null, ...post };
  const options = { isProxy: parseCidrs(proxies), now: NOW, earliest: NOW - 3_600_000, counters };
  const read = readReport(given, options);
  assert.ok(typeof read !== 'string');
  return { read, wrongClocks: counters.get('wrongClocks') };
}

test('a report is a rendering of whoever sends it', () => {
  const { read, wrongClocks } = report(REPORT);
  const { from, to, stream, address, userAgent, bytes, protocol, os, isSession } = read!;
  assert.deepEqual(
    { from, to, stream, address, userAgent, bytes, protocol, os, isSession, wrongClocks },
    {
      ...{ from: Date.UTC(2006, 4, 1, 21, 34, 0), to: Date.UTC(2006, 4, 1, 21, 34, 1), stream: 'news.nsc' },
      ...{ address: '192.0.2.77', userAgent: 'NSPlayer/9.0.0.2980', bytes: 4200, protocol: 'asfm', os: 'Windows XP' },
      ...{ isSession: false, wrongClocks: 0 },
    },
  );
});

test('the summary alone is enough', () => {
  const summary = /<Summary>.*<\/Summary>/.exec(REPORT)![0];
  assert.equal(report(`<XML>${summary}</XML>`).read!.stream, 'news.nsc');
});

test('what a player says of its address counts only if a trusted proxy brings it', () => {
  const claims = REPORT.replace('<c-ip>0.0.0.0<', '<c-ip>192.0.2.5<');
  const proxies = ['198.51.100.0/24'];
  const forwarded = '203.0.113.9, 192.0.2.6';
  assert.equal(report(claims).read!.address, '192.0.2.77');
  assert.equal(report(claims, { forwarded }).read!.address, '192.0.2.77');
  assert.equal(report(claims, { proxies, address: '198.51.100.1' }).read!.address, '192.0.2.5');
  assert.equal(report(REPORT, { proxies, address: '198.51.100.1' }).read!.address, '198.51.100.1');
  assert.equal(report(claims, { proxies, address: '198.51.100.1', forwarded }).read!.address, '192.0.2.6');
});

test('a clock that is wrong is counted, and the report is taken as of now', () => {
  for (const [wrong, right] of [
    ['2006-05-01', '2036-05-01'],
    ['2006-05-01', '1999-05-01'],
  ] as const) {
    const { read, wrongClocks } = report(REPORT.replaceAll(wrong, right));
    assert.deepEqual([read!.to, wrongClocks], [NOW, 1]);
  }
});

test('what is no report is none', () => {
  const dtd = `<!DOCTYPE XML [<!ENTITY a "aaaa">]>${REPORT.replace('Windows_XP', '&a;')}`;
  const all = ['', 'hello', '<XML>', '<HTML></HTML>', '<XML></XML>', dtd, REPORT.replaceAll('21:34:01', 'noon')];
  for (const body of all) assert.equal(report(body).read, null, body.slice(0, 40));
});
