/**
 * The outbox: events that were committed with their sessions, and how far each sink has come. An event is kept as JSON,
 * with what it takes to find whom it is about.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { AudienceEvent } from '../../core/event.ts';
import type { Outbox, OutboxPlace, QueuedEvent } from '../store.ts';
import { appendRows } from './append.ts';
import { change, createBindings, rowsOf } from './bindings.ts';
import type { Checkpointer } from './checkpoint.ts';
import { type Column, text, whole } from './columns.ts';
import type { Database } from './database.ts';

interface PlacedEvent {
  readonly place: number;
  readonly event: AudienceEvent;
}

export async function writeEvents(
  connection: DuckDBConnection,
  sequence: number,
  events: readonly AudienceEvent[],
): Promise<void> {
  const rows = events.map((event, place) => ({ event, place }));
  await appendRows(connection, 'outbox', columnsOf(sequence), rows);
}

function columnsOf(sequence: number): readonly Column<PlacedEvent>[] {
  const session = ({ event }: PlacedEvent) => ('session' in event ? event.session : null);
  const account = ({ event }: PlacedEvent) => ('account' in event ? event : null);
  return [
    whole('sequence', () => sequence),
    whole('place', ({ place }) => place),
    whole('happened_at', ({ event }) => event.at),
    text('listener', (row) => session(row)?.listener ?? account(row)?.listener ?? null),
    text('address', (row) => session(row)?.address ?? null),
    text('user_name', (row) => session(row)?.user ?? account(row)?.account.user ?? null),
    text('body', ({ event }) => JSON.stringify(event)),
  ];
}

/** Events behind the place of the sink; `$1` is its name. None if there is no such sink. */
const WAITING = `FROM outbox o, sinks s WHERE s.name = $1 AND (o.sequence, o.place) > (s.sequence, s.place)`;

export function outboxOf(database: Database, checkpoint: Checkpointer): Outbox {
  const changing = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const answer = await database.write(async (connection) => {
      await connection.run('BEGIN');
      const result = await work(connection);
      await connection.run('COMMIT');
      return result;
    });
    await checkpoint.ifDue();
    return answer;
  };
  return {
    open: (sinks) => changing((connection) => openSinks(connection, sinks)),
    waiting: (sink, limit) => database.read((connection) => readWaiting(connection, sink, limit)),
    advance: (sink, to) => changing((connection) => advance(connection, sink, to)),
    trim: (sink, most) => changing((connection) => trim(connection, sink, most)),
    count: (sink) => database.read((connection) => countWaiting(connection, sink)),
  };
}

async function openSinks(connection: DuckDBConnection, sinks: readonly string[]): Promise<void> {
  const gone = createBindings();
  await change(connection, `DELETE FROM sinks WHERE name NOT IN (SELECT unnest(${gone.texts(sinks)}))`, gone);
  const added = createBindings();
  const names = `SELECT DISTINCT unnest(${added.texts(sinks)}) AS name`;
  await change(
    connection,
    `INSERT INTO sinks SELECT name, progress.sequence, ${Number.MAX_SAFE_INTEGER} FROM (${names}), progress
     WHERE name NOT IN (SELECT name FROM sinks)`,
    added,
  );
  await removePassed(connection);
}

async function readWaiting(connection: DuckDBConnection, sink: string, limit: number): Promise<QueuedEvent[]> {
  const bindings = createBindings();
  bindings.text(sink);
  const rows = await rowsOf(
    connection,
    `SELECT o.sequence, o.place, o.body ${WAITING} ORDER BY o.sequence, o.place LIMIT ${bindings.whole(limit)}`,
    bindings,
  );
  return rows.map(([sequence, place, body]) => ({
    at: { sequence: Number(sequence), place: Number(place) },
    event: JSON.parse(body as string) as AudienceEvent,
  }));
}

async function countWaiting(connection: DuckDBConnection, sink: string): Promise<number> {
  const bindings = createBindings();
  bindings.text(sink);
  const [row] = await rowsOf(connection, `SELECT count(*) ${WAITING}`, bindings);
  return Number(row![0]);
}

async function advance(connection: DuckDBConnection, sink: string, to: OutboxPlace): Promise<void> {
  const bindings = createBindings();
  const [name, sequence, place] = [bindings.text(sink), bindings.whole(to.sequence), bindings.whole(to.place)];
  await change(
    connection,
    `UPDATE sinks SET sequence = ${sequence}, place = ${place}
     WHERE name = ${name} AND (sequence, place) < (${sequence}, ${place})`,
    bindings,
  );
  await removePassed(connection);
}

async function trim(connection: DuckDBConnection, sink: string, most: number): Promise<number> {
  const tooMany = (await countWaiting(connection, sink)) - most;
  if (tooMany <= 0) return 0;
  const bindings = createBindings();
  bindings.text(sink);
  const [last] = await rowsOf(
    connection,
    `SELECT o.sequence, o.place ${WAITING} ORDER BY o.sequence, o.place LIMIT 1 OFFSET ${bindings.whole(tooMany - 1)}`,
    bindings,
  );
  await advance(connection, sink, { sequence: Number(last![0]), place: Number(last![1]) });
  return tooMany;
}

async function removePassed(connection: DuckDBConnection): Promise<void> {
  const [first] = await rowsOf(connection, 'SELECT sequence, place FROM sinks ORDER BY sequence, place LIMIT 1');
  if (first === undefined) {
    await connection.run('DELETE FROM outbox');
    return;
  }
  const bindings = createBindings();
  const bound = `(${bindings.whole(Number(first[0]))}, ${bindings.whole(Number(first[1]))})`;
  await change(connection, `DELETE FROM outbox WHERE (sequence, place) <= ${bound}`, bindings);
}
