/**
 * The W3C extended log file format (W3C WD-logfile-960323): `#Fields:` names the columns. Amazon CloudFront (standard logs, tabs,
 * percent-encoded), IIS (spaces, `+` for a space in a field), and others. Times are UTC.
 */

import type { Line, LineFormat, Verdict } from '../line.ts';
import { OTHER } from '../line.ts';
import { FIELD_NUMBER, FIELDS, type Field, Fields } from './fields.ts';
import { lineText } from './text-line.ts';

const COLUMNS: Readonly<Record<string, Field>> = {
  date: 'date',
  time: 'clock',
  timestamp: 'time',
  'c-ip': 'address',
  'cs-username': 'user',
  'cs-method': 'method',
  'cs-uri': 'uri',
  'cs-uri-stem': 'path',
  'cs-uri-query': 'query',
  'sc-status': 'status',
  'sc-bytes': 'bytes',
  'cs(user-agent)': 'agent',
  'cs-user-agent': 'agent',
  'cs(cookie)': 'cookie',
  'cs-cookie': 'cookie',
  'x-forwarded-for': 'forwarded',
  'cs(x-forwarded-for)': 'forwarded',
  // Seconds with a fraction (CloudFront), or milliseconds (IIS): see below.
  'time-taken': 'seconds',
};

/** Fields that are percent-encoded, beside the path and the query, which are so anyway. */
const ENCODED: ReadonlySet<Field> = new Set<Field>(['agent', 'cookie', 'forwarded']);

/** A log has a few dozen. */
const MOST_COLUMNS = 500;

export class W3cFormat implements LineFormat {
  readonly name = 'w3c';
  readonly #fields = new Fields({ local: (wallClock) => wallClock, isBegin: false });
  readonly #texts: (string | null)[] = new Array(FIELDS.length).fill(null);
  #columns: readonly (Field | null)[] = [];
  #header: string | null = null;

  /** `state`: the columns, if they are known from before. */
  constructor(state: string | null = null) {
    if (state !== null) this.#name(state);
  }

  get state(): string | null {
    return this.#header;
  }

  read(line: Line): Verdict {
    const text = lineText(line);
    if (text === null) return line.bad('Format');
    if (text.startsWith('#')) {
      if (/^#Fields:/i.test(text)) this.#name(text.slice('#Fields:'.length).trimStart());
      return OTHER;
    }
    if (this.#columns.length === 0) return line.bad('Format');
    const isTabbed = text.includes('\t');
    const values = text.split(isTabbed ? '\t' : ' ', MOST_COLUMNS);
    if (values.length < this.#columns.length) return line.bad('Format');
    this.#texts.fill(null);
    this.#columns.forEach((field, i) => {
      const value = values[i]!;
      if (field === null || value === '-' || value === '') return;
      this.#take(field, value, isTabbed);
    });
    return this.#fields.readTexts(line, this.#texts);
  }

  #name(header: string): void {
    this.#header = header;
    this.#columns = header
      .trim()
      .split(/[ \t]+/, MOST_COLUMNS)
      .map((name) => COLUMNS[name.toLowerCase()] ?? null);
  }

  #take(field: Field, value: string, isTabbed: boolean): void {
    const isMilliseconds = field === 'seconds' && !value.includes('.');
    const place = isMilliseconds ? FIELD_NUMBER.milliseconds : FIELD_NUMBER[field];
    // Of two columns that mean the same the first one counts.
    this.#texts[place] ??= ENCODED.has(field) ? decoded(value, isTabbed) : value;
  }
}

/** CloudFront encodes, some of what it encodes twice; IIS writes `+` for a space. */
function decoded(value: string, isTabbed: boolean): string {
  const spaced = isTabbed ? value : value.split('+').join(' ');
  const once = percentDecoded(spaced);
  return /%[0-9A-Fa-f]{2}/.test(once) && isTabbed ? percentDecoded(once) : once;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
