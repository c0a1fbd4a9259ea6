import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRows } from '../row-log.fixture.ts';
import { Fault } from '../row-reader.ts';
import { coturnLog } from './index.ts';
import { logClockOf } from './log-clock.ts';
import { CoturnFile, type LogClock } from './parse.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const recorded = readFileSync(new URL('testdata/coturn-4.6.1.log', import.meta.url), 'utf8');

const clock = (more: Partial<LogClock> = {}): LogClock => ({ writtenAt: NOON, lastUptime: 100, boots: 1, ...more });

function fileOf(clockOf: LogClock | null = clock(), head: readonly string[] = []) {
  return new CoturnFile({ timeZone: 'UTC', clockOf: () => clockOf }, '/var/log/turn.log', null, head);
}

const of = (text: string, prefix = '40: : ') => fileOf().parse(`${prefix}session 001000000000000002: ${text}`);
const common = { id: '001000000000000002', path: '/var/log/turn.log', from: NOON - 60_000, to: NOON - 60_000 };
const who = { user: 'alice', realm: 'example.org' };

test('the five lines about a session mean what they say', () => {
  assert.deepEqual(of('new, realm=<example.org>, username=<alice>, lifetime=777'), {
    ...{ kind: 'lifetime', isNew: true, lifetime: 777 },
    ...who,
    ...common,
  });
  assert.deepEqual(of('refreshed, realm=<example.org>, username=<alice>, lifetime=0'), {
    ...{ kind: 'lifetime', isNew: false, lifetime: 0 },
    ...who,
    ...common,
  });
  assert.deepEqual(of('usage: realm=<example.org>, username=<alice>, rp=308, rb=92052, sp=307, sb=91908'), {
    ...{ kind: 'usage', side: 'client', up: { packets: 308, bytes: 92_052 }, down: { packets: 307, bytes: 91_908 } },
    ...who,
    ...common,
  });
  assert.deepEqual(of('peer usage: realm=<example.org>, username=<alice>, rp=300, rb=90000, sp=299, sb=89700'), {
    ...{ kind: 'usage', side: 'peer', up: { packets: 299, bytes: 89_700 }, down: { packets: 300, bytes: 90_000 } },
    ...who,
    ...common,
  });
  assert.deepEqual(
    of(
      'closed (2nd stage), user <alice> realm <example.org> origin <>, local 192.0.2.1:3478, remote [2001:db8::7]:54873, reason: allocation timeout',
    ),
    {
      kind: 'closed',
      server: { address: '192.0.2.1', port: 3478 },
      client: { address: '2001:db8::7', port: 54_873 },
      reason: 'allocation timeout',
      ...who,
      ...common,
    },
  );
  assert.deepEqual(of('delete: realm=<example.org>, username=<alice>'), { kind: 'deleted', ...common });
  assert.deepEqual(of('peer 192.0.2.9:7000 lifetime updated: 600'), {
    kind: 'peer',
    peer: '192.0.2.9:7000',
    ...common,
  });
});

test('of an ephemeral name what follows the expiry is the user; a name may hold what a line does', () => {
  const userIn = (name: string) => (of(`new, realm=<r>, username=<${name}>, lifetime=600`) as { user: string }).user;
  assert.equal(userIn('1790000000:alice'), 'alice');
  assert.equal(userIn('a>, lifetime=0'), 'a>, lifetime=0');
  assert.deepEqual(
    (of('new, realm=<>, username=<>, lifetime=600, cipher=TLS_AES_256_GCM_SHA384, method=TLSv1.3') as object) ?? null,
    { kind: 'lifetime', isNew: true, lifetime: 600, user: null, realm: null, ...common },
  );
});

test('a refusal is one; all else is about something else', () => {
  const refused = 'realm <r> user <>: incoming packet message processed, error 401: Unauthorized';
  assert.equal((of(refused) as { kind: string }).kind, 'refused');
  for (const other of [
    'realm <r> user <a>: incoming packet ALLOCATE processed, success',
    'peer 192.0.2.9:1 deleted',
    'new',
  ])
    assert.equal(of(other), null, other);
  assert.equal(fileOf().parse('2: : IPv4. Local relay addr: 192.0.2.1:49152'), null);
});

