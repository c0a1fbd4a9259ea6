/**
 * How a SHOUTcast is asked. There are two products of that name and many versions of the second, some of which hide their
 * statistics: what a server speaks is found out by asking, best first.
 *
 * The user agent contains `Mozilla`: without it DNAS 1 takes us for a player, and streams for ever. The password may be part
 * of a URL, so no URL is ever printed.
 */

import type { Instant } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';
import { type Listeners, parseServer, parseSeven, parseStatistics, type Song, type StreamFacts } from './parse.ts';

export interface ShoutcastAccess extends PeerAddress {
  /** The stream that is wanted; absent is all that there are. */
  readonly sid?: number | undefined;
  readonly user: string;
  /** Without it there are numbers only. */
  readonly password?: string | undefined;
  readonly timeout: number;
}

/** What one answer says of the server. */
export interface Overview {
  readonly streams: readonly StreamFacts[];
  /** Null where they are asked for stream by stream, or not told. */
  readonly listeners: Listeners | null;
  readonly songs: readonly Song[];
  /** Page 3 and page 4 of each stream can be asked for. */
  readonly hasPages: boolean;
}

export interface Dialect {
  /** Spoken to whoever has the password, to whoever has none, or to both. */
  readonly to: 'administrator' | 'public' | 'both';
  readonly page: (access: ShoutcastAccess) => string;
  readonly maxBytes: number;
  /** Null if this is no answer in this dialect. `stream`: what the only stream is called where there is one. */
  readonly parse: (body: Uint8Array, stream: string, at: Instant) => Overview | null;
}

const MAX_SEVEN_BYTES = 64 * 1024;

function paged(streams: readonly StreamFacts[] | null): Overview | null {
  return streams === null ? null : { streams, listeners: null, songs: [], hasPages: true };
}

/** Best first. */
export const DIALECTS: readonly Dialect[] = [
  // DNAS 2.
  {
    to: 'both',
    page: () => '/statistics?json=1',
    maxBytes: MAX_ANSWER_BYTES,
    parse: (body, _, at) => paged(parseStatistics(body, at)),
  },
  // The same, with `hidestats`.
  {
    to: 'administrator',
    page: ({ password }) => `/statistics?json=1&pass=${encodeURIComponent(password!)}`,
    maxBytes: MAX_ANSWER_BYTES,
    parse: (body, _, at) => paged(parseStatistics(body, at)),
  },
  // DNAS 2.0, which lacks that.
  {
    to: 'both',
    page: (access) => `/stats?sid=${streamOf(access)}`,
    maxBytes: MAX_ANSWER_BYTES,
    parse: (body, stream, at) => {
      const page = parseServer(body, stream, at);
      return page === null ? null : paged([page.facts]);
    },
  },
  // DNAS 1; also DNAS 2 where nothing else is let through.
  {
    to: 'administrator',
    page: ({ sid }) => `/admin.cgi?mode=viewxml${sid === undefined ? '' : `&sid=${sid}`}`,
    maxBytes: MAX_ANSWER_BYTES,
    parse: (body, stream, at) => {
      const page = parseServer(body, stream, at);
      if (page === null) return null;
      return { streams: [page.facts], listeners: page.listeners, songs: page.songs, hasPages: false };
    },
  },
  {
    to: 'public',
    page: ({ sid }) => `/7.html${sid === undefined ? '' : `?sid=${sid}`}`,
    maxBytes: MAX_SEVEN_BYTES,
    parse: (body, stream, at) => {
      const facts = parseSeven(body, stream, at);
      return facts === null ? null : { streams: [facts], listeners: null, songs: [], hasPages: false };
    },
  },
];

/** DNAS 1 has one stream, and DNAS 2 calls its first one 1. */
export function streamOf({ sid }: ShoutcastAccess): string {
  return String(sid ?? 1);
}

/**
 * What `parse` makes of a page; null if it makes nothing of it, or the status is not 200. Rejects as `fetchText` does, and with
 * `PEER_REFUSED_LOGIN` for a form that asks for a password, which SHOUTcast sends instead of a refusal.
 */
