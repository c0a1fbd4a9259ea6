/**
 * The native API as the dashboard asks it: typed answers, and errors with a sentence that a person can act on. Addresses
 * are relative to the page, so that it works under any base path.
 */

import type {
  AudienceReportWire,
  AudienceWire,
  HistoryWire,
  PlacesWire,
  ProgrammesWire,
  SessionPageWire,
  SessionTitlesWire,
  SessionWire,
  SharedAccountsWire,
  SharingReportWire,
  SourceOutputWire,
  SourcesWire,
  StatusWire,
  StreamDetailWire,
  StreamsWire,
  TimelineWire,
  TriedWire,
  YouWire,
} from '../../../src/http/contract.ts';
import { signIn } from './sign-in.svelte.ts';
import { texts } from './texts.ts';

/** What the API answers, by path. */
export interface Answers {
  audience: AudienceWire;
  history: HistoryWire;
  places: PlacesWire;
  programmes: ProgrammesWire;
  'reports/audience': AudienceReportWire;
  sessions: SessionPageWire;
  sharing: SharedAccountsWire;
  sources: SourcesWire;
  status: StatusWire;
  streams: StreamsWire;
  timeline: TimelineWire;
}

/** Several values are a parameter that is given several times; null is none. */
export type Query = Readonly<Record<string, string | number | readonly string[] | null>>;

/** The code is the server's own, or `UNREACHABLE` when there was no answer. */
export class ApiError extends Error {
  readonly code: string;
  /** The language of the message, where it is not that of the page: the server's sentences are English. */
  readonly lang: 'en' | undefined;
  /** In so many seconds it is worth trying again; null if the server does not say. */
  readonly retryAfter: number | null;

  constructor(
    code: string,
    message: string,
    { isServers = false, retryAfter = null, ...options }: ApiErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.lang = isServers ? 'en' : undefined;
    this.retryAfter = retryAfter;
  }
}

interface ApiErrorOptions extends ErrorOptions {
  /** The message is a sentence of the server. */
  readonly isServers?: boolean;
  readonly retryAfter?: number | null;
}

/** Throws `ApiError`; when the signal has aborted, whatever `fetch` throws then. */
export function ask<Path extends keyof Answers>(path: Path, query: Query, signal: AbortSignal): Promise<Answers[Path]> {
  return get(path, query, signal);
}

/** One stream, with what it has played. Throws as `ask` does. */
export function askStream(id: string, signal: AbortSignal): Promise<StreamDetailWire> {
  return get(`streams/${encodeURIComponent(id)}`, {}, signal);
}

/** One session, open or past. Throws as `ask` does. */
export function askSession(id: string, signal: AbortSignal): Promise<SessionWire> {
  return get(`sessions/${encodeURIComponent(id)}`, {}, signal);
}

/** What its stream played meanwhile. Throws as `ask` does. */
export function askTitles(id: string, signal: AbortSignal): Promise<SessionTitlesWire> {
  return get(`sessions/${encodeURIComponent(id)}/titles`, {}, signal);
}

/** What the program of a source has printed. Throws as `ask` does. */
export function askOutput(source: string, signal: AbortSignal): Promise<SourceOutputWire> {
  return get(`sources/${encodeURIComponent(source)}/output`, {}, signal);
}

/** What somebody has played, and why it looks shared. Throws as `ask` does. */
export function askAccount(id: string, signal: AbortSignal): Promise<SharingReportWire> {
  return get(`sharing/${encodeURIComponent(id)}`, {}, signal);
}

/** Answers the report as it is then. Throws `ApiError`. */
export async function sendFeedback(
  id: string,
  feedback: {
    readonly kind: 'finding' | 'device' | 'network' | 'user';
    readonly value: string;
    readonly fine: boolean;
  },
): Promise<SharingReportWire> {
  return post(`sharing/${encodeURIComponent(id)}/feedback`, feedback);
}

/** What comes back beside the answer is a cookie. Throws `ApiError`. */
export function sendSignIn(
  given: ({ readonly name: string; readonly password: string } | { readonly token: string }) & {
    readonly stay: boolean;
  },
): Promise<YouWire> {
  return post('sign-in', given);
}

/** Throws `ApiError`; what the server that is tried does is in the answer. */
export function sendTry(asked: { readonly url: string; readonly token?: string }): Promise<TriedWire> {
  return post('try', asked);
}

/** Throws `ApiError`. */
export async function sendSignOut(): Promise<void> {
  await post('sign-out', {});
}

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await fetch(`api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch((error) => {
    throw new ApiError('UNREACHABLE', texts.unreachable, { cause: error });
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Answer;
}

async function get<Answer>(path: string, query: Query, signal: AbortSignal): Promise<Answer> {
  const asked = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map((each) => [name, String(each)]),
  );
  const search = new URLSearchParams(asked);
  let response: Response;
  try {
    response = await fetch(`api/v1/${path}${search.size > 0 ? `?${search}` : ''}`, { signal, cache: 'no-store' });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError('UNREACHABLE', texts.unreachable, { cause: error });
  }
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Answer;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    if (error.code === 'NOT_SIGNED_IN') signIn.need();
    const retryAfter = Number(response.headers.get('retry-after')) || null;
    return new ApiError(error.code, error.message, { isServers: true, retryAfter });
  } catch {
    // What stands in front of us answered, with a page of its own.
    return new ApiError(
      `HTTP_${response.status}`,
      texts.httpStatus(`${response.status} ${response.statusText}`.trim()),
    );
  }
}
