/**
 * What a route is: declared once with its shapes, so that validation, the OpenAPI document and the tests that keep it
 * complete all come from the same lines.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { HeadcountError } from '../lib/errors.ts';
import type { Principal, Right } from './auth.ts';
import type { Door } from './doorkeeper.ts';

export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  readonly door: Door;
}

/** A route that answers JSON. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST';
  /** Below `/api/v1`, in Fastify's writing: `/sessions/:id`. */
  readonly path: string;
  readonly summary: string;
  readonly right: Right;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: Answer;
  /** Codes and meanings of the errors that it may answer with, beside those that every request may meet. */
  readonly errors?: Readonly<Record<string, string>>;
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ): Promise<z.input<Answer>> | z.input<Answer>;
}

export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodType,
>(declared: Route<Params, Query, Body, Answer>): Route {
  return declared as unknown as Route;
}

/**
 * A page in the voice of another product (facades/facade.ts), behind the right to read; it shows everything, and so only
 * to whoever may see everything, unless it says otherwise.
 */
export interface ForeignRoute {
  /** Below the base path; begins with a slash. */
  readonly path: string;
  readonly summary: string;
  /** The content type. */
  readonly type: string;
  /** It shows everybody only what they may see. */
  readonly isForAll?: boolean;
  /** Null: not yet. */
  answer(): string | null;
}

/** What was asked, for a foreign endpoint. */
export interface ForeignRequest {
  readonly method: string;
  /** Below the base path, as it was sent: percent-encoded, without the query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string | undefined>>;
  /** The text of a body that was sent as application/json; nobody has parsed it. Null is none. */
  readonly json: string | null;
  /** Names and values, decoded: those of the query, then those of a form in the body. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
  /** The client's. Behind trusted proxies it is the one that they name. */
  readonly address: string;
}

export interface ForeignAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A page in the voice of another product that finds out by itself who asks, and what that one may see. */
export interface ForeignEndpoint {
  readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[];
  /** Below the base path, in Fastify's writing, without a slash at the end; or `/`. */
  readonly path: string;
  readonly summary: string;
  /** The content type. */
  readonly type: string;
  /** A body may be application/json; else it is a form, and what is something else is refused. */
  readonly takesJson?: boolean;
  answer(request: ForeignRequest): Promise<ForeignAnswer>;
}

/** HTTP statuses of the codes that this layer gives; all other codes are 500. */
export const STATUS_OF: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  BAD_CURSOR: 400,
  BAD_QUERY: 400,
  BAD_URL: 400,
  NOT_SIGNED_IN: 401,
  FORBIDDEN: 403,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  FORWARDED_WITHOUT_CREDENTIALS: 403,
  FEEDBACK_FULL: 409,
  NOT_FOUND: 404,
  SHARING_OFF: 404,
  NOT_JSON: 415,
  TOO_MANY_ATTEMPTS: 429,
  AUDIT_UNWRITABLE: 503,
  EXPORT_BUSY: 503,
  EXPORT_FAILED: 503,
  FEEDBACK_UNWRITABLE: 503,
  SHARING_BUSY: 503,
  STORE_BUSY: 503,
  STORE_CLOSED: 503,
  STORE_FULL: 503,
  STORE_TOO_MUCH: 503,
  TOO_MANY_READERS: 503,
  TRY_BUSY: 503,
};

/** What every question to the store may meet. */
export const STORE_ERRORS = {
  STORE_BUSY: 'Too many questions wait for the history: ask again in a moment.',
  STORE_TOO_MUCH: 'It needs more memory than the store may use: ask for less.',
};

export function notFound(what: string): HeadcountError {
  return new HeadcountError('NOT_FOUND', `There is no ${what}.`);
}

/** Parses a part of the request; a mistake becomes a sentence. */
export function parsePart<T extends z.ZodType>(schema: T | undefined, value: unknown, part: string): z.output<T> {
  if (schema === undefined) return undefined as z.output<T>;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new HeadcountError('BAD_REQUEST', parsed.error.issues.map((issue) => sentenceOf(issue, part)).join(' '));
}

function sentenceOf(issue: z.core.$ZodIssue, part: string): string {
  if (issue.code === 'unrecognized_keys') {
    return `There is no ${issue.keys.map((key) => `${part} ${JSON.stringify(key)}`).join(' and no ')} here.`;
  }
  const where = issue.path.length === 0 ? `The ${part}` : `The ${part} "${issue.path.join('.')}"`;
  return `${where} ${demandOf(issue)}.`;
}

/** Our own schemas say by themselves what they want where zod has no plain words for it. */
function demandOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${issue.maximum} characters`
        : `must be at most ${issue.maximum}`;
    case 'invalid_type':
      if (Array.isArray(issue.input)) return 'may be given only once';
      return `must be ${issue.expected === 'object' ? 'a JSON object' : `a ${issue.expected}`}`;
    default:
      return issue.message;
  }
}
