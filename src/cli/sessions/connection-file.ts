/**
 * The table `connections` of a database of spyserver_monitor, or of an export of ours, read row by row: what each row
 * says of a connection that is over. Rows that say nothing that can be placed in time are counted and left out.
 */

import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { PastConnection } from '../../core/past.ts';
import { countryCode, countryName } from '../../lib/country.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { canonicalIp } from '../../lib/ip.ts';
import {
  CONNECTION_COLUMNS,
  COUNTRY_NAME,
  LEFT_OPEN,
  microsecondsOf,
  userAgentOf,
} from '../../sinks/sqlite/connections.ts';

export interface ConnectionFile {
  /** Rows. */
  readonly total: number;
  /** In the order of the table; null is a row that cannot be read. Throws `FILE_UNREADABLE`. */
  readonly connections: Iterable<PastConnection | null>;
  close(): void;
}

/** Throws `FILE_UNREADABLE`, and `NOT_CONNECTIONS` for what is no such database. It is never written to. */
export function openConnectionFile(path: string): ConnectionFile {
  if (!existsSync(path)) throw new HeadcountError('FILE_UNREADABLE', `There is no file ${path}.`);
  const database = guarded(path, () => new DatabaseSync(path, { readOnly: true }));
  try {
    const columns = guarded(path, () => database.prepare('PRAGMA table_info(connections)').all());
    const names = new Set(columns.map(({ name }) => String(name).toLowerCase()));
    const missing = CONNECTION_COLUMNS.filter((name) => !names.has(name));
    if (missing.length > 0)
      throw foreign(path, names.size === 0 ? 'It has no such table' : `It lacks ${missing.join(', ')}`);
    const [row] = guarded(path, () => database.prepare('SELECT count(*) AS n FROM connections').all());
    return { total: Number(row!['n']), connections: rowsIn(path, database), close: () => database.close() };
  } catch (error) {
    database.close();
    throw error;
  }
}

function* rowsIn(path: string, database: DatabaseSync): Generator<PastConnection | null> {
  const select = database.prepare(`SELECT ${CONNECTION_COLUMNS.join(', ')} FROM connections ORDER BY rowid`);
  // A whole number beyond 2^53 is not refused then.
  select.setReadBigInts(true);
  const rows = guarded(path, () => select.iterate());
  for (;;) {
    const { done, value } = guarded(path, () => rows.next());
    if (done === true) return;
    yield connectionOf(value as Row);
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // SQLITE_NOTADB
    if ((error as { errcode?: number }).errcode === 26) throw foreign(path, 'It is something else');
    throw new HeadcountError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(error)}`);
  }
}

function foreign(path: string, why: string): HeadcountError {
  return new HeadcountError(
    'NOT_CONNECTIONS',
    `${path} is no SQLite database with the table connections of spyserver_monitor. ${why}.`,
  );
}

type Row = Readonly<Record<(typeof CONNECTION_COLUMNS)[number], SQLOutputValue>>;

/** Longer texts are nobody's. */
const LONGEST = 4096;
/** Between these JavaScript has times. */
const LATEST = 8.64e15;

function connectionOf(row: Row): PastConnection | null {
  const [ip, port, instance] = [textOf(row.ip), textOf(row.port), textOf(row.server_instance)];
  const start = microsecondsOf(textOf(row.start) ?? '');
  const software = { sdr_version: textOf(row.sdr_version), os: textOf(row.os) };
  if (start === null || instance === null) return null;
  const country = textOf(row.country);
  const texts = [ip, port, instance, software.sdr_version, software.os, country, textOf(row.city)];
  if (texts.some((text) => text !== null && text.length > LONGEST / 2)) return null;
  const startedAt = millisecondsOf(start);
  const endedAt = endOf(row, startedAt);
  const code = country === null ? null : countryCode(country);
  return {
    key: JSON.stringify([ip, port, instance, String(start)]),
    stream: instance,
    address: ip === null || ip === '' ? null : (canonicalIp(ip) ?? ip),
    port: portOf(port),
    userAgent: userAgentOf(software),
    startedAt,
    // Of one that was left open only the beginning is known.
    endedAt: endedAt ?? startedAt + 1000,
    reason: endedAt === null ? 'lost' : 'left',
    latitude: degreesOf(row.lat, 90),
    longitude: degreesOf(row.lon, 180),
    countryCode: code,
    city: textOf(row.city),
    details: {
      ...(endedAt === null ? { [LEFT_OPEN]: true } : {}),
      // What the table calls it, where we say something else.
      ...(country !== null && countryName(code) !== country ? { [COUNTRY_NAME]: country } : {}),
    },
  };
}

/** Null if nobody has written it. */
function endOf({ end, duration }: Row, startedAt: number): number | null {
  const at = microsecondsOf(textOf(end) ?? '');
  const seconds = Number(duration ?? Number.NaN);
  const ended = at === null ? startedAt + Math.round(seconds * 1000) : millisecondsOf(at);
  if (Number.isNaN(ended) || Math.abs(ended) > LATEST) return null;
  return Math.max(ended, startedAt);
}

/** Rounded down. */
function millisecondsOf(microseconds: bigint): number {
  return Math.floor(Number(microseconds) / 1000);
}

function textOf(value: SQLOutputValue): string | null {
  return value === null || value instanceof Uint8Array ? null : String(value);
}

function portOf(text: string | null): number | null {
  return text !== null && /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}

function degreesOf(value: SQLOutputValue, most: number): number | null {
  const text = textOf(value);
  const degrees = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Math.abs(degrees) <= most ? degrees : null;
}
