/**
 * The table `connections` of spyserver_monitor: one row a connection, and what of a session it says. Columns,
 * types and key are those of its own source, so that it, its readers, and every tool for SQLite can go on with the file.
 *
 * Rows are told apart by address, port, instance and start. Sessions of other servers may have no port, and begin in the
 * same second: then the start of the later row is some microseconds later, which our milliseconds leave free.
 */

import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { SessionWire } from '../../http/contract.ts';
import { printable } from '../../telemetry/log.ts';

/** In the order of the table. */
export const CONNECTION_COLUMNS = [
  ...(['ip', 'port', 'server_instance', 'sdr_version', 'os', 'start', 'end', 'duration'] as const),
  ...(['lat', 'lon', 'country', 'city'] as const),
] as const;

export const CREATE_CONNECTIONS = `CREATE TABLE IF NOT EXISTS connections (ip text, port text, server_instance text,
  sdr_version text, os text, start timestamp, end timestamp, duration real, lat real, lon real, country text, city text,
  PRIMARY KEY(ip, port, server_instance, start))`;

/** A row as it is written. The parts of the key are never null: then SQLite would not tell equal rows. */
export interface ConnectionRow {
  readonly ip: string;
  readonly port: string;
  readonly server_instance: string;
  readonly sdr_version: string | null;
  readonly os: string | null;
  /** `2026-01-01 12:00:00.123000`, UTC. */
  readonly start: string;
  readonly end: string | null;
  /** Seconds. */
  readonly duration: number | null;
  readonly lat: number | null;
  readonly lon: number | null;
  readonly country: string | null;
  readonly city: string | null;
}

/** What a past connection says in `details` that no other session does: import writes it, export reads it. */
export const LEFT_OPEN = 'leftOpen';
export const COUNTRY_NAME = 'countryName';

/** What a client typed cannot steer the terminal that shows the row. */
export function connectionRow(session: SessionWire): ConnectionRow {
  const { client, geo, details } = session;
  const isOver = session.endedAt !== null && details[LEFT_OPEN] !== true;
  const country = details[COUNTRY_NAME] ?? geo?.country ?? geo?.countryCode ?? null;
  const text = (value: string | null) => (value === null ? null : printable(value.toWellFormed()));
  const software = softwareOf(client.userAgent);
  return {
    ip: text(client.ip) ?? '',
    port: client.port === null ? '' : String(client.port),
    server_instance: text(session.stream)!,
    sdr_version: text(software.version),
    os: text(software.os),
    start: timestamp(session.startedAt),
    end: isOver ? timestamp(session.endedAt!) : null,
    duration: isOver ? (Date.parse(session.endedAt!) - Date.parse(session.startedAt)) / 1000 : null,
    lat: geo?.latitude ?? null,
    lon: geo?.longitude ?? null,
    country: country === null ? null : text(String(country)),
    city: text(geo?.city ?? null),
  };
}

/** `SDR# 1700.0.0.1 on Windows` is a version and a system; all others say who they are where the version stands. */
function softwareOf(userAgent: string | null): { version: string | null; os: string | null } {
  const match = /^SDR# (.+) on (.+)$/s.exec(userAgent ?? '');
  return match === null ? { version: userAgent, os: null } : { version: match[1]!, os: match[2]! };
}

/** The user agent whose row this is. */
export function userAgentOf({ sdr_version, os }: Pick<ConnectionRow, 'sdr_version' | 'os'>): string | null {
  if (sdr_version === null || sdr_version === '') return null;
  return os === null || os === '' ? sdr_version : `SDR# ${sdr_version} on ${os}`;
}

/** In microseconds. */
const SECOND = 1_000_000n;

/** From `2026-01-01T12:00:00.123Z`. */
function timestamp(time: string): string {
  return time.replace('T', ' ').replace('Z', '000');
}

/** Microseconds since the epoch; null if it is no time. The fraction may be missing: Python leaves out one of zero. */
export function microsecondsOf(text: string): bigint | null {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:Z|\+00:00)?$/.exec(text.trim());
  const second = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(second)) return null;
  return BigInt(second) * 1000n + BigInt((match![3] ?? '').padEnd(6, '0'));
}

function later(start: string): string {
  const at = microsecondsOf(start)! + 1n;
  // Before 1970 the remainder is negative.
  const fraction = ((at % SECOND) + SECOND) % SECOND;
  const second = new Date(Number((at - fraction) / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `${second}.${String(fraction).padStart(6, '0')}`;
}

/** Writes rows, each under a key of its own. The database is the caller's, and so is the transaction. */
export class ConnectionTable {
  readonly #insert: StatementSync;
  readonly #taken: StatementSync;

  constructor(database: DatabaseSync) {
    database.exec(CREATE_CONNECTIONS);
    const values = CONNECTION_COLUMNS.map(() => '?').join(', ');
    this.#insert = database.prepare(`INSERT OR IGNORE INTO connections VALUES (${values})`);
    // A thousand rows of one key in one millisecond go on in the next one.
    this.#taken = database.prepare(
      'SELECT max(start) AS start FROM connections WHERE ip = ? AND port = ? AND server_instance = ? AND start BETWEEN ? AND ?',
    );
  }

  /** Answers the start that it has got. */
  add(row: ConnectionRow): string {
    let { start } = row;
    for (;;) {
      const values = CONNECTION_COLUMNS.map((name) => (name === 'start' ? start : row[name]));
      if (this.#insert.run(...values).changes === 1) return start;
      const last = `${start.slice(0, -3)}999`;
      const taken = this.#taken.get(row.ip, row.port, row.server_instance, start, last) as Record<
        string,
        SQLOutputValue
      >;
      start = later(String(taken['start']));
    }
  }
}
