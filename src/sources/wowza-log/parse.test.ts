/** What becomes of the log of testdata/, which is written by the documents of Wowza and the columns of a server of 2018. */

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRows, told } from '../row-log.fixture.ts';
import { wowzaLog } from './index.ts';

const LOG = readFileSync(new URL('testdata/wowzastreamingengine_access-4.7-by-documents.log', import.meta.url));
const COLUMNS = 'date time tz x-event x-category x-duration c-ip c-client-id sc-bytes x-sname';

const read = (files: Parameters<typeof readRows>[1], options: Record<string, unknown> = {}, chunk?: number) =>
  readRows(wowzaLog, files, options, chunk);

const header = (separator: string) => `#Fields: ${COLUMNS.replaceAll(' ', separator)}\n`;
/** A disconnect of the client 7 from `rock`, with some columns as they are given. */
const row = (more: Readonly<Record<string, string>> = {}, separator = '\t') =>
  `${['2018-10-03', '10:00:00', more['tz'] ?? '-', 'disconnect', 'session', more['seconds'] ?? '60', more['ip'] ?? '192.0.2.1', '7', more['bytes'] ?? '1', more['stream'] ?? 'rock'].join(separator)}\n`;

test('a connection is its disconnect, its stream is that of the events before', async () => {
  const { sessions, counters, tally } = await read(LOG);
  assert.deepEqual(
    told(sessions).map(({ stream, address, from, to, bytes }) => [
      stream,
      address,
      from.slice(11),
      to.slice(11),
      bytes,
    ]),
    [
      ['live/rock', '192.0.2.10', '08:00:10', '08:30:00', 3400],
      ['live/rock', '192.0.2.11', '08:00:59', '08:06:00', 3751234],
      ['live/studio/jazz', '192.0.2.12', '08:01:30', '08:08:30', 9000000],
      // Its length is nonsense: then it began when it connected.
      ['live/rock', '192.0.2.14', '08:10:00', '08:11:00', 600000],
      ['news', '192.0.2.15', '08:39:30', '08:40:00', 500],
    ],
  );
  const [, viewer, phone] = sessions;
  assert.deepEqual([viewer!.details, phone!.details], [{ protocol: 'rtmp' }, { protocol: 'http (cupertino)' }]);
  assert.match(phone!.userAgent!, /^AppleCoreMedia.* like Mac OS X\)$/);
  assert.deepEqual([counters['idleConnections'], counters['negativeDurations'], tally.unreadable], [1, 1, 0]);
});

test('who sends the stream is no listener', async () => {
  const { observations } = await read(LOG);
  const publishers = observations.flatMap((each) =>
    each.kind === 'presence' && each.client.isPublisher ? [each.client.address] : [],
  );
  assert.deepEqual(publishers, ['192.0.2.10']);
});

test('when the server starts its ids begin anew', async () => {
  const play = (event: string, category: string, id: string, stream: string) =>
    `2018-10-03\t09:00:00\tUTC\t${event}\t${category}\t0\t192.0.2.1\t${id}\t0\t${stream}\n`;
  const before = header('\t') + play('play', 'stream', '7', 'old');
  const restart = play('server-start', 'server', '-', '-');
  assert.equal((await read(before + row({ stream: '-' }))).sessions[0]!.stream, 'old');
  assert.equal((await read(before + restart + row({ stream: '-' }))).sessions.length, 0);
});

test('zones are honoured: by their short names, by their offset, else as configured', async () => {
  const endOf = async (tz: string, timeZone = 'UTC') => {
    const { sessions, counters } = await read(header('\t') + row({ tz }), { timeZone });
    return [new Date(sessions[0]!.lastSeenAt).toISOString().slice(11, 16), counters['unknownZones'] ?? 0];
  };
  assert.deepEqual(await endOf('CET'), ['09:00', 0]);
  assert.deepEqual(await endOf('PDT'), ['17:00', 0]);
  assert.deepEqual(await endOf('GMT+02:00'), ['08:00', 0]);
  assert.deepEqual(await endOf('-0330'), ['13:30', 0]);
  assert.deepEqual(await endOf('-', 'Europe/Berlin'), ['08:00', 0]);
  // India's, Israel's or Ireland's.
  assert.deepEqual(await endOf('IST', 'Asia/Kolkata'), ['04:30', 1]);
  assert.deepEqual(await endOf('constructor', 'UTC'), ['10:00', 1]);
});

test('columns may be separated otherwise', async () => {
  for (const separator of ['\t', ';', ',', ' ']) {
    const { sessions } = await read(header(separator) + row({}, separator));
    assert.equal(sessions[0]?.stream, 'rock', JSON.stringify(separator));
  }
});

test('what cannot be read is counted by why', async () => {
  const rows = [
    row(),
    row({ bytes: '-5' }),
    row({ seconds: 'long' }),
    row({ ip: '1'.repeat(65) }),
    row().replace('10:00', '30:00'),
  ];
  const { sessions, counters } = await read(`${header('\t')}${rows.join('')}too\tfew\n`);
  assert.equal(sessions.length, 1);
  const { rejected, rejectedNumbers, rejectedAddress, rejectedTime, rejectedFormat } = counters;
  assert.deepEqual([rejected, rejectedNumbers, rejectedAddress, rejectedTime, rejectedFormat], [5, 2, 1, 1, 1]);
});

test('however the log is cut into chunks, and into files, its sessions are the same', async () => {
  const truth = told((await read(LOG)).sessions);
  const lines = LOG.toString('utf8').split(/(?<=\n)/);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 6, max: lines.length }), async (chunk, at) => {
      const files = [lines.slice(0, at).join(''), lines.slice(at).join('')];
      assert.deepEqual(told((await read(files, {}, chunk)).sessions), truth);
    }),
    { numRuns: 30 },
  );
});
