/**
 * The history as a whole, out and in: for the commands of whoever owns the data directory, through the socket there, and
 * for nobody else. Sessions are lines of JSON as the store has them (SessionRecord), not as the API shows them.
 *
 * Out: a line `{"sessions":[…],"total":n}` for each piece, and `{"end":true}` last, so that an answer that breaks off is not
 * taken for a whole one. Who does not read keeps the store waiting, but not for longer than a minute.
 */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PastConnection } from '../core/past.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { Store, VisitQuery } from '../store/store.ts';
import type { Log } from '../telemetry/log.ts';
import { authorize, OWNER, type TrustOptions } from './auth.ts';
import { parsePart } from './route.ts';

/** Of a piece of past connections: five thousand of them mostly have two. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Who takes nothing for so long is gone. */
const PATIENCE = 60_000;

const names = z.array(z.string().max(1000)).min(1).max(1000);

const ExportBody = z.strictObject({
  from: z.number().nullable(),
  to: z.number().nullable(),
  filter: z.strictObject({
    stream: names.optional(),
    source: names.optional(),
    bot: z.boolean().optional(),
  }),
});

const text = z.string().max(4096);

const past = z.strictObject({
  key: text,
  stream: text,
  address: text.nullable(),
  port: z.number().nullable(),
  userAgent: text.nullable(),
  startedAt: z.number(),
  endedAt: z.number(),
  reason: z.enum(['left', 'lost']),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  countryCode: z.string().length(2).nullable(),
  city: text.nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
}) satisfies z.ZodType<PastConnection>;

const ImportBody = z.strictObject({
  source: z.string().min(1).max(200),
  connections: z.array(past).max(5000),
});

export interface Transfer {
  readonly visit: Store['visit'];
  /** Keeps what was over before we watched: resolves when it is committed. */
  keep(source: string, connections: readonly PastConnection[]): Promise<void>;
}

export function registerTransfer(
  app: FastifyInstance,
  transfer: Transfer,
  { trust, log }: { readonly trust: () => TrustOptions; readonly log: Log },
): void {
  const onRequest = async ({ principal }: FastifyRequest) => {
    authorize(principal, 'write', trust());
    if (principal !== OWNER) {
      const message = 'Only the owner of the data directory may do this: use the command line of that machine.';
      throw new HeadcountError('FORBIDDEN', message);
    }
  };
  app.post('/api/v1/export', { onRequest }, async (request, reply) => {
    await tellAll(transfer, parsePart(ExportBody, request.body, 'body') as VisitQuery, reply, log);
  });
  app.post('/api/v1/import', { onRequest, bodyLimit: MOST_BYTES }, async (request, reply) => {
    const { source, connections } = parsePart(ImportBody, request.body, 'body');
    await transfer.keep(source, connections);
    return reply.send({ kept: connections.length });
  });
}

async function tellAll(transfer: Transfer, query: VisitQuery, reply: FastifyReply, log: Log): Promise<void> {
  const { raw } = reply;
  // Until something has been said, what goes wrong is answered as everything else.
  const begin = () => {
    if (reply.sent) return;
    reply.hijack();
    raw.setTimeout(PATIENCE, () => raw.destroy());
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  };
  try {
    await transfer.visit(query, async (sessions, total) => {
      begin();
      await write(raw, `${JSON.stringify({ sessions, total })}\n`);
    });
    begin();
    raw.end(`${JSON.stringify({ end: true })}\n`);
  } catch (error) {
    if (!reply.sent) throw error;
    if (!raw.destroyed) log.warn(`an export was broken off: ${messageOf(error)}`);
    raw.destroy();
  }
}

async function write(raw: ServerResponse, line: string): Promise<void> {
  if (raw.destroyed) throw new Error('nobody listens any more');
  if (raw.write(line)) return;
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(raw, 'drain', { signal }), once(raw, 'close', { signal })]);
  } finally {
    over.abort();
  }
}
