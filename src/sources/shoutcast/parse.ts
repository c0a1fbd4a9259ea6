/**
 * What SHOUTcast says of its streams and their listeners. Pure; asking is dialects.ts's. Shapes, by the documents of DNAS 2
 * (8 September 2018) and by what others have recorded of DNAS 1.9.8:
 *
 * - `/statistics?json=1` (v2): `{"totalstreams":1,…,"streams":[{"id":1,"currentlisteners":0,…}]}`, or `<STREAMSTATS>` in XML;
 * - `/stats?sid=1` (v2) and `admin.cgi?mode=viewxml` (v1): `<SHOUTCASTSERVER>`; in v1, and in v2 where no page is asked for, with
 *   `<LISTENERS>` and `<SONGHISTORY>` in it;
 * - `admin.cgi?sid=1&mode=viewjson&page=3` (v2): an array of listeners; page 4: an array of songs;
 * - `/7.html`: seven values, separated by commas.
 *
 * Every element may be missing: older DNAS 2 lack many, and v1 has names of its own.
 */

import type { Instant, StreamReport } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import { decodeText } from '../../transports/poll/decode-text.ts';
import { fieldsOf, parseJson, textIn } from '../../transports/poll/json-fields.ts';
import { childrenOf, type Element, parseXml, textOf, XmlError } from '../../transports/poll/xml.ts';

export interface StreamFacts {
  /** Its SID: `1`. */
  readonly stream: string;
  readonly report: StreamReport;
  /** For how many seconds it has been on the air; null if the server does not say. */
  readonly uptime: number | null;
}

export interface Listener {
  /** Given again after its listener has left. */
  readonly uid: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** For how long it has been connected. */
  readonly seconds: number | null;
  readonly referer: string | null;
}

export interface Listeners {
  readonly listeners: readonly Listener[];
  /** Entries without a UID that is one, which nobody could tell from one another. */
  readonly unreadable: number;
}

export interface Song {
  readonly at: Instant;
  readonly title: string;
}

/** A value by its name in lower case; null if it is missing or empty. JSON and XML have the same names. */
type Values = (name: string) => string | null;

/** Of all streams of DNAS 2; null if this is no such page. `at` is when the question was asked. */
export function parseStatistics(body: Uint8Array, at: Instant): StreamFacts[] | null {
  const json = fieldsOf(parseJson(body));
  if (json !== null) {
    if (!('totalstreams' in json)) return null;
    // `streams` is missing if there are none, and one may come without the array around it.
    const streams = json['streams'] ?? [];
    return factsOfAll(valuesIn(Array.isArray(streams) ? streams : [streams]), at);
  }
  const root = xmlOf(body, 'streamstats');
  return root === null ? null : factsOfAll(childrenOf(root, 'stream').map(valuesOf), at);
}

/** `<SHOUTCASTSERVER>`, of one stream; null if this is no such page. */
export function parseServer(body: Uint8Array, stream: string, at: Instant): ServerPage | null {
  const root = xmlOf(body, 'shoutcastserver');
  if (root === null) return null;
  const listeners = entriesIn(root, LISTENERS);
  return {
    facts: factsOf(valuesOf(root), stream, at),
    listeners: listeners === null ? null : listenersOf(listeners),
    songs: songsOf(entriesIn(root, SONGS) ?? []),
  };
}

export interface ServerPage {
  readonly facts: StreamFacts;
  /** Null if the page does not tell of them. */
  readonly listeners: Listeners | null;
  readonly songs: readonly Song[];
}

/** Page 3, in JSON or XML; null if this is no such page. */
export function parseListeners(body: Uint8Array): Listeners | null {
  const entries = entriesOf(body, LISTENERS);
  return entries === null ? null : listenersOf(entries);
}

/** Page 4, in JSON or XML; null if this is no such page. */
export function parseSongs(body: Uint8Array): Song[] | null {
  const entries = entriesOf(body, SONGS);
  return entries === null ? null : songsOf(entries);
}

/** How a list is called in XML, and what every entry of it has. */
interface List {
  readonly name: string;
  readonly entry: string;
  readonly mark: string;
}

const LISTENERS: List = { name: 'listeners', entry: 'listener', mark: 'uid' };
const SONGS: List = { name: 'songhistory', entry: 'song', mark: 'title' };

function entriesOf(body: Uint8Array, list: List): Values[] | null {
  const json = parseJson(body);
  if (json === undefined) {
    const root = xmlOf(body, 'shoutcastserver');
    return root === null ? null : entriesIn(root, list);
  }
  if (Array.isArray(json)) return valuesIn(json);
  // One entry may come without the array around it; any other object is something else.
  const fields = fieldsOf(json);
  return fields !== null && list.mark in fields ? valuesIn([fields]) : null;
}

function valuesIn(entries: readonly unknown[]): Values[] {
  return entries.map((entry) => {
    const fields = fieldsOf(entry) ?? {};
    return (name) => textIn(fields, name);
  });
}

/** An attribute is a value like an element. */
function valuesOf(element: Element): Values {
  return (name) => element.attributes.get(name) ?? textOf(element, name);
}

