/**
 * For bench/store.ts: the peer, node:sqlite (the database that most small monitors use) with the same rows, the same
 * durability, the same memory, and for each question an index that covers it, which it is told to use.
 */

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { SessionRecord } from '../src/core/session.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -524288;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT, stream TEXT, listener TEXT, address TEXT, user_agent TEXT,
    player TEXT, version TEXT, platform TEXT, country TEXT, region TEXT, city TEXT, latitude REAL, longitude REAL,
    asn INTEGER, organization TEXT, started_at INTEGER, last_seen_at INTEGER, bytes INTEGER, requests INTEGER,
    quality TEXT, qualities TEXT) WITHOUT ROWID;
  CREATE INDEX by_time ON sessions (last_seen_at, started_at, country, listener, bytes);
  CREATE INDEX by_country ON sessions (country, started_at, last_seen_at, listener, bytes);`;

function rowOf(s: SessionRecord): SQLInputValue[] {
  const geo = s.place!.geo!;
  const player = s.player!;
  return [
    ...[s.id, s.source, s.stream, s.listener, s.address, s.userAgent, player.name, player.version, player.platform],
    ...[geo.countryCode, geo.region, geo.city, geo.latitude, geo.longitude, s.place!.asn, s.place!.organization],
    ...[s.startedAt, s.lastSeenAt, s.bytes, s.requests, s.quality, JSON.stringify(s.qualities)],
  ];
}

export class SqlitePeer {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(SCHEMA);
  }

  insert(closed: readonly SessionRecord[]): void {
    const insert = this.#database.prepare(
      `INSERT OR REPLACE INTO sessions VALUES (${new Array(22).fill('?').join(',')})`,
    );
    this.#database.exec('BEGIN');
    for (const session of closed) insert.run(...rowOf(session));
    this.#database.exec('COMMIT');
  }

  /** As `store.aggregate` by country, all of them. */
  byCountry(from: number, to: number, index: 'by_country' | 'by_time'): unknown[] {
    return this.#database
      .prepare(
        `SELECT country AS value, count(*) AS sessions, count(DISTINCT listener) AS uniqueClients,
           sum(min(last_seen_at, :to) - max(started_at, :from)) / 1000.0 AS listeningSeconds, sum(bytes) AS bytes
         FROM sessions INDEXED BY ${index} WHERE started_at < :to AND last_seen_at > :from
         GROUP BY country ORDER BY listeningSeconds DESC, country LIMIT 100`,
      )
      .all({ from: BigInt(from), to: BigInt(to) })
      .map((row) => ({ ...row }));
  }

  /** The exact peak of every step. */
  peaks(from: number, to: number, step: number): unknown[] {
    return this.#database
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
      .all({ from: BigInt(from), to: BigInt(to), step: BigInt(step) })
      .map((row) => row['peak']);
  }

  /** What listening metrics are made of, of sessions of a minute and longer, as `store.listening` has it for the whole. */
  listening(from: number, to: number): Record<string, unknown> {
    const values = { from: BigInt(from), to: BigInt(to), quarter: 900_000n };
    // No two pieces of a listener overlap; each is cut into the parts that it has of the quarter-hours.
    const [row] = this.#database
      .prepare(
        `WITH RECURSIVE there AS MATERIALIZED (
           SELECT listener, started_at, max(started_at, :from) AS began, min(last_seen_at, :to) AS ended,
             last_seen_at - started_at >= 60000 AS is_long
           FROM sessions INDEXED BY by_time WHERE started_at < :to AND last_seen_at > :from),
         ordered AS (SELECT listener, began, ended,
           max(ended) OVER (PARTITION BY listener ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
           FROM there WHERE is_long),
         parts(listener, began, ended) AS (
           SELECT listener, max(began, coalesce(reach, began)), ended FROM ordered WHERE reach IS NULL OR ended > reach
           UNION ALL
           SELECT listener, (began / :quarter + 1) * :quarter, ended FROM parts
           WHERE (began / :quarter + 1) * :quarter < ended),
         heard AS (
           SELECT listener, began / :quarter FROM parts GROUP BY 1, 2
           HAVING sum(min(ended, (began / :quarter + 1) * :quarter) - began) >= 300000),
         events AS (SELECT at, sum(change) AS change FROM (
           SELECT began AS at, 1 AS change FROM there WHERE is_long
           UNION ALL SELECT ended, -1 FROM there WHERE is_long) GROUP BY at),
         levels AS (SELECT at, sum(change) OVER (ORDER BY at) AS level FROM events)
         SELECT count(*) AS grossSessions, sum(is_long) AS activeSessions,
           sum(is_long AND started_at >= :from) AS startedSessions,
           sum((ended - began) * is_long) / 1000.0 AS listeningSeconds,
           count(DISTINCT listener) FILTER (WHERE is_long) AS listeners,
           :to / :quarter - :from / :quarter AS quarterHours,
           (SELECT count(*) FROM heard) AS quarterHourListeners,
           (SELECT max(level) FROM levels) AS peak,
           (SELECT at FROM levels ORDER BY level DESC, at LIMIT 1) AS peakAt
         FROM there`,
      )
      .all(values);
    const { peak, peakAt, ...counts } = row!;
    return { ...counts, peak: { count: peak, at: peakAt } };
  }

  /** How many sessions of a country there are, and the ids of the newest fifty. */
  page(country: string, from: number, to: number): unknown[] {
    const where = 'WHERE country = :country AND started_at < :to AND last_seen_at > :from';
    const values = { country, from: BigInt(from), to: BigInt(to) };
    const [count] = this.#database.prepare(`SELECT count(*) AS n FROM sessions ${where}`).all(values);
    const newest = `SELECT * FROM sessions ${where} ORDER BY started_at DESC, id LIMIT 50`;
    return [
      count!['n'],
      this.#database
        .prepare(newest)
        .all(values)
        .map((row) => row['id']),
    ];
  }

  close(): void {
    this.#database.close();
  }
}
