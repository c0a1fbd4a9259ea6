/**
 * Reads facades and sinks: objects that name their kind, with the options that the kind declares. Secrets may come from
 * files, as everywhere.
 */

import { z } from 'zod';
import type { Environment, FacadeKind } from '../facades/facade.ts';
import type { CommonSinkOptions as Common, SinkKind } from '../sinks/sink.ts';
import { CommonSinkOptions, eventNames } from './schema.ts';
import { explain, type Mistake, SourceMistake, withSecretFiles } from './sources.ts';

export interface ConfiguredFacade {
  readonly kind: FacadeKind;
  /** The kind's own options, checked. */
  readonly options: Record<string, unknown>;
}

export interface ConfiguredSink {
  readonly kind: SinkKind;
  readonly common: Common;
  readonly options: Record<string, unknown>;
}

/** `written` is what the file says under `facades`; absent, the environment alone may ask for some. */
export function readFacades(
  written: unknown,
  kinds: readonly FacadeKind[],
  env: Environment,
  mistakes: Mistake[],
): ConfiguredFacade[] {
  const asked = written ?? impliedFacades(kinds, env);
  return readList('facades', asked, kinds, mistakes, (kind, options) => {
    const all = { ...kind.fromEnvironment(env), ...options };
    return { kind, options: checked(kind.config, all, `a facade of the kind ${kind.kind}`) };
  });
}

function impliedFacades(kinds: readonly FacadeKind[], env: Environment): unknown[] {
  return kinds.flatMap((kind) => {
    const options = kind.impliedBy(env);
    return options === null ? [] : [{ kind: kind.kind, ...options }];
  });
}

/** Sources that the environment asks for in the words of another product. */
export function impliedSources(kinds: readonly FacadeKind[], env: Environment): string[] {
  return kinds.flatMap((kind) => kind.impliedSources?.(env) ?? []);
}

export function readSinks(written: unknown, kinds: readonly SinkKind[], mistakes: Mistake[]): ConfiguredSink[] {
  const names = new Set<string>();
  return readList('sinks', written ?? [], kinds, mistakes, (kind, given) => {
    const all = Object.entries(checked(sinkSchema(kind), given, `a sink of the kind ${kind.kind}`));
    const options = Object.fromEntries(all.filter(([name]) => !isCommon(name)));
    const standard = { name: kind.defaultName(options as never) };
    const common = { ...standard, ...Object.fromEntries(all.filter(([name]) => isCommon(name))) } as Common;
    checkThresholds(common);
    if (names.has(common.name))
      throw new SourceMistake([], `another sink is called "${common.name}" too: give it a name`);
    names.add(common.name);
    return { kind, common, options };
  });
}

const isCommon = (option: string) => Object.hasOwn(CommonSinkOptions.shape, option);

/** Whoever writes one wants to be told of it. */
function checkThresholds({ thresholds, events }: Common): void {
  if (thresholds.length === 0 || events.some((type) => type === 'audience.above' || type === 'audience.below')) return;
  throw new SourceMistake(['thresholds'], 'are told by audience.above and audience.below: add them to events');
}

/** The whole schema of a sink of this kind, beside its kind. */
export function sinkSchema(kind: SinkKind): z.ZodObject {
  const common = CommonSinkOptions.shape;
  const events = kind.events === undefined ? common.events : eventNames(kind.events);
  // What a kind says of its options together stays said.
  return kind.config.safeExtend({ ...common, events });
}

function readList<Kind extends { readonly kind: string }, Read>(
  list: string,
  written: unknown,
  kinds: readonly Kind[],
  mistakes: Mistake[],
  read: (kind: Kind, options: Record<string, unknown>) => Read,
): Read[] {
  // That it is no list has been said already.
  if (!Array.isArray(written)) return [];
  return written.flatMap((each: unknown, i) => {
    try {
      const [kind, options] = kindOf(each, kinds);
      return [read(kind, options)];
    } catch (error) {
      if (!(error instanceof SourceMistake)) throw error;
      mistakes.push({ path: [list, i, ...error.path], message: error.message });
      return [];
    }
  });
}

function kindOf<Kind extends { readonly kind: string }>(
  written: unknown,
  kinds: readonly Kind[],
): [Kind, Record<string, unknown>] {
  const known = kinds.map(({ kind }) => kind).join(', ');
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new SourceMistake([], `must be an object with a kind. Known are: ${known}`);
  }
  const { kind: name, ...options } = written as Record<string, unknown>;
  const kind = kinds.find((each) => each.kind === name);
  if (kind === undefined) throw new SourceMistake(['kind'], `is none that is known here. Known are: ${known}`);
  return [kind, options];
}

function checked(schema: z.ZodObject, written: Record<string, unknown>, of: string): Record<string, unknown> {
  const parsed = schema.safeParse(withListedSecretFiles(withSecretFiles(written, schema), schema));
  if (parsed.success) return parsed.data;
  const [mistake] = explain(parsed.error, of);
  throw new SourceMistake(mistake!.path, mistake!.message);
}

/** A kind may have lists of objects that hold secrets. */
function withListedSecretFiles(written: Record<string, unknown>, schema: z.ZodObject): Record<string, unknown> {
  const result = { ...written };
  for (const [name, option] of Object.entries(schema.shape)) {
    const item = itemOf(option as z.ZodType);
    const list = written[name];
    if (item === null || !Array.isArray(list)) continue;
    result[name] = list.map((each: unknown, i) => {
      if (typeof each !== 'object' || each === null) return each;
      try {
        return withSecretFiles(each as Record<string, unknown>, item);
      } catch (error) {
        throw error instanceof SourceMistake ? new SourceMistake([name, i, ...error.path], error.message) : error;
      }
    });
  }
  return result;
}

/** The object that a list is of, under whatever defaults; null if it is no such list. */
function itemOf(schema: z.ZodType): z.ZodObject | null {
  for (let each: unknown = schema; each instanceof z.ZodType; ) {
    if (each instanceof z.ZodArray) return each.element instanceof z.ZodObject ? each.element : null;
    each = (each as unknown as { def: { innerType?: unknown } }).def.innerType;
  }
  return null;
}
