import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import type { SessionRecord } from '../../core/session.ts';
import type { EventWire } from '../../http/contract.ts';
import { sessionWire } from '../../http/wire.ts';
import { closedSession, NOON } from '../../store/suite/rows.ts';
import { CREATE_CONNECTIONS, connectionRow } from './connections.ts';
import { mirror } from './mirror.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-sqlite-'));
  path = join(folder, 'connections.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const AT = '2026-01-01T00:00:00.000Z';
const opened = (session: SessionRecord): EventWire => ({
  ...{ id: `opened ${session.id}`, type: 'session.opened', at: AT },
  session: sessionWire({ ...session, endedAt: null, reason: null }),
});
const closed = (session: SessionRecord): EventWire => ({
  ...{ id: `closed ${session.id}`, type: 'session.closed', at: AT },
  session: sessionWire(session),
});
const superseded = (sessionId: string): EventWire => ({
  ...{ id: `superseded ${sessionId}`, type: 'session.superseded', at: AT },
  ...{ sessionId, by: 'another' },
});

function ask(question: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path);
  try {
    return database
      .prepare(question)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
const rows = () => ask('SELECT * FROM connections ORDER BY rowid');
const person = (id: string, fields: Partial<SessionRecord> = {}) => closedSession(id, { port: 5000, ...fields });

test('a row appears when somebody comes, and gets place, end and duration when they have gone', () => {
  const session = person('a');
  mirror(path, [opened({ ...session, place: null })]);
  const { end, duration, country, ...first } = rows()[0]!;
  assert.deepEqual([end, duration, country], [null, null, null]);
  assert.equal(first['start'], '2026-01-01 00:00:00.000000');
  mirror(path, [closed(session)]);
  assert.deepEqual(rows(), [connectionRow(sessionWire(session))]);
  assert.deepEqual(readdirSync(folder), ['connections.db']);
});

test('what is told again changes nothing', () => {
  const [first, second] = [person('a'), person('b')];
  const told = [opened(first), opened(second), closed(first)];
  mirror(path, told);
  const before = rows();
  assert.equal(before.length, 2);
  mirror(path, told);
  mirror(path, told.slice(1));
  assert.deepEqual(rows(), before);
});

test('whoever is part of another session has no row', () => {
  mirror(path, [opened(person('a')), superseded('a'), superseded('nobody'), opened(person('b'))]);
  assert.equal(rows().length, 1);
  // It is open again.
  mirror(path, [superseded('b'), opened(person('b')), closed(person('b'))]);
  assert.deepEqual(rows(), [connectionRow(sessionWire(person('b')))]);
});

test('a session that turns out to have begun earlier, or elsewhere, still has one row', () => {
  mirror(path, [opened(person('a'))]);
  const moved = person('a', { startedAt: NOON - 2000, address: '198.51.100.7' });
  mirror(path, [closed(moved)]);
  assert.deepEqual(rows(), [connectionRow(sessionWire(moved))]);
});

test('a database that is there goes on: its rows stay, and the one that is ours is taken over', () => {
  const session = person('a');
  const row = connectionRow(sessionWire(session));
  const database = new DatabaseSync(path);
  database.exec(CREATE_CONNECTIONS);
  const insert = database.prepare('INSERT INTO connections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  insert.run('192.0.2.99', '1', 'hf.config', 'x', 'y', '2020-01-01 00:00:00', null, null, null, null, null, null);
  insert.run(row.ip, row.port, row.server_instance, 'x', 'y', row.start, null, null, null, null, null, null);
  database.close();
  mirror(path, [closed(session), opened(person('b'))]);
  assert.deepEqual(
    rows().map(({ ip, start, duration }) => [ip, start, duration]),
    [
      ['192.0.2.99', '2020-01-01 00:00:00', null],
      ['192.0.2.7', '2026-01-01 00:00:00.000000', 60],
      ['192.0.2.7', '2026-01-01 00:00:00.000001', null],
    ],
  );
});

test('rows that somebody deletes, and a database that is packed, do no harm', () => {
  mirror(path, [opened(person('a')), opened(person('b'))]);
  ask("DELETE FROM connections WHERE start LIKE '%.000000'");
  ask('VACUUM');
  mirror(path, [opened(person('c')), closed(person('b')), closed(person('a'))]);
  assert.equal(rows().length, 3);
  assert.equal(rows().filter(({ duration }) => duration === 60).length, 2);
});

test('while somebody writes to it nothing is written, and the event may come again', () => {
  mirror(path, [opened(person('a'))]);
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  assert.throws(() => mirror(path, [closed(person('a'))]), /locked/);
  other.exec('ROLLBACK');
  other.close();
  mirror(path, [closed(person('a'))]);
  assert.equal(rows()[0]!['duration'], 60);
});

test('however events are cut into batches and told again, the rows are those of the last news of each session', () => {
  const drawn = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    what: fc.constantFrom('opened', 'closed', 'superseded'),
    start: fc.integer({ min: 0, max: 2 }),
  });
  const step = fc.record({ news: drawn, isCut: fc.boolean(), isAgain: fc.boolean() });
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      path = join(folder, `${run++}.db`);
      mirror(path, []);
      const last = new Map<string, string>();
      let batch: EventWire[] = [];
      for (const { news, isCut, isAgain } of steps) {
        const session = person(news.id, { startedAt: NOON + news.start });
        batch.push(
          news.what === 'superseded' ? superseded(news.id) : (news.what === 'opened' ? opened : closed)(session),
        );
        if (news.what === 'superseded') last.delete(news.id);
        else last.set(news.id, `${connectionRow(sessionWire(session)).start.slice(0, 23)} ${news.what === 'closed'}`);
        if (!isCut) continue;
        mirror(path, batch);
        if (isAgain) mirror(path, batch);
        batch = [];
      }
      mirror(path, batch);
      const kept = rows().map(({ start, end }) => `${String(start).slice(0, 23)} ${end !== null}`);
      assert.deepEqual(kept.sort(), [...last.values()].sort());
    }),
    { numRuns: 60 },
  );
});

