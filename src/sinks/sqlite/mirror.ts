/**
 * A database that mirrors sessions as they open and close: the table `connections`, and beside it which row is of which
 * session, so that an event that is told again changes nothing. A row that is there already under the same key, from an
 * export or from another program, is taken over. Rows are known by their keys: VACUUM may change rowids.
 *
 * It is opened for each batch, which is one transaction that is on the disk when it is over: between two batches the file
 * is whole, nobody is kept from it, and one that somebody has moved away is begun anew.
 */

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { EventWire, SessionWire } from '../../http/contract.ts';
import { CONNECTION_COLUMNS, type ConnectionRow, ConnectionTable, connectionRow } from './connections.ts';

const CREATE_SESSIONS = `CREATE TABLE IF NOT EXISTS headcount_sessions
  (session TEXT PRIMARY KEY, ip TEXT, port TEXT, server_instance TEXT, start TEXT,
  UNIQUE(ip, port, server_instance, start)) WITHOUT ROWID`;

type Key = Pick<ConnectionRow, 'ip' | 'port' | 'server_instance' | 'start'>;

const IS_KEY = 'ip = ? AND port = ? AND server_instance = ? AND start = ?';
const valuesOf = ({ ip, port, server_instance, start }: Key) => [ip, port, server_instance, start];
const FACTS = CONNECTION_COLUMNS.filter((name) => !['ip', 'port', 'server_instance', 'start'].includes(name));
const MILLISECONDS = 'YYYY-MM-DD HH:MM:SS.fff'.length;

/** All of them, or none. Throws what SQLite says, which names no client. */
export function mirror(path: string, events: readonly EventWire[]): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA synchronous = FULL');
    database.exec('BEGIN IMMEDIATE');
    const rows = new MirroredRows(database);
    for (const event of events) {
      if (event.type === 'session.superseded') rows.remove(event.sessionId);
      else if (event.type === 'session.opened' || event.type === 'session.closed') rows.put(event.session);
    }
    database.exec('COMMIT');
  } finally {
    // Rolls back what has not been committed.
    database.close();
  }
}

class MirroredRows {
  readonly #table: ConnectionTable;
  readonly #find: StatementSync;
  readonly #whose: StatementSync;
  readonly #name: StatementSync;
  readonly #forget: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#table = new ConnectionTable(database);
    database.exec(CREATE_SESSIONS);
    this.#find = database.prepare('SELECT ip, port, server_instance, start FROM headcount_sessions WHERE session = ?');
    this.#whose = database.prepare(`SELECT session FROM headcount_sessions WHERE ${IS_KEY}`);
    // A row may have been deleted by hand: then another one may have got its key.
    this.#name = database.prepare('INSERT OR REPLACE INTO headcount_sessions VALUES (?, ?, ?, ?, ?)');
    this.#forget = database.prepare('DELETE FROM headcount_sessions WHERE session = ?');
    const changes = FACTS.map((name) => `${name} = ?`).join(', ');
    this.#update = database.prepare(`UPDATE connections SET ${changes} WHERE ${IS_KEY}`);
    this.#remove = database.prepare(`DELETE FROM connections WHERE ${IS_KEY}`);
  }

  put(session: SessionWire): void {
    const row = connectionRow(session);
    const known = this.#keyOf(session.id);
    if (known !== null && isSame(known, row) && this.#change(known, row)) return;
    // It has another address now, or began earlier than was known: the old row is not its row any more.
    this.remove(session.id);
    const isFree = this.#whose.get(...valuesOf(row)) === undefined;
    const start = isFree && this.#change(row, row) ? row.start : this.#table.add(row);
    this.#name.run(session.id, ...valuesOf({ ...row, start }));
  }

  remove(session: string): void {
    const known = this.#keyOf(session);
    if (known === null) return;
    this.#forget.run(session);
    this.#remove.run(...valuesOf(known));
  }

  #keyOf(session: string): Key | null {
    return (this.#find.get(session) as Key | undefined) ?? null;
  }

  /** Was there such a row? */
  #change(key: Key, row: ConnectionRow): boolean {
    return this.#update.run(...FACTS.map((name) => row[name]), ...valuesOf(key)).changes === 1;
  }
}

/** The microseconds are ours: see connections.ts. */
function isSame(known: Key, row: Key): boolean {
  const rounded = (key: Key) => valuesOf({ ...key, start: key.start.slice(0, MILLISECONDS) }).join('\n');
  return rounded(known) === rounded(row);
}
