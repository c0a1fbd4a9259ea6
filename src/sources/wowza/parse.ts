/**
 * What Wowza says on its administration port: `/serverinfo` and `/connectioncounts`, the HTTP providers
 * HTTPServerInfoXML and HTTPConnectionCountsXML (Wowza's documents of 4.x; the root is called WowzaStreamingEngine, and
 * before that WowzaMediaServer or WowzaMediaServerPro). Pure; asking is index.ts's.
 *
 * Shape of both: root > VHost > Application > ApplicationInstance, each with a Name and TimeRunning in seconds. Within an
 * instance `/serverinfo` has a row for every session, Client (RTMP), HTTPSession (HLS, DASH, Smooth, HDS) and RTPSession
 * (RTSP, WebRTC), and `/connectioncounts` a Stream with its numbers.
 */

import { clientFacts, type Details, FOREVER, type Instant, type Presence, presence } from '../../core/observation.ts';
import { childrenOf, countOf, type Element, parseXml, textOf, XmlError } from '../../transports/poll/xml.ts';
import { instanceName, type Place, streamName, streamOfUri } from './place.ts';
import { readWithoutBrokenRows } from './rows.ts';

export interface PlayedStream {
  readonly stream: string;
  /** The application instance it is in. */
  readonly instance: string;
  /** Null if Wowza does not say. */
  readonly listeners: number | null;
}

export interface ConnectionCounts {
  /** Application instances that are loaded. */
  readonly instances: ReadonlySet<string>;
  /** Once each. Wowza lists a stream only while somebody plays it. */
  readonly streams: readonly PlayedStream[];
}

export interface ServerInfo extends ConnectionCounts {
  readonly sessions: readonly WowzaSession[];
  /** Rows without an id, and those that are no XML. */
  readonly unreadable: number;
}

export interface WowzaSession {
  /** Without bytes. */
  readonly presence: Presence;
  /** Bytes that were sent to the client since it connected. */
  readonly sent: number;
}

/** Which places are wanted. */
export type Wanted = (place: Place) => boolean;

/** `at` is when the question was asked. Throws an `XmlError` if this is no answer of Wowza's. */
export function parseServerInfo(xml: string, at: Instant, isWanted: Wanted): ServerInfo {
  const { root, broken } = readWithoutBrokenRows(xml);
  const instances = new Set<string>();
  const streams = new Map<string, { instance: string; listeners: number }>();
  const sessions: WowzaSession[] = [];
  let unreadable = broken;
  for (const { place, element } of instancesOf(root, isWanted)) {
    const instance = instanceName(place);
    instances.add(instance);
    for (const row of element.children) {
      if (!ID_OF.has(row.name)) continue;
      const session = sessionOf(row, place, at);
      if (session === null) {
        unreadable++;
        continue;
      }
      sessions.push(session);
      const { stream, client } = session.presence;
      const known = streams.get(stream);
      const listeners = (known?.listeners ?? 0) + (client.isPublisher ? 0 : 1);
      streams.set(stream, { instance, listeners });
    }
  }
  const played = [...streams].map(([stream, more]) => ({ stream, ...more }));
  return { instances, streams: played, sessions, unreadable };
}

/** Throws an `XmlError` if this is no answer of Wowza's. */
export function parseConnectionCounts(xml: string, isWanted: Wanted): ConnectionCounts {
  const instances = new Set<string>();
  const streams = new Map<string, PlayedStream>();
  for (const { place, element } of instancesOf(parseXml(xml), isWanted)) {
    const instance = instanceName(place);
    instances.add(instance);
    for (const played of childrenOf(element, 'stream')) {
      const name = nameOf(played);
      if (name === null) continue;
      const stream = streamName(place, name);
      // `mp4:film` and `film` are the same.
      const sum = sumOf(streams.get(stream)?.listeners ?? null, listenersOf(played));
      streams.set(stream, { stream, instance, listeners: sum });
    }
  }
  return { instances, streams: [...streams.values()] };
}

function sumOf(a: number | null, b: number | null): number | null {
  return a === null ? b : a + (b ?? 0);
}

