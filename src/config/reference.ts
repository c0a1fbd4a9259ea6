/**
 * What may be configured, as text: headcount.example.yaml, docs/reference.md and the JSON Schema. All three are made from
 * the schemas, by `npm run docs`; a test keeps them true.
 */

import { stringify } from 'yaml';
import { z } from 'zod';
import type { FacadeKind } from '../facades/facade.ts';
import { isList, isSecret } from '../lib/options.ts';
import type { SinkKind } from '../sinks/sink.ts';
import type { SourceKind } from '../sources/source.ts';
import { sinkSchema } from './outputs.ts';
import { Config } from './schema.ts';
import { sourceSchema } from './sources.ts';

/** The registries. */
export interface Kinds {
  readonly sources: readonly SourceKind[];
  readonly facades: readonly FacadeKind[];
  readonly sinks: readonly SinkKind[];
}

interface OptionText {
  readonly name: string;
  readonly sentence: string;
  /** As it is written in YAML; null is "none". */
  readonly standard: string | null;
  readonly isRequired: boolean;
  readonly inner: readonly OptionText[];
}

type Json = Record<string, unknown>;

function optionsOf(schema: z.ZodObject): OptionText[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  const required = (json['required'] ?? []) as string[];
  const properties = (json['properties'] ?? {}) as Record<string, Json>;
  return Object.entries(properties).map(([name, option]) => {
    const field = schema.shape[name] as z.ZodType;
    const inner = objectIn(field);
    const secretFile = isSecret(field) ? ` Or its file: \`${name}File\`.` : '';
    return {
      name,
      sentence: `${String(option['description'] ?? '')}${secretFile}`,
      standard: standardOf(field),
      isRequired: required.includes(name),
      inner: inner === null ? [] : optionsOf(inner),
    };
  });
}

