/**
 * Sessions as an SQLite database with the table `connections` (sinks/sqlite/connections.ts). It is written in one go and
 * needs no journal: whoever kills us keeps the file that was there before. Memory is SQLite's cache.
 */

import { DatabaseSync } from 'node:sqlite';
import { sessionWire } from '../../http/wire.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { ConnectionTable, connectionRow } from '../../sinks/sqlite/connections.ts';
import { openOutput } from '../output-file.ts';
import type { SessionFile } from './session-file.ts';

const CACHE_KIBIBYTES = 16_384;

export async function openSessionSqlite(path: string): Promise<SessionFile> {
  const file = await openOutput(path);
  const refuse = (error: unknown): never => {
    throw new HeadcountError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}`);
  };
  let database: DatabaseSync | null = null;
  const close = () => {
    database?.close();
    database = null;
  };
  try {
    database = new DatabaseSync(file.partial);
    database.exec(
      `PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE_KIBIBYTES}; BEGIN`,
    );
    const table = new ConnectionTable(database);
    return {
      add: (session) => {
        try {
          table.add(connectionRow(sessionWire(session)));
        } catch (error) {
          refuse(error);
        }
      },
      finish: async () => {
        try {
          database?.exec('COMMIT');
          close();
        } catch (error) {
          refuse(error);
        }
        // Flushes it to the disk.
        await file.finish();
      },
      abandon: async () => {
        close();
        await file.abandon();
      },
    };
  } catch (error) {
    if (database !== null) close();
    await file.abandon();
    return refuse(error);
  }
}
