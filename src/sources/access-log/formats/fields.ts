/**
 * From named fields to a line: what the formats that are not built in have in common. A format says where each field
 * stands (template.ts), or what its text is (json.ts, w3c.ts, haproxy.ts); what the fields mean is here.
 */

import { Buffer } from 'node:buffer';
import { CMCD_HEADERS, GOOD, HAS, type Line, LONGEST_ADDRESS, SLACK, type Verdict, viewOf } from '../line.ts';
import { textOf } from '../text.ts';
import { DASH, wholeNumber } from './bytes.ts';
import { readTarget } from './request.ts';
import { CLF_LENGTH, ClfClock, type LocalTime, timeOf } from './times.ts';

export const FIELDS = [
  'address',
  'user',
  /** In any of the ways of times.ts. */
  'time',
  /** `2026-11-21` and `01:19:26`. */
  'date',
  'clock',
  /** `GET /path?query HTTP/1.1`. */
  'request',
  'method',
  /** Path and query. */
  'uri',
  'path',
  'query',
  'status',
  /** Bytes of the body; of the whole answer. */
  'bytes',
  'allBytes',
  'agent',
  'forwarded',
  'cookie',
  'playback',
  'cmcdObject',
  'cmcdRequest',
  'cmcdSession',
  'cmcdStatus',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
] as const;
export type Field = (typeof FIELDS)[number];

/** The numbers of the fields. */
const F = Object.fromEntries(FIELDS.map((field, i) => [field, i])) as Readonly<Record<Field, number>>;
export const FIELD_NUMBER: Readonly<Record<Field, number>> = F;

/** Request headers that mean something, by their names in lower case. */
export const HEADERS: ReadonlyMap<string, Field> = new Map([
  ['user-agent', 'agent'],
  ['x-forwarded-for', 'forwarded'],
  ['cookie', 'cookie'],
  ['cmcd-object', 'cmcdObject'],
  ['cmcd-request', 'cmcdRequest'],
  ['cmcd-session', 'cmcdSession'],
  ['cmcd-status', 'cmcdStatus'],
]);

const CMCD: readonly Field[] = ['cmcdObject', 'cmcdRequest', 'cmcdSession', 'cmcdStatus'];
const DURATIONS: readonly (readonly [Field, number])[] = [
  ['seconds', 1000],
  ['milliseconds', 1],
  ['microseconds', 1e-3],
  ['nanoseconds', 1e-6],
];

/** More of a text than anybody looks at (request.ts, declared.ts, clients.ts); of a chain of proxies the end. */
const LONGEST_FIELD = 70_000;

export interface FieldsOptions {
  /** What a time without a zone means. */
  readonly local: LocalTime;
  /** Times are those of the beginning of a request. */
  readonly isBegin: boolean;
}

export class Fields {
  /** By number of the field: where it stands in `line.bytes`, and its end; -1 is "not there". */
  readonly spans = new Int32Array(FIELDS.length * 2).fill(-1);
  readonly #options: FieldsOptions;
  readonly #clock = new ClfClock();
  readonly #scratch = new Scratch();
  #lastTime = '';
  #lastInstant = -1;

  constructor(options: FieldsOptions) {
    this.#options = options;
  }

  set(field: number, start: number, end: number): void {
    this.spans[field * 2] = start;
    this.spans[field * 2 + 1] = end;
  }

