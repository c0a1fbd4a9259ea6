/**
 * Sessions as a Parquet file, written by DuckDB: rows go into a table in bounded chunks and from there into the file.
 * The table is in memory up to a limit, and beyond it in a folder beside the file.
 */

import { rm } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampTZValue, TIMESTAMPTZ } from '@duckdb/node-api';
import type { SessionWire } from '../../http/contract.ts';
import { sessionWire } from '../../http/wire.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { appendRows } from '../../store/duckdb/append.ts';
import { type Column, flag, real, text, whole } from '../../store/duckdb/columns.ts';
import { openOutput } from '../output-file.ts';
import { SESSION_COLUMNS, type SessionColumn } from './session-columns.ts';
import type { SessionFile } from './session-file.ts';

const CHUNK = 4096;
const MEMORY = '128MB';

export async function openSessionParquet(path: string): Promise<SessionFile> {
  const file = await openOutput(path);
  const spill = `${file.partial}.spill`;
  const refuse = (error: unknown): never => {
    throw new HeadcountError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}`);
  };
  const database = await openTable(spill).catch(refuse);
  let rows: SessionWire[] = [];
  const append = async () => {
    const full = rows;
    rows = [];
    await appendRows(database.connection, 'sessions', COLUMNS, full);
  };
  const close = async () => {
    database.close();
    await rm(spill, { recursive: true, force: true });
  };
  return {
    add: (session) => {
      rows.push(sessionWire(session));
      return rows.length < CHUNK ? undefined : append().catch(refuse);
    },
    finish: async () => {
      try {
        await append();
        // The file is there, empty and ours: DuckDB writes into it.
        await database.connection.run(`COPY sessions TO ${literal(file.partial)} (FORMAT parquet, COMPRESSION zstd)`);
      } catch (error) {
        refuse(error);
      } finally {
        await close();
      }
      await file.finish();
    },
    abandon: async () => {
      await close().catch(() => {});
      await file.abandon();
    },
  };
}

async function openTable(spill: string): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY,
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const declared = COLUMNS.map(({ name, type }) => `"${name}" ${type}`).join(', ');
  await connection.run(`CREATE TABLE sessions (${declared})`);
  let isOpen = true;
  return {
    connection,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function literal(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

const COLUMNS: readonly Column<SessionWire>[] = SESSION_COLUMNS.map(columnOf);

function columnOf({ name, type, of }: SessionColumn): Column<SessionWire> {
  switch (type) {
    case 'text':
      return text(name, of as (session: SessionWire) => string | null);
    case 'whole':
      return whole(name, of as (session: SessionWire) => number | null);
    case 'real':
      return real(name, of as (session: SessionWire) => number | null);
    case 'flag':
      return flag(name, of as (session: SessionWire) => boolean);
    default:
      return { name, type: TIMESTAMPTZ, of: (session) => momentOf(of(session) as string | null) };
  }
}

function momentOf(time: string | null): DuckDBTimestampTZValue | null {
  return time === null ? null : new DuckDBTimestampTZValue(BigInt(Date.parse(time)) * 1000n);
}
