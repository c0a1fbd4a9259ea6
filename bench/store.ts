/**
 * What a history of a million sessions costs: to commit it, to ask it what the dashboard asks, and to keep up with fifty
 * thousand changed open sessions a second. The peer is node:sqlite (the database that most small monitors use) with the
 * same rows, the same durability, the same memory, and for each question an index that covers it, which it is told to
 * use. Both sides answer every question in turn, in one run, and their answers must agree.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { SessionRecord } from '../src/core/session.ts';
import type { OpenSession } from '../src/core/tracker.ts';
import { appendRows } from '../src/store/duckdb/append.ts';
import { closedColumns } from '../src/store/duckdb/columns.ts';
import { openDuckDbStore } from '../src/store/duckdb/index.ts';
import { openInstance } from '../src/store/duckdb/instance.ts';
import { MIGRATIONS } from '../src/store/duckdb/migrations.ts';
import type { Commit, Store } from '../src/store/store.ts';
import { silentLog } from '../src/telemetry/log.ts';

const SESSIONS = 1_000_000;
const BATCH = 50_000;
const ROUNDS = 7;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
/** 2025-01-01T00:00:00Z. */
const START = 1_735_689_600_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Mulberry32: the same sequence for the same seed, everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const COUNTRIES = Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + (i % 26), 65 + Math.floor(i / 26)));

