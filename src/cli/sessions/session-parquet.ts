/** Sessions as a Parquet file (store/duckdb/parquet.ts). */

import type { SessionWire } from '../../http/contract.ts';
import { SESSION_COLUMNS } from '../../http/session-columns.ts';
import { sessionWire } from '../../http/wire.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { openParquetTable } from '../../store/duckdb/parquet.ts';
import { openOutput } from '../output-file.ts';
import type { SessionFile } from './session-file.ts';

export async function openSessionParquet(path: string): Promise<SessionFile> {
  const file = await openOutput(path);
  const refuse = (error: unknown): never => {
    throw new HeadcountError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${messageOf(error)}`);
  };
  const table = await openParquetTable<SessionWire>(SESSION_COLUMNS, `${file.partial}.spill`).catch(refuse);
  return {
    add: (session) => table.add(sessionWire(session))?.catch(refuse),
    finish: async () => {
      try {
        // The file is there, empty and ours: DuckDB writes into it.
        await table.writeTo(file.partial);
      } catch (error) {
        refuse(error);
      } finally {
        await table.close();
      }
      await file.finish();
    },
    abandon: async () => {
      await table.close().catch(() => {});
      await file.abandon();
    },
  };
}
