/**
 * Who may sign in, and what they may see: users, tokens, and the groups that they are in. What comes out has the groups
 * resolved: docs/rights.md says how they add up.
 */

import type { z } from 'zod';
import { accessTo, type PatternAccess, parseStreamPattern, type StreamPattern } from '../core/access.ts';
import { Config, Group } from './schema.ts';
import { explain, type Mistake, SourceMistake, withSecretFiles } from './sources.ts';

export interface Credentials {
  readonly name: string;
  /** The token, or the password of the user. */
  readonly secret: string;
  readonly write: boolean;
  readonly groups: readonly string[];
  /** One object for all that may see the same. */
  readonly access: PatternAccess;
}

type Document = Readonly<Record<string, unknown>>;

/** A store could not be asked for very many at once. */
const MOST_STREAMS = 1000;

/** `users` and `tokens` of the document; what is wrong with them, and with `groups`, is added to the mistakes. */
export function readCredentials(
  document: Document,
  mistakes: Mistake[],
): { users: Credentials[]; tokens: Credentials[] } {
  const before = mistakes.length;
  const groups = new Map(readList(document, 'groups', Group, mistakes).map(({ read }) => [read.name, read]));
  // A group with a mistake is there nevertheless.
  const areGroupsRight = mistakes.length === before;
  const accesses = new Map<string, PatternAccess>();
  const groupsOf = (names: readonly string[], path: readonly PropertyKey[]): Group[] =>
    names.flatMap((name, i) => {
      const group = groups.get(name);
      if (group !== undefined) return [group];
      const message = `is no group: there is no "${name}" under groups`;
      if (areGroupsRight) mistakes.push({ path: [...path, 'groups', i], message });
      return [];
    });
  const listOf = (list: 'users' | 'tokens', secret: 'password' | 'token') =>
    readList(document, list, elementOf(list), mistakes).map(({ place, read }): Credentials => {
      const own = read as Group & { groups: string[] };
      const all = [own, ...groupsOf(own.groups, [list, place])];
      const streams = streamsOf(all);
      if (streams !== null && streams.length > MOST_STREAMS) {
        mistakes.push({ path: [list, place], message: `names more than ${MOST_STREAMS} streams: write a * in some` });
      }
      const addresses = all.every((each) => each.addresses);
      const key = JSON.stringify([streams, addresses]);
      const access = accesses.get(key) ?? accessTo(streams, addresses);
      accesses.set(key, access);
      const write = all.some((each) => each.write);
      return { name: own.name, secret: String(read[secret]), write, groups: own.groups, access };
    });
  return { users: listOf('users', 'password'), tokens: listOf('tokens', 'token') };
}

/** Null is all: for whom neither the own entry nor any of the groups names streams, or one of them is all there are. */
function streamsOf(rights: readonly Group[]): StreamPattern[] | null {
  const named = rights.flatMap(({ streams }) => (streams === undefined ? [] : [streams]));
  const streams = new Set(named.flat());
  return named.length === 0 || streams.has('*') ? null : [...streams].sort().map(parseStreamPattern);
}

function elementOf(list: 'users' | 'tokens'): z.ZodObject {
  return (Config.shape[list].def.innerType as z.ZodArray<z.ZodObject>).element;
}

/** Those without a mistake, each with its place in the document. */
function readList<Schema extends z.ZodObject>(
  document: Document,
  list: 'users' | 'tokens' | 'groups',
  schema: Schema,
  mistakes: Mistake[],
): { place: number; read: z.output<Schema> }[] {
  const written = document[list];
  if (written === undefined) return [];
  if (!Array.isArray(written)) {
    mistakes.push({ path: [list], message: 'must be a list' });
    return [];
  }
  const names = new Set<unknown>();
  return written.flatMap((each: unknown, place) => {
    try {
      const parsed = schema.safeParse(isObject(each) ? withSecretFiles(each, schema) : each);
      if (!parsed.success) {
        for (const { path, message } of explain(parsed.error)) mistakes.push({ path: [list, place, ...path], message });
        return [];
      }
      const { name } = parsed.data as { name: string };
      const message = `is there twice: another of the ${list} is called "${name}"`;
      if (names.has(name)) mistakes.push({ path: [list, place, 'name'], message });
      names.add(name);
      return [{ place, read: parsed.data }];
    } catch (error) {
      if (!(error instanceof SourceMistake)) throw error;
      mistakes.push({ path: [list, place, ...error.path], message: error.message });
      return [];
    }
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
