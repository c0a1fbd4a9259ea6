/**
 * JSON of servers that are not particular about it: they write numbers as texts and texts as numbers, leave fields out or
 * fill them with null, and put control characters into texts. What is not there in any form is null here. What the fields
 * mean is left to parse.ts.
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

/** Trimmed, and cut where nothing honest is that long. */
export function textField(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value.trim().slice(0, MAX_TEXT) : '';
  return text === '' ? null : text;
}

/** A whole number that is not negative. */
export function countField(fields: Fields, name: string): number | null {
  const text = textField(fields, name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** True or false, also as 1 and 0; null if it is neither. */
export function flagField(fields: Fields, name: string): boolean | null {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  const count = countField(fields, name);
  return count === null ? null : count !== 0;
}