/** Session number `i` of a year, in order of time: 50 countries, 2,000 cities, 200 players, 20 streams, 400,000 listeners. */
function sessionOf(i: number, random: () => number): SessionRecord {
  const startedAt = Math.floor(START + (i / SESSIONS) * YEAR + random() * 60_000);
  const seconds = Math.ceil(-1800 * Math.log(1 - random()));
  const listener = Math.floor(random() * 400_000);
  // A few countries and players have most of the audience, as everywhere.
  const city = Math.floor(random() ** 2 * 2000);
  const player = Math.floor(random() ** 3 * 200);
  const lastSeenAt = startedAt + seconds * 1000;
  return {
    id: tokenOf(i, 0x1234567),
    source: `edge-${i % 4}`,
    stream: `stream-${Math.floor(random() * 20)}`,
    identity: 'inferred',
    listener: tokenOf(listener, 0x7654321),
    address: `198.51.${listener & 255}.${(listener >> 8) & 255}`,
    port: null,
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Player/${player}.0 Safari/537.36`,
    user: null,
    device: null,
    player: { name: `Player ${player}`, version: `${player % 9}.0`, type: 'player', platform: `OS ${player % 7}` },
    place: {
      geo: {
        countryCode: COUNTRIES[city % 50]!,
        regionCode: null,
        region: `Region ${city % 500}`,
        city: `City ${city}`,
        postalCode: null,
        latitude: (city % 180) - 90 + 0.25,
        longitude: (city % 360) - 180 + 0.5,
        accuracyKm: 50,
        timeZone: null,
      },
      asn: 64_496 + (city % 300),
      organization: `Network ${city % 300}`,
    },
    bot: false,
    provisional: false,
    startedAt,
    lastSeenAt,
    endedAt: lastSeenAt,
    reason: 'expired',
    bytes: Math.floor(seconds * 250_000 * random()),
    requests: Math.ceil(seconds / 6),
    traffic: null,
    quality: '720p',
    qualities: [{ at: startedAt, value: '720p' }],
    title: null,
    details: {},
  };
}

/** 22 characters, as a truncated hash has. */
function tokenOf(n: number, salt: number): string {
  const random = randomOf(n ^ salt);
  let token = '';
  for (let i = 0; i < 3; i++) token += Math.floor(random() * 2 ** 32 + 2 ** 32).toString(36);
  return token.padEnd(22, '0').slice(0, 22);
}

function commitOf(sequence: number, fields: Partial<Commit>): Commit {
  const residue = { watermarks: {}, waiting: [] };
  return { sequence, superseded: [], closed: [], open: [], reports: [], samples: [], cursors: {}, residue, ...fields };
}

const SQLITE_SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -524288;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT, stream TEXT, listener TEXT, address TEXT, user_agent TEXT,
    player TEXT, version TEXT, platform TEXT, country TEXT, region TEXT, city TEXT, latitude REAL, longitude REAL,
    asn INTEGER, organization TEXT, started_at INTEGER, last_seen_at INTEGER, bytes INTEGER, requests INTEGER,
    quality TEXT, qualities TEXT) WITHOUT ROWID;
  CREATE INDEX by_time ON sessions (last_seen_at, started_at, country, listener, bytes);
  CREATE INDEX by_country ON sessions (country, started_at, last_seen_at, listener, bytes);`;

function sqliteRow(s: SessionRecord): SQLInputValue[] {
  const geo = s.place!.geo!;
  const player = s.player!;
  return [
    ...[s.id, s.source, s.stream, s.listener, s.address, s.userAgent, player.name, player.version, player.platform],
    ...[geo.countryCode, geo.region, geo.city, geo.latitude, geo.longitude, s.place!.asn, s.place!.organization],
    ...[s.startedAt, s.lastSeenAt, s.bytes, s.requests, s.quality, JSON.stringify(s.qualities)],
  ];
}

/** Commits the million to both, batch by batch in turn. */
async function load(store: Store, sqlite: DatabaseSync): Promise<void> {
  const insert = sqlite.prepare(`INSERT OR REPLACE INTO sessions VALUES (${new Array(22).fill('?').join(',')})`);
  const random = randomOf(42);
  let ours = 0;
  let theirs = 0;
  const blocks: number[] = [];
  for (let sequence = 1; sequence <= SESSIONS / BATCH; sequence++) {
    const closed = Array.from({ length: BATCH }, (_, i) => sessionOf((sequence - 1) * BATCH + i, random));
    await sleepUntil(0);
    const { ms, block } = await timed(() => store.commit(commitOf(sequence, { closed })));
    ours += ms;
    blocks.push(block);
    const theirBegin = performance.now();
    sqlite.exec('BEGIN');
    for (const row of closed) insert.run(...sqliteRow(row));
    sqlite.exec('COMMIT');
    theirs += performance.now() - theirBegin;
  }
  const batches = SESSIONS / BATCH;
  say(`  ${SESSIONS.toLocaleString('en')} closed sessions in ${batches} commits of ${BATCH.toLocaleString('en')}`);
  say(
    `    headcount ${seconds(ours)}, event loop blocked for at most ${median(blocks).toFixed(0)} ms (median commit), ${Math.max(...blocks).toFixed(0)} ms (worst)`,
  );
  say(`    sqlite    ${seconds(theirs)} (all of it a block)   ratio ${(theirs / ours).toFixed(1)}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

interface Question {
  readonly name: string;
  /** Answers something that both sides must agree on. */
  readonly ours: (store: Store) => Promise<unknown>;
  readonly theirs: (sqlite: DatabaseSync) => unknown;
}

function aggregateQuestion(name: string, from: number, to: number, index: string): Question {
  return {
    name,
    ours: (store) => store.aggregate({ from, to, by: 'country', filter: {}, limit: 100 }),
    theirs: (sqlite) =>
      sqlite
        .prepare(
          `SELECT country AS value, count(*) AS sessions, count(DISTINCT listener) AS uniqueClients,
             sum(min(last_seen_at, :to) - max(started_at, :from)) / 1000.0 AS listeningSeconds, sum(bytes) AS bytes
           FROM sessions INDEXED BY ${index} WHERE started_at < :to AND last_seen_at > :from
           GROUP BY country ORDER BY listeningSeconds DESC, country LIMIT 100`,
        )
        .all({ from: BigInt(from), to: BigInt(to) })
        .map((row) => ({ ...row })),
  };
}

/** The last one, as dashboards ask: there an index by end finds what overlaps it, without reading much else. */
const MONTH = { from: START + YEAR - 31 * DAY, to: START + YEAR, step: HOUR };

const TIMELINE: Question = {
  name: 'timeline of 31 days, steps of 1 h',
  ours: async (store) => {
    const { series } = await store.timeline({ ...MONTH, by: null, filter: {}, limit: 1 });
    return series[0]!.peak;
  },
  theirs: (sqlite) =>
    sqlite
      .prepare(
        `WITH RECURSIVE steps(at) AS (SELECT :from UNION ALL SELECT at + :step FROM steps WHERE at + :step < :to),
         events AS (SELECT at, sum(change) AS change FROM (
           SELECT max(started_at, :from) AS at, 1 AS change FROM sessions WHERE started_at < :to AND last_seen_at > :from
           UNION ALL
           SELECT min(last_seen_at, :to), -1 FROM sessions WHERE started_at < :to AND last_seen_at > :from
           UNION ALL SELECT at, 0 FROM steps) GROUP BY at),
         levels AS (SELECT at, sum(change) OVER (ORDER BY at) AS level, lead(at, 1, :to) OVER (ORDER BY at) - at AS lasted
           FROM events)
         SELECT (at - :from) / :step AS step, max(level) AS peak, sum(level * lasted) AS area
         FROM levels WHERE lasted > 0 GROUP BY 1 ORDER BY 1`,
      )
      .all({ from: BigInt(MONTH.from), to: BigInt(MONTH.to), step: BigInt(MONTH.step) })
      .map((row) => row['peak']),
};

const PAGE: Question = {
  name: 'page of 50 of a country, newest first, and its total',
  ours: async (store) => {
    const page = await store.sessions({
      ...{ state: 'all', from: MONTH.from, to: MONTH.to, sort: 'startedAt', descending: true, limit: 50, cursor: null },
      filter: { country: [COUNTRIES[3]!] },
    });
    return [page.total, page.items.map(({ id }) => id)];
  },
  theirs: (sqlite) => {
    const where = 'WHERE country = :country AND started_at < :to AND last_seen_at > :from';
    const values = { country: COUNTRIES[3]!, from: BigInt(MONTH.from), to: BigInt(MONTH.to) };
    const [count] = sqlite.prepare(`SELECT count(*) AS n FROM sessions ${where}`).all(values);
    const rows = sqlite.prepare(`SELECT * FROM sessions ${where} ORDER BY started_at DESC, id LIMIT 50`).all(values);
    return [count!['n'], rows.map((row) => row['id'])];
  },
};

async function compare(store: Store, sqlite: DatabaseSync, question: Question): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const answer = await question.ours(store);
    ours.push(performance.now() - began);
    const theirBegin = performance.now();
    const theirAnswer = question.theirs(sqlite);
    theirs.push(performance.now() - theirBegin);
    if (JSON.stringify(answer) !== JSON.stringify(theirAnswer)) throw new Error(`${question.name}: the answers differ`);
  }
  const ratio = (median(theirs) / median(ours)).toFixed(1);
  say(`  ${question.name}`);
  say(`    headcount ${median(ours).toFixed(1)} ms, sqlite ${median(theirs).toFixed(1)} ms   ratio ${ratio}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Ten seconds of fifty thousand changed open sessions a second, beside the million. */
async function keepUp(store: Store, firstSequence: number): Promise<void> {
  const random = randomOf(7);
  const records = Array.from({ length: BATCH }, (_, i) => sessionOf(i + 2 * SESSIONS, random));
  const times: number[] = [];
  const blocks: number[] = [];
  let cpu = 0;
  const start = performance.now();
  for (let second = 0; second < 10; second++) {
    const open = records.map((record) => openOf(record, second));
    await sleepUntil(start + second * 1000);
    const before = process.cpuUsage();
    const { ms, block } = await timed(() => store.commit(commitOf(firstSequence + second, { open })));
    const { user, system } = process.cpuUsage(before);
    cpu += (user + system) / 1000;
    times.push(ms);
    blocks.push(block);
  }
  say(`  ${BATCH.toLocaleString('en')} changed open sessions a second, for 10 s`);
  say(`    ${median(times).toFixed(0)} ms a commit (median), ${Math.max(...times).toFixed(0)} ms the slowest`);
  say(
    `    event loop blocked for at most ${median(blocks).toFixed(0)} ms (median commit), ${Math.max(...blocks).toFixed(0)} ms (worst)`,
  );
  say(`    ${(cpu / 10).toFixed(0)} ms of processor time a commit, all threads together`);
}

async function sleepUntil(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(time - performance.now(), 0)));
}

/** How long it took, and the longest time in which the event loop had no turn. */
async function timed(work: () => Promise<unknown>): Promise<{ ms: number; block: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  delay.disable();
  return { ms, block: delay.max / 1e6 };
}

function openOf(record: SessionRecord, second: number): OpenSession {
  const seen = record.startedAt + second * 1000;
  const state = {
    ...{ key: record.listener, selfDeclared: true, agent: record.listener, network: record.listener, listenerRank: 0 },
    ...{ seenBy: record.source, seen, end: null, rare: null },
  };
  return { record: { ...record, lastSeenAt: seen, endedAt: null, reason: null, bytes: second * 1000 }, state };
}

/** The ways in that DuckDB has for rows from JavaScript: ours, and prepared inserts of a hundred rows. */
async function compareWaysIn(folder: string): Promise<void> {
  const random = randomOf(3);
  const rows = Array.from({ length: 10_000 }, (_, i) => sessionOf(i, random));
  const columns = closedColumns(1);
  const instance = await openInstance(join(folder, 'ways.duckdb'), { memoryMegabytes: 512, threads: 2 });
  const connection = await instance.connect();
  for (const { apply } of MIGRATIONS) {
    await apply(async (sql) => {
      await connection.run(sql);
    });
  }
  const inTransaction = async (work: () => Promise<void>) => {
    await connection.run('BEGIN');
    await work();
    await connection.run('COMMIT');
  };
  const row = `(${columns.map(() => '?').join(',')})`;
  const prepared = await connection.prepare(`INSERT INTO sessions VALUES ${new Array(100).fill(row).join(',')}`);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 3; round++) {
    ours.push((await timed(() => inTransaction(() => appendRows(connection, 'sessions', columns, rows)))).ms);
    const insert = async () => {
      for (let from = 0; from < rows.length; from += 100) {
        const cells = rows.slice(from, from + 100).flatMap((each) => columns.map(({ of }) => of(each)));
        const types = rows.slice(from, from + 100).flatMap(() => columns.map(({ type }) => type));
        prepared.bind(cells, types);
        await prepared.run();
      }
    };
    theirs.push((await timed(() => inTransaction(insert))).ms);
  }
  prepared.destroySync();
  connection.closeSync();
  instance.closeSync();
  const ratio = (median(theirs) / median(ours)).toFixed(1);
  say('  10,000 sessions into DuckDB from JavaScript');
  say(
    `    data chunks ${median(ours).toFixed(0)} ms, prepared inserts ${median(theirs).toFixed(0)} ms   ratio ${ratio}`,
  );
}

export async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-bench-'));
  const store = await openDuckDbStore({ directory: join(folder, 'data'), log: silentLog });
  const sqlite = new DatabaseSync(join(folder, 'peer.sqlite'));
  try {
    sqlite.exec(SQLITE_SCHEMA);
    say('store: a year of sessions, against node:sqlite');
    await load(store, sqlite);
    say(`    ${((await store.size()).bytes / 1e6).toFixed(0)} MB on disk`);
    await compare(
      store,
      sqlite,
      aggregateQuestion('history by country, the whole year', START, START + YEAR, 'by_country'),
    );
    await compare(store, sqlite, aggregateQuestion('history by country, one month', MONTH.from, MONTH.to, 'by_time'));
    await compare(store, sqlite, TIMELINE);
    await compare(store, sqlite, PAGE);
    await keepUp(store, SESSIONS / BATCH + 1);
    await compareWaysIn(folder);
  } finally {
    sqlite.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
