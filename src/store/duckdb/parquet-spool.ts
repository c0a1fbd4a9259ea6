/** Parquet files that are written to a folder of ours, to be read once: a file has no name any more when it is read. */

import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { openParquetTable, type ParquetColumn } from './parquet.ts';

export interface SpooledParquet<Row> {
  add(row: Row): void | Promise<void>;
  finish(): Promise<Readable>;
  abandon(): Promise<void>;
}

/** What a process that was killed has left in the folder goes first. */
export async function openParquetSpool(folder: string) {
  await rm(folder, { recursive: true, force: true });
  return async <Row>(columns: readonly ParquetColumn<Row>[]): Promise<SpooledParquet<Row>> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const own = await mkdtemp(join(folder, 'parquet-'));
    const remove = () => rm(own, { recursive: true, force: true }).catch(() => {});
    const table = await openParquetTable(columns, join(own, 'spill')).catch(async (error) => {
      await remove();
      throw error;
    });
    return {
      add: (row) => table.add(row),
      finish: async () => {
        const path = join(own, 'sessions.parquet');
        await table.writeTo(path);
        const stream = createReadStream(path);
        // Once it is open it needs no name.
        await new Promise((resolve, reject) => stream.once('open', resolve).once('error', reject));
        return stream;
      },
      abandon: async () => {
        await table.close().catch(() => {});
        await remove();
      },
    };
  };
}
