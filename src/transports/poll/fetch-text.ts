/**
 * One HTTP GET for sources that ask a server again and again. It keeps what comes back within bounds and turns every
 * failure into a sentence that names host and port; what the answer means, and which encoding its text has, is left to
 * the caller. Nothing of a request is kept: no connection, no cookie, no nonce.
 *
 * Credentials go by Basic from the start, unless the caller would rather wait to be asked; a server that asks for Digest
 * is asked once more (digest.ts).
 *
 * Trust: a redirect is followed only to the same scheme, host and port, and no link-local address is ever connected to
 * (lib/outgoing.ts). What somebody has typed into a page has narrower limits (restraint.ts).
 */

import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { HeadcountError } from '../../lib/errors.ts';
import { inTime, lookupRoutable, lookupWithout, peerOf, refuseLinkLocalLiteral } from '../../lib/outgoing.ts';
import { decodeText } from './decode-text.ts';
import { answerDigest, parseChallenges } from './digest.ts';
import { isWithheld, mayAsk, restraint } from './restraint.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** They do not go out before the server has asked for them, and then as it asked: Digest rather than Basic. */
  readonly whenAsked?: boolean;
}

/** So much an answer of a polled server may have, as it comes and unpacked: 20 MB are some 40,000 listeners. */
export const MAX_ANSWER_BYTES = 20_000_000;

export interface FetchOptions {
  /** Never part of an error. */
  readonly auth: Credentials | null;
  /** For the whole exchange, redirects included. */
  readonly timeoutMs: number;
  /** Of the body, both as it comes over the wire and unpacked. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Page {
  readonly status: number;
  /** In lower case, without parameters; empty if the server says none. */
  readonly contentType: string;
  /** As they came, names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Unpacked, in whatever encoding the server uses. */
  readonly body: Buffer;
}

const MAX_REDIRECTS = 3;

/**
 * GETs `url` (http or https; credentials in it are ignored).
 *
 * Resolves with any answer but these, which reject with a `HeadcountError`:
 * `PEER_REFUSED_LOGIN` for 401 and 403 · `PEER_UNREACHABLE` if there is no whole answer in time ·
 * `PEER_ANSWERED_BADLY` for a redirect to elsewhere, too much, or what cannot be unpacked.
 * If `signal` aborts, it rejects with the signal's reason.
 */
export async function fetchText(url: URL | string, given: FetchOptions): Promise<Page> {
  const options = { ...given, maxBytes: Math.min(given.maxBytes, restraint()?.maxBytes ?? given.maxBytes) };
  let at = new URL(url);
  const exchange = async (signal: AbortSignal) => {
    for (let redirects = 0; ; redirects++) {
      const answer = await getAuthorized(at, options, signal);
      const next = redirectOf(at, answer, redirects);
      if (next === null) return pageOf(at, answer, options.maxBytes);
      at = next;
    }
  };
  return inTime(options, () => at, exchange);
}

/** So many bytes of an answer are kept to show how it begins. */
const BEGINNING = 2048;

/** `PEER_ANSWERED_BADLY`, with the answer: it may say of listeners, and is in no message. */
export class BadAnswer extends HeadcountError {
  readonly #body: Buffer | null;

  constructor(message: string, cause: unknown, body: Uint8Array | null) {
    super('PEER_ANSWERED_BADLY', message, cause === undefined ? undefined : { cause });
    this.#body = body === null ? null : Buffer.from(body.subarray(0, BEGINNING));
  }

  /** As it came; null if there was none, or nothing in it. */
  get beginning(): string | null {
    return this.#body === null || this.#body.length === 0 ? null : decodeText(this.#body);
  }
}

