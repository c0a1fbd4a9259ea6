/**
 * The tracker's residue as rows of JSON. Observations that wait may be many, so they go in pieces: no piece blocks the
 * event loop for long, neither when it is written nor when it is read.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Client } from '../../core/identity.ts';
import type { Instant, Observation } from '../../core/observation.ts';
import type { Residue } from '../../core/tracker.ts';
import { nextTurn } from '../../lib/turn.ts';
import { appendRows } from './append.ts';
import { rowsOf } from './bindings.ts';
import { type Column, text, whole } from './columns.ts';

const OBSERVATIONS_OF_A_PIECE = 500;

type Piece =
  | { readonly watermarks: Readonly<Record<string, Instant>> }
  | { readonly source: string; readonly observations: readonly Observation<Client>[] };

interface PieceRow {
  readonly place: number;
  readonly body: string;
}

const COLUMNS: readonly Column<PieceRow>[] = [whole('place', (row) => row.place), text('body', (row) => row.body)];

function* piecesOf({ watermarks, waiting }: Residue): Generator<Piece> {
  yield { watermarks };
  for (const { source, observations } of waiting) {
    // A source with nothing waiting is kept, too: what comes back is what was given.
    for (let from = 0; from === 0 || from < observations.length; from += OBSERVATIONS_OF_A_PIECE) {
      yield { source, observations: observations.slice(from, from + OBSERVATIONS_OF_A_PIECE) };
    }
  }
}

export async function writeResidue(connection: DuckDBConnection, residue: Residue): Promise<void> {
  const rows: PieceRow[] = [];
  for (const piece of piecesOf(residue)) {
    rows.push({ place: rows.length, body: JSON.stringify(piece) });
    await nextTurn();
  }
  await connection.run('DELETE FROM residue');
  await appendRows(connection, 'residue', COLUMNS, rows);
}

export async function readResidue(connection: DuckDBConnection): Promise<Residue> {
  let watermarks: Residue['watermarks'] = {};
  const waiting: { source: string; observations: Observation<Client>[] }[] = [];
  for (const [body] of await rowsOf(connection, 'SELECT body FROM residue ORDER BY place')) {
    const piece = JSON.parse(body as string) as Piece;
    if ('watermarks' in piece) {
      watermarks = piece.watermarks;
      continue;
    }
    const last = waiting.at(-1);
    if (last?.source === piece.source) for (const each of piece.observations) last.observations.push(each);
    else waiting.push({ source: piece.source, observations: [...piece.observations] });
    await nextTurn();
  }
  return { watermarks, waiting };
}
