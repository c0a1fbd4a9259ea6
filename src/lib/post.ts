/**
 * One HTTP POST, of JSON if nothing else is said, for those who are told something. Nothing of it is kept: no connection, no cookie. No redirect
 * is followed, and no link-local address is ever connected to (outgoing.ts). What an answer means is left to the caller.
 */

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { inTime, lookupRoutable, refuseLinkLocalLiteral } from './outgoing.ts';

export interface PostOptions {
  /** JSON, unless `headers` has another `content-type`. */
  readonly body: string;
  /** HTTP Basic. Never part of an error. */
  readonly auth?: { readonly user: string; readonly password: string } | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** What `Retry-After` says, in milliseconds from now; null if it says nothing that is understood (RFC 9110 §10.2.3). */
  readonly retryAfterMs: number | null;
  /** The answer's body, as UTF-8; of a longer one the beginning. */
  readonly text: string;
}

/** So much of an answer is waited for. */
const MOST_OF_AN_ANSWER = 64 * 1024;

/**
 * Resolves with any answer; rejects with `PEER_UNREACHABLE` if there is no whole one in time, and with the signal's
 * reason if it aborts.
 */
export function postJson(url: URL, options: PostOptions): Promise<PostAnswer> {
  return inTime(
    options,
    () => url,
    (signal) => send(url, options, signal),
  );
}

function send(url: URL, { body, auth, headers }: PostOptions, signal: AbortSignal): Promise<PostAnswer> {
  return new Promise((settle, reject) => {
    refuseLinkLocalLiteral(url);
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      auth: auth == null ? undefined : `${auth.user}:${auth.password}`,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'Headcount',
        ...headers,
      },
      lookup: lookupRoutable,
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const answer = () =>
        settle({
          status: response.statusCode ?? 0,
          retryAfterMs: retryAfter(response),
          text: Buffer.concat(chunks).toString('utf8'),
        });
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size <= MOST_OF_AN_ANSWER) return;
        answer();
        request.destroy();
      });
      response.on('end', answer);
      // An answer that breaks off ends without 'end'.
      response.on('close', () => reject(new Error('the answer broke off')));
    });
    request.end(body);
  });
}

/** Seconds, or a date; a date counts from the server's own `Date` where it tells it, since clocks differ. */
function retryAfter({ headers }: IncomingMessage): number | null {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = httpDate(text);
  const from = httpDate(headers.date ?? '');
  return Number.isNaN(at) || Number.isNaN(from) ? null : Math.max(at - from, 0);
}

/** RFC 9110 §5.6.7, in the form that may be sent; NaN if it is none. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
