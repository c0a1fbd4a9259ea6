/** The OpenAPI 3.1 document, made from the declared routes; a test checks that it says everything that is there. */

import { z } from 'zod';
import { ErrorBody, LiveAudience, LiveSession, StreamWire } from './contract.ts';
import type { Route } from './route.ts';
import { STATUS_OF } from './route.ts';

type Json = Record<string, unknown>;

/** Routes that do not answer JSON, said by hand. */
export interface PlainRoute {
  readonly path: string;
  readonly summary: string;
  readonly type: string;
  readonly description?: string;
  readonly query?: z.ZodType;
}

export function openApi(routes: readonly Route[], plain: readonly PlainRoute[], version: string): Json {
  const schemas: Json = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
    for (const [id, definition] of Object.entries(($defs as Json | undefined) ?? {})) {
      schemas[id] = withoutSchemaUri(lift(definition));
    }
    // One with a name has become a reference to its own definition.
    return lift(own) as Json;
  };

  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `/api/v1${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemaOf) };
  }
  for (const { path, summary, type, description, query } of plain) {
    const responses = { 200: { description: description ?? summary, content: { [type]: {} } } };
    paths[path] = { get: { summary, responses, parameters: query ? parameters(query, 'query', schemaOf) : [] } };
  }
  for (const schema of [ErrorBody, LiveAudience, LiveSession, StreamWire]) schemaOf(schema, 'output');

  return {
    openapi: '3.1.0',
    info: {
      title: 'Headcount',
      version,
      description:
        'Who is connected to your streams right now, from where, on what, for how long. A query parameter that may be given several times means "one of these"; `~` means "unknown".',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '.' }],
    security: [{}, { token: [] }, { password: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: { type: 'http', scheme: 'basic' },
      },
    },
  };
}

/** What every request may meet, before the route itself has anything to say. */
function refusalsOf(route: Route): Readonly<Record<string, string>> {
  const takesSomething = route.query !== undefined || route.params !== undefined || route.body !== undefined;
  return {
    ...(takesSomething ? { BAD_REQUEST: 'A parameter is wrong; the message says which.' } : {}),
    ...(route.right === 'none' ? {} : { NOT_SIGNED_IN: 'Sign in first.' }),
    HOST_NOT_ALLOWED: 'The host name is not ours.',
    FORWARDED_WITHOUT_CREDENTIALS: 'It came through a proxy, and no credentials are configured.',
    ...(hasAddressFilter(route) ? { FORBIDDEN: 'You may not see addresses, and so not look for one.' } : {}),
    ...(route.right === 'write' ? { FORBIDDEN: 'You may read, but not write; or not see all that it touches.' } : {}),
    ...(route.method === 'POST' ? POST_REFUSALS : {}),
    TOO_MANY_ATTEMPTS: 'Too many failed sign-ins: wait a minute.',
  };
}

function hasAddressFilter({ query }: Route): boolean {
  return query instanceof z.ZodObject && 'ip' in query.shape;
}

const POST_REFUSALS = {
  ORIGIN_NOT_ALLOWED: 'Another site may not write here.',
  NOT_JSON: 'The body must be application/json.',
};

function operation(route: Route, schemaOf: (schema: z.ZodType, io: 'input' | 'output') => Json): Json {
  const codes = { ...refusalsOf(route), ...route.errors };
  const errors = new Map<number, string[]>();
  for (const [code, meaning] of Object.entries(codes)) {
    const status = STATUS_OF[code] ?? 500;
    errors.set(status, [...(errors.get(status) ?? []), `\`${code}\`: ${meaning}`]);
  }
  const content = (schema: Json) => ({ 'application/json': { schema } });
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/\W+(\w)?/g, (_, next: string | undefined) => (next ?? '').toUpperCase())}`,
    parameters: [
      ...(route.params ? parameters(route.params, 'path', schemaOf) : []),
      ...(route.query ? parameters(route.query, 'query', schemaOf) : []),
    ],
    ...(route.body ? { requestBody: { required: true, content: content(schemaOf(route.body, 'input')) } } : {}),
    responses: {
      200: { description: 'As asked.', content: content(schemaOf(route.answer, 'output')) },
      ...Object.fromEntries(
        [...errors].map(([status, meanings]) => [
          status,
          { description: meanings.join(' '), content: content({ $ref: '#/components/schemas/Error' }) },
        ]),
      ),
    },
  };
}

function parameters(
  schema: z.ZodType,
  place: 'path' | 'query',
  schemaOf: (schema: z.ZodType, io: 'input') => Json,
): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** Definitions live in one place of the document. */
function lift(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lift);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === '$ref' && typeof inner === 'string') return [key, inner.replace('#/$defs/', '#/components/schemas/')];
      return [key, lift(inner)];
    }),
  );
}

function withoutSchemaUri(value: unknown): unknown {
  const { $schema: _, id: __, ...rest } = value as Json;
  return rest;
}
