/**
 * `GET /sessions/export`: all sessions that a question of `/sessions` chooses, as a file. Lines are written as they are
 * read, and whoever takes them slowly is waited for; Parquet is written to a file first. What breaks off is seen to: the
 * connection is cut, and no file ends as if it were whole.
 */

import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { SessionSort } from '../core/query.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { Visit, VisitQuery } from '../store/store.ts';
import type { Principal } from './auth.ts';
import { SessionsExportQuery, type SessionWire } from './contract.ts';
import { filterOf } from './filter.ts';
import { whenOf } from './instant.ts';
import { parsePart } from './route.ts';
import type { Service } from './service.ts';
import { SESSION_COLUMNS, type SessionColumn } from './session-columns.ts';
import { csvLines, jsonLines, type SessionLines } from './session-lines.ts';
import { sessionWire } from './wire.ts';

/** A Parquet file that is being written where nobody else reads it. */
export interface ParquetFile {
  add(session: SessionWire): void | Promise<void>;
  /** Once, when all have been added; the file is gone when it has been read, or destroyed. */
  finish(): Promise<Readable>;
  /** Leaves nothing, unless it is finished. Never rejects. */
  abandon(): Promise<void>;
}

export type OpenParquet = (columns: readonly SessionColumn[]) => Promise<ParquetFile>;

/** Files under way at a time: of one who asks, and of all. */
const MOST_OF_ONE = 2;
const MOST = 4;
/** Who takes nothing for so long is gone. */
const PATIENCE = 60_000;

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
} as const;

export interface SessionExportOptions {
  readonly serviceOf: (principal: Principal) => Service;
  readonly check: (request: FastifyRequest) => Promise<void>;
  /** Absent: there is no Parquet. */
  readonly openParquet: OpenParquet | undefined;
}

type Asked = z.output<typeof SessionsExportQuery>;

export function registerSessionExport(app: FastifyInstance, options: SessionExportOptions): void {
  const underWay: string[] = [];
  const path = '/api/v1/sessions/export';
  app.get(path, { onRequest: options.check, exposeHeadRoute: false }, async (request, reply) => {
    const asked = parsePart(SessionsExportQuery, request.query, 'parameter');
    const columns = columnsOf(asked.columns);
    const service = options.serviceOf(request.principal);
    const query = queryOf(asked, service);
    const name = request.principal.name ?? '';
    if (underWay.length >= MOST || underWay.filter((each) => each === name).length >= MOST_OF_ONE) {
      throw new HeadcountError('EXPORT_BUSY', 'Other exports are under way: wait until one of them is done.');
    }
    underWay.push(name);
    reply.raw.once('close', () => underWay.splice(underWay.indexOf(name), 1));
    const content =
      asked.format === 'parquet'
        ? await parquetOf(service, query, columns ?? SESSION_COLUMNS, { open: options.openParquet, reply })
        : await linesOf(
            service,
            query,
            asked.format === 'csv' ? csvLines(columns ?? SESSION_COLUMNS) : jsonLines(columns),
            reply,
          );
    // Whoever waited for it before this was waiting for us.
    reply.raw.setTimeout(PATIENCE, () => reply.raw.destroy());
    return reply
      .type(TYPES[asked.format])
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="${fileName(asked, service.clock.now())}"`)
      .send(content);
  });
}

/** Null is all. Throws for one that there is not. */
function columnsOf(names: readonly string[] | undefined): readonly SessionColumn[] | null {
  if (names === undefined) return null;
  return [...new Set(names)].map((name) => {
    const column = SESSION_COLUMNS.find((each) => each.name === name);
    if (column !== undefined) return column;
    const all = SESSION_COLUMNS.map((each) => each.name).join(', ');
    throw new HeadcountError('BAD_REQUEST', `There is no column ${JSON.stringify(name)}: there are ${all}.`);
  });
}

function queryOf(asked: Asked, service: Service): VisitQuery {
  const { sort } = asked;
  const order = { sort: sort.replace('-', '') as SessionSort, descending: sort.startsWith('-') };
  return { filter: filterOf(asked, service.audience.programmes), ...whenOf(asked, service.clock.now()), order };
}

/** `headcount-sessions-2026-01-31-1800.csv`, by UTC. */
function fileName({ format }: Asked, now: number): string {
  const [day, time] = new Date(now).toISOString().split('T');
  return `headcount-sessions-${day}-${time!.slice(0, 5).replace(':', '')}.${format}`;
}

/** Resolves when the first lines are there, or it is clear that there are none; rejects as the store does. */
async function linesOf(
  service: Service,
  query: VisitQuery,
  lines: SessionLines,
  reply: FastifyReply,
): Promise<Readable> {
  const out = new PassThrough();
  const begun = Promise.withResolvers<void>();
  reply.raw.once('close', () => out.destroy());
  out.write(lines.head);
  const visit: Visit = async (sessions) => {
    begun.resolve();
    if (out.destroyed) throw new Error('nobody listens any more');
    if (!out.write(sessions.map((session) => lines.of(sessionWire(session))).join(''))) await drained(out);
  };
  service.store.visit(query, visit).then(
    () => {
      begun.resolve();
      out.end();
    },
    (error) => {
      begun.reject(error);
      if (!out.destroyed) service.log.warn(`an export was broken off: ${messageOf(error)}`);
      out.destroy(error);
    },
  );
  // Before anybody reads it: an error of it is told by what rejects.
  out.on('error', () => {});
  await begun.promise;
  return out;
}

async function drained(out: PassThrough): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(out, 'drain', { signal }), once(out, 'close', { signal })]);
  } finally {
    over.abort();
  }
}

async function parquetOf(
  service: Service,
  query: VisitQuery,
  columns: readonly SessionColumn[],
  { open, reply }: { open: OpenParquet | undefined; reply: FastifyReply },
): Promise<Readable> {
  if (open === undefined) throw new HeadcountError('BAD_REQUEST', 'Parquet is not written here.');
  let file: ParquetFile | null = null;
  try {
    file = await written(service, () => open(columns));
    const { add } = file;
    await service.store.visit(query, async (sessions) => {
      if (reply.raw.destroyed) throw new HeadcountError('STOPPED', 'Nobody waits for the export any more.');
      for (const session of sessions) await written(service, async () => add(sessionWire(session)));
    });
    const done = file;
    return await written(service, () => done.finish());
  } finally {
    await file?.abandon();
  }
}

/** What goes wrong with the file is for the log: it names places of this machine. */
async function written<T>(service: Service, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    service.log.error(`an export could not be written: ${messageOf(error)}`);
    throw new HeadcountError('EXPORT_FAILED', 'The file could not be written; the log of Headcount says why.');
  }
}
