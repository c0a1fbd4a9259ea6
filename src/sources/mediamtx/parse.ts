/**
 * What MediaMTX says in its lists (API v3: 1.0 to 1.19, api/openapi.yaml): paths, and the sessions of each protocol.
 * Pure; asking is index.ts's.
 *
 * Shapes: `{"pageCount":1,"itemCount":1,"items":[…]}`; a path is `{"name","ready"|"available"|"online","readyTime"|…,
 * "readers":[{"type","id"}]}`, a session `{"id","created","remoteAddr":"IP:PORT","path","state","user","userAgent",
 * "bytesSent"|"outboundBytes"}`. Times are RFC 3339, bytes are totals.
 */

import {
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { parseIp } from '../../lib/ip.ts';
import { countIn, type Fields, fieldsOf, flagIn, listIn, textIn } from '../../transports/poll/json-fields.ts';

export interface ListPage {
  readonly pageCount: number;
  readonly items: readonly unknown[];
}

/** Null if this is no page of a list. */
export function parseList(answer: Fields | null): ListPage | null {
  const items = answer === null ? null : listIn(answer, 'items');
  return items === null ? null : { pageCount: countIn(answer!, 'pageCount') ?? 1, items };
}

/** What the server says of what went wrong: `{"status":"error","error":"…"}`, before 1.13 without the status. */
export function errorIn(answer: Fields | null): string | null {
  return answer === null ? null : textIn(answer, 'error');
}

export interface Paths {
  readonly reports: readonly StreamReport[];
  /** Paths whose HLS viewers are one reader, however many they are: before 1.18. */
  readonly hlsMuxers: number;
  /** Without a name. */
  readonly unreadable: number;
}

/** One report a path, however often it is listed. */
export function parsePaths(items: readonly unknown[], at: Instant): Paths {
  const reports = new Map<string, StreamReport>();
  let hlsMuxers = 0;
  let unreadable = 0;
  for (const item of items) {
    const fields = fieldsOf(item) ?? {};
    const name = textIn(fields, 'name');
    if (name === null) {
      unreadable++;
      continue;
    }
    const readers = listIn(fields, 'readers') ?? [];
    if (readers.some((reader) => fieldsOf(reader)?.['type'] === 'hlsMuxer')) hlsMuxers++;
    // From the newest names to the oldest: `ready` is what 1.0 had.
    const isUp = flagIn(fields, 'online', 'available', 'ready') === true;
    reports.set(name, {
      kind: 'report',
      stream: name,
      at,
      status: isUp ? 'up' : 'down',
      startedAt: isUp ? timeOf(textIn(fields, 'onlineTime', 'availableTime', 'readyTime')) : null,
      listeners: readers.length,
    });
  }
  return { reports: [...reports.values()], hlsMuxers, unreadable };
}

function timeOf(text: string | null): Instant | null {
  const time = text !== null && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(time) && time >= 0 ? time : null;
}

export interface Sessions {
  /** By id, since a session that moves from page to page is listed twice. Without bytes. */
  readonly present: ReadonlyMap<string, Presence>;
  /** What has been sent to each of those who read, in all. */
  readonly sent: ReadonlyMap<string, number>;
  /** Connected, and neither reading nor publishing (yet). */
  readonly idle: number;
  /** Without an id, a path, or a state that is known. */
  readonly unreadable: number;
}

/** `protocol` becomes a detail. */
export function parseSessions(items: readonly unknown[], protocol: string, at: Instant): Sessions {
  const present = new Map<string, Presence>();
  const sent = new Map<string, number>();
  let idle = 0;
  let unreadable = 0;
  for (const item of items) {
    const fields = fieldsOf(item) ?? {};
    const session = sessionOf(fields, protocol, at);
    if (session === null) unreadable++;
    else if (session === 'idle') idle++;
    else {
      const id = session.client.connection!;
      present.set(id, session);
      const bytes = countIn(fields, 'outboundBytes', 'bytesSent');
      if (bytes !== null && !session.client.isPublisher) sent.set(id, bytes);
    }
  }
  return { present, sent, idle, unreadable };
}

function sessionOf(item: Fields, protocol: string, at: Instant): Presence | 'idle' | null {
  // Sessions of HLS only read, and say no state.
  const state = textIn(item, 'state') ?? 'read';
  if (state === 'idle' || flagIn(item, 'peerConnectionEstablished') === false) return 'idle';
  const [id, path] = [textIn(item, 'id'), textIn(item, 'path')];
  if (id === null || path === null || (state !== 'read' && state !== 'publish')) return null;
  const created = timeOf(textIn(item, 'created'));
  return presence({
    stream: path,
    client: clientFacts({
      ...endpointOf(textIn(item, 'remoteAddr')),
      userAgent: textIn(item, 'userAgent'),
      user: textIn(item, 'user'),
      // A UUID: no other run of the server has it.
      connection: id,
      // What fetches for a CDN hands the stream on.
      isPublisher: state === 'publish' || flagIn(item, 'isCDN') === true,
    }),
    from: at,
    // Their clock may be ahead of ours.
    since: created === null ? null : Math.min(created, at),
    until: FOREVER,
    details: { protocol },
  });
}

/** `192.0.2.1:5000`, `[2001:db8::1]:5000`, or an address alone. */
function endpointOf(text: string | null): { address: string | null; port: number | null } {
  const match = /^\[?([^[\]]+?)\]?(?::(\d{1,5}))?$/.exec(text ?? '');
  if (text !== null && parseIp(text) !== null) return { address: text, port: null };
  const [, address, port] = match ?? [];
  if (address === undefined || parseIp(address) === null) return { address: null, port: null };
  return { address, port: port === undefined ? null : Number(port) };
}
