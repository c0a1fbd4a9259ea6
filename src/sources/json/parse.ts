/**
 * A JSON answer of any shape as listeners or numbers of streams, by paths that say where everything is (path.ts). Pure;
 * asking is index.ts's. What a path does not find is unknown; what no person could be told by is counted and left out.
 */

import {
  type ClientFacts,
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { parseJson } from '../../transports/poll/json-fields.ts';
import { describeFound, fieldOf, type Item, itemsAt, type Path, valueAt } from './path.ts';

export const FIELDS = [
  'stream',
  'id',
  'address',
  'port',
  'userAgent',
  'user',
  'device',
  'connectedSeconds',
  'startedAt',
  'bytes',
  'title',
  'isPublisher',
  'listeners',
  'peakListeners',
  'name',
] as const;

export type Field = (typeof FIELDS)[number];

export interface Mapping {
  readonly items: Path;
  /** With `listeners` the items are streams, and no people. */
  readonly fields: Readonly<Partial<Record<Field, Path>>>;
  /** Of the whole answer: what is another after a restart of the server. */
  readonly boot: Path | null;
  /** Of items that name no stream. */
  readonly stream: string;
  /** Is that one there as long as the server answers? */
  readonly isStreamConstant: boolean;
}

/** What is in the answer is not what the mapping says: the message ends a sentence, "answered with …". */
export class JsonMistake extends Error {}

const MAX_ITEMS = 200_000;
const MAX_STREAMS = 10_000;
/** Honest answers have five or six levels; 20 MB of nothing but brackets would be ten million objects. */
const MAX_DEPTH = 64;

export interface Listeners {
  readonly reports: readonly StreamReport[];
  /** Null: the items are streams. */
  readonly people: readonly Person[] | null;
  readonly counts: Readonly<
    Record<'unreadableItems' | 'repeatedItems' | 'itemsIgnored' | 'streamsIgnored' | 'listsMissing', number>
  >;
}

export interface Person {
  /** Without bytes. */
  readonly presence: Presence;
  /** All its bytes so far; null if they or its connection are unknown. */
  readonly sent: number | null;
}

/** Throws a `JsonMistake`. `at` is when the question was asked. */
export function parseAnswer(body: Uint8Array, mapping: Mapping, at: Instant): Listeners {
  const content = contentOf(body);
  const isOfStreams = mapping.fields.listeners !== undefined;
  const found = itemsAt(content, mapping.items, isOfStreams);
  if ('found' in found) {
    const wanted = mapping.items.length === 0 ? '' : ` at "${mapping.items.join('.')}"`;
    throw new JsonMistake(`no list${wanted}: ${describeFound(found)}`);
  }
  const items = found.items.slice(0, MAX_ITEMS);
  const lost = { itemsIgnored: found.items.length - items.length, listsMissing: found.without };
  return isOfStreams ? readStreams(items, mapping, at, lost) : readPeople(items, mapping, at, content, lost);
}

function contentOf(body: Uint8Array): unknown {
  if (isTooDeep(body)) throw new JsonMistake(`JSON of more than ${MAX_DEPTH} levels`);
  const content = parseJson(body);
  if (content === undefined) throw new JsonMistake('no JSON');
  return content;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...Buffer.from('"\\[]{}')];

function isTooDeep(body: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return false;
}

type Lost = Pick<Listeners['counts'], 'itemsIgnored' | 'listsMissing'>;

function readStreams(items: readonly Item[], mapping: Mapping, at: Instant, lost: Lost): Listeners {
  const reports = new Map<string, StreamReport>();
  let unreadableItems = 0;
  let repeatedItems = 0;
  let streamsIgnored = 0;
  for (const item of items) {
    const read = readerOf(item, mapping);
    const stream = read.text('stream') ?? mapping.stream;
    const listeners = read.count('listeners');
    if (listeners === null) unreadableItems++;
    else if (reports.has(stream)) repeatedItems++;
    else if (reports.size === MAX_STREAMS) streamsIgnored++;
    else {
      const peakListeners = read.count('peakListeners');
      const titled = mapping.fields.title === undefined ? {} : { title: read.text('title') };
      const named = mapping.fields.name === undefined ? {} : { name: read.text('name') };
      const peak = peakListeners === null ? {} : { peakListeners };
      reports.set(stream, { kind: 'report', stream, at, status: 'up', listeners, ...titled, ...named, ...peak });
    }
  }
  const counts = { unreadableItems, repeatedItems, streamsIgnored, ...lost };
  return { reports: [...reports.values()], people: null, counts };
}

function readPeople(items: readonly Item[], mapping: Mapping, at: Instant, content: unknown, lost: Lost): Listeners {
  const boot = mapping.boot === null ? null : textOf(valueAt(content, mapping.boot));
  const numbers = new Map<string, number>(mapping.isStreamConstant ? [[mapping.stream, 0]] : []);
  const connections = new Set<string>();
  const people: Person[] = [];
  let unreadableItems = 0;
  let repeatedItems = 0;
  let streamsIgnored = 0;
  for (const item of items) {
    const person = personOf(item, mapping, boot, at);
    const { stream, client } = person.presence;
    if (client.connection !== null && connections.has(client.connection)) {
      repeatedItems++;
      continue;
    }
    if (!numbers.has(stream) && numbers.size === MAX_STREAMS) {
      streamsIgnored++;
      continue;
    }
    numbers.set(stream, (numbers.get(stream) ?? 0) + (client.isPublisher ? 0 : 1));
    if (isAnybody(client)) people.push(person);
    else unreadableItems++;
    if (client.connection !== null) connections.add(client.connection);
  }
  const reports = [...numbers].map(([stream, listeners]) => {
    return { kind: 'report' as const, stream, at, status: 'up' as const, listeners };
  });
  return { reports, people, counts: { unreadableItems, repeatedItems, streamsIgnored, ...lost } };
}

function personOf(item: Item, mapping: Mapping, boot: string | null, at: Instant): Person {
  const read = readerOf(item, mapping);
  const id = read.text('id');
  const [address, user, device] = [read.text('address'), read.text('user'), read.text('device')];
  const connection = id === null ? null : `${boot ?? ''}#${id}`;
  // Without an address all would be alike: then it is whoever the server says that it is.
  const name = connection === null && address === null ? (device ?? user) : null;
  const port = read.count('port');
  return {
    presence: presence({
      stream: read.text('stream') ?? mapping.stream,
      client: clientFacts({
        address,
        port: port !== null && port <= 65_535 ? port : null,
        userAgent: read.text('userAgent'),
        user,
        device,
        connection,
        playback: name === null ? null : { id: name, issued: true },
        isPublisher: read.flag('isPublisher'),
      }),
      from: at,
      since: sinceOf(read, at),
      until: FOREVER,
      title: read.text('title'),
    }),
    sent: connection === null ? null : read.count('bytes'),
  };
}

/** Can it be told from others by anything? */
function isAnybody({ connection, playback, address }: ClientFacts): boolean {
  return connection !== null || playback !== null || address !== null;
}

interface Reader {
  text(field: Field): string | null;
  number(field: Field): number | null;
  /** A whole number, not below zero. */
  count(field: Field): number | null;
  flag(field: Field): boolean;
  value(field: Field): unknown;
}

function readerOf(item: Item, { fields }: Mapping): Reader {
  const value = (field: Field) => {
    const path = fields[field];
    return path === undefined ? undefined : fieldOf(item, path);
  };
  const number = (field: Field) => numberOf(value(field));
  return {
    value,
    number,
    text: (field) => textOf(value(field)),
    count: (field) => {
      const count = number(field);
      return count !== null && count >= 0 && count <= Number.MAX_SAFE_INTEGER ? Math.floor(count) : null;
    },
    flag: (field) => ['true', '1', 'yes'].includes(String(value(field)).toLowerCase()),
  };
}

/** Never before the epoch and never after the question, whatever the clocks say. */
function sinceOf(read: Reader, at: Instant): Instant | null {
  const seconds = read.number('connectedSeconds');
  const since = seconds === null ? instantOf(read.value('startedAt')) : at - seconds * 1000;
  return since === null ? null : Math.round(Math.min(Math.max(since, 0), at));
}

/** So many seconds are the year 5138, so many milliseconds 1973. */
const FIRST_MILLISECONDS = 1e11;

/** Seconds or milliseconds since the epoch, or ISO 8601; without a zone it is UTC. */
function instantOf(value: unknown): Instant | null {
  const number = numberOf(value);
  // Many servers write 0 for "not yet".
  if (number !== null) return number <= 0 ? null : number < FIRST_MILLISECONDS ? number * 1000 : number;
  const text = textOf(value);
  if (text === null || !/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/i.test(text) || !/\d:\d/.test(text);
  const time = Date.parse(hasZone ? text : `${text}Z`);
  // The first of January of the year 1 is nothing, in Go.
  return time > 0 ? time : null;
}

const MAX_TEXT = 1000;

function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim().slice(0, MAX_TEXT);
  return text === '' ? null : text;
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*-?\d/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
