/**
 * An ini file as Python's configparser reads it: keys in lower case, `=` or `:`, comments on lines of their own, values that go on
 * in lines that are further in, `%(key)s` for another key of the section or of [DEFAULT], `%%` for a percent sign.
 */

import { HeadcountError } from '../../lib/errors.ts';

export interface IniValue {
  /** Interpolated; lines of it are joined with line feeds. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export interface Ini {
  /** Null if there is no such section, or no such key in it. */
  value(section: string, key: string): IniValue | null;
  /** The line of the section's head; null if there is none. */
  section(name: string): number | null;
  /** `[section, key, line]`, without those of [DEFAULT]. */
  readonly keys: readonly (readonly [section: string, key: string, line: number])[];
}

interface Written {
  readonly line: number;
  readonly lines: string[];
}

interface Section {
  readonly line: number;
  readonly options: Map<string, Written>;
}

const DEFAULT = 'DEFAULT';
const MOST_LINES = 10_000;
/** As configparser has it. */
const DEEPEST = 10;
const LONGEST_VALUE = 64 * 1024;

/** Throws `BAD_CONFIG`, with `file` and the line. */
export function readIni(text: string, file: string): Ini {
  const fail = (line: number, message: string): never => {
    throw new HeadcountError('BAD_CONFIG', `${file}:${line} ${message}`);
  };
  const sections = readSections(text, fail);
  const raw = (section: string, key: string) =>
    sections.get(section)?.options.get(key) ?? sections.get(DEFAULT)?.options.get(key);
  return {
    section: (name) => sections.get(name)?.line ?? null,
    value: (section, key) => {
      const written = sections.has(section) ? raw(section, key) : undefined;
      if (written === undefined) return null;
      const of = (name: string) => textOf(raw(section, name));
      return { line: written.line, text: interpolated(textOf(written)!, of, (wrong) => fail(written.line, wrong)) };
    },
    keys: [...sections]
      .filter(([name]) => name !== DEFAULT)
      .flatMap(([name, { options }]) => [...options].map(([key, { line }]) => [name, key, line] as const)),
  };
}

function readSections(text: string, fail: (line: number, message: string) => never): Map<string, Section> {
  const sections = new Map<string, Section>();
  let section: Section | null = null;
  let option: Written | null = null;
  let indent = 0;
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  if (lines.length > MOST_LINES) fail(MOST_LINES, 'is too long for an ini file');
  for (const [i, whole] of lines.entries()) {
    const line = whole.trim();
    const inner = whole.length - whole.trimStart().length;
    if (/^[#;]/.test(line)) continue;
    if (option !== null && (line === '' || inner > indent)) {
      option.lines.push(line);
      continue;
    }
    if (line === '') continue;
    indent = inner;
    const [, head] = /^\[(.+)\]$/.exec(line) ?? [];
    if (head !== undefined) {
      if (sections.has(head)) fail(i + 1, `has the section [${head}] twice`);
      section = { line: i + 1, options: new Map() };
      sections.set(head, section);
      option = null;
      continue;
    }
    const [key, value] = pairIn(line) ?? fail(i + 1, 'is neither a [SECTION] nor KEY = VALUE');
    if (section === null) return fail(i + 1, 'has a key before the first [SECTION]');
    if (section.options.has(key)) fail(i + 1, `has the key ${key} twice`);
    option = { line: i + 1, lines: [value] };
    section.options.set(key, option);
  }
  return sections;
}

function pairIn(line: string): [key: string, value: string] | null {
  const at = line.search(/[=:]/);
  return at <= 0 ? null : [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
}

function textOf(written: Written | undefined): string | null {
  return written === undefined ? null : written.lines.join('\n').trim();
}

type Lookup = (name: string) => string | null;

function interpolated(text: string, of: Lookup, fail: (message: string) => never, depth = 1): string {
  if (depth > DEEPEST) return fail('refers to other keys too deeply');
  const result = text.replaceAll(/%(?:(%)|\(([^)]*)\)s|)/g, (_, percent?: string, name?: string) => {
    if (percent !== undefined) return '%';
    if (name === undefined)
      return fail("has a '%' that is followed by neither '%' nor '(key)s': write %% for a percent sign");
    const value = of(name.toLowerCase());
    if (value === null) return fail(`refers to %(${name})s, and there is no such key`);
    return interpolated(value, of, fail, depth + 1);
  });
  return result.length > LONGEST_VALUE ? fail('is too long once its keys are filled in') : result;
}
