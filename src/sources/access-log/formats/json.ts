/**
 * One JSON object a line: nginx with `escape=json`, Caddy 2, Traefik, Apache, Fastly, Cloudflare Logpush, Akamai DataStream 2.
 * Which key means what is told by its name; a `log_format` that is itself an object says it exactly.
 *
 * A time that is a number is seconds, milliseconds, microseconds or nanoseconds, whichever is plausible.
 */

import { HeadcountError } from '../../../lib/errors.ts';
import type { Line, LineFormat, Verdict } from '../line.ts';
import { FIELD_NUMBER, FIELDS, type Field, Fields, HEADERS } from './fields.ts';
import { nginxField, short } from './nginx.ts';
import { lineText } from './text-line.ts';
import type { LocalTime } from './times.ts';

/** Keys, in lower case and without `_`, `-` and `.`; of several that are there the first counts. */
const KEYS: Readonly<Partial<Record<Field, readonly string[]>>> = {
  address: ['clientip', 'remoteip', 'remoteaddr', 'clienthost', 'clientaddress', 'cliip', 'ip', 'realip', 'remotehost'],
  user: ['remoteuser', 'userid', 'user', 'clientusername', 'username'],
  time: [
    'msec',
    'timeiso8601',
    'edgestarttimestamp',
    'starttimestamp',
    'startutc',
    'timelocal',
    'reqtimesec',
    'timestamp',
    '@timestamp',
    'time',
    'ts',
    'timestart',
    'date',
  ],
  request: ['request'],
  method: ['requestmethod', 'method', 'reqmethod', 'clientrequestmethod', 'verb'],
  uri: ['requesturi', 'clientrequesturi', 'uri', 'url', 'requestpath', 'requesturl'],
  path: ['path', 'reqpath', 'clientrequestpath', 'documenturi'],
  query: ['args', 'querystring', 'querystr', 'query'],
  status: [
    'status',
    'statuscode',
    'downstreamstatus',
    'edgeresponsestatus',
    'responsestatus',
    'respstatus',
    'response',
  ],
  bytes: [
    'bodybytessent',
    'bytes',
    'size',
    'downstreamcontentsize',
    'responsebodysize',
    'respbodysize',
    'edgeresponsebytes',
    'bytessent',
    'totalbytes',
  ],
  agent: ['httpuseragent', 'useragent', 'requestuseragent', 'clientrequestuseragent', 'agent', 'ua'],
  forwarded: ['httpxforwardedfor', 'xforwardedfor', 'requestxforwardedfor', 'xff', 'ipxff'],
  cookie: ['httpcookie', 'cookie', 'cookies', 'requestcookie'],
  cmcdObject: ['httpcmcdobject', 'cmcdobject', 'requestcmcdobject'],
  cmcdRequest: ['httpcmcdrequest', 'cmcdrequest', 'requestcmcdrequest'],
  cmcdSession: ['httpcmcdsession', 'cmcdsession', 'requestcmcdsession'],
  cmcdStatus: ['httpcmcdstatus', 'cmcdstatus', 'requestcmcdstatus'],
  seconds: ['requesttime', 'rt', 'durationseconds', 'elapsed'],
  milliseconds: ['turnaroundtimemsec', 'durationms', 'requesttimems'],
};

interface Meaning {
  readonly field: number;
  /** The least of what is there counts. */
  readonly rank: number;
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries(KEYS).flatMap(([field, keys]) =>
    keys.map((key, rank) => [key, { field: FIELD_NUMBER[field as Field], rank }] as const),
  ),
);

/** Times that are those of the beginning of a request. */
const BEGINNINGS: ReadonlySet<string> = new Set([
  'edgestarttimestamp',
  'starttimestamp',
  'startutc',
  'reqtimesec',
  'timestart',
]);

/**
 * What stands between the values of a header that was sent several times (RFC 9110 §5.3, RFC 9113 §8.2.3), by field; of others
 * the first one counts. What a proxy adds to X-Forwarded-For may be a header of its own, behind the client's.
 */