/** Not every protocol has a number of its own (WebRTC has none), so the total comes first. */
function listenersOf(stream: Element): number | null {
  const total = countOf(stream, 'sessionstotal');
  if (total !== null) return total;
  const names = stream.children.map(({ name }) => name).filter((name) => name.startsWith('sessions'));
  const counts = names.map((name) => countOf(stream, name)).filter((count) => count !== null);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function* instancesOf(root: Element, isWanted: Wanted): Generator<{ place: Place; element: Element }> {
  const vhosts = childrenOf(root, 'vhost');
  if (vhosts.length === 0 && !root.name.startsWith('wowza')) throw new XmlError(`an element ${root.name.slice(0, 40)}`);
  for (const vhost of vhosts) {
    for (const application of childrenOf(vhost, 'application')) {
      for (const element of childrenOf(application, 'applicationinstance')) {
        const names = [vhost, application, element].map(nameOf);
        if (names.includes(null)) continue;
        const place = { vhost: names[0]!, application: names[1]!, instance: names[2]! };
        if (isWanted(place)) yield { place, element };
      }
    }
  }
}

/** As Java's URLEncoder writes it, or as it is. */
function nameOf(element: Element): string | null {
  const text = textOf(element, 'name');
  if (text === null) return null;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The element of each row that has its id. */
const ID_OF: ReadonlyMap<string, string> = new Map([
  ['client', 'clientid'],
  ['httpsession', 'sessionid'],
  ['rtpsession', 'sessionid'],
]);

function sessionOf(row: Element, place: Place, at: Instant): WowzaSession | null {
  const id = known(row, ID_OF.get(row.name)!);
  if (id === null) return null;
  // When it began in the server's words: an id that is given again after a restart is another connection.
  const connection = `${row.name} ${id} ${known(row, 'datestarted') ?? ''}`;
  const seconds = secondsOf(row);
  const agent = known(row, 'flashversion');
  const sent = countOf(row, 'iobytessent') ?? countOf(row, 'iosessionbytessent') ?? 0;
  return {
    presence: presence({
      stream: streamOfUri(place, known(row, 'uri')),
      client: clientFacts({
        address: known(row, 'ipaddress'),
        userAgent: agent,
        connection,
        isPublisher: isEncoder(agent) || sendsMore(row),
      }),
      from: at,
      since: seconds === null ? null : Math.max(at - Math.round(seconds * 1000), 0),
      until: FOREVER,
      details: detailsOf(row),
    }),
    sent,
  };
}

/** Flash Media Live Encoder, whose name OBS, ffmpeg and nearly all others take, and those who have one of their own. */
function isEncoder(agent: string | null): boolean {
  return agent !== null && /^FM(LE|E)\b|\b(FMSc|Wirecast|XSplit|vMix|Teradek)\b/i.test(agent);
}

const MORE_THAN_TALK = 16 * 1024;

/** An encoder that hides, or one by RTSP or WebRTC, which have no name: viewers only acknowledge what they get. */
function sendsMore(row: Element): boolean {
  const received = row.name === 'httpsession' ? 0 : (countOf(row, 'iobytesreceived') ?? 0);
  return received > MORE_THAN_TALK && received > (countOf(row, 'iobytessent') ?? 0);
}

function secondsOf(row: Element): number | null {
  const text = textOf(row, 'timerunning');
  return text !== null && /^\d{1,10}(\.\d{1,9})?$/.test(text) ? Number(text) : null;
}

/** `null` is what Java writes of nothing. */
function known(row: Element, name: string): string | null {
  const text = textOf(row, name);
  return text === 'null' || text === '-' ? null : text;
}

const PROTOCOL_OF: Readonly<Record<string, string>> = { client: 'RTMP', httpsession: 'HTTP', rtpsession: 'RTP' };

function detailsOf(row: Element): Details {
  const sessionType = known(row, 'sessiontype');
  const referer = known(row, 'referrer');
  return {
    protocol: known(row, 'protocol') ?? PROTOCOL_OF[row.name]!,
    ...(sessionType === null ? {} : { sessionType }),
    ...(referer === null ? {} : { referer }),
  };
}