/** For callers: the answer of this peer is not what it should be. `what` ends a sentence: "… answered with <what>". */
export function answeredBadly(
  url: URL | string,
  what: string,
  cause?: unknown,
  page?: { readonly body: Uint8Array },
): BadAnswer {
  const message = `${peerOf(new URL(url))} answered with ${what}. Check that this is the right server and version.`;
  return new BadAnswer(message, cause, page?.body ?? null);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function getAuthorized(url: URL, options: FetchOptions, signal: AbortSignal): Promise<Answer> {
  const { auth } = options;
  const isUnasked = auth !== null && auth.whenAsked !== true;
  const answer = await get(url, options, isUnasked ? basic(auth) : null, signal);
  const header = answer.headers['www-authenticate'];
  if (auth === null || answer.status !== 401 || header === undefined) return answer;
  const authorization = answerChallenge(url, header, auth);
  return authorization === null ? answer : get(url, options, authorization, signal);
}

/** The first Digest challenge that can be answered, else Basic if that was asked for and has not been tried. */
function answerChallenge(url: URL, header: string, auth: Credentials): string | null {
  const { user, password } = auth;
  const cnonce = randomBytes(16).toString('hex');
  const question = { user, password, method: 'GET', uri: `${url.pathname}${url.search}`, cnonce };
  const challenges = parseChallenges(header);
  for (const challenge of challenges) {
    const answer = answerDigest(challenge, question);
    if (answer !== null) return answer;
  }
  const wantsBasic = challenges.some(({ scheme }) => scheme === 'basic');
  return wantsBasic && auth.whenAsked === true ? basic(auth) : null;
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function get(url: URL, options: FetchOptions, authorization: string | null, signal: AbortSignal): Promise<Answer> {
  return new Promise((settle, reject) => {
    const restrained = restraint();
    if (!mayAsk()) throw answeredBadly(url, 'what takes more questions than are asked here');
    refuseLinkLocalLiteral(url, restrained === null ? undefined : isWithheld);
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      // Its own connection, closed with the answer: polls are seconds apart, and nothing may be left behind.
      agent: false,
      // Credentials in the URL are nobody's.
      auth: undefined,
      headers: {
        accept: '*/*',
        'accept-encoding': 'gzip, deflate',
        'user-agent': 'Headcount',
        ...(authorization === null ? {} : { authorization }),
        ...options.headers,
      },
      lookup: restrained === null ? lookupRoutable : lookupWithout(isWithheld),
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      restrained?.onAnswer({ status: response.statusCode ?? 0, headers: response.headers });
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= options.maxBytes) {
          chunks.push(chunk);
          return;
        }
        reject(answeredBadly(url, `more than ${options.maxBytes} bytes`));
        request.destroy();
      });
      response.on('end', () =>
        settle({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      // An answer that breaks off ends without 'end'.
      response.on('close', () => reject(new Error('the answer broke off')));
    });
    request.end();
  });
}

function redirectOf(url: URL, answer: Answer, redirects: number): URL | null {
  const { location } = answer.headers;
  if (answer.status < 300 || answer.status > 399 || location === undefined) return null;
  const next = URL.parse(location, url.href);
  if (restraint() !== null) throw answeredBadly(url, 'a redirect, which is not followed here');
  if (next === null || next.protocol !== url.protocol || next.host !== url.host) {
    throw answeredBadly(url, 'a redirect to another server, which is not followed');
  }
  if (redirects === MAX_REDIRECTS) throw answeredBadly(url, 'redirects in a circle');
  return next;
}

async function pageOf(url: URL, answer: Answer, maxBytes: number): Promise<Page> {
  const { status, headers } = answer;
  if (status === 401 || status === 403) {
    const message = `${peerOf(url)} refused the login (HTTP ${status}). Check the user and the password, or the key.`;
    throw new HeadcountError('PEER_REFUSED_LOGIN', message);
  }
  const contentType = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  try {
    return { status, contentType, headers, body: await unpack(answer.body, encoding, maxBytes) };
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw answeredBadly(url, isTooLarge ? `more than ${maxBytes} bytes` : `a body that is no ${encoding}`, error);
  }
}

async function unpack(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const limit = { maxOutputLength: maxBytes };
  if (encoding === 'identity' || encoding === '' || body.length === 0) return body;
  if (encoding === 'gzip' || encoding === 'x-gzip') return await promisify(gunzip)(body, limit);
  if (encoding !== 'deflate') throw new Error('unknown content encoding');
  // RFC 9110 §8.4.1.2: "deflate" means zlib's format, but some servers send the bare stream.
  const isZlib = (body[0]! & 15) === 8 && body.length > 1 && body.readUInt16BE(0) % 31 === 0;
  return await promisify(isZlib ? inflate : inflateRaw)(body, limit);
}