const SEPARATORS: Readonly<Record<number, string>> = {
  [FIELD_NUMBER.forwarded]: ', ',
  [FIELD_NUMBER.cookie]: '; ',
  [FIELD_NUMBER.cmcdObject]: ',',
  [FIELD_NUMBER.cmcdRequest]: ',',
  [FIELD_NUMBER.cmcdSession]: ',',
  [FIELD_NUMBER.cmcdStatus]: ',',
};

/** Keys that a log may have, and what has been found out about each: bounded, since anybody may write them. */
const MAX_KEYS = 2000;
/** Quotes, and objects and lists, that a line may have: each of its keys has two quotes, and so has a value that is a text. */
const MOST_PARTS = 4000;
/** Of one header. */
const MOST_VALUES = 100;

export class JsonFormat implements LineFormat {
  readonly name: string;
  readonly #texts: (string | null)[] = new Array(FIELDS.length).fill(null);
  readonly #ranks = new Int32Array(FIELDS.length);
  readonly #fields: Fields;
  readonly #begun: Fields;
  readonly #meanings = new Map<string, Meaning | null>();
  readonly #exact: ReadonlyMap<string, Meaning> | null;
  #isBegin = false;

  /** `exact`: what the keys mean, if it is known; nested ones are joined by dots. */
  constructor(name: string, local: LocalTime, exact: ReadonlyMap<string, Meaning> | null = null) {
    this.name = name;
    this.#fields = new Fields({ local, isBegin: false });
    this.#begun = new Fields({ local, isBegin: true });
    this.#exact = exact;
  }

  read(line: Line): Verdict {
    const text = lineText(line);
    const object = text === null ? null : parsed(text);
    if (object === null) return line.bad('Format');
    this.#texts.fill(null);
    this.#ranks.fill(0x7fffffff);
    this.#isBegin = false;
    this.#take(object, '');
    this.#tidy();
    return (this.#isBegin ? this.#begun : this.#fields).readTexts(line, this.#texts);
  }

  #take(object: Readonly<Record<string, unknown>>, prefix: string): void {
    for (const key in object) {
      const value = object[key];
      if (Array.isArray(value)) {
        this.#note(key, prefix, value);
      } else if (typeof value === 'object' && value !== null) {
        // Caddy: `request`, and in it `headers` with lists.
        if (prefix.length < 64) this.#take(value as Readonly<Record<string, unknown>>, `${prefix}${key}.`);
      } else {
        this.#note(key, prefix, [value]);
      }
    }
  }

  /** Of a header that was sent several times every value is there. */
  #note(key: string, prefix: string, values: readonly unknown[]): void {
    const [first] = values;
    if (first === null || first === undefined || typeof first === 'object' || first === '(null)') return;
    const meaning = this.#meaningOf(`${prefix}${key}`);
    if (meaning === null || meaning.rank >= this.#ranks[meaning.field]!) return;
    this.#ranks[meaning.field] = meaning.rank;
    const between = SEPARATORS[meaning.field];
    this.#texts[meaning.field] = between === undefined ? String(first) : joined(values, between);
    if (meaning.field === FIELD_NUMBER.time) this.#isBegin = BEGINNINGS.has(plain(key));
  }

  #meaningOf(path: string): Meaning | null {
    const known = this.#meanings.get(path);
    if (known !== undefined) return known;
    const meaning = this.#exact === null ? meaningOf(path) : (this.#exact.get(path) ?? null);
    if (this.#meanings.size < MAX_KEYS) this.#meanings.set(path, meaning);
    return meaning;
  }

  /** What some of them write in a way of their own. */
  #tidy(): void {
    const texts = this.#texts;
    const { request, method, uri } = FIELD_NUMBER;
    // Fastly: `request` is the method alone.
    if (texts[request] != null && !texts[request].includes(' ')) {
      texts[method] ??= texts[request];
      texts[request] = null;
    }
    if (texts[request] !== null) texts[uri] = null;
  }
}

