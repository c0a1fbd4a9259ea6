/**
 * What SRS says of its streams and clients over its HTTP API (`/api/v1/streams`, `/api/v1/clients`; SRS 3 to 6). Pure;
 * asking is index.ts's.
 *
 * Shape: `{"code":0,"server":"vid-…","service":"…","pid":"…","clients":[{"id","stream":"vid-…","ip","pageUrl","url":
 * "/live/livestream","type":"rtmp-play","publish":false,"alive":12.3,"send_bytes":…}]}`. `alive` is in seconds, bytes are
 * totals. A code that is not 0 is an error, whatever the HTTP status. Before SRS 4 ids are numbers.
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
import { countIn, type Fields, fieldsOf, flagIn, listIn, numberIn, textIn } from '../../transports/poll/json-fields.ts';

/** A page of a list, or the code with which it was refused. */
export type Answer = { readonly items: readonly unknown[]; readonly boot: string | null } | { readonly code: number };

/** `list` is `streams` or `clients`. Null if this is no answer of SRS. */
export function parseAnswer(answer: Fields | null, list: string): Answer | null {
  const code = answer === null ? null : answer['code'];
  if (answer === null || typeof code !== 'number') return null;
  if (code !== 0) return { code };
  const items = listIn(answer, list);
  return items === null ? null : { items, boot: bootOf(answer) };
}

/** What is another one after each start: `service` is, since SRS 4; `server` may be kept. */
function bootOf(answer: Fields): string | null {
  const parts = ['server', 'service', 'pid'].map((name) => textIn(answer, name) ?? '');
  return parts.some((part) => part !== '') ? parts.join('/') : null;
}

export interface Streams {
  readonly reports: readonly StreamReport[];
  /** Id → name. */
  readonly names: ReadonlyMap<string, string>;
  readonly unreadable: number;
}

/** One report a stream: SRS may know two of a name, one after the other. */
export function parseStreams(items: readonly unknown[], at: Instant): Streams {
  const reports = new Map<string, StreamReport>();
  const names = new Map<string, string>();
  let unreadable = 0;
  for (const item of items) {
    const fields = fieldsOf(item) ?? {};
    const stream = nameOf(fields);
    if (stream === null) {
      unreadable++;
      continue;
    }
    const id = textIn(fields, 'id');
    if (id !== null) names.set(id, stream);
    const isUp = flagIn(fieldsOf(fields['publish']) ?? {}, 'active') === true;
    if (reports.get(stream)?.status === 'up') continue;
    const clients = countIn(fields, 'clients');
    reports.set(stream, {
      kind: 'report',
      stream,
      at,
      status: isUp ? 'up' : 'down',
      // The publisher is one of its clients.
      listeners: clients === null ? null : Math.max(0, clients - Number(isUp)),
    });
  }
  return { reports: [...reports.values()], names, unreadable };
}

/** `live/livestream`; with the virtual host before it, where that is not the default: `tv.example/live/livestream`. */
function nameOf(item: Fields): string | null {
  const url = textIn(item, 'url')?.replace(/^\/+/, '');
  if (url !== undefined && url !== '') return url;
  const [app, name] = [textIn(item, 'app'), textIn(item, 'name')];
  return app === null || name === null ? null : `${app}/${name}`;
}

export interface Clients {
  /** By id, since a client that moves from page to page is listed twice. Without bytes. */
  readonly present: ReadonlyMap<string, Presence>;
  /** What has been sent to each of those who play, in all. */
  readonly sent: ReadonlyMap<string, number>;
  /** Connected, and neither playing nor publishing (yet). */
  readonly idle: number;
  /** Without an id or a stream. */
  readonly unreadable: number;
}

/** `names` are those of streams by id; `boot` tells this run of the server from all others. */
export function parseClients(
  items: readonly unknown[],
  names: ReadonlyMap<string, string>,
  boot: string | null,
  at: Instant,
): Clients {
  const present = new Map<string, Presence>();
  const sent = new Map<string, number>();
  let idle = 0;
  let unreadable = 0;
  for (const item of items) {
    const fields = fieldsOf(item) ?? {};
    const client = clientOf(fields, names, boot, at);
    if (client === null) unreadable++;
    else if (client === 'idle') idle++;
    else {
      const id = client.client.connection!;
      present.set(id, client);
      const bytes = countIn(fields, 'send_bytes');
      if (bytes !== null && !client.client.isPublisher) sent.set(id, bytes);
    }
  }
  return { present, sent, idle, unreadable };
}

function clientOf(
  item: Fields,
  names: ReadonlyMap<string, string>,
  boot: string | null,
  at: Instant,
): Presence | 'idle' | null {
  const type = textIn(item, 'type');
  const isPublisher = flagIn(item, 'publish') === true || /publish/i.test(type ?? '');
  if (type === 'Unknown' && !isPublisher) return 'idle';
  const id = textIn(item, 'id');
  const stream = names.get(textIn(item, 'stream') ?? '') ?? nameOf(item);
  if (id === null || stream === null) return null;
  const [address, seconds, pageUrl] = [textIn(item, 'ip'), numberIn(item, 'alive'), textIn(item, 'pageUrl')];
  return presence({
    stream,
    client: clientFacts({
      address: address !== null && parseIp(address) !== null ? address : null,
      connection: `${boot ?? ''}#${id}`,
      isPublisher,
    }),
    from: at,
    // Never before the epoch, whatever a broken server claims.
    since: seconds === null ? null : Math.max(at - Math.round(seconds * 1000), 0),
    until: FOREVER,
    details: { ...(type === null ? {} : { protocol: type }), ...(pageUrl === null ? {} : { pageUrl }) },
  });
}
