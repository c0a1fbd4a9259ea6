/**
 * Sessions, written to a file one by one, in the order in which they are given: bots too. Memory is bounded; a file that
 * was there is replaced when all is written.
 */

import type { SessionRecord } from '../../core/session.ts';
import { SESSION_COLUMNS } from '../../http/session-columns.ts';
import { csvLines, jsonLines, type SessionLines } from '../../http/session-lines.ts';
import { sessionWire } from '../../http/wire.ts';
import { openOutput } from '../output-file.ts';
import type { SessionFormat } from './session-format.ts';

export interface SessionFile {
  /** One call at a time: the next when this has resolved. */
  readonly add: (session: SessionRecord) => void | Promise<void>;
  /** Puts it in its place. */
  finish(): Promise<void>;
  /** Leaves everything as it was, unless it is finished. Never rejects. */
  abandon(): Promise<void>;
}

type Opening = (path: string) => Promise<SessionFile>;

const OPENINGS: Readonly<Record<SessionFormat, Opening>> = {
  jsonl: (path) => openLines(path, jsonLines(null)),
  csv: (path) => openLines(path, csvLines(SESSION_COLUMNS)),
  // Only who wants it waits for the database that writes it.
  parquet: async (path) => (await import('./session-parquet.ts')).openSessionParquet(path),
  sqlite: async (path) => (await import('./session-sqlite.ts')).openSessionSqlite(path),
};

/** Rejects with `OUTPUT_UNWRITABLE`. */
export function openSessionFile(path: string, format: SessionFormat): Promise<SessionFile> {
  return OPENINGS[format](path);
}

/** So many characters are gathered before anybody waits for them to be written. */
const GATHERED = 64 * 1024;

async function openLines(path: string, lines: SessionLines): Promise<SessionFile> {
  const file = await openOutput(path);
  let gathered = lines.head;
  const write = () => {
    const text = gathered;
    gathered = '';
    return file.write(text);
  };
  return {
    add: (session) => {
      gathered += lines.of(sessionWire(session));
      return gathered.length < GATHERED ? undefined : write();
    },
    finish: async () => {
      await write();
      await file.finish();
    },
    abandon: file.abandon,
  };
}
