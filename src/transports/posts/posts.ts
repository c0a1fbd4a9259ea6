/**
 * What is sent to us by HTTP POST, such as the reports of players to a logging URL. What a body says is for others, who
 * answer at once whether they take it.
 *
 * Whoever can reach the port can send: a body has at most 64 KiB and ten seconds, and there are at most 256 connections.
 * Counters: `posts`, `refusedPosts` (another path or method, or too long), `malformedPosts` (not what should be sent),
 * `droppedPosts` (there was no room).
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { HeadcountError } from '../../lib/errors.ts';
import { canonicalIp } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';

export interface Post {
  readonly body: Buffer;
  /** Of the peer: a client, or a proxy. */
  readonly address: string;
  /** `X-Forwarded-For`, as it came. */
  readonly forwarded: string | null;
}

export type Taken = 'taken' | 'malformed' | 'full';

export interface PostsOptions {
  /** The address to listen on. */
  readonly host: string;
  /** 0 is any that is free: see `onListening`. */
  readonly port: number;
  /** Others are refused; `/` is all. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly counters: ScopedCounters;
  readonly onPost: (post: Post) => Taken;
  /** Called once. */
  readonly onListening?: (port: number) => void;
}

const MOST_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 256;
const REQUEST_MS = 10_000;

const STATUS: Readonly<Record<Taken, number>> = { taken: 200, malformed: 400, full: 503 };
const COUNTER: Readonly<Record<Taken, string>> = { taken: 'posts', malformed: 'malformedPosts', full: 'droppedPosts' };

/** Resolves when the signal has aborted and everything is closed; rejects with `POSTS_NOT_LISTENING`. */
export async function receivePosts(options: PostsOptions): Promise<void> {
  const { host, port, signal } = options;
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => {
    // A peer that goes away in the middle has sent nothing.
    answer(options, request, response).catch(() => response.destroy());
  });
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    options.onListening?.((server.address() as { port: number }).port);
    await ended(server, signal);
  } catch (error) {
    throw notListening(options, error);
  } finally {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** Resolves when it is told to end, rejects when it can listen no longer. */
function ended(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

async function answer(options: PostsOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { counters } = options;
  const refusal = refusalOf(options, request);
  const body = refusal === null ? await bodyOf(request) : null;
  if (body === null) {
    counters.add('refusedPosts');
    response.writeHead(refusal ?? 413, { Allow: 'POST', Connection: 'close', 'Content-Length': 0 }).end();
    return;
  }
  const peer = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  const taken = options.onPost({
    body,
    address: canonicalIp(peer) ?? peer,
    forwarded: typeof forwarded === 'string' ? forwarded : null,
  });
  counters.add(COUNTER[taken]);
  response.writeHead(STATUS[taken], { 'Content-Length': 0 }).end();
}

/** The status with which it is refused unread; null if it is not. */
function refusalOf({ path }: PostsOptions, { url, method }: IncomingMessage): number | null {
  if (path !== '/' && url?.split('?')[0] !== path) return 404;
  return method === 'POST' ? null : 405;
}

/** Null if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function notListening({ host, port }: PostsOptions, cause: unknown): HeadcountError {
  const where = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new HeadcountError(
    'POSTS_NOT_LISTENING',
    `Cannot listen for reports of players on ${where}: the port is taken, not permitted, or the address is not ours.`,
    { cause },
  );
}
