/**
 * The API of a running Headcount: through the socket in its data directory, or at its URL with credentials. Nothing is
 * asked of another host: a redirect is an error.
 */

import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import { HeadcountError } from '../../lib/errors.ts';
import { type Refusal, refusalOf } from '../owner.ts';
import { EventReader, type LiveEvent } from './events.ts';

/** Where a Headcount runs, and as what it is shown. */
export type Place =
  | { readonly directory: string; readonly basePath: string }
  | { readonly url: URL; readonly authorization: string | null };

export interface Api {
  /** `radio.example:8700`, or the data directory. */
  readonly name: string;
  /**
   * The JSON of `/api/v1/PATH`. Rejects with the code and sentence of a refusal, `NOT_RUNNING`, or
   * `PEER_ANSWERED_BADLY`.
   */
  get<T>(path: string, signal: AbortSignal): Promise<T>;
  /** The live events, until they break off: then it resolves. Rejects as `get` does. */
  follow(onEvent: (event: LiveEvent) => void, signal: AbortSignal): Promise<void>;
}

/** A thousand sessions are about one megabyte. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
const ANSWER_WITHIN = 30_000;
/** The server speaks once a second; so long without a word means that nobody is there. */
const SILENCE = 10_000;

export function apiOf(place: Place): Api {
  const name = 'url' in place ? place.url.host : place.directory;
  const open = (path: string, accept: string, signal: AbortSignal) => ask(place, path, { accept, signal });
  return {
    name,
    get: async <T>(path: string, signal: AbortSignal) => {
      const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]);
      const response = await open(path, 'application/json', within);
      return parsed(await textOf(response), place) as T;
    },
    follow: async (onEvent, signal) => {
      const silent = new AbortController();
      const watchdog = setTimeout(() => silent.abort(), SILENCE);
      try {
        const response = await open('live', 'text/event-stream', AbortSignal.any([signal, silent.signal]));
        const reader = new EventReader();
        response.setEncoding('utf8');
        for await (const text of response as AsyncIterable<string>) {
          watchdog.refresh();
          for (const event of reader.take(text)) onEvent(event);
        }
      } catch (error) {
        if (error instanceof HeadcountError && !signal.aborted) throw error;
      } finally {
        clearTimeout(watchdog);
      }
    },
  };
}

interface Asking {
  readonly accept: string;
  readonly signal: AbortSignal;
}

async function ask(place: Place, path: string, asking: Asking): Promise<IncomingMessage> {
  const response = await begin(place, path, asking);
  if (response.statusCode === 200) return response;
  if (response.statusCode! >= 300 && response.statusCode! < 400) {
    response.destroy();
    throw new HeadcountError(
      'PEER_ANSWERED_BADLY',
      `${whereOf(place)} answers that it is elsewhere: give the address where Headcount itself is.`,
    );
  }
  const answer = parsed(await textOf(response), place) as Refusal | null;
  if (typeof answer?.error?.code !== 'string') throw noHeadcount(place);
  throw refusalOf(answer, isUnknown(answer, place) ? HOW : '');
}

const HOW = ' Say who you are with --user and --password-file, or with --token-file.';

function isUnknown({ error }: Refusal, place: Place): boolean {
  return error?.code === 'NOT_SIGNED_IN' && 'url' in place && place.authorization === null;
}

function begin(place: Place, path: string, { accept, signal }: Asking): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request, options } = targetOf(place, path);
    const headers = { ...options.headers, accept };
    const asking = request({ ...options, headers, signal, agent: false }, resolve);
    asking.on('error', (cause) => reject(signal.aborted ? signal.reason : notRunning(place, cause)));
    asking.end();
  });
}

function targetOf(place: Place, path: string): { request: typeof requestHttp; options: RequestOptions } {
  if ('directory' in place) {
    const socketPath = join(place.directory, 'headcount.sock');
    const target = `${place.basePath}api/v1/${path}`;
    return { request: requestHttp, options: { socketPath, path: target, headers: { host: 'localhost' } } };
  }
  const { url, authorization } = place;
  const options: RequestOptions = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: `${url.pathname.replace(/\/*$/, '/')}api/v1/${path}`,
    headers: { host: url.host, ...(authorization === null ? {} : { authorization }) },
  };
  return { request: url.protocol === 'https:' ? (requestHttps as typeof requestHttp) : requestHttp, options };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LONGEST_ANSWER) {
      throw new HeadcountError('PEER_ANSWERED_BADLY', 'The answer is longer than anything that Headcount answers.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string, place: Place): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noHeadcount(place);
  }
}

function whereOf(place: Place): string {
  return 'url' in place ? place.url.host : place.directory;
}

function noHeadcount(place: Place): HeadcountError {
  return new HeadcountError('PEER_ANSWERED_BADLY', `What answers at ${whereOf(place)} is no Headcount.`);
}

function notRunning(place: Place, cause: Error): HeadcountError {
  if ('url' in place) {
    const why = (cause as NodeJS.ErrnoException).code ?? cause.message;
    return new HeadcountError('NOT_RUNNING', `Nothing answers at ${place.url.host} (${why}). Is it the right address?`);
  }
  return new HeadcountError(
    'NOT_RUNNING',
    `No Headcount of yours runs on ${place.directory}. Say --data DIR, or give its URL.`,
  );
}