test('every prefix gives its time', () => {
  const timeOf = (prefix: string, clockOf?: LogClock | null) => {
    const row = fileOf(clockOf).parse(`${prefix}session 001000000000000002: delete: realm=<r>, username=<a>`);
    return row instanceof Fault ? row.name : new Date(row!.to).toISOString();
  };
  assert.equal(timeOf('40: : '), '2026-11-21T11:59:00.000Z');
  assert.equal(timeOf('40: (4711): INFO: '), '2026-11-21T11:59:00.000Z');
  assert.equal(timeOf('2026-11-21T19:26:00.250+0100: (4711): INFO: '), '2026-11-21T18:26:00.250Z');
  assert.equal(timeOf('2026-11-21T19:26:00+0000 INFO '), '2026-11-21T19:26:00.000Z');
  assert.equal(timeOf('Nov 20 19:26:00 relay turnserver[71]: 12: : '), '2026-11-20T19:26:00.000Z');
  assert.equal(timeOf('<14>Dec  3 09:00:00 relay turnserver: '), '2025-12-03T09:00:00.000Z', 'of the year before');
  assert.equal(timeOf('2026-11-20T19:26:00.123456+00:00 relay turnserver[71]: 12: : '), '2026-11-20T19:26:00.123Z');
  assert.equal(timeOf('40: : ', null), 'Time', 'nobody knows when the server began');
  assert.equal(timeOf('yesterday '), 'Time');
});

test('of lines before the last start in a file nobody knows the time', () => {
  const opened = '0: : log file opened: turn.log';
  const line = '40: : session 001000000000000002: delete: realm=<r>, username=<a>';
  const file = fileOf(clock({ boots: 2 }), [opened]);
  assert.ok(file.parse(opened) instanceof Fault);
  assert.ok(file.parse(line) instanceof Fault);
  assert.deepEqual(file.parse(opened), { kind: 'boot', path: common.path, from: NOON - 100_000, to: NOON - 100_000 });
  assert.equal((file.parse(line) as { to: number }).to, NOON - 60_000);
  const later = fileOf(clock({ boots: 2 }), [opened]);
  assert.equal((later.parse(line) as { to: number }).to, NOON - 60_000, 'begun in the middle');
});

