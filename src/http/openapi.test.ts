/** `/openapi.json` says everything that is there, and `/docs` shows it to people, safely. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { z } from 'zod';
import { docsPage } from './docs-page.ts';
import { startSite } from './fixture.ts';
import { openApi } from './openapi.ts';
import { route } from './route.ts';
import { allRoutes } from './server.ts';

type Json = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Json;
}

interface Operation {
  readonly summary: string;
  readonly operationId?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> };
  readonly responses: Record<string, { description: string; content: Record<string, { schema?: Json }> }>;
}

const site = await startSite({ isEmpty: true });
after(() => site.close());
const document = await site.get<Json>('/openapi.json');
const paths = document['paths'] as Record<string, Record<string, Operation>>;
const schemas = (document['components'] as { schemas: Record<string, Json> }).schemas;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object in it, with its place. */
function* objectsIn(value: unknown, place = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [place, value as Json];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${place}/${key}`);
}

test('it is OpenAPI 3.1, with what every document must say', () => {
  assert.equal(document['openapi'], '3.1.0');
  const info = document['info'] as Json;
  assert.equal(info['title'], 'Headcount');
  assert.equal(info['version'], '1.2.3-test');
  assert.deepEqual(document['security'], [{}, { token: [] }, { password: [] }]);
  assert.deepEqual(Object.keys((document['components'] as Json)['securitySchemes'] as Json), ['token', 'password']);
});

const NOT_JSON = ['/api/v1/live', '/api/v1/sessions/export'];

test('it names every route that answers, and no other', () => {
  const told = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort();
  const own = allRoutes(site.service).map(({ method, path }) => `${method} /api/v1${path.replace(/:(\w+)/, '{$1}')}`);
  const plain = [...NOT_JSON, '/metrics', '/healthz', '/readyz', '/openapi.json', '/docs'];
  assert.deepEqual(told, [...own, ...plain.map((path) => `GET ${path}`)].sort());
  const printed = site.http.app.printRoutes({ commonPrefix: false, includeHooks: false });
  for (const path of ['live', 'sessions', 'metrics', 'readyz']) assert.match(printed, new RegExp(path));
});

test('every operation is said in a sentence, has a name of its own and an answer with its shape', () => {
  const ids = operations.map(({ operation }) => operation.operationId).filter((id) => id !== undefined);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, operation } of operations) {
    assert.match(operation.summary, /^[A-Z].*\.$/, path);
    const content = operation.responses['200']?.content;
    assert.ok(content !== undefined, path);
    if (path.startsWith('/api/v1/') && !NOT_JSON.includes(path)) {
      assert.match(String(content['application/json']?.schema?.['$ref']), /^#\/components\/schemas\//, path);
    }
    for (const [status, response] of Object.entries(operation.responses)) {
      assert.ok(response.description.length > 0, `${path} ${status}`);
    }
  }
});

test('the answer of every route is one of the schemas', () => {
  for (const { path, answer } of allRoutes(site.service)) {
    const { id } = z.globalRegistry.get(answer) as { id: string };
    assert.ok(schemas[id], path);
    assert.equal(schemas[id]['type'], 'object');
  }
  for (const id of ['Error', 'LiveAudience', 'LiveSession', 'Stream', 'Session', 'Forget']) assert.ok(schemas[id], id);
});

test('every reference leads somewhere, and no schema is left unused', () => {
  const used = new Set<string>();
  for (const [place, object] of objectsIn(document)) {
    const ref = object['$ref'];
    if (ref === undefined) continue;
    assert.match(String(ref), /^#\/components\/schemas\/\w+$/, place);
    const name = String(ref).split('/').at(-1)!;
    assert.ok(schemas[name], `${place} leads to ${name}`);
    used.add(name);
  }
  // The events of /live are named in its description.
  const live = paths['/api/v1/live']!['get']!.responses['200']!.description;
  for (const name of Object.keys(schemas)) assert.ok(used.has(name) || live.includes(name), name);
});

test('no schema has words that JSON Schema does not know here', () => {
  for (const [name, schema] of Object.entries(schemas)) {
    for (const word of ['id', '$schema', '$defs', '$id']) assert.ok(!(word in schema), `${name} has ${word}`);
  }
});

test('path parameters are those of the path, and required; query parameters are those that are taken', () => {
  for (const { method, path, query } of allRoutes(site.service)) {
    const operation = paths[`/api/v1${path.replace(/:(\w+)/, '{$1}')}`]![method.toLowerCase()]!;
    const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const inPath = operation.parameters.filter((each) => each.in === 'path');
    assert.deepEqual(
      inPath.map(({ name }) => name),
      named,
      path,
    );
    assert.ok(inPath.every(({ required }) => required));
    const inQuery = operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name);
    const shape = query === undefined ? {} : (query as z.ZodObject).shape;
    assert.deepEqual(inQuery, Object.keys(shape), path);
  }
  const by = paths['/api/v1/audience']!['get']!.parameters.find(({ name }) => name === 'by')!;
  assert.ok((by.schema['enum'] as string[]).includes('country'));
  assert.equal(by.required, false);
});

test('every refusal that can be met is said', () => {
  const codes = (path: string, method = 'get') =>
    Object.entries(paths[path]![method]!.responses)
      .filter(([status]) => status !== '200')
      .map(
        ([status, { description }]) => `${status} ${[...description.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code)}`,
      );
  assert.deepEqual(codes('/api/v1/history'), [
    '400 BAD_REQUEST',
    '401 NOT_SIGNED_IN',
    '403 HOST_NOT_ALLOWED,FORWARDED_WITHOUT_CREDENTIALS,FORBIDDEN',
    '404 NOT_FOUND',
    '429 TOO_MANY_ATTEMPTS',
    '503 STORE_BUSY,STORE_TOO_MUCH',
  ]);
  assert.deepEqual(codes('/api/v1/forget', 'post'), [
    '400 BAD_REQUEST',
    '401 NOT_SIGNED_IN',
    '403 HOST_NOT_ALLOWED,FORWARDED_WITHOUT_CREDENTIALS,FORBIDDEN,ORIGIN_NOT_ALLOWED',
    '404 NOT_FOUND',
    '415 NOT_JSON',
    '429 TOO_MANY_ATTEMPTS',
    '503 STORE_BUSY,STORE_TOO_MUCH',
  ]);
  assert.ok(codes('/api/v1/sessions').includes('400 BAD_REQUEST,BAD_CURSOR'));
  assert.ok(codes('/api/v1/timeline').includes('400 BAD_REQUEST,BAD_QUERY'));
});

test('the page lists every route and every shape, and leads only to places on itself', async () => {
  const answer = await site.ask('/docs');
  assert.match(String(answer.headers['content-type']), /^text\/html; charset=utf-8/);
  for (const { path, method } of operations) {
    assert.ok(answer.text.includes(`id="${method}-${path}"`), path);
    assert.ok(answer.text.includes(`<code>${path}</code>`), path);
  }
  const ids = [...answer.text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  assert.equal(new Set(ids).size, ids.length);
  for (const name of Object.keys(schemas)) assert.ok(ids.includes(name), name);
  for (const [, target] of answer.text.matchAll(/href="([^"]*)"/g)) {
    assert.ok(target === 'openapi.json' || ids.includes(target!.slice(1)), target);
  }
});

test('the page loads nothing and runs nothing', async () => {
  const { text } = await site.ask('/docs');
  assert.doesNotMatch(text, /<script|<link|<img|<iframe|<object|<embed|\ssrc=|@import|url\(|\son\w+=|https?:\/\//i);
});

test('whatever the document says, the page escapes it', () => {
  const evil = `<script>alert("1")</script>'&\``;
  const hostile = route({
    method: 'GET',
    path: `/${evil}`,
    summary: `${evil}.`,
    right: 'read',
    query: z.object({ [evil]: z.enum([evil, 'b']).default(evil).describe(evil) }),
    answer: z.object({ [evil]: z.string().describe(evil) }).meta({ id: 'Evil"><script>', description: evil }),
    errors: { NOT_FOUND: evil },
    handle: () => ({ [evil]: '' }),
  });
  const page = docsPage(openApi([hostile], [], evil));
  assert.match(page, /&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&#39;&amp;/);
  assert.doesNotMatch(page, /<script|alert\("/);
  assert.doesNotMatch(page.replaceAll(/<[^<>]*>/g, ''), /[<>"]/, 'outside of tags nothing is raw');
});
