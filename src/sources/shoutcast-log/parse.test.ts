/** What becomes of the logs of testdata/, which are written by the documents of SHOUTcast, and the source of its version 2. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRows, told } from '../row-log.fixture.ts';
import { shoutcastLog } from './index.ts';

const recorded = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url));
const W3C = recorded('sc_w3c-by-documents.log');
const SERV_1 = recorded('sc_serv-1.9-by-documents.log');
const HEADER = '#Fields: c-ip c-dns date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration avgbandwidth\n';

const read = (files: Parameters<typeof readRows>[1], options: Record<string, unknown> = {}, chunk?: number) =>
  readRows(shoutcastLog, files, options, chunk);

const brief = (sessions: Parameters<typeof told>[0]) =>
  told(sessions).map(({ address, from, to, bytes }) => `${address} ${from.slice(11)}-${to.slice(11)} ${bytes}`);

test('titles that follow one another are one connection, also of two behind one address', async () => {
  const { sessions, tally, counters } = await read(W3C);
  assert.deepEqual(
    brief(sessions),
    [
      '192.0.2.1 23:58:31-00:18:03 18987794',
      '192.0.2.2 00:05:22-00:16:02 10240000',
      '192.0.2.2 00:10:22-00:14:02 3520000',
      '192.0.2.3 00:18:02-00:18:03 16000',
      '192.0.2.1 00:19:03-00:20:03 960000',
    ].sort((a, b) => order(a) - order(b)),
  );
  const { stream, userAgent, title, requests, identity } = sessions[0]!;
  assert.deepEqual(
    [stream, userAgent, title, requests, identity],
    ['/stream', 'WinampMPEG/5.1', 'Second', 3, 'connection'],
  );
  assert.equal(sessions.find(({ address }) => address === '192.0.2.3')!.userAgent, null);
  assert.deepEqual([tally.lines, tally.unreadable, counters['rejectedFormat']], [13, 1, 1]);
});

/** The day before comes first. */
const order = (text: string) => (text.includes(' 23:') ? 0 : 1);

test('a listener who is there for one title alone is one connection with its title', async () => {
  const { sessions } = await read(
    `${HEADER}10.1.1.1 10.1.1.1 2005-10-10 00:12:02 /stream?title=Artist%20-%20Title 200 WinampMPEG%2F5%2E1 13227794 811 130480\n`,
  );
  assert.deepEqual(
    told(sessions).map(({ id: _, ...rest }) => rest),
    [
      {
        ...{
          stream: '/stream',
          address: '10.1.1.1',
          userAgent: 'WinampMPEG/5.1',
          title: 'Artist - Title',
          bytes: 13227794,
        },
        ...{ from: '2005-10-09T23:58:31', to: '2005-10-10T00:12:02' },
      },
    ],
  );
});

test('a title longer than the gap begins a new connection, in a backlog as it does live', async () => {
  const row = (at: string, seconds: number) => `192.0.2.1 - 2005-10-10 ${at} /stream?title=a 200 x 10 ${seconds} 1\n`;
  const { sessions } = await read(HEADER + row('12:00:00', 60) + row('12:15:00', 900) + row('12:30:01', 901));
  assert.deepEqual(brief(sessions), ['192.0.2.1 11:59:00-12:15:00 20', '192.0.2.1 12:15:00-12:30:01 10']);
});

test('the name of the stream and the zone of the clock may be given', async () => {
  const { sessions } = await read(W3C, { stream: 'rock', timeZone: 'Europe/Berlin' });
  assert.equal(sessions[0]!.stream, 'rock');
  assert.equal(new Date(sessions[0]!.startedAt).toISOString(), '2005-10-09T21:58:31.000Z');
});

test('in Latin-1 a percent sign stands for a character, too', async () => {
  const { sessions } = await read(`${HEADER}192.0.2.1 - 2005-10-10 12:00:00 /stream?title=Caf%E9 200 x 1 1 1\n`);
  assert.equal(sessions[0]!.title, 'Café');
});

test('version 1: whoever comes is told to go, or gone when the server starts anew', async () => {
  const { sessions, counters, tally } = await read(SERV_1);
  assert.deepEqual(
    told(sessions).map(({ address, userAgent, from, to, bytes }) => [address, userAgent, from, to, bytes]),
    [
      ['192.0.2.3', null, '2005-12-31T22:50:40', '2006-01-01T00:14:00', 80000000],
      ['192.0.2.1', 'WinampMPEG/5.0', '2005-12-31T23:59:59', '2006-01-01T00:13:30', 13227794],
      [
        '192.0.2.2',
        'iTunes/11.0.2 (Macintosh; OS X 10.6.8) {A: x}(P: 1)',
        '2006-01-01T00:00:10',
        '2006-01-01T00:15:00',
        0,
      ],
      ['192.0.2.4', 'DNAS starting up', '2006-01-01T00:16:00', '2006-01-01T00:17:00', 960000],
    ],
  );
  assert.deepEqual([counters['unknownBegins'], counters['untoldEnds'], tally.unreadable], [1, 1, 0]);
});

test('version 2: streams by their number, and nothing that a user agent says is believed', async () => {
  const { sessions, tally } = await read(recorded('sc_serv-2-by-its-source.log'));
  assert.deepEqual(
    told(sessions).map(({ stream, address, userAgent, from, to, bytes }) => [
      stream,
      address,
      userAgent,
      from,
      to,
      bytes,
    ]),
    [
      ['1', '192.0.2.1', 'WinampMPEG/5.66', '2014-02-01T10:00:00', '2014-02-01T10:05:00', 4800000],
      ['2', '198.51.100.7', "x', UID: 99", '2014-02-01T10:00:05', '2014-02-01T10:06:05', 5760000],
    ],
  );
  assert.equal(tally.unreadable, 0);
});

test('version 1 without user agents: whoever comes is unnamed', async () => {
  const { sessions, tally } = await read(
    `<01/01/06@12:00:00> [dest: 192.0.2.1] starting stream (UID: 5)
<01/01/06@12:10:00> [dest: 192.0.2.1] connection closed (600 seconds) (UID: 5)
`,
  );
  assert.deepEqual(brief(sessions), ['192.0.2.1 12:00:00-12:10:00 0']);
  assert.equal(sessions[0]!.userAgent, null);
  assert.equal(tally.unreadable, 0);
});

test('an id that is given again ends whoever had it', async () => {
  const come = (at: string, address: string) =>
    `<01/01/06@${at}> [dest: ${address}] starting stream (UID: 5)[L: 1]{A: x}(P: 2)\n`;
  const { sessions, counters } = await read(come('12:00:00', '192.0.2.1') + come('12:10:00', '192.0.2.2'));
  assert.deepEqual(
    told(sessions).map(({ address, from }) => [address, from.slice(11)]),
    [
      ['192.0.2.1', '12:00:00'],
      ['192.0.2.2', '12:10:00'],
    ],
  );
  assert.equal(told(sessions)[0]!.to.slice(11), '12:10:00');
  assert.equal(counters['untoldEnds'], 1);
});

test('however the log is cut into chunks, and into files, its sessions are the same', async () => {
  for (const log of [W3C, SERV_1]) {
    const truth = told((await read(log)).sessions);
    const lines = log.toString('utf8').split(/(?<=\n)/);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 4, max: lines.length }),
        async (chunk, at) => {
          const files = [lines.slice(0, at).join(''), lines.slice(at).join('')];
          assert.deepEqual(told((await read(files, {}, chunk)).sessions), truth);
        },
      ),
      { numRuns: 30 },
    );
  }
});