test('the end of a file says when its server began', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-coturn-log-'));
  try {
    const path = join(folder, 'turn.log');
    writeFileSync(path, recorded);
    utimesSync(path, NOON / 1000, NOON / 1000);
    assert.deepEqual(logClockOf(path), { writtenAt: NOON, lastUptime: 13, boots: 1 });
    writeFileSync(path, `${recorded}0: : log file opened: turn.log\n7: : x\n`);
    utimesSync(path, NOON / 1000, NOON / 1000);
    assert.deepEqual(logClockOf(path), { writtenAt: NOON, lastUptime: 7, boots: 2 });
    writeFileSync(path, '');
    assert.equal(logClockOf(path)!.lastUptime, null);
    assert.equal(logClockOf(join(folder, 'none.log')), null);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The recording as a server with `new-log-timestamp` would have written it. */
const dated = recorded.replaceAll(/^(\d+): : /gm, (_, seconds: string) => {
  return `${new Date(NOON + Number(seconds) * 1000).toISOString()} INFO `;
});

test('the recorded log gives its five allocations, with the bytes that it sums up', async () => {
  const { sessions, tally, counters } = await readRows(coturnLog, dated);
  const told = sessions.map(({ user, stream, startedAt, endedAt, reason, traffic, bytes }) => ({
    ...{ user, stream, reason, bytes },
    ...{ from: (startedAt - NOON) / 1000, to: (endedAt! - NOON) / 1000, up: traffic?.up, down: traffic?.down },
  }));
  const payload = { packets: 300, bytes: 90_000 };
  const relaying = { user: 'alice', stream: 'example.org', reason: 'left', bytes: 180_000, up: payload, down: payload };
  assert.deepEqual(
    told.filter(({ bytes }) => bytes > 0),
    Array.from({ length: 4 }, () => ({ ...relaying, from: 2, to: 12 })),
  );
  assert.equal(told.length, 5);
  assert.deepEqual([tally.unreadable, counters['allocations'], counters['adopted'] ?? 0], [0, 5, 0]);
  const relayed = sessions.filter(({ bytes }) => bytes > 0);
  for (const { address, details } of relayed) {
    const { wireUpPackets, wireUpBytes, wireDownPackets, wireDownBytes, ...rest } = details;
    assert.deepEqual([wireUpPackets, wireDownPackets], [308, 308]);
    assert.equal(address, '127.0.0.1');
    assert.ok([92_052, 92_060].includes(Number(wireUpBytes)) && [91_908, 91_896].includes(Number(wireDownBytes)));
    assert.deepEqual(rest, { realm: 'example.org', peers: 1, server: '127.0.0.1:18478', reason: 'allocation timeout' });
  }
});

const line = (second: number, text: string, id = '001000000000000001') =>
  `${new Date(NOON + second * 1000).toISOString()} INFO session ${id}: ${text}\n`;
const named = 'realm=<example.org>, username=<alice>';

test('usage is summed up over its lines, and what is known of an allocation goes on', async () => {
  const { sessions } = await readRows(
    coturnLog,
    line(0, `new, ${named}, lifetime=600`) +
      line(1, `peer usage: ${named}, rp=10, rb=1000, sp=20, sb=2000`) +
      line(2, `peer usage: ${named}, rp=1, rb=100, sp=2, sb=200`) +
      line(300, `refreshed, ${named}, lifetime=600`) +
      line(400, `peer usage: ${named}, rp=1, rb=1, sp=1, sb=1`),
  );
  assert.equal(sessions.length, 1);
  assert.deepEqual(sessions[0]!.traffic, { up: { packets: 23, bytes: 2201 }, down: { packets: 12, bytes: 1101 } });
});

test('whoever is not kept is gone when the lifetime is over; whoever comes again is another one', async () => {
  const { sessions } = await readRows(
    coturnLog,
    line(0, `new, ${named}, lifetime=60`) + line(500, `new, ${named}, lifetime=60`) + line(501, `delete: ${named}`),
  );
  const spans = sessions.map(({ startedAt, endedAt }) => [(startedAt - NOON) / 1000, (endedAt! - NOON) / 1000]);
  assert.deepEqual(spans[0], [0, 60]);
  assert.deepEqual(spans[1], [500, 501]);
});

test('a server that starts anew ends whoever was there', async () => {
  const { sessions } = await readRows(
    coturnLog,
    `${line(0, `new, ${named}, lifetime=600`)}${new Date(NOON + 30_000).toISOString()} INFO log file opened: turn.log\n`,
  );
  assert.deepEqual(
    sessions.map(({ endedAt, reason }) => [endedAt! - NOON, reason]),
    [[30_000, 'left']],
  );
});

test('a log without peer usage tells what went over the wire, and says so', async () => {
  const { sessions, counters } = await readRows(
    coturnLog,
    line(0, `new, ${named}, lifetime=600`) +
      line(5, `usage: ${named}, rp=3, rb=300, sp=2, sb=200`) +
      line(
        5,
        'closed (2nd stage), user <alice> realm <example.org> origin <>, local 192.0.2.1:3478, remote 192.0.2.9:5000, reason: general',
      ),
  );
  assert.deepEqual([sessions[0]!.bytes, counters['wireBytesOnly']], [500, 1]);
});

test('what began before the log is adopted', async () => {
  const { sessions, counters } = await readRows(
    coturnLog,
    line(0, `refreshed, ${named}, lifetime=600`) + line(9, `delete: ${named}`),
  );
  assert.deepEqual([sessions.length, counters['adopted']], [1, 1]);
});

test('a file that is none of coturn is refused', async () => {
  await assert.rejects(readRows(coturnLog, 'session 001000000000000001: delete: x\n'), { code: 'LOG_OF_OTHER_KIND' });
});
