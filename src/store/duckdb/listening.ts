/**
 * What listening metrics are made of, over steps of any lengths: how many sessions were there (concurrency.ts) and who
 * the listeners were (listeners.ts). Both add up over parts: the first over slices of time, the second over groups of
 * listeners. So memory stays bounded, however many sessions there are. All parts are of one snapshot.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Instant } from '../../core/observation.ts';
import { type Listening, type ListeningCount, type ListeningQuery, QUARTER_HOUR } from '../../core/query.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { createBindings, rowsOf } from './bindings.ts';
import { bigintOf } from './columns.ts';
import { type Concurrency, readConcurrency, wholeConcurrency } from './concurrency.ts';
import { filterSql, periodSql, whereSql } from './filter.ts';
import { type Listeners, readListeners } from './listeners.ts';

const MOST_STEPS = 10_000;

/** About how many sessions a part has. */
export interface PartSizes {
  readonly sliceOf: number;
  readonly groupOf: number;
}

const PARTS: PartSizes = { sliceOf: 250_000, groupOf: 500_000 };

export async function readListening(
  connection: DuckDBConnection,
  asked: ListeningQuery,
  parts = PARTS,
): Promise<Listening> {
  const edges = asked.edges.map((edge) => Number(bigintOf(edge)));
  checkEdges(edges);
  const query = { ...asked, edges };
  await connection.run('BEGIN TRANSACTION READ ONLY');
  const sessions = await countSessions(connection, query);
  const concurrency = await readConcurrency(connection, query, Math.ceil(sessions / parts.sliceOf));
  const listeners = await readListeners(connection, query, Math.ceil(sessions / parts.groupOf));
  await connection.run('COMMIT');
  return {
    whole: countOf(wholeConcurrency(concurrency), listeners.whole),
    steps: concurrency.map((step, i) => countOf(step, listeners.steps[i]!)),
  };
}

function checkEdges(edges: readonly Instant[]): void {
  const isInOrder = edges.every((edge, i) => (i === 0 ? edge >= 0 : edge > edges[i - 1]!));
  if (edges.length < 2 || !isInOrder) throw new HeadcountError('BAD_QUERY', 'Steps begin one after the other.');
  if (edges.length - 1 > MOST_STEPS) {
    throw new HeadcountError('BAD_QUERY', `These are more than ${MOST_STEPS} steps: ask for longer ones.`);
  }
  if (edges.slice(1, -1).some((edge) => edge % QUARTER_HOUR !== 0)) {
    throw new HeadcountError('BAD_QUERY', 'Steps begin on the quarter-hour.');
  }
}

async function countSessions(connection: DuckDBConnection, { edges, filter }: ListeningQuery): Promise<number> {
  const bindings = createBindings();
  const where = whereSql([...filterSql(filter, bindings), ...periodSql(edges[0]!, edges.at(-1)!, bindings)]);
  const [row] = await rowsOf(
    connection,
    `SELECT (SELECT count(*) FROM sessions ${where}) + (SELECT count(*) FROM open_sessions ${where})`,
    bindings,
  );
  return Number(row![0]);
}

function countOf(concurrency: Concurrency, listeners: Listeners): ListeningCount {
  const { grossStarted, grossCarried, started, carried, area, peak, peakAt } = concurrency;
  return {
    grossSessions: grossCarried + grossStarted,
    activeSessions: carried + started,
    startedSessions: started,
    listeningSeconds: area / 1000,
    ...listeners,
    peak: { count: peak, at: peakAt },
  };
}