export async function ask<T>(
  access: ShoutcastAccess,
  { path, maxBytes }: { readonly path: string; readonly maxBytes?: number },
  signal: AbortSignal,
  parse: (body: Uint8Array) => T | null,
): Promise<T | null> {
  const { user, password, timeout } = access;
  const { status, body } = await fetchText(pageUrl(access, path), {
    auth: password === undefined ? null : { user, password },
    timeoutMs: timeout,
    maxBytes: maxBytes ?? MAX_ANSWER_BYTES,
    signal,
    headers: { 'user-agent': 'Mozilla/5.0 (compatible; Headcount)' },
  });
  const parsed = status === 200 ? parse(body) : null;
  // 2.0 has no `viewjson`, and may answer it with any page.
  if (parsed === null && path.includes('mode=viewxml') && isLoginForm(body)) throw refusal(access);
  return parsed;
}

function isLoginForm(body: Buffer): boolean {
  const text = body.subarray(0, MAX_SEVEN_BYTES).toString('latin1');
  return /^\s*<(!doctype html|html)/i.test(text) && /password|log ?in/i.test(text);
}

function refusal(access: ShoutcastAccess): HeadcountError {
  const message = `${hostAndPort(access)} refused the login. Check the password: it is adminpassword in sc_serv.conf.`;
  return new HeadcountError('PEER_REFUSED_LOGIN', message);
}

/** What the server says in this dialect; null if it does not speak it, and `onOther` is shown it. Rejects as `ask` does. */
export function overviewIn(
  { page, maxBytes, parse }: Dialect,
  access: ShoutcastAccess,
  at: Instant,
  signal: AbortSignal,
  onOther: (body: Uint8Array) => void = () => {},
): Promise<Overview | null> {
  const question = { path: page(access), maxBytes };
  return ask(access, question, signal, (body) => {
    const overview = parse(body, streamOf(access), at);
    if (overview === null) onOther(body);
    return overview;
  });
}

export interface Found {
  readonly dialect: Dialect;
  readonly overview: Overview;
}

/**
 * Tries one dialect after the other. Rejects with `PEER_REFUSED_LOGIN` if the server speaks none and has refused a login, and with
 * `PEER_ANSWERED_BADLY` if it is no SHOUTcast; at once if it cannot be reached.
 */
export async function findDialect(access: ShoutcastAccess, at: Instant, signal: AbortSignal): Promise<Found> {
  let refused: HeadcountError | null = null;
  let other: { readonly body: Uint8Array } | undefined;
  const we = access.password === undefined ? 'public' : 'administrator';
  for (const dialect of DIALECTS) {
    if (dialect.to !== 'both' && dialect.to !== we) continue;
    try {
      const overview = await overviewIn(dialect, access, at, signal, (body) => {
        other ??= { body };
      });
      if (overview !== null) return { dialect, overview };
    } catch (error) {
      if (!isAnswer(error)) throw error;
      if (error.code === 'PEER_REFUSED_LOGIN') refused = error;
    }
  }
  if (refused === null) {
    const what = 'no statistics of SHOUTcast, or hides them from whoever has no password';
    throw answeredBadly(pageUrl(access, '/'), what, undefined, other);
  }
  if (access.password !== undefined) throw refused;
  const message = `${hostAndPort(access)} hides its statistics. Give the password: adminpassword in sc_serv.conf.`;
  throw new HeadcountError('PEER_REFUSED_LOGIN', message, { cause: refused });
}

/**
 * Somebody is there, and may understand another question. DNAS 1 may answer what it does not know with something like HTTP, or
 * with nothing.
 */
function isAnswer(error: unknown): error is HeadcountError {
  if (!(error instanceof HeadcountError)) return false;
  if (error.code !== 'PEER_UNREACHABLE') return true;
  const { code } = (error.cause ?? {}) as { code?: string };
  return code === 'ECONNRESET' || (code?.startsWith('HPE_') ?? false);
}
