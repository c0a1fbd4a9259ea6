import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import type { SessionRecord } from '../core/session.ts';
import { sessionWire } from '../http/wire.ts';
import { connectionRow } from '../sinks/sqlite/connections.ts';
import { openDuckDbStore } from '../store/duckdb/index.ts';
import { sessions as anySessions } from '../store/suite/arbitrary.ts';
import { bareSession, closedSession, commitOf, NOON, openSession } from '../store/suite/rows.ts';
import { silentLog } from '../telemetry/log.ts';
import { exportHistory } from './export.ts';
import { importHistory } from './import.ts';
import { keptTerminal } from './terminal.fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-export-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

async function keep(name: string, sessions: readonly SessionRecord[]): Promise<void> {
  const store = await openDuckDbStore({ directory: at(name), log: silentLog });
  const closed = sessions.filter(({ endedAt }) => endedAt !== null);
  const open = sessions.filter(({ endedAt }) => endedAt === null).map((record) => openSession(record.id, record));
  await store.commit(commitOf(1, { closed, open }));
  await store.close();
}

async function kept(name: string): Promise<SessionRecord[]> {
  const store = await openDuckDbStore({ directory: at(name), log: silentLog });
  const found: SessionRecord[] = [];
  await store.visit({ filter: {}, from: null, to: null }, async (sessions) => {
    found.push(...sessions);
  });
  await store.close();
  return found;
}

/** Answers what it said. */
async function run(command: typeof exportHistory, ...args: string[]): Promise<string> {
  const terminal = keptTerminal();
  assert.equal(await command.run(args, terminal), 0);
  return terminal.written().out;
}

function rowsIn(name: string): Record<string, unknown>[] {
  const database = new DatabaseSync(at(name), { readOnly: true });
  try {
    return database
      .prepare('SELECT * FROM connections ORDER BY rowid')
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

/** Sessions of spyservers, every one with a port of its own. */
const CONNECTIONS: readonly SessionRecord[] = Array.from({ length: 3000 }, (_, i) => {
  const who = ['SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0', 'SDR++', 'SoapySDR', 'gr-osmosdr', '=cmd|x'][
    i % 5
  ]!;
  const startedAt = NOON + i * 1000 + (i % 7);
  const lastSeenAt = startedAt + 1000 + i * 37;
  const isOpen = i % 100 === 99;
  return bareSession(`connection-${i}`, {
    source: 'spyserver:/etc/hf.config',
    stream: i % 3 === 0 ? 'hf.config' : 'vhf.config',
    identity: 'connection',
    address: i % 2 === 0 ? `192.0.2.${i % 250}` : `2001:db8::${i % 250}`,
    port: 1024 + i,
    userAgent: who,
    place: i % 4 === 0 ? null : closedSession('x').place,
    ...{ startedAt, lastSeenAt, endedAt: isOpen ? null : lastSeenAt, reason: isOpen ? null : 'left' },
  });
});

test('SQLite has a row for every session, column by column', async () => {
  await keep('data', CONNECTIONS);
  assert.equal(
    await run(exportHistory, '--data', at('data'), at('x.sqlite')),
    `3,000 sessions written to ${at('x.sqlite')}.\n`,
  );
  const history = await kept('data');
  assert.deepEqual(
    rowsIn('x.sqlite'),
    history.map((session) => ({ ...connectionRow(sessionWire(session)) })),
  );
  const open = rowsIn('x.sqlite').filter(({ end, duration }) => end === null && duration === null);
  assert.equal(open.length, 30);
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'x.sqlite']);
});

test('what was exported is imported as the same connections, and again changes nothing', async () => {
  await keep('data', CONNECTIONS);
  await run(exportHistory, '--data', at('data'), at('x.db'));
  const args = ['--data', at('other'), '--source', 'airspy', at('x.db')];
  const said = `3,000 sessions of the source airspy kept in ${at('other')}. Without an end: 30.\n`;
  assert.equal(await run(importHistory, ...args), said);
  const factsOf = (session: SessionRecord) => {
    const { stream, address, port, userAgent, startedAt, identity } = session;
    const { latitude = null, longitude = null, countryCode = null, city = null } = session.place?.geo ?? {};
    const end = session.details['leftOpen'] === true ? null : session.endedAt;
    return { stream, address, port, userAgent, startedAt, identity, end, latitude, longitude, countryCode, city };
  };
  const imported = await kept('other');
  assert.deepEqual(imported.map(factsOf), (await kept('data')).map(factsOf));
  assert.deepEqual(new Set(imported.map(({ source, bot }) => `${source} ${bot}`)), new Set(['airspy false']));
  assert.equal(await run(importHistory, ...args), said);
  const byId = (list: readonly SessionRecord[]) => new Map(list.map((session) => [session.id, session]));
  assert.deepEqual(byId(await kept('other')), byId(imported));
});

