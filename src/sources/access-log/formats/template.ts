/**
 * Formats that somebody has written down: a `log_format` of nginx (ngx_http_log_module) or a `LogFormat` of Apache
 * (mod_log_config), compiled once into steps over bytes. A variable ends where the text behind it begins; behind the last one
 * a newer server may write more.
 */

import { HeadcountError } from '../../../lib/errors.ts';
import type { Line, LineFormat, Verdict } from '../line.ts';
import { closingQuote, farStop, NEAR, QUOTE } from './bytes.ts';
import { FIELD_NUMBER, type Field, Fields } from './fields.ts';
import { jsonTemplate } from './json.ts';
import { nginxField, short } from './nginx.ts';
import type { LocalTime } from './times.ts';

/** What Apache calls it, without modifiers such as `>`. */
const APACHE: Readonly<Record<string, Field>> = {
  h: 'address',
  a: 'address',
  u: 'user',
  t: 'time',
  r: 'request',
  m: 'method',
  U: 'path',
  q: 'query',
  s: 'status',
  B: 'bytes',
  b: 'bytes',
  O: 'allBytes',
  T: 'seconds',
  D: 'microseconds',
  '{User-Agent}i': 'agent',
  '{X-Forwarded-For}i': 'forwarded',
  '{Cookie}i': 'cookie',
  '{CMCD-Object}i': 'cmcdObject',
  '{CMCD-Request}i': 'cmcdRequest',
  '{CMCD-Session}i': 'cmcdSession',
  '{CMCD-Status}i': 'cmcdStatus',
  '{ms}T': 'milliseconds',
  '{us}T': 'microseconds',
  '{s}T': 'seconds',
  '{sec}t': 'time',
  '{msec}t': 'time',
  '{usec}t': 'time',
};

interface Token {
  readonly text: string;
  /** Of a variable; absent for text. Null is a variable that is passed over. */
  readonly field?: Field | null;
}

const APACHE_TOKEN = /%[<>!,\d]*((?:\{[^}]*\})?(?:\^\w\w|[A-Za-z%]))/y;
const NGINX_TOKEN = /\$(?:\{(\w+)\}|(\w+))/y;

