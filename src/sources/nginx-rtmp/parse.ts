/**
 * The statistics page of nginx-rtmp-module, as 1.2.2 writes it (`rtmp_stat all`, recorded in testdata/). Pure; asking is
 * index.ts's.
 *
 * Shape: `<rtmp><pid>…</pid><uptime>10</uptime><server><application><name>live</name><live><stream><name>cam1</name>
 * <time>8714</time><client><id>5</id><address>…</address><time>2917</time><flashver>…</flashver><active/></client>
 * <nclients>2</nclients><publishing/><active/></stream></live></application></server></rtmp>`, and `<play>` in place of
 * `<live>` for files. Every `time` is in milliseconds, `uptime` in seconds. Without `clients` in the directive there are
 * no `<client>` elements, and `nclients` is all there is.
 */

import {
  clientFacts,
  type Details,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { parseIp } from '../../lib/ip.ts';
import { childrenOf, countOf, type Element, parseXml, textOf, XmlError } from '../../transports/poll/xml.ts';

export interface Stat {
  /** Of the worker process that has answered: it tells of its own clients only. */
  readonly pid: number | null;
  /** For how many seconds that worker has run. */
  readonly uptime: number | null;
  /** By name, `APP/NAME`. */
  readonly streams: ReadonlyMap<string, StatStream>;
  /** Does the page say who is there, and not only how many? */
  readonly hasClients: boolean;
  /** Clients without an id, which nobody could tell from one another. */
  readonly unreadable: number;
}

export interface StatStream {
  readonly isUp: boolean;
  /** For how many milliseconds there has been such a stream; null for files. */
  readonly age: number | null;
  /** How many play it; publishers are not among them. */
  readonly players: number;
  readonly clients: readonly StatClient[];
}

export interface StatClient {
  readonly id: number;
  readonly address: string | null;
  readonly flashVersion: string | null;
  readonly isPublisher: boolean;
  /** Milliseconds. */
  readonly connected: number | null;
  readonly details: Details | null;
}

/** Throws an `XmlError` if this is no such page. */
export function parseStat(xml: string): Stat {
  const root = parseXml(xml);
  if (root.name !== 'rtmp') throw new XmlError(`an element ${root.name.slice(0, 40)}`);
  const streams = new Map<string, StatStream>();
  let hasClients = true;
  let unreadable = 0;
  for (const [name, element] of streamsIn(root)) {
    const read = childrenOf(element, 'client').map(clientOf);
    const stream = streamOf(
      element,
      read.filter((client) => client !== null),
    );
    if (read.length === 0 && (countOf(element, 'nclients') ?? 0) > 0) hasClients = false;
    unreadable += read.length - stream.clients.length;
    const twin = streams.get(name);
    streams.set(name, twin === undefined ? stream : joined(twin, stream));
  }
  return { pid: countOf(root, 'pid'), uptime: countOf(root, 'uptime'), streams, hasClients, unreadable };
}

function streamsIn(root: Element): [string, Element][] {
  const applications = childrenOf(root, 'server').flatMap((server) => childrenOf(server, 'application'));
  return applications.flatMap((application) => {
    const blocks = [...childrenOf(application, 'live'), ...childrenOf(application, 'play')];
    const streams = blocks.flatMap((block) => childrenOf(block, 'stream'));
    return streams.map((stream): [string, Element] => [`${nameOf(application)}/${nameOf(stream)}`, stream]);
  });
}

/** Publishers choose the names of streams: no honest one is longer. */
const MAX_NAME = 1000;

function nameOf(element: Element): string {
  return (textOf(element, 'name') ?? '').slice(0, MAX_NAME);
}

function streamOf(element: Element, clients: readonly StatClient[]): StatStream {
  const has = (name: string) => childrenOf(element, name).length > 0;
  const publishing = clients.filter(({ isPublisher }) => isPublisher).length;
  const all = countOf(element, 'nclients') ?? clients.length;
  return {
    isUp: has('publishing') || has('active'),
    age: countOf(element, 'time'),
    // `nclients` counts the publisher, too, who need not be among the clients that are shown.
    players: Math.max(0, all - (clients.length > 0 ? publishing : Number(has('publishing')))),
    clients,
  };
}

/** Two servers of one nginx may each have an application of this name. */
function joined(a: StatStream, b: StatStream): StatStream {
  return {
    isUp: a.isUp || b.isUp,
    age: a.age === null || b.age === null ? (a.age ?? b.age) : Math.max(a.age, b.age),
    players: a.players + b.players,
    clients: [...a.clients, ...b.clients],
  };
}

/** What the module says of itself where it hands a stream on to another server. */
const RELAY = 'ngx-local-relay';

function clientOf(element: Element): StatClient | null {
  const id = countOf(element, 'id');
  if (id === null) return null;
  const address = textOf(element, 'address');
  const flashVersion = textOf(element, 'flashver');
  return {
    id,
    // A relay has the address of whom it sends to, with a port and an application.
    address: address !== null && parseIp(address) !== null ? address : null,
    flashVersion,
    isPublisher: childrenOf(element, 'publishing').length > 0 || flashVersion === RELAY,
    connected: countOf(element, 'time'),
    details: detailsOf(element),
  };
}

function detailsOf(element: Element): Details | null {
  const [pageUrl, swfUrl] = [textOf(element, 'pageurl'), textOf(element, 'swfurl')];
  if (pageUrl === null && swfUrl === null) return null;
  return { ...(pageUrl === null ? {} : { pageUrl }), ...(swfUrl === null ? {} : { swfUrl }) };
}

/** `startedAt` is null where the page does not say it. */
export function reportOf(name: string, stream: StatStream, startedAt: Instant | null, at: Instant): StreamReport {
  return {
    kind: 'report',
    stream: name,
    at,
    status: stream.isUp ? 'up' : 'down',
    startedAt,
    listeners: stream.players,
  };
}

/** `worker` tells this run of this worker from all others: ids begin anew with it. */
export function presencesOf(name: string, { clients }: StatStream, worker: string, at: Instant): Presence[] {
  return clients.map(({ id, address, flashVersion, isPublisher, connected, details }) =>
    presence({
      stream: name,
      client: clientFacts({ address, userAgent: flashVersion, connection: `${worker}#${id}`, isPublisher }),
      from: at,
      // Never before the epoch, whatever a broken server claims.
      since: connected === null ? null : Math.max(at - connected, 0),
      until: FOREVER,
      details,
    }),
  );
}