test('import and export again give the same rows, whatever the sessions are', async () => {
  let round = 0;
  const property = fc.asyncProperty(anySessions, async (sessions) => {
    const [first, second, here, there] = ['a.sqlite', 'b.sqlite', 'here', 'there'].map((name) => `${round}-${name}`);
    round++;
    await keep(here!, sessions);
    await run(exportHistory, '--data', at(here!), at(first!));
    await run(importHistory, '--data', at(there!), at(first!));
    await run(exportHistory, '--data', at(there!), at(second!));
    assert.equal(rowsIn(first!).length, sessions.length);
    assert.deepEqual(rowsIn(second!), rowsIn(first!));
  });
  await fc.assert(property, { numRuns: 12 });
});

test('the other formats have every session, too, and CSV has no formula', async () => {
  await keep('data', CONNECTIONS);
  for (const name of ['x.csv', 'x.jsonl', 'x.parquet']) await run(exportHistory, '--data', at('data'), at(name));
  const lines = readFileSync(at('x.csv'), 'utf8').trimEnd().split('\r\n').slice(1);
  assert.equal(lines.length, 3000);
  assert.ok(lines.some((line) => line.includes(",'=cmd|x,")));
  assert.ok(!lines.some((line) => /(^|,)=/.test(line)));
  const history = (await kept('data')).map(sessionWire);
  assert.deepEqual(
    readFileSync(at('x.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    JSON.parse(JSON.stringify(history)),
  );
  assert.ok(readFileSync(at('x.parquet')).subarray(0, 4).equals(Buffer.from('PAR1')));
});

test('only what is asked for is written', async () => {
  await keep('data', [...CONNECTIONS.slice(0, 60), bareSession('robot', { bot: true, port: 1 })]);
  const count = async (...args: string[]) => {
    await run(exportHistory, '--data', at('data'), ...args, at('x.sqlite'));
    return rowsIn('x.sqlite').length;
  };
  assert.equal(await count(), 61);
  assert.equal(await count('--no-bots'), 60);
  assert.equal(await count('--stream', 'hf.config'), 20);
  assert.equal(await count('--stream', 'hf.config', '--stream', 'vhf.config'), 60);
  assert.equal(await count('--source', 'spyserver:/etc/hf.config'), 60);
  assert.equal(await count('--source', 'nobody'), 0);
  assert.equal(await count('--to', '2026-01-01T00:00:02.000Z'), 3);
  assert.equal(await count('--from', '2026-01-02'), 0);
  assert.equal(await count('--from', '2025-12-31', '--to', '2026-01-01'), 0);
});

test('whoever stops it, or lets it fail, keeps the file that was there, and nothing beside it', async () => {
  await keep('data', CONNECTIONS);
  for (const name of ['x.sqlite', 'x.csv', 'x.jsonl', 'x.parquet']) {
    writeFileSync(at(name), 'old');
    const terminal = { ...keptTerminal(), signal: AbortSignal.abort() };
    await assert.rejects(async () => exportHistory.run(['--data', at('data'), at(name)], terminal), {
      code: 'STOPPED',
    });
    assert.equal(readFileSync(at(name), 'utf8'), 'old', name);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
});

test('what cannot be meant is said', async () => {
  const refusal = async (...args: string[]) => {
    const asked = async () => exportHistory.run(args, keptTerminal());
    let said = '';
    await assert.rejects(asked, (error: Error & { code: string }) => {
      said = `${error.code}: ${error.message}`;
      return true;
    });
    return said;
  };
  const data = ['--data', at('none')];
  assert.match(await refusal(), /^BAD_USAGE: export takes one file/);
  assert.match(await refusal(...data, 'x.xlsx'), /^BAD_USAGE: What is x\.xlsx to be\? Say --format csv/);
  assert.match(await refusal(...data, '-f', 'sqlit', 'x'), /^BAD_USAGE: .*Did you mean sqlite\?/);
  assert.match(await refusal(...data, '-f', 'sqlite', '-'), /^BAD_USAGE: sqlite is not written to standard output/);
  assert.match(await refusal(...data, '--from', 'monday', 'x.csv'), /^BAD_USAGE: --from "monday" is no time/);
  assert.match(await refusal(...data, '--from', '2026-02-01', '--to', '2026-02-01', 'x.csv'), /^BAD_USAGE: The period/);
  assert.match(await refusal(...data, 'x.csv'), /^NO_HISTORY: /);
  await keep('data', []);
  assert.match(await refusal('--data', at('data'), at('no/x.sqlite')), /^OUTPUT_UNWRITABLE: /);
});