test('Python reads it as it reads its own: columns as types, groups, sums', () => {
  mirror(path, [
    closed(person('a', { stream: 'hf.config', userAgent: 'SDR# 1700.0.0.1 on Windows' })),
    closed(
      person('b', { stream: 'hf.config', startedAt: NOON + 500, lastSeenAt: NOON + 30_500, endedAt: NOON + 30_500 }),
    ),
    opened(person('c', { stream: 'vhf.config', address: '198.51.100.3', place: null })),
  ]);
  const script = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], detect_types=sqlite3.PARSE_DECLTYPES)
q = lambda sql: [list(row) for row in db.execute(sql)]
started = q('SELECT start, end FROM connections ORDER BY start')
print(json.dumps({
  'types': sorted({type(x).__name__ for row in started for x in row}),
  'first': [x.isoformat() for x in started[0]],
  'instances': q('SELECT server_instance, count(server_instance) FROM connections GROUP BY server_instance'),
  'countries': q('SELECT country, count(country) FROM connections GROUP BY country ORDER BY count(country) DESC'),
  'ips': q('SELECT ip, count(ip) FROM connections GROUP BY ip'),
  'active': q('SELECT server_instance, ip, port FROM connections WHERE end IS NULL'),
  'longest': q('SELECT * FROM connections WHERE duration = (SELECT max(duration) FROM connections)')[0][:5],
  'stats': q('SELECT avg(duration), sum(duration) FROM connections')[0],
}))`;
  // Python warns that its own converters are old.
  const said = execFileSync('python3', ['-W', 'ignore', '-c', script, path], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(said), {
    types: ['NoneType', 'datetime'],
    first: ['2026-01-01T00:00:00', '2026-01-01T00:01:00'],
    instances: [
      ['hf.config', 2],
      ['vhf.config', 1],
    ],
    countries: [
      ['Germany', 2],
      [null, 0],
    ],
    ips: [
      ['192.0.2.7', 2],
      ['198.51.100.3', 1],
    ],
    active: [['vhf.config', '198.51.100.3', '5000']],
    longest: ['192.0.2.7', '5000', 'hf.config', '1700.0.0.1', 'Windows'],
    stats: [45, 90],
  });
});
