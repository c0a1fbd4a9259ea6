/**
 * What a route is: declared once with its shapes, so that validation, the OpenAPI document and the tests that keep it
 * complete all come from the same lines.
 */

import type { z } from 'zod';
import { HeadcountError } from '../lib/errors.ts';
import type { Principal, Right } from './auth.ts';

export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
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
  /** Codes and statuses of the errors that it may answer with, beside 400, 401, 403 and 429. */
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

/** HTTP statuses of the codes that this layer gives; all other codes are 500. */
export const STATUS_OF: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  BAD_CURSOR: 400,
  NOT_SIGNED_IN: 401,
  FORBIDDEN: 403,
  HOST_NOT_ALLOWED: 403,
  ORIGIN_NOT_ALLOWED: 403,
  FORWARDED_WITHOUT_CREDENTIALS: 403,
  NOT_FOUND: 404,
  NOT_JSON: 415,
  TOO_MANY_ATTEMPTS: 429,
  STORE_FULL: 503,
  SHUTTING_DOWN: 503,
};

export function notFound(what: string): HeadcountError {
  return new HeadcountError('NOT_FOUND', `There is no ${what}.`);
}

/** Parses a part of the request; a mistake becomes a sentence. */
export function parsePart<T extends z.ZodType>(schema: T | undefined, value: unknown, part: string): z.output<T> {
  if (schema === undefined) return undefined as z.output<T>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.map(({ path, message }) => {
    const where = path.length === 0 ? part : `${part} "${path.join('.')}"`;
    return `${where}: ${message}`;
  });
  throw new HeadcountError('BAD_REQUEST', sentences.join('; '));
}