/** The default, as it is written in YAML; null is "none". */
function standardOf(schema: z.ZodType): string | null {
  for (const { type, defaultValue } of layersOf(schema)) {
    const isDefault = type === 'default' || type === 'prefault';
    if (isDefault) return stringify(defaultValue, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  }
  return null;
}

/** The object under defaults, lists and transformations; null if there is none. */
function objectIn(schema: z.ZodType): z.ZodObject | null {
  for (const { schema: each } of layersOf(schema)) if (each instanceof z.ZodObject) return each;
  return null;
}

interface Layer {
  readonly schema: z.ZodType;
  readonly type: string;
  readonly defaultValue: unknown;
}

/** A schema and what it is wrapped around, from the outside. */
function* layersOf(schema: z.ZodType): Generator<Layer> {
  for (let each: unknown = schema; each instanceof z.ZodType; ) {
    const { def } = each as unknown as { def: Record<string, unknown> };
    yield { schema: each, type: String(def['type']), defaultValue: def['defaultValue'] };
    // The inside of a preprocessed option is what comes out of the preprocessing.
    const isPreprocessed = def['type'] === 'pipe' && !(def['in'] instanceof z.ZodType && hasDefault(def['in']));
    each = def['innerType'] ?? def['element'] ?? (isPreprocessed ? (innerObject(def['out']) ?? def['in']) : def['in']);
  }
}

function hasDefault(schema: z.ZodType): boolean {
  const { type } = (schema as unknown as { def: { type: string } }).def;
  return type === 'default' || type === 'prefault';
}

function innerObject(schema: unknown): unknown {
  const type = schema instanceof z.ZodType ? (schema as unknown as { def: { type: string } }).def.type : '';
  return type === 'array' || type === 'object' ? schema : undefined;
}

/** How a variable is written in the file. */
const VARIABLE = '$' + '{NAME}';

const GENERATED = 'Made by `npm run docs` from the declarations in the code: change those.';

export function exampleYaml(kinds: Kinds): string {
  const lines = [
    '# Headcount: every option, with its default. Everything is optional; what you leave out has the value shown here.',
    `# ${VARIABLE} is replaced by the environment variable NAME. A secret may be the content of a file: passwordFile: /run/secrets/x`,
    `# ${GENERATED.replaceAll('`', '')}`,
    '',
  ];
  for (const option of optionsOf(Config)) lines.push(...exampleOf(option, kinds), '');
  return `${lines.join('\n').trimEnd()}\n`;
}

function exampleOf(option: OptionText, kinds: Kinds): string[] {
  if (option.name === 'sources') return exampleSources(kinds.sources);
  if (option.name !== 'facades' && option.name !== 'sinks') return exampleOption(option, '');
  const ofKind = kinds[option.name].map(({ kind, summary }) => `# - kind: ${kind}   # ${summary}`);
  return [`# ${option.sentence} docs/reference.md lists them all.`, `${option.name}: []`, ...ofKind];
}

function exampleOption(option: OptionText, indent: string): string[] {
  const comment = `${indent}# ${option.sentence}`;
  if (option.inner.length > 0 && option.standard === '[]') {
    const [first, ...rest] = option.inner.map(({ name, sentence }) => `${name}: …   # ${sentence}`);
    return [
      comment,
      `${indent}${option.name}: []`,
      `${indent}# - ${first}`,
      ...rest.map((line) => `${indent}#   ${line}`),
    ];
  }
  if (option.inner.length > 0) {
    return [
      comment,
      `${indent}${option.name}:`,
      ...option.inner.flatMap((inner) => exampleOption(inner, `${indent}  `)),
    ];
  }
  if (option.standard === null) return [comment, `${indent}# ${option.name}:`];
  return [comment, `${indent}${option.name}: ${option.standard}`];
}

function exampleSources(kinds: readonly SourceKind[]): string[] {
  const lines = [
    '# What is watched: a path, a URL, or an object with url and options. docs/reference.md lists them all.',
    'sources: []',
  ];
  for (const { usage, summary } of kinds) lines.push(`# - ${usage.split(' or ')[0]}   # ${summary}`);
  lines.push('# - url: /var/log/nginx/edge1.log', '#   name: edge1', '#   audience: cdn', '#   gap: 40s');
  return lines;
}

export function referencePage({ sources, facades, sinks }: Kinds): string {
  const parts = [
    '# Reference',
    GENERATED,
    '## The configuration file',
    `YAML, \`headcount.yaml\` by default. \`${VARIABLE}\` is replaced by an environment variable. Every secret may also be given as the path of a file, under the option's name with \`File\` behind it. The variables \`HEADCOUNT_LISTEN\`, \`HEADCOUNT_DATA\`, \`HEADCOUNT_PUBLIC_URL\`, \`HEADCOUNT_BASE_PATH\`, \`HEADCOUNT_STALE_AFTER\` and \`HEADCOUNT_SOURCES\` (one a line) take the place of what the file says; the command line takes the place of both.`,
    table(optionsOf(Config)),
    '## Sources',
    'A source is a path, a URL, or an object with `url` and options. The query parameters of a URL are options, in camelCase or with hyphens.',
    ...sources.flatMap((kind) => [
      `### ${kind.kind}`,
      kind.summary,
      `\`${kind.usage.replaceAll(' or ', '` or `')}\`. More: [sources/${kind.kind}.md](sources/${kind.kind}.md).`,
      table(optionsOf(sourceSchema(kind))),
    ]),
    '## Facades',
    'A facade is an object with `kind` and options, in the list `facades`.',
    ...facades.flatMap(({ kind, summary, config }) => [
      `### ${kind}`,
      `${summary} More: [facades/${kind}.md](facades/${kind}.md).`,
      table(optionsOf(config)),
    ]),
    '## Sinks',
    'A sink is an object with `kind` and options, in the list `sinks`.',
    ...sinks.flatMap((kind) => [
      `### ${kind.kind}`,
      `${kind.summary} More: [sinks/${kind.kind}.md](sinks/${kind.kind}.md).`,
      table(optionsOf(sinkSchema(kind))),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function table(options: readonly OptionText[]): string {
  const rows = options.flatMap((option) => rowsOf(option, ''));
  return ['| option | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(option: OptionText, prefix: string): string[] {
  const name = `${prefix}${option.name}`;
  const isList = option.standard === '[]';
  const standard = option.isRequired
    ? 'required'
    : option.inner.length > 0 || option.standard === null
      ? ''
      : `\`${option.standard}\``;
  const inner = option.inner.flatMap((each) => rowsOf(each, isList ? `${name}[].` : `${name}.`));
  return [`| \`${name}\` | ${standard} | ${option.sentence.replaceAll('|', '\\|')} |`, ...inner];
}

/** For editors: draft 2020-12. */
export function configJsonSchema(kinds: Kinds): Json {
  const schema = jsonOf(Config) as { properties: Record<string, Json> } & Json;
  const ofSources = kinds.sources.map((kind) => {
    const source = objectOf(sourceSchema(kind), kind);
    const properties = { url: { type: 'string', description: kind.usage }, ...(source['properties'] as Json) };
    // Whatever a URL may say need not be said again.
    const { allOf: _, ...rest } = source;
    return { ...rest, properties, required: ['url'] };
  });
  const named = (kind: FacadeKind | SinkKind, options: z.ZodObject) => {
    const object = objectOf(options, kind);
    const required = ['kind', ...((object['required'] as string[] | undefined) ?? [])];
    return { ...object, properties: { kind: { const: kind.kind }, ...(object['properties'] as Json) }, required };
  };
  const items = {
    sources: { anyOf: [{ type: 'string' }, ...ofSources] },
    facades: { anyOf: kinds.facades.map((kind) => named(kind, kind.config)) },
    sinks: { anyOf: kinds.sinks.map((kind) => named(kind, sinkSchema(kind))) },
  };
  const lists = Object.entries(items).map(([name, item]) => [name, { ...schema.properties[name], items: item }]);
  return { ...schema, title: 'Headcount', properties: { ...schema.properties, ...Object.fromEntries(lists) } };
}

/** The options of a kind. */
function objectOf(options: z.ZodObject, { kind, summary }: { kind: string; summary: string }): Json {
  const { $schema: _, ...rest } = jsonOf(options);
  return { ...rest, title: kind, description: summary };
}

/** As it may be written. Beside every secret stands its file, and either is enough. */
function jsonOf(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Our own marks are nothing to editors.
      delete jsonSchema['secret'];
      delete jsonSchema['inherited'];
      delete jsonSchema['list'];
      if (isList(zodSchema)) allowText(jsonSchema);
      if (zodSchema instanceof z.ZodObject) addSecretFiles(zodSchema, jsonSchema);
    },
  }) as Json;
}

/** Separated by commas. */
function allowText(json: Json): void {
  const { type, items } = json;
  if (type !== 'array') return;
  delete json['type'];
  delete json['items'];
  json['anyOf'] = [{ type, items }, { type: 'string' }];
}

function addSecretFiles({ shape }: z.ZodObject, json: Json): void {
  const isSecretOption = (name: string) => isSecret(shape[name] as z.ZodType);
  // The same objects as before: they are not finished yet.
  const options = Object.entries((json['properties'] ?? {}) as Json);
  json['properties'] = Object.fromEntries(
    options.flatMap(([name, option]) =>
      isSecretOption(name)
        ? [[name, option] as const, [`${name}File`, fileOf(name)] as const]
        : [[name, option] as const],
    ),
  ) as Json;
  const required = (json['required'] ?? []) as string[];
  const either = required.filter(isSecretOption);
  if (either.length === 0) return;
  json['required'] = required.filter((name) => !isSecretOption(name));
  json['allOf'] = either.map((name) => ({ anyOf: [{ required: [name] }, { required: [`${name}File`] }] }));
}

function fileOf(secret: string): Json {
  return { type: 'string', description: `The path of a file that holds it, instead of ${secret}.` };
}
