/** What is known of streams beside their sessions: reports and samples. */

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Instant } from '../../core/observation.ts';
import { SAMPLES_AT_ONCE, type Sample, type StoredReport } from '../store.ts';
import { createBindings, rowsOf } from './bindings.ts';
import { reportOf } from './resume.ts';

const MOST_REPORTS = 1000;

export interface ReportQuery {
  readonly source: string;
  readonly stream: string;
  readonly limit: number;
  /** Null is the newest. */
  readonly before: Instant | null;
}

export async function findReports(connection: DuckDBConnection, query: ReportQuery): Promise<StoredReport[]> {
  const { source, stream, limit, before } = query;
  const bindings = createBindings();
  const conditions = [`source = ${bindings.text(source)}`, `stream = ${bindings.text(stream)}`];
  if (before !== null) conditions.push(`told_at < ${bindings.whole(before)}`);
  const rows = await rowsOf(
    connection,
    `SELECT source, body FROM reports WHERE ${conditions.join(' AND ')}
     ORDER BY told_at DESC, sequence DESC, place DESC LIMIT ${Math.min(Math.max(Math.trunc(limit), 1), MOST_REPORTS)}`,
    bindings,
  );
  return rows.map(reportOf);
}

export interface SampleQuery {
  readonly source: string;
  readonly stream: string;
  readonly metric: string;
  readonly from: Instant;
  readonly to: Instant;
}

export async function findSamples(connection: DuckDBConnection, query: SampleQuery): Promise<Sample[]> {
  const { source, stream, metric } = query;
  const bindings = createBindings();
  const conditions = [
    `source = ${bindings.text(source)}`,
    `stream = ${bindings.text(stream)}`,
    `metric = ${bindings.text(metric)}`,
    `measured_at >= ${bindings.whole(query.from)}`,
    `measured_at < ${bindings.whole(query.to)}`,
  ];
  const rows = await rowsOf(
    connection,
    `SELECT measured_at, value FROM samples WHERE ${conditions.join(' AND ')} ORDER BY measured_at, rowid LIMIT ${SAMPLES_AT_ONCE}`,
    bindings,
  );
  return rows.map(([at, value]) => ({ source, stream, at: Number(at), metric, value: value as number }));
}
