/**
 * What AzuraCast says of its stations and their listeners, by its source (Entity/Api/NowPlaying, Entity/Api/Listener.php and
 * ListenersAction.php). Pure; asking is index.ts's.
 *
 * Shapes: `/api/nowplaying` `[{"station":{"id":1,"shortcode":"radio","mounts":[…],"remotes":[…]},"listeners":{…},"now_playing":
 * {"song":{…}},"is_online":true}]`, of one station without the array; `/api/station/ID/listeners?unique=false`
 * `[{"ip":"…","user_agent":"…","hash":"…","mount_name":"…","connected_on":1795223966}]`, whose `mount_name` is the name that people
 * are shown.
 */

import {
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { countIn, type Fields, fieldsOf, flagIn, parseJson, textIn } from '../../transports/poll/json-fields.ts';

export interface StationFacts {
  /** Its short name, which its streams begin with: `radio`. */
  readonly station: string;
  /** Of each mount, remote relay and HLS. */
  readonly reports: readonly StreamReport[];
  /** Streams by the names that listeners have them under. */
  readonly streams: ReadonlyMap<string, string>;
  readonly hasHls: boolean;
}

/** All stations, or the only one; null if this is no such answer. `at` is when the question was asked. */
export function parseStations(body: Uint8Array, at: Instant): StationFacts[] | null {
  const json = parseJson(body);
  const all: readonly unknown[] = Array.isArray(json) ? json : [json];
  const stations = all.flatMap((each) => {
    const fields = fieldsOf(each);
    const station = fieldsOf(fields?.['station']);
    return fields === null || station === null ? [] : (stationOf(fields, station, at) ?? []);
  });
  return stations.length === 0 && !(Array.isArray(json) && json.length === 0) ? null : stations;
}

/** Short names go into questions. */
const SHORT_NAME = /^[\w-]{1,100}$/;

function stationOf(fields: Fields, station: Fields, at: Instant): StationFacts | null {
  const name = [textIn(station, 'shortcode'), textIn(station, 'id')].find(
    (each) => each !== null && SHORT_NAME.test(each),
  );
  if (name === undefined || name === null) return null;
  const common = commonOf(fields, station, at);
  const streams = new Map<string, string>();
  const reports: StreamReport[] = [];
  const tell = (entry: Fields, path: string) => {
    const stream = streamOf(name, path);
    streams.set(textIn(entry, 'name') ?? path, stream);
    const counts = fieldsOf(entry['listeners']) ?? {};
    reports.push({
      ...common,
      stream,
      contentType: CONTENT_TYPES[textIn(entry, 'format') ?? ''] ?? null,
      bitrate: countIn(entry, 'bitrate') || null,
      listeners: countIn(counts, 'current') ?? countIn(counts, 'total'),
      uniqueListeners: countIn(counts, 'unique'),
    });
  };
  for (const mount of entriesOf(station['mounts'])) {
    const path = textIn(mount, 'path') ?? textIn(mount, 'name');
    if (path !== null) tell(mount, path);
  }
  for (const remote of entriesOf(station['remotes'])) {
    const path = textIn(remote, 'name');
    if (path !== null) tell(remote, path);
  }
  const hasHls = flagIn(station, 'hls_enabled') === true;
  if (hasHls) {
    reports.push({ ...common, stream: hlsOf(name), contentType: HLS, listeners: countIn(station, 'hls_listeners') });
  }
  return { station: name, reports, streams, hasHls };
}

const HLS = 'application/vnd.apple.mpegurl';
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
};

/** AzuraCast itself allows 255 characters. */
const MAX_NAME = 1000;

/** `radio/radio.mp3` */
function streamOf(station: string, path: string): string {
  return `${station}/${path.replace(/^\//, '').slice(0, MAX_NAME)}`;
}

function hlsOf(station: string): string {
  return `${station}/hls`;
}

/** What all streams of a station have in common. */
function commonOf(fields: Fields, station: Fields, at: Instant) {
  const isOnline = flagIn(fields, 'is_online') !== false;
  const playing = fieldsOf(fields['now_playing']);
  const titles = isOnline ? entriesOf(fields['song_history']).flatMap((song) => songOf(song, at)) : [];
  return {
    kind: 'report' as const,
    at,
    status: isOnline ? ('up' as const) : ('down' as const),
    title: isOnline && playing !== null ? titleOf(playing) : null,
    name: textIn(station, 'name'),
    description: textIn(station, 'description'),
    ...(titles.length === 0 ? {} : { titles }),
  };
}

function songOf(entry: Fields, at: Instant) {
  const seconds = countIn(entry, 'played_at');
  const title = titleOf(entry);
  return seconds === null || seconds * 1000 > at || title === null ? [] : [{ at: seconds * 1000, title }];
}

function titleOf(entry: Fields): string | null {
  const text = textIn(fieldsOf(entry['song']) ?? {}, 'text');
  return text === null || /^[\s-]*$/.test(text) ? null : text;
}

function entriesOf(list: unknown): Fields[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.map(fieldsOf).filter((fields) => fields !== null);
}

export interface Listeners {
  readonly present: readonly Presence[];
  /** Entries that could not be told from one another: without a start, or without hash and address. */
  readonly unreadable: number;
}

/** Null if this is no list of listeners. `at` is when the question was asked. */
export function parseListeners(body: Uint8Array, station: StationFacts, at: Instant): Listeners | null {
  const json = parseJson(body);
  if (!Array.isArray(json)) return null;
  /** Of connections that nothing tells apart: how many there are. */
  const alike = new Map<string, number>();
  const present = (json as readonly unknown[]).flatMap((each) => {
    const fields = fieldsOf(each) ?? {};
    const start = countIn(fields, 'connected_on');
    const who = textIn(fields, 'hash') ?? textIn(fields, 'ip');
    if (start === null || who === null) return [];
    const mount = textIn(fields, 'mount_name') ?? '';
    const name = `${station.station}#${who.slice(0, MAX_NAME)}#${start}#${mount.slice(0, MAX_NAME)}`;
    const before = alike.get(name) ?? 0;
    alike.set(name, before + 1);
    return [listenerOf(fields, station, before === 0 ? name : `${name}#${before}`, { at, start: start * 1000 })];
  });
  return { present, unreadable: json.length - present.length };
}

function listenerOf(
  fields: Fields,
  station: StationFacts,
  connection: string,
  { at, start }: { readonly at: Instant; readonly start: Instant },
): Presence {
  const mount = textIn(fields, 'mount_name');
  const stream = streamNamed(station, mount);
  return presence({
    stream,
    client: clientFacts({ address: textIn(fields, 'ip'), userAgent: textIn(fields, 'user_agent'), connection }),
    from: at,
    since: Math.min(start, at),
    until: FOREVER,
    qualities: stream === hlsOf(station.station) && mount !== null ? [{ at, value: mount }] : null,
  });
}

/**
 * Mounts that are hidden from public pages are not among the station's; their names begin with their path, unless somebody
 * gave them another. What is neither mount nor remote relay is a quality of HLS, if there is HLS.
 */
function streamNamed({ station, streams, hasHls }: StationFacts, mount: string | null): string {
  if (mount === null) return station;
  const known = streams.get(mount);
  if (known !== undefined) return known;
  if (mount.startsWith('/')) return streamOf(station, mount.replace(/ \(.*$/, ''));
  return hasHls ? hlsOf(station) : streamOf(station, mount);
}
