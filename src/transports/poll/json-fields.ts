/**
 * JSON answers of streaming servers, field by field. They are not particular about it: they write numbers as texts and texts
 * as numbers, leave fields out or fill them with null, rename them from version to version, and put control characters into
 * texts. What is not there in any form, or is something else than it should be, is null here; text is cut where nothing
 * honest is that long. What the fields mean is left to parse.ts.
 */

import { decodeText } from './decode-text.ts';

export type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 4096;

/**
 * What the bytes say; undefined if they are no JSON. Control characters in texts, which JSON forbids and some servers hand
 * on as they got them from a player, are taken for spaces.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch {
    try {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
      return JSON.parse(text.replace(/[\u0000-\u001f]/g, ' '));
    } catch {
      return undefined;
    }
  }
}

/** Null if the value is no object. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** The first of these fields that is a text, trimmed, and not empty; a number is taken for its digits. */
export function textIn(fields: Fields, ...names: readonly string[]): string | null {
  return first(names, (name) => {
    const value = fields[name];
    if (typeof value === 'number') return String(value);
    const text = typeof value === 'string' ? value.trim().slice(0, MAX_TEXT) : '';
    return text === '' ? null : text;
  });
}

/** The first of these fields that is a number from 0 to the greatest that is exact, with or without a fraction. */
export function numberIn(fields: Fields, ...names: readonly string[]): number | null {
  return first(names, (name) => {
    const text = textIn(fields, name);
    const number = text !== null && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    return number <= Number.MAX_SAFE_INTEGER ? number : null;
  });
}

/** The same of whole numbers. */
export function countIn(fields: Fields, ...names: readonly string[]): number | null {
  return first(names, (name) => {
    const number = numberIn(fields, name);
    return Number.isInteger(number) ? number : null;
  });
}

/** The first of these fields that is true or false, also as 1 and 0. */
export function flagIn(fields: Fields, ...names: readonly string[]): boolean | null {
  return first(names, (name) => {
    const value = fields[name];
    if (typeof value === 'boolean') return value;
    const number = numberIn(fields, name);
    return number === 1 || number === 0 ? number === 1 : null;
  });
}

/** Null if it is no list. */
export function listIn(fields: Fields, name: string): readonly unknown[] | null {
  const value = fields[name];
  return Array.isArray(value) ? value : null;
}

function first<Value>(names: readonly string[], read: (name: string) => Value | null): Value | null {
  for (const name of names) {
    const value = read(name);
    if (value !== null) return value;
  }
  return null;
}
