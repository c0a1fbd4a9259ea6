/**
 * Loads the configuration: the YAML file, `${VARIABLES}` in it, `HEADCOUNT_…` variables over it, secret files beside
 * it, and the command line over all. Whatever is wrong is told with its place in the file, all of it at once.
 */

import { readFileSync } from 'node:fs';
import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { FacadeKind } from '../facades/facade.ts';
import { HeadcountError, messageOf } from '../lib/errors.ts';
import type { SinkKind } from '../sinks/sink.ts';
import type { SourceKind } from '../sources/source.ts';
import { isMarkup, readForeignConfig } from './convert/index.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { type ConfiguredFacade, type ConfiguredSink, impliedSources, readFacades, readSinks } from './outputs.ts';
import { Config, GeoOptions } from './schema.ts';
import { type ConfiguredSource, explain, type Mistake, readSource, SourceMistake, withSecretFiles } from './sources.ts';

export interface LoadedConfig extends Omit<Config, 'sources' | 'facades' | 'sinks' | 'users' | 'tokens' | 'groups'> {
  readonly sources: readonly ConfiguredSource[];
  readonly facades: readonly ConfiguredFacade[];
  readonly sinks: readonly ConfiguredSink[];
  readonly users: readonly Credentials[];
  readonly tokens: readonly Credentials[];
  /** The file that it came from; null if there was none. */
  readonly file: string | null;
  /** What there is to know of a file of another product that was taken as it is, in sentences. */
  readonly notes: readonly string[];
}

export interface LoadOptions {
  readonly kinds: readonly SourceKind[];
  /** Absent where none are run: then what is written of them is not looked at. */
  readonly facades?: readonly FacadeKind[];
  readonly sinks?: readonly SinkKind[];
  /** Null is no file. */
  readonly file: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sources of the command line; they take the place of those in the file. */
  readonly sources?: readonly string[];
  readonly listen?: string | undefined;
  readonly data?: string | undefined;
}

/** Throws `HeadcountError` with code `BAD_CONFIG`: one line a mistake. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const written = options.file === null ? emptyFile() : readWritten(options.file, options.env);
  const mistakes: Mistake[] = [];
  const document = { ...written.content, ...fromEnvironment(options.env) };
  if (options.listen !== undefined) document['listen'] = options.listen;
  if (options.data !== undefined) document['data'] = options.data;
  if (options.sources !== undefined && options.sources.length > 0) document['sources'] = [...options.sources];

  const implied = impliedSources(options.facades ?? [], options.env);
  if (document['sources'] === undefined && implied.length > 0) document['sources'] = implied;

  const { users, tokens } = readCredentials(document, mistakes);
  document['geo'] = secretsOfGeo(document['geo'], mistakes);
  const parsed = Config.safeParse({ ...document, users: [], tokens: [], groups: [] });
  if (!parsed.success) mistakes.push(...explain(parsed.error));
  const sources = readSources(document['sources'], options.kinds, document, mistakes);
  const facades =
    options.facades === undefined ? [] : readFacades(document['facades'], options.facades, options.env, mistakes);
  const sinks = options.sinks === undefined ? [] : readSinks(document['sinks'], options.sinks, mistakes);
  if (mistakes.length > 0 || !parsed.success) throw badConfig(options.file, mistakes, written.place);
  return { ...parsed.data, sources, facades, sinks, users, tokens, file: options.file, notes: written.notes };
}

interface WrittenFile {
  readonly content: Record<string, unknown>;
  readonly notes: readonly string[];
  /** `12:5`, the place of the nearest thing that is written there; empty if nothing is. */
  place(path: readonly PropertyKey[]): string;
}

function emptyFile(): WrittenFile {
  return { content: {}, notes: [], place: () => '' };
}

/** Throws `BAD_CONFIG`. */
export function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HeadcountError('BAD_CONFIG', `${file} cannot be read: ${messageOf(error)}`);
  }
}

/** YAML of ours, or the configuration of another product as it is. */
function readWritten(file: string, env: LoadOptions['env']): WrittenFile {
  const text = readConfigFile(file);
  if (!isMarkup(text)) return readYaml(text, file, env);
  const { document, notes, lineOf } = readForeignConfig(text, file);
  return { content: document, notes, place: (path) => String(lineOf(path)) };
}

function readYaml(text: string, file: string, env: LoadOptions['env']): WrittenFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const problems = document.errors.map(({ pos, message }) => `${file}:${positionOf(pos[0])} ${message}`);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
        const value = env[name];
        if (value === undefined) problems.push(`${file}:${positionOf(node.range![0])} the variable ${name} is not set`);
        return value ?? whole;
      });
    },
  });
  if (problems.length > 0) throw new HeadcountError('BAD_CONFIG', problems.join('\n'));
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== 'object' || Array.isArray(content) || content === null) {
    throw new HeadcountError('BAD_CONFIG', `${file} must hold options, such as "listen: 127.0.0.1:8700".`);
  }
  return {
    content: content as Record<string, unknown>,
    notes: [],
    place: (path) => {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length) as string[], true) as { range?: [number] } | undefined;
        if (node?.range !== undefined) return positionOf(isScalar(node) ? node.range[0] : node.range[0]);
      }
      return '';
    },
  };
}

/** `HEADCOUNT_LISTEN`, `HEADCOUNT_PUBLIC_URL`, …: options that are one text. `HEADCOUNT_SOURCES`: one a line. */
function fromEnvironment(env: LoadOptions['env']): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const name of ['listen', 'data', 'publicUrl', 'basePath', 'staleAfter']) {
    const value = env[`HEADCOUNT_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
    if (value !== undefined && value !== '') result[name] = value;
  }
  const sources = env['HEADCOUNT_SOURCES']
    ?.split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (sources !== undefined && sources.length > 0) result['sources'] = sources;
  return result;
}

function readSources(
  written: unknown,
  kinds: readonly SourceKind[],
  inherited: Readonly<Record<string, unknown>>,
  mistakes: Mistake[],
): ConfiguredSource[] {
  const sources: ConfiguredSource[] = [];
  if (!Array.isArray(written)) return sources;
  written.forEach((each: unknown, i) => {
    try {
      const source = readSource(each, kinds, inherited);
      const twin = sources.find(({ common }) => common.name === source.common.name);
      if (twin === undefined) sources.push(source);
      else
        mistakes.push({
          path: ['sources', i],
          message: `another source is called "${source.common.name}" too: give it a name`,
        });
    } catch (error) {
      if (!(error instanceof SourceMistake)) throw error;
      mistakes.push({ path: ['sources', i, ...error.path], message: error.message });
    }
  });
  return sources;
}

function secretsOfGeo(written: unknown, mistakes: Mistake[]): unknown {
  if (!isObject(written)) return written;
  try {
    return withSecretFiles(written, GeoOptions);
  } catch (error) {
    if (!(error instanceof SourceMistake)) throw error;
    mistakes.push({ path: ['geo', ...error.path], message: error.message });
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badConfig(file: string | null, mistakes: readonly Mistake[], place: WrittenFile['place']): HeadcountError {
  const lines = mistakes.map(({ path, message }) => {
    const at = place(path);
    const where = file === null ? '' : `${file}${at === '' ? '' : `:${at}`} `;
    const what = path.reduce<string>(
      (text, part) =>
        typeof part === 'number' ? `${text}[${part}]` : `${text === '' ? '' : `${text}.`}${String(part)}`,
      '',
    );
    return `${where}${what}${what === '' ? '' : ' '}${message}`;
  });
  return new HeadcountError('BAD_CONFIG', lines.join('\n'));
}