/** The values of a header: of more than `MOST_VALUES` those that were added last, since proxies write behind what clients say. */
function joined(values: readonly unknown[], between: string): string {
  return values
    .slice(-MOST_VALUES)
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .join(between);
}

/** A line that is longer than many keys may have more of them than any server writes, and takes its time. */
function hasManyParts(text: string): boolean {
  if (text.length < MOST_PARTS * 2) return false;
  const pieces = text.split(QUOTES, MOST_PARTS);
  if (pieces.length === MOST_PARTS) return true;
  // What is in strings counts for nothing: these anybody may have written.
  const outside = pieces.filter((_, i) => i % 2 === 0).join('');
  return outside.split(/[[{]/, MOST_PARTS).length === MOST_PARTS;
}

/** Those that are not escaped. */
const QUOTES = /(?<!\\)(?:\\\\)*"/;

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[_.-]/g, '');
}

/** Below `request` the names are those of a request; answers and the rest of nested objects mean nothing. */
function meaningOf(path: string): Meaning | null {
  const header = HEADER.exec(path)?.[1];
  if (header !== undefined) {
    // Whoever asks names the headers: these mean something, and no other, whatever it is called.
    const field = HEADERS.get(header.toLowerCase());
    return field === undefined ? null : { field: FIELD_NUMBER[field], rank: 0 };
  }
  const isNested = path.includes('.');
  if (isNested && !/^request\.[^.]+$/i.test(path)) return CADDY_DURATION.get(path) ?? null;
  const key = plain(path.slice(path.indexOf('.') + 1));
  if (key === 'duration') return CADDY_DURATION.get(path) ?? null;
  return MEANINGS.get(key) ?? null;
}

/** `request.headers.User-Agent` of Caddy, `request_User-Agent` of Traefik; what nginx calls `request_…` is in lower case. */
const HEADER = /^(?:request\.headers\.|request_(?=[A-Z]))(.+)$/;

/** Seconds for Caddy, nanoseconds for Traefik, and they differ in their first letter alone. */
const CADDY_DURATION: ReadonlyMap<string, Meaning> = new Map([
  ['duration', { field: FIELD_NUMBER.seconds, rank: 9 }],
  ['Duration', { field: FIELD_NUMBER.nanoseconds, rank: 0 }],
]);

/** nginx writes `\x22` into an object if somebody has forgotten its `escape=json`. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  if (!/^\s*\{/.test(text) || hasManyParts(text)) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    if (!text.includes('\\x')) return null;
  }
  try {
    // What two digits do not follow is none for JSON either way.
    return JSON.parse(text.split('\\x').join('\\u00')) as Record<string, unknown>;
  } catch {
    return null;
  }
}

const VARIABLE = /^\$\{?(\w+)\}?$/;

/** A `log_format` that is an object: its keys mean what their variables are. Throws `BAD_LOG_FORMAT`. */
export function jsonTemplate(
  name: string,
  template: string,
  local: LocalTime,
  playback: readonly string[],
): LineFormat {
  // A number or a variable without quotes is none for JSON.
  const quoted = template.replaceAll(/:\s*(\$\{?\w+\}?)/g, ': "$1"');
  const object = parsed(quoted);
  if (object === null) {
    throw new HeadcountError('BAD_LOG_FORMAT', `The log format "${short(name)}" begins as JSON, and is none.`);
  }
  const exact = new Map<string, Meaning>();
  const add = (part: Readonly<Record<string, unknown>>, prefix: string) => {
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === 'object' && value !== null) add(value as Record<string, unknown>, `${prefix}${key}.`);
      const variable = VARIABLE.exec(String(value))?.[1];
      const field = variable === undefined ? null : nginxField(variable, playback);
      if (field !== null) exact.set(`${prefix}${key}`, { field: FIELD_NUMBER[field], rank: exact.size });
    }
  };
  add(object, '');
  return new JsonFormat(name, local, exact);
}
