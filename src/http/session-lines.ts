/** Sessions as lines of text, for files that are written from their beginning to their end. */

import { csvLine } from '../lib/csv.ts';
import { printable, printableJson } from '../lib/printable.ts';
import type { SessionWire } from './contract.ts';
import type { SessionColumn, SessionValue } from './session-columns.ts';

export interface SessionLines {
  /** What comes first. */
  readonly head: string;
  readonly of: (session: SessionWire) => string;
}

/** One row a session; no cell is a formula. */
export function csvLines(columns: readonly SessionColumn[]): SessionLines {
  return {
    head: csvLine(columns.map(({ name }) => name)),
    of: (session) => csvLine(columns.map(({ of }) => cellOf(of(session)))),
  };
}

/** One JSON object a line: the whole session as the API has it, or just these columns, by their names. */
export function jsonLines(columns: readonly SessionColumn[] | null): SessionLines {
  const shown = (session: SessionWire) =>
    columns === null ? session : Object.fromEntries(columns.map(({ name, of }) => [name, of(session)]));
  return { head: '', of: (session) => `${printableJson(JSON.stringify(shown(session)))}\n` };
}

/** Whoever prints the file on a terminal must not be steered by it. */
function cellOf(value: SessionValue): SessionValue {
  return typeof value === 'string' ? printable(value) : value;
}
