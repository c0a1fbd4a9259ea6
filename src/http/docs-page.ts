/** `/docs`: the OpenAPI document as a page that a person reads. No script, no request to another host. */

import { escapeHtml } from '../lib/html.ts';

type Json = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Json;
}

interface Operation {
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Record<string, { description: string; content?: Record<string, { schema?: Json }> }>;
}

export function docsPage(document: Json): string {
  const info = document['info'] as { title: string; version: string; description: string };
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  const schemas = (document['components'] as { schemas: Record<string, Json> }).schemas;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation)),
  );
  const shapes = Object.entries(schemas).map(([name, schema]) => shape(name, schema));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 3rem; } h3 { margin: 2rem 0 .25rem; font-size: 1rem; }
code { font: .9em ui-monospace, monospace; }
.method { display: inline-block; min-width: 3.5rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid color-mix(in srgb, currentcolor 15%, transparent); }
.wide { overflow-x: auto; }
</style>
</head>
<body>
<h1>${escapeHtml(info.title)} API</h1>
<p>${inline(info.description)}</p>
<p>Version ${escapeHtml(info.version)}. The same as <a href="openapi.json">OpenAPI 3.1</a>.</p>
<h2>Routes</h2>
${operations.join('\n')}
<h2>Shapes</h2>
${shapes.join('\n')}
</body>
</html>
`;
}

function section(path: string, method: string, operation: Operation): string {
  const rows = operation.parameters.map(
    ({ name, required, description, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${type(schema)}</td><td>${inline(description ?? '')}</td></tr>`,
  );
  const answers = Object.entries(operation.responses).map(([status, { description, content }]) => {
    const [[media, body] = ['', {}]] = Object.entries(content ?? {});
    const what = body?.schema === undefined ? escapeHtml(media) : type(body.schema);
    return `<tr><td>${escapeHtml(status)}</td><td>${what}</td><td>${inline(description)}</td></tr>`;
  });
  return `<h3 id="${escapeHtml(`${method}-${path}`)}"><span class="method">${escapeHtml(method.toUpperCase())}</span> <code>${escapeHtml(path)}</code></h3>
<p>${inline(operation.summary)}</p>
${rows.length === 0 ? '' : `<div class="wide"><table><tr><th>Parameter</th><th>Type</th><th></th></tr>${rows.join('')}</table></div>`}
<div class="wide"><table><tr><th>Answer</th><th>Body</th><th></th></tr>${answers.join('')}</table></div>`;
}

function shape(name: string, schema: Json): string {
  const fields = fieldsOf(schema).map(
    ([field, inner]) =>
      `<tr><td><code>${escapeHtml(field)}</code></td><td>${type(inner)}</td><td>${inline(String(inner['description'] ?? ''))}</td></tr>`,
  );
  return `<h3 id="${escapeHtml(name)}">${escapeHtml(name)}</h3>
<p>${inline(String(schema['description'] ?? ''))}</p>
<div class="wide"><table>${fields.join('')}</table></div>`;
}

/** Fields of an object, those of objects inside it as `outer.inner`. */
function fieldsOf(schema: Json, prefix = ''): [string, Json][] {
  const properties = (schema['properties'] ?? {}) as Record<string, Json>;
  return Object.entries(properties).flatMap(([name, inner]) => {
    const own: [string, Json] = [prefix + name, inner];
    return [own, ...fieldsOf(objectIn(inner), `${prefix}${name}.`)];
  });
}

function objectIn(schema: Json): Json {
  const choices = (schema['anyOf'] ?? []) as Json[];
  const item = schema['items'] as Json | undefined;
  return choices.find((choice) => 'properties' in choice) ?? item ?? schema;
}

function type(schema: Json): string {
  const ref = schema['$ref'];
  if (typeof ref === 'string') {
    const name = escapeHtml(ref.split('/').at(-1) ?? '');
    return `<a href="#${name}">${name}</a>`;
  }
  if (Array.isArray(schema['enum']))
    return (schema['enum'] as unknown[]).map((each) => `<code>${escapeHtml(String(each))}</code>`).join(' ');
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as Json[]).map(type).join(' or ');
  if (schema['type'] === 'array') return `list of ${type((schema['items'] ?? {}) as Json)}`;
  const standard =
    schema['default'] === undefined ? '' : `, default <code>${escapeHtml(String(schema['default']))}</code>`;
  return escapeHtml(String(schema['format'] ?? schema['type'] ?? 'any')) + standard;
}

/** Escaped text in which `this` is code. */
function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
