import { strict as assert } from 'node:assert';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import type { SessionRecord } from '../../core/session.ts';
import { sessionWire } from '../../http/wire.ts';
import { bareSession, closedSession, NOON } from '../../store/suite/rows.ts';
import { ConnectionTable, connectionRow, microsecondsOf, userAgentOf } from './connections.ts';

const rowOf = (session: SessionRecord) => connectionRow(sessionWire(session));

let database: DatabaseSync;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
});
afterEach(() => database.close());

test('the table is that of spyserver_monitor: twelve columns, a key of four', () => {
  new ConnectionTable(database);
  const columns = database.prepare('PRAGMA table_info(connections)').all();
  assert.deepEqual(
    columns.map(({ name, type }) => `${name} ${type}`),
    [
      ...['ip TEXT', 'port TEXT', 'server_instance TEXT', 'sdr_version TEXT', 'os TEXT', 'start timestamp'],
      ...['end timestamp', 'duration REAL', 'lat REAL', 'lon REAL', 'country TEXT', 'city TEXT'],
    ],
  );
  const key = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a['pk']) - Number(b['pk']));
  assert.deepEqual(
    key.map(({ name }) => name),
    ['ip', 'port', 'server_instance', 'start'],
  );
});

test('a connection of SDR# has its version and its system, split at the last " on "', () => {
  const row = rowOf(
    closedSession('x', { stream: 'hf.config', userAgent: 'SDR# 1 on 2 on Microsoft Windows NT 6.2.9200.0' }),
  );
  assert.deepEqual(row, {
    ip: '192.0.2.7',
    port: '4711',
    server_instance: 'hf.config',
    sdr_version: '1 on 2',
    os: 'Microsoft Windows NT 6.2.9200.0',
    start: '2026-01-01 00:00:00.000000',
    end: '2026-01-01 00:01:00.000000',
    duration: 60,
    lat: 52.520_008,
    lon: 13.404_954,
    country: 'Germany',
    city: 'Berlin',
  });
});

test('other software says who it is, and what is not known is not there', () => {
  assert.deepEqual(
    ['SDR++', 'SDR# 1700', 'VLC/3.0.20 LibVLC/3.0.20'].map((userAgent) => {
      const { sdr_version, os } = rowOf(closedSession('x', { userAgent }));
      return [sdr_version, os];
    }),
    [
      ['SDR++', null],
      ['SDR# 1700', null],
      ['VLC/3.0.20 LibVLC/3.0.20', null],
    ],
  );
  const { ip, port, start, ...others } = rowOf(bareSession('x', { endedAt: null, startedAt: NOON + 7 }));
  assert.deepEqual([ip, port, start], ['', '', '2026-01-01 00:00:00.007000']);
  const { server_instance, ...unknown } = others;
  assert.equal(server_instance, 'radio');
  assert.deepEqual(new Set(Object.values(unknown)), new Set([null]));
});

test('what a client typed steers no terminal', () => {
  const { sdr_version, server_instance } = rowOf(
    closedSession('x', { userAgent: '\u001b[2J; touch x', stream: 'a\u0000b\ud800' }),
  );
  assert.equal(sdr_version, '\ufffd[2J; touch x');
  assert.equal(server_instance, 'a\ufffdb\ufffd');
});

test('user agents come back from their rows', () => {
  for (const userAgent of ['SDR# 1700.0.0.1 on Windows', 'SDR# a on b on c', 'SDR++', 'SDR# ', 'SDR#  on ', null]) {
    assert.equal(userAgentOf(rowOf(closedSession('x', { userAgent }))), userAgent);
  }
});

test('rows of one key get microseconds of their own, and go on in the next millisecond', () => {
  const table = new ConnectionTable(database);
  const row = rowOf(closedSession('x', { startedAt: NOON + 5 }));
  const starts = Array.from({ length: 1002 }, () => table.add(row));
  assert.equal(new Set(starts).size, 1002);
  assert.equal(starts[0], '2026-01-01 00:00:00.005000');
  assert.equal(starts[1], '2026-01-01 00:00:00.005001');
  assert.equal(starts[1001], '2026-01-01 00:00:00.006001');
  assert.equal(table.add({ ...row, port: '4712' }), '2026-01-01 00:00:00.005000');
  const early = rowOf(closedSession('x', { startedAt: -1 }));
  const before = Array.from({ length: 1001 }, () => table.add(early));
  assert.deepEqual([before[0], before[1000]], ['1969-12-31 23:59:59.999000', '1970-01-01 00:00:00.000000']);
});

test('times are read with and without a fraction, and nothing else is a time', () => {
  const second = BigInt(NOON) * 1000n;
  assert.equal(microsecondsOf('2026-01-01 00:00:00'), second);
  assert.equal(microsecondsOf('2026-01-01 00:00:00.000001'), second + 1n);
  assert.equal(microsecondsOf('2026-01-01T00:00:00.5Z'), second + 500_000n);
  for (const text of ['', 'yesterday', '2026-13-01 00:00:00', '2026-01-01', '2026-01-01 00:00:00.1234567', '12']) {
    assert.equal(microsecondsOf(text), null, text);
  }
});