  /** Reads a line whose fields are texts, by their numbers. */
  readTexts(line: Line, texts: readonly (string | null | undefined)[]): Verdict {
    this.#scratch.begin();
    for (let field = 0; field < FIELDS.length; field++) {
      const text = texts[field];
      if (text === null || text === undefined) {
        this.set(field, -1, -1);
        continue;
      }
      const start = this.#scratch.length;
      this.#scratch.add(text.length <= LONGEST_FIELD ? text : shortened(text, field));
      this.set(field, start, this.#scratch.length);
    }
    line.bytes = this.#scratch.bytes;
    line.view = this.#scratch.view;
    return this.read(line);
  }

  /** Reads a line by `spans`, in `line.bytes`. */
  read(line: Line): Verdict {
    line.has = 0;
    line.isCut = false;
    if (!this.#isAddress(line)) return line.bad('Address');
    line.time = this.#timeOf(line);
    if (line.time < 0) return line.bad('Time');
    if (!this.#isRequest(line)) return line.bad('Request');
    if (!this.#areNumbers(line)) return line.bad('Numbers');
    this.#readRest(line);
    // Lines come in the order in which requests end; that is when the client was there last.
    if (this.#options.isBegin && (line.has & HAS.duration) !== 0) line.time += line.duration;
    return GOOD;
  }

  #isAddress(line: Line): boolean {
    const start = this.spans[F.address * 2]!;
    const end = this.spans[F.address * 2 + 1]!;
    line.addressStart = start;
    line.addressEnd = end;
    const user = this.#present(line, 'user');
    line.userStart = user ? this.#start('user') : start;
    line.userEnd = user ? this.#end('user') : start;
    return start !== -1 && end > start && end - start <= LONGEST_ADDRESS;
  }

  #timeOf(line: Line): number {
    if (this.#start('date') !== -1 && this.#start('clock') !== -1) {
      return this.#instant(`${this.#text(line, 'date')}T${this.#text(line, 'clock')}Z`);
    }
    const start = this.#start('time');
    if (start === -1) return -1;
    const end = this.#end('time');
    if (end - start === CLF_LENGTH) {
      const time = this.#clock.read(line.bytes, line.view, start);
      if (time !== -1) return time;
    }
    if (end - start > 64) return -1;
    return this.#instant(line.bytes.toString('latin1', start, end));
  }

  /** Many lines in a row have the same time. */
  #instant(text: string): number {
    if (text === this.#lastTime) return this.#lastInstant;
    this.#lastTime = text;
    this.#lastInstant = timeOf(text, this.#options.local);
    return this.#lastInstant;
  }

  #isRequest(line: Line): boolean {
    const { bytes } = line;
    if (this.#start('request') !== -1) return this.#isWholeRequest(line);
    const method = this.#start('method') === -1 ? 'GET' : this.#word(line, 'method');
    if (!/^[A-Za-z]{1,20}$/.test(method)) return false;
    const field = this.#start('uri') !== -1 ? 'uri' : 'path';
    if (this.#start(field) === -1) return false;
    this.#method(line, method);
    readTarget(line, bytes, this.#start(field), this.#end(field));
    if (this.#start('query') === -1) return true;
    const hasQuery = this.#present(line, 'query');
    line.queryStart = hasQuery ? this.#start('query') : line.pathEnd;
    line.queryEnd = hasQuery ? this.#end('query') : line.pathEnd;
    return true;
  }

  #isWholeRequest(line: Line): boolean {
    const { bytes } = line;
    const start = this.#start('request');
    const end = this.#end('request');
    let p = start;
    while (p < end && p < start + 20 && bytes[p] !== 0x20) p++;
    this.#method(line, p < end ? bytes.toString('latin1', start, p) : '');
    readTarget(line, bytes, Math.min(p + 1, end), end);
    return true;
  }

  #method(line: Line, method: string): void {
    line.isGet = method === 'GET';
    if (method === 'PUT' || method === 'SOURCE') line.has |= HAS.publish;
  }

  #areNumbers(line: Line): boolean {
    const { bytes } = line;
    const start = this.#start('status');
    if (start === -1 || this.#end('status') - start !== 3) return false;
    const status = wholeNumber(bytes, start, start + 3);
    if (status === -1) return false;
    line.status = status;
    const field = this.#start('bytes') !== -1 ? 'bytes' : 'allBytes';
    const at = this.#start(field);
    line.sent = 0;
    if (at === -1 || this.#end(field) === at || (this.#end(field) === at + 1 && bytes[at] === DASH)) return true;
    line.sent = wholeNumber(bytes, at, this.#end(field));
    return line.sent !== -1;
  }

  #readRest(line: Line): void {
    line.agentStart = this.#start('agent');
    line.agentEnd = this.#end('agent');
    if (this.#present(line, 'forwarded')) {
      line.has |= HAS.forwarded;
      line.forwardedStart = this.#start('forwarded');
      line.forwardedEnd = this.#end('forwarded');
    }
    if (this.#present(line, 'cookie')) {
      line.has |= HAS.cookie;
      line.cookieStart = this.#start('cookie');
      line.cookieEnd = this.#end('cookie');
    }
    if (this.#present(line, 'playback')) {
      line.has |= HAS.playback;
      line.playbackStart = this.#start('playback');
      line.playbackEnd = this.#end('playback');
    }
    for (let i = 0; i < CMCD_HEADERS; i++) {
      const isThere = this.#present(line, CMCD[i]!);
      line.cmcdStart[i] = isThere ? this.#start(CMCD[i]!) : 0;
      line.cmcdEnd[i] = isThere ? this.#end(CMCD[i]!) : 0;
      if (isThere) line.has |= HAS.cmcd;
    }
    for (const [field, unit] of DURATIONS) {
      if (!this.#present(line, field)) continue;
      const duration = decimal(this.#word(line, field));
      if (duration === -1) continue;
      line.duration = Math.round(duration * unit);
      line.has |= HAS.duration;
    }
  }

  #start(field: Field): number {
    return this.spans[F[field] * 2]!;
  }

  #end(field: Field): number {
    return this.spans[F[field] * 2 + 1]!;
  }

  /** There, and neither empty nor `-`. */
  #present(line: Line, field: Field): boolean {
    const start = this.#start(field);
    const end = this.#end(field);
    return end > start && !(end === start + 1 && line.bytes[start] === DASH);
  }

  #text(line: Line, field: Field): string {
    return textOf(line.bytes, this.#start(field), Math.min(this.#end(field), this.#start(field) + 64));
  }

  /** Of something short, without escapes. */
  #word(line: Line, field: Field): string {
    const start = this.#start(field);
    return line.bytes.toString('latin1', start, Math.min(this.#end(field), start + 32));
  }
}

/** `0.005`; also the first of `0.005, 0.1`, and `+12` of HAProxy. */
function decimal(text: string): number {
  const match = /^\+?(\d{1,15}(?:\.\d{1,9})?)(?:ms)?(?:[,\s]|$)/.exec(text);
  return match === null ? -1 : Number(match[1]);
}

function shortened(text: string, field: number): string {
  return field === F.forwarded ? text.slice(-LONGEST_FIELD) : text.slice(0, LONGEST_FIELD);
}

/**
 * Texts as bytes, for one line after the other. Backslashes are doubled, so that text.ts finds no escapes: not by `replaceAll`,
 * which takes four times as long when there are a hundred thousand of them and it has never done it before.
 */
class Scratch {
  bytes: Buffer = Buffer.alloc(4096);
  view: DataView = viewOf(this.bytes, 0);
  length = 0;

  begin(): void {
    this.length = 0;
  }

  add(text: string): void {
    const plain = text.includes('\\') ? text.split('\\').join('\\\\') : text;
    const most = this.length + plain.length * 3 + SLACK;
    if (most > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(most, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
      this.view = viewOf(larger, 0);
    }
    this.length += this.bytes.write(plain, this.length, 'utf8');
  }
}
