/**
 * Rows as a Parquet file, written by a DuckDB of its own: they go into a table in bounded chunks and from there into the
 * file. The table is in memory up to a limit, and beyond it in a folder beside the file.
 */

import { rm } from 'node:fs/promises';
import { type DuckDBConnection, DuckDBInstance, DuckDBTimestampTZValue, TIMESTAMPTZ } from '@duckdb/node-api';
import { appendRows } from './append.ts';
import { type Column, flag, real, text, whole } from './columns.ts';

const CHUNK = 4096;
const MEMORY = '128MB';

/** A column of plain values; a `time` is an ISO 8601 text, UTC. */
export interface ParquetColumn<Row> {
  readonly name: string;
  readonly type: 'text' | 'whole' | 'real' | 'flag' | 'time';
  readonly of: (row: Row) => string | number | boolean | null;
}

export interface ParquetTable<Row> {
  /** One call at a time: the next when this has resolved. Rejects as DuckDB does. */
  add(row: Row): void | Promise<void>;
  /** Writes all of them. A file that is there is written over. */
  writeTo(path: string): Promise<void>;
  /** Leaves nothing behind but the file. */
  close(): Promise<void>;
}

/** `spill` is a folder that is not there yet. */
export async function openParquetTable<Row>(
  columns: readonly ParquetColumn<Row>[],
  spill: string,
): Promise<ParquetTable<Row>> {
  const typed = columns.map(columnOf);
  const database = await openTable(typed, spill);
  let rows: Row[] = [];
  const append = async () => {
    const full = rows;
    rows = [];
    await appendRows(database.connection, 'rows', typed, full);
  };
  return {
    add: (row) => {
      rows.push(row);
      return rows.length < CHUNK ? undefined : append();
    },
    writeTo: async (path) => {
      await append();
      await database.connection.run(`COPY rows TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
    },
    close: async () => {
      database.close();
      await rm(spill, { recursive: true, force: true });
    },
  };
}

async function openTable<Row>(
  columns: readonly Column<Row>[],
  spill: string,
): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY,
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const declared = columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
  await connection.run(`CREATE TABLE rows (${declared})`);
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

function columnOf<Row>({ name, type, of }: ParquetColumn<Row>): Column<Row> {
  switch (type) {
    case 'text':
      return text(name, of as (row: Row) => string | null);
    case 'whole':
      return whole(name, of as (row: Row) => number | null);
    case 'real':
      return real(name, of as (row: Row) => number | null);
    case 'flag':
      return flag(name, of as (row: Row) => boolean);
    default:
      return { name, type: TIMESTAMPTZ, of: (row) => momentOf(of(row) as string | null) };
  }
}

function momentOf(time: string | null): DuckDBTimestampTZValue | null {
  return time === null ? null : new DuckDBTimestampTZValue(BigInt(Date.parse(time)) * 1000n);
}