/** Null if there is no such list. */
function entriesIn(root: Element, { name, entry }: List): Values[] | null {
  const lists = childrenOf(root, name);
  return lists.length === 0 ? null : lists.flatMap((list) => childrenOf(list, entry).map(valuesOf));
}

/** v1 begins with a document type definition, which is passed over. */
function xmlOf(body: Uint8Array, name: string): Element | null {
  try {
    const root = parseXml(decodeText(body), 'passOver');
    return root.name === name ? root : null;
  } catch (error) {
    if (error instanceof XmlError) return null;
    throw error;
  }
}

function factsOfAll(streams: readonly Values[], at: Instant): StreamFacts[] {
  return streams.flatMap((values) => {
    const sid = values('id') ?? '';
    // It goes into questions.
    return /^\d{1,10}$/.test(sid) ? [factsOf(values, sid, at)] : [];
  });
}

function factsOf(values: Values, stream: string, at: Instant): StreamFacts {
  const count = (name: string) => countOf(values(name));
  // A backup that is played is on the air, too.
  const isUp = count('streamstatus') !== 0 || count('backupstatus') === 1;
  const genres = ['servergenre', 'servergenre2', 'servergenre3', 'servergenre4', 'servergenre5'].flatMap(
    (name) => values(name) ?? [],
  );
  return {
    stream,
    uptime: isUp ? count('streamuptime') : null,
    report: {
      kind: 'report',
      stream,
      at,
      status: isUp ? 'up' : 'down',
      title: isUp ? titleOf(values('songtitle')) : null,
      name: values('servertitle'),
      genre: genres.length === 0 ? null : genres.join(', '),
      contentType: values('content'),
      bitrate: count('bitrate') || null,
      listeners: count('currentlisteners'),
      peakListeners: count('peaklisteners'),
      uniqueListeners: count('uniquelisteners') ?? count('reportedlisteners'),
      maxListeners: count('maxlisteners'),
      averageSeconds: count('averagetime'),
    },
  };
}

function countOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** DNAS 2 writes three spaces for ` - `. Sources that know neither artist nor title send a dash. */
function titleOf(text: string | null): string | null {
  if (text === null || /^[\s-]*$/.test(text)) return null;
  return text.replaceAll('   ', ' - ');
}

/** They are numbers of eight digits. */
const MAX_UID = 100;

function listenersOf(entries: readonly Values[]): Listeners {
  const listeners = entries.flatMap((values) => {
    const uid = values('uid');
    return uid === null || uid.length > MAX_UID ? [] : [listenerOf(values, uid)];
  });
  return { listeners, unreadable: entries.length - listeners.length };
}

/** What DNAS says where a player sends no user agent. */
const NO_USER_AGENT = '**EMPTY**';

function listenerOf(values: Values, uid: string): Listener {
  const userAgent = values('useragent');
  return {
    uid,
    // A name instead of an address, if the server looks names up.
    address: firstForwarded(values('xff')) ?? values('hostname'),
    userAgent: userAgent === NO_USER_AGENT ? null : userAgent,
    seconds: countOf(values('connecttime')),
    referer: values('referer'),
  };
}

/** `CLIENT, PROXY, PROXY`; some proxies write a port behind an address. */
function firstForwarded(chain: string | null): string | null {
  const first = chain?.split(',')[0]?.trim() ?? '';
  return canonicalIp(first.replace(/^\[(.+)\](:\d+)?$|^([\d.]+):\d+$/, '$1$3'));
}

/** The year 2255: what is later is no time. */
const LAST_SECOND = 9_007_199_254;

function songsOf(entries: readonly Values[]): Song[] {
  return entries.flatMap((values) => {
    const seconds = countOf(values('playedat'));
    const title = titleOf(values('title'));
    return seconds === null || seconds > LAST_SECOND || title === null ? [] : [{ at: seconds * 1000, title }];
  });
}

/**
 * `/7.html`, of one stream: listeners, status, peak, limit, different listeners, kilobits a second, title. Null if this is no such
 * page.
 */
export function parseSeven(body: Uint8Array, stream: string, at: Instant): StreamFacts | null {
  const values = bodyOf(decodeText(body)).split(',');
  const [listeners, status, peak, most, unique, bitrate] = values.slice(0, 6).map((value) => countOf(value.trim()));
  if (values.length < 7 || listeners == null || status == null) return null;
  const isUp = status !== 0;
  return {
    stream,
    uptime: null,
    report: {
      kind: 'report',
      stream,
      at,
      status: isUp ? 'up' : 'down',
      // It may hold commas.
      title: isUp ? titleOf(values.slice(6).join(',').trim().slice(0, MAX_TITLE)) : null,
      bitrate: bitrate || null,
      listeners,
      peakListeners: peak ?? null,
      uniqueListeners: unique ?? null,
      maxListeners: most ?? null,
    },
  };
}

const MAX_TITLE = 4096;

/** What is between the tags; empty if it is no whole page. */
function bodyOf(html: string): string {
  const tag = html.search(/<body/i);
  const begin = html.indexOf('>', tag);
  const rest = html.slice(begin + 1);
  const end = rest.search(/<\/body>/i);
  return tag === -1 || begin === -1 || end === -1 ? '' : rest.slice(0, end);
}
