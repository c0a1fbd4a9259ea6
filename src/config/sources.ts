/** From what is written of a source (a path, a URL, or an object with a url) to its kind and checked options. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { formatDuration } from '../lib/duration.ts';
import { messageOf } from '../lib/errors.ts';
import { isInherited, isSecret } from '../lib/options.ts';
import type { CommonOptions, SourceKind } from '../sources/source.ts';
import { CommonSourceOptions, timingOptions } from './schema.ts';

export interface ConfiguredSource {
  readonly kind: SourceKind;
  readonly common: CommonOptions;
  /** The kind's own options, checked. */
  readonly options: Record<string, unknown>;
}

/** A mistake, and where in the written source it is. */
export class SourceMistake extends Error {
  readonly path: readonly PropertyKey[];

  constructor(path: readonly PropertyKey[], message: string) {
    super(message);
    this.path = path;
  }
}

/**
 * Throws a `SourceMistake` for the first thing that is wrong. `inherited`: what is written for all sources, by name, for the options
 * that are marked so (`inherited` in lib/options.ts).
 */
export function readSource(
  written: unknown,
  kinds: readonly SourceKind[],
  inherited: Readonly<Record<string, unknown>> = {},
): ConfiguredSource {
  if (typeof written === 'string') return configure(written, {}, kinds, inherited);
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new SourceMistake([], 'must be a path, a URL, or an object with a url');
  }
  const { url, ...options } = written as Record<string, unknown>;
  if (typeof url !== 'string') throw new SourceMistake(['url'], 'is missing: where is the source?');
  return configure(url, options, kinds, inherited);
}

function configure(
  url: string,
  more: Record<string, unknown>,
  kinds: readonly SourceKind[],
  inherited: Readonly<Record<string, unknown>>,
): ConfiguredSource {
  const kind = kindOf(url, kinds);
  const [target, query] = splitQuery(url);
  const fromUrl = readUrl(kind, target);
  const schema = sourceSchema(kind);
  const { gap: writtenGap, ...given }: Record<string, unknown> = {
    ...inheritable(kind, inherited),
    ...fromUrl,
    ...query,
    ...more,
  };
  const autoGap = writtenGap === 'auto' && kind.traits.findsGaps === true;
  const written = autoGap || writtenGap === undefined ? given : { ...given, gap: writtenGap };
  const parsed = schema.safeParse(withSecretFiles(written, schema));
  if (!parsed.success) {
    const [mistake] = explain(parsed.error, `a source of the kind ${kind.kind}`);
    throw new SourceMistake(mistake!.path, mistake!.message);
  }
  checkTogether(kind, written);
  const { name, audience, gap, lateness, ...options } = parsed.data as Record<string, unknown> & {
    name?: string;
    audience?: string;
    gap: number;
    lateness: number;
  };
  return {
    kind,
    common: {
      name: name ?? kind.defaultName(options as never),
      audience: audience ?? null,
      gap,
      lateness,
      ...(autoGap ? { autoGap } : {}),
    },
    options,
  };
}

/** What a kind says of several of its options together: the schema of the whole source is made of each alone. */
function checkTogether({ kind, config }: SourceKind, written: Record<string, unknown>): void {
  const own = Object.entries(withSecretFiles(written, config)).filter(([name]) => name in config.shape);
  const { success, error } = config.safeParse(Object.fromEntries(own));
  if (success) return;
  const [mistake] = explain(error, `a source of the kind ${kind}`);
  throw new SourceMistake(mistake!.path, mistake!.message);
}

function inheritable({ config }: SourceKind, inherited: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.entries(config.shape).filter(([, option]) => isInherited(option as z.ZodType));
  return Object.fromEntries(names.filter(([name]) => name in inherited).map(([name]) => [name, inherited[name]]));
}

/** The whole schema of a source of this kind, as it is written in an object beside its url. */
export function sourceSchema(kind: SourceKind): z.ZodObject {
  const { gap, lateness } = kind.traits;
  return z.strictObject({
    ...CommonSourceOptions.shape,
    ...timingOptions({ gap: formatDuration(gap), lateness: formatDuration(lateness) }).shape,
    ...kind.config.shape,
  });
}

/** By its scheme; a text without one is a path, and belongs to the first kind that claims it. */
function kindOf(url: string, kinds: readonly SourceKind[]): SourceKind {
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(url)?.[1];
  const byScheme = kinds.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
  if (byScheme !== undefined) return byScheme;
  const known = kinds.flatMap(({ schemes }) => schemes).join(', ');
  if (scheme !== undefined && !/^[a-z]:\\/i.test(url)) {
    throw new SourceMistake(['url'], `"${scheme}:" is no kind of source that is known here. Known are: ${known}`);
  }
  const byPath = kinds.find(({ claims }) => claims?.test(splitQuery(url)[0]));
  if (byPath === undefined) throw new SourceMistake(['url'], `does not say what it is. Known are: ${known}`);
  return byPath;
}

/** Query parameters are options, in camelCase or with hyphens. */
export function splitQuery(url: string): [string, Record<string, string>] {
  const at = url.indexOf('?');
  if (at === -1) return [url, {}];
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    query[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  return [url.slice(0, at), query];
}

function readUrl(kind: SourceKind, url: string): Record<string, unknown> {
  try {
    return kind.fromUrl(url);
  } catch (error) {
    throw new SourceMistake(['url'], `${messageOf(error)}: write it as ${kind.usage}`);
  }
}

/** `passwordFile` says where `password` is. What the file holds is taken without the line end behind it. */
export function withSecretFiles(written: Record<string, unknown>, schema: z.ZodObject): Record<string, unknown> {
  const result = { ...written };
  for (const [name, option] of Object.entries(schema.shape)) {
    const path = written[`${name}File`];
    if (!isSecret(option as z.ZodType) || path === undefined) continue;
    delete result[`${name}File`];
    if (typeof path !== 'string') throw new SourceMistake([`${name}File`], 'must be a path');
    try {
      result[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      throw new SourceMistake([`${name}File`], `cannot be read: ${messageOf(error)}`);
    }
  }
  return result;
}

export interface Mistake {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What is wrong, as sentences that begin with the option's path. `whose`: `a source of the kind icecast`. */
export function explain(error: z.ZodError, whose?: string): Mistake[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const of = whose === undefined ? '' : ` of ${whose}`;
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: `is no option${of}` }));
    }
    return [{ path: issue.path, message: sentenceOf(issue) }];
  });
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with options',
};

/** What an option declares for itself is a sentence already; what Zod says of its own accord is put into ours. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (!/^(Invalid|Too) /.test(message)) return message;
  if (issue.code === 'invalid_type' && message.includes('received undefined')) return 'is missing';
  if (issue.code === 'invalid_type' && issue.expected in TYPES) return `must be ${TYPES[issue.expected]}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  const isText = 'origin' in issue && issue.origin === 'string';
  if (issue.code === 'too_small' && isText && issue.minimum === 1) return 'must not be empty';
  if (issue.code === 'too_small' && issue.origin === 'number') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin === 'number') return `must be at most ${issue.maximum}`;
  return message;
}