/** Rejects with `BAD_LOG_FORMAT`, and a sentence on what is wrong with it. */
export function compileTemplate(written: string, local: LocalTime, playback: readonly string[] = []): LineFormat {
  const template = unwrapped(written);
  const isNginx = /\$\{?\w/.test(template);
  if (isNginx && template.startsWith('{')) return jsonTemplate(written, template, local, playback);
  const tokens = tokensOf(template, isNginx, playback);
  check(written, tokens);
  return new TemplateFormat(written, tokens, local, !isNginx);
}

/** `log_format main '…' '…';` as it stands in nginx.conf, or the string alone. */
function unwrapped(written: string): string {
  const directive = /^\s*(?:log_format\s+\S+\s+(?:escape=\w+\s+)?|LogFormat\s+)/.exec(written);
  if (directive === null) return written.trim();
  const parts = written.slice(directive[0].length).matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g);
  return [...parts].map(([, single, double]) => (single ?? double)!.replaceAll(/\\(["'\\])/g, '$1')).join('');
}

function tokensOf(template: string, isNginx: boolean, playback: readonly string[]): Token[] {
  const tokens: Token[] = [];
  let text = '';
  const pattern = isNginx ? NGINX_TOKEN : APACHE_TOKEN;
  for (let at = 0; at < template.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(template);
    if (match === null) {
      text += template[at++];
      continue;
    }
    at += match[0].length;
    const name = (match[1] ?? match[2])!;
    const field = isNginx ? nginxField(name, playback) : apacheField(name, playback);
    // Apache writes the brackets of a time itself.
    const isBracketed = !isNginx && name === 't';
    if (text !== '' || isBracketed) tokens.push({ text: isBracketed ? `${text}[` : text });
    tokens.push({ text: match[0], field });
    text = isBracketed ? ']' : '';
  }
  if (text !== '') tokens.push({ text });
  return tokens;
}

function apacheField(name: string, playback: readonly string[]): Field | null {
  const cookie = /^\{(.+)\}C$/.exec(name)?.[1];
  if (cookie !== undefined) return playback.includes(cookie) ? 'playback' : null;
  const known = Object.keys(APACHE).find((each) => each === name || (each.length > 3 && same(each, name)));
  return known === undefined ? null : APACHE[known]!;
}

/** Names of headers have no case. */
function same(a: string, b: string): boolean {
  return a.slice(-1) === b.slice(-1) && a.toLowerCase() === b.toLowerCase();
}

function check(written: string, tokens: readonly Token[]): void {
  const fields = new Set(tokens.map(({ field }) => field));
  const has = (...any: Field[]) => any.some((field) => fields.has(field));
  const wrong = (what: string): never => {
    throw new HeadcountError('BAD_LOG_FORMAT', `The log format "${short(written)}" ${what}.`);
  };
  if (!has('address')) wrong('has no client address ($remote_addr, %h)');
  if (!has('time')) wrong('has no time ($time_local, $time_iso8601, $msec, %t)');
  if (!has('request', 'uri', 'path')) wrong('has no request ($request, $request_uri, $uri, %r)');
  if (!has('status')) wrong('has no status ($status, %s)');
  tokens.forEach(({ field, text }, i) => {
    const next = tokens[i + 1];
    const isJoined = field !== undefined && next?.field !== undefined;
    if (isJoined) wrong(`cannot be read: nothing stands between ${text} and ${next.text}`);
  });
}

interface Step {
  /** The number of the field; -1 is passed over. */
  readonly field: number;
  /** What stands behind it; empty is the end of the line. */
  readonly behind: Uint8Array;
  /** The same, to look for it far away. */
  readonly far: RegExp;
}

class TemplateFormat implements LineFormat {
  readonly name: string;
  readonly #before: Uint8Array;
  readonly #steps: readonly Step[];
  readonly #fields: Fields;

  constructor(name: string, tokens: readonly Token[], local: LocalTime, isBegin: boolean) {
    this.name = name;
    const [first] = tokens;
    this.#before = Buffer.from(first!.field === undefined ? first!.text : '', 'latin1');
    const seen = new Set<Field>();
    const steps: Step[] = [];
    tokens.forEach(({ field }, i) => {
      if (field === undefined) return;
      const behind = Buffer.from(tokens[i + 1]?.text ?? '', 'latin1');
      // Of two that mean the same the first one counts.
      const isNew = field !== null && !seen.has(field);
      if (isNew) seen.add(field);
      steps.push({ field: isNew ? FIELD_NUMBER[field] : -1, behind, far: compiled(behind) });
    });
    this.#steps = steps;
    this.#fields = new Fields({ local, isBegin });
  }

  read(line: Line): Verdict {
    const { block, start, end } = line;
    let p = behind(block, start, end, this.#before);
    if (p === -1) return line.bad('Format');
    for (const step of this.#steps) {
      const close = endOf(line, p, step);
      if (close === -1) return line.bad('Format');
      if (step.field !== -1) this.#fields.set(step.field, p, close);
      p = close + step.behind.length;
    }
    return this.#fields.read(line);
  }
}

/** The place behind these bytes, if they stand there; else -1. */
function behind(block: Uint8Array, at: number, end: number, text: Uint8Array): number {
  if (at + text.length > end) return -1;
  for (let i = 0; i < text.length; i++) if (block[at + i] !== text[i]) return -1;
  return at + text.length;
}

/** Where the text begins that stands behind a field. In quotes, quotes are escaped. */
function endOf({ block, blockView, end }: Line, from: number, { behind: text, far }: Step): number {
  if (text.length === 0) return end;
  const first = text[0]!;
  if (first === QUOTE) {
    const quote = closingQuote(block, blockView, from, end);
    return quote === -1 || behind(block, quote, end, text) === -1 ? -1 : quote;
  }
  const near = Math.min(end, from + NEAR);
  for (let p = from; p < near; p++) {
    if (block[p] === first && behind(block, p, end, text) !== -1) return p;
  }
  return near === end ? -1 : farStop(block, near, end, far);
}

/** A pattern of classes, since these are compiled: what is just a text is slow to find where its first byte is everywhere. */
function compiled(text: Uint8Array): RegExp {
  return new RegExp(Array.from(text, (byte) => `[\\x${byte.toString(16).padStart(2, '0')}]`).join(''));
}
