/** The contract of a web service that knows where addresses are, and one question to it. When to ask is lookups.ts. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Place } from '../../../core/identity.ts';
import { answeredBadly, fetchText } from '../../../transports/poll/fetch-text.ts';

export interface WebService {
  /** As it is written in the configuration. */
  readonly name: string;
  /** What an address is appended to, or sent to as a parameter, unless the configuration says otherwise. */
  readonly url: string;
  /** What follows the address in the path. */
  readonly pathEnd: string;
  /** The query parameter for the address; absent, it is in the path. */
  readonly addressParameter?: string;
  /** What it allows those who do not pay. */
  readonly perMinute: number;
  /** The query parameter for the token. */
  readonly tokenParameter: string;
  /** HTTP statuses by which it says that it does not know the address. */
  readonly unknownStatuses?: readonly number[];
  /**
   * The place that an answer tells of, with the answer as it is to be passed on; null if the service does not know.
   * `shown` takes the place of the address where the answer repeats it; null leaves the answer as it is. Throws an Error
   * that ends the sentence "it answered with …" if it is no answer of this service.
   */
  readonly parse: (answer: unknown, shown: string | null) => Place | null;
}

/** How a service is asked. */
export interface Access {
  readonly service: WebService;
  /** Another base URL: of a paid plan, or of a proxy. */
  readonly url: string | null;
  readonly token: string | null;
  readonly timeoutMs: number;
}

export type Answer =
  /** Null: the service does not know. After this it wants to be left alone for `restMs`. */
  | { readonly place: Place | null; readonly restMs: number }
  /** It has been asked too often. */
  | { readonly busyMs: number };

/** Larger answers are none: real ones have some hundred bytes to four kilobytes. */
const MAX_BYTES = 16 * 1024;

const MINUTE = 60_000;
/** What a service may ask for, at most. */
const LONGEST_PAUSE = 60 * MINUTE;

/**
 * Asks for one address. Rejects with the codes of `fetchText` if the service does not answer as it should; no error says
 * the address or the token. If `signal` aborts, it rejects with the signal's reason.
 */
export async function askService(
  access: Access,
  address: string,
  shown: string | null,
  signal: AbortSignal,
): Promise<Answer> {
  const url = urlOf(access, address);
  const options = { auth: null, timeoutMs: access.timeoutMs, maxBytes: MAX_BYTES, signal };
  const { status, headers, body } = await fetchText(url, options);
  if (status === 429) return { busyMs: pauseOf(headers) ?? MINUTE };
  if (access.service.unknownStatuses?.includes(status)) return { place: null, restMs: 0 };
  if (status !== 200) throw answeredBadly(url, `HTTP ${status}`);
  let place: Place | null;
  try {
    place = access.service.parse(JSON.parse(body.toString('utf8')), shown);
  } catch (error) {
    // What it answered may have the address in it: the parser's sentence quotes from it.
    throw answeredBadly(url, error instanceof SyntaxError ? 'something that is no JSON' : (error as Error).message);
  }
  return { place, restMs: headers['x-rl'] === '0' ? (pauseOf(headers) ?? MINUTE) : 0 };
}

function urlOf({ service, url: written, token }: Access, address: string): URL {
  const url = new URL(written ?? service.url);
  if (token !== null) url.searchParams.set(service.tokenParameter, token);
  if (service.addressParameter !== undefined) url.searchParams.set(service.addressParameter, address);
  else url.pathname = `${url.pathname.replace(/\/$/, '')}/${address}${service.pathEnd}`;
  return url;
}

/** In seconds: `X-Ttl` is ip-api.com's, `Retry-After` everybody's. */
function pauseOf(headers: IncomingHttpHeaders): number | null {
  const said = headers['x-ttl'] ?? headers['retry-after'];
  const seconds = typeof said === 'string' && /^\d{1,6}$/.test(said.trim()) ? Number(said) : null;
  // A second more, since theirs are whole ones.
  return seconds === null ? null : Math.min((seconds + 1) * 1000, LONGEST_PAUSE);
}
