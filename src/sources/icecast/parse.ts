/**
 * What Icecast says of itself, its mounts and their listeners: `/admin/stats` and `/admin/listclients?mount=` for its
 * administrator, `/status-json.xsl` for everybody; as 2.4.4 writes them (recorded in testdata/), and in the spellings of
 * 2.3, 2.5 and icecast-kh. Pure; asking is admin.ts's and public.ts's, XML and JSON are answer.ts's.
 *
 * Shapes: `<icestats> … <source mount="/live.mp3"><title>…</title> … </source></icestats>`, and
 * `<icestats><source mount="/live.mp3"><Listeners>1</Listeners><listener><IP>…</IP><UserAgent>…</UserAgent>
 * <Connected>12</Connected><ID>8</ID></listener></source></icestats>`. 2.5 has both in one answer, if it is asked so.
 */

import type { StreamReport } from '../../core/observation.ts';
import { clientFacts, type Details, FOREVER, type Instant, type Presence, presence } from '../../core/observation.ts';
import { childrenOf, countOf, type Element, textOf } from '../../transports/poll/xml.ts';
import { readAnswer } from './answer.ts';

/** When a question was asked, by our clock. */
export interface Asked {
  readonly at: Instant;
  /** The server's own second of its answer, from which it counts back how long somebody has been there. */
  readonly asOf: Instant;
}

export interface ServerStats {
  /** When the server started, in its own words: part of every connection id, since ids begin anew. */
  readonly boot: string | null;
  readonly mounts: readonly MountStats[];
}

export interface MountStats {
  readonly mount: string;
  /** How many listeners Icecast counts; null if it does not say. */
  readonly listeners: number | null;
  readonly report: StreamReport;
  /** The listeners themselves, where 2.5 lists them with the mount; null if it does not. */
  readonly listed: ListenersOfMount | null;
}

/** `/admin/stats`. Throws an `XmlError` if this is no answer of Icecast's. */
export function parseStats(text: string, asked: Asked): ServerStats {
  const root = readAnswer(text);
  const boot = textOf(root, 'server_start_iso8601') ?? textOf(root, 'server_start');
  const mounts: MountStats[] = [];
  for (const source of childrenOf(root, 'source')) {
    const mount = source.attributes.get('mount');
    if (mount === undefined || mount === '') continue;
    const listed = childrenOf(source, 'listener').length === 0 ? null : listenersOf(source, mount, boot, asked);
    const report = reportOf(source, mount, asked.at);
    mounts.push({ mount, listeners: countOf(source, 'listeners'), report, listed });
  }
  return { boot, mounts };
}

/** What everybody may see. */
export interface PublicStats {
  readonly reports: readonly StreamReport[];
  /** Mounts of which it is not said what they are called. */
  readonly nameless: number;
}

/** `/status-json.xsl`. Throws an `XmlError` if this is no answer of Icecast's. */
export function parseStatus(text: string, at: Instant): PublicStats {
  const reports = new Map<string, StreamReport>();
  let nameless = 0;
  for (const source of childrenOf(readAnswer(text), 'source')) {
    const mount = mountOf(textOf(source, 'listenurl'));
    if (mount === null) nameless++;
    else reports.set(mount, reportOf(source, mount, at));
  }
  return { reports: [...reports.values()], nameless };
}

/** There is no other name in it. The host is what the configuration calls it, often `localhost`; the path is right. */
function mountOf(listenUrl: string | null): string | null {
  const path = URL.parse(listenUrl ?? '')?.pathname;
  if (path === undefined || path === '/') return null;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Icecast keeps a mount's element while it is off the air if the mount has settings: then nothing is known of a feed. */
const SIGNS_OF_A_FEED = ['stream_start_iso8601', 'stream_start', 'server_type', 'source_ip', 'total_bytes_read'];

function reportOf(source: Element, mount: string, at: Instant): StreamReport {
  const text = (name: string) => repairText(textOf(source, name));
  return {
    kind: 'report',
    stream: mount,
    at,
    status: SIGNS_OF_A_FEED.some((name) => textOf(source, name) !== null) ? 'up' : 'down',
    title: titleOf(text('artist'), text('title')),
    name: unless('Unspecified name', text('server_name')),
    description: unless('Unspecified description', text('server_description')),
    genre: text('genre'),
    contentType: text('server_type'),
    bitrate: bitrateOf(source),
    startedAt: timeOf(textOf(source, 'stream_start_iso8601')) ?? timeOf(textOf(source, 'stream_start')),
    listeners: countOf(source, 'listeners'),
    peakListeners: countOf(source, 'listener_peak'),
    maxListeners: countOf(source, 'max_listeners'),
  };
}

/** Ogg has artist and title apart. Encoders that know neither send ` - `. */
function titleOf(artist: string | null, title: string | null): string | null {
  const whole = artist === null ? title : title === null ? artist : `${artist} - ${title}`;
  return whole === null || /^[\s-]*$/.test(whole) ? null : whole;
}

/** What Icecast itself fills in where the encoder says nothing. */
function unless(filler: string, text: string | null): string | null {
  return text === filler ? null : text;
}

/** Kilobits per second; `audio_bitrate` is in bits. Some encoders write `Quality 4`. */
function bitrateOf(source: Element): number | null {
  const inKilobits = countOf(source, 'bitrate') ?? countOf(source, 'ice-bitrate');
  if (inKilobits !== null) return inKilobits;
  const inBits = countOf(source, 'audio_bitrate');
  return inBits === null ? null : Math.round(inBits / 1000);
}

/** `2026-11-21T01:16:58+0000`, whose zone lacks the colon of ISO 8601, or `Sat, 21 Nov 2026 01:16:58 +0000`. */
function timeOf(text: string | null): Instant | null {
  if (text === null) return null;
  const time = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2').replace(/ ([+-]\d\d):(\d\d)$/, ' $1$2'));
  return Number.isFinite(time) ? time : null;
}

/**
 * Titles and names suffer twice in 2.4: on an MP3 mount without a charset UTF-8 is taken for Latin-1 and encoded again
 * (`Ü` comes as `Ã\x9c`), and what Latin-1 cannot hold comes as a character reference in plain text (`&#8211;`).
 */
export function repairText(text: string | null): string | null {
  if (text === null) return null;
  const decoded = decodedTwice(text) ?? text;
  return decoded.replace(/&#(\d{3,7});/g, (reference, digits: string) => {
    const code = Number(digits);
    const isLatin1 = code < 0x100;
    return isLatin1 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? reference : String.fromCodePoint(code);
  });
}

function decodedTwice(text: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes 80 to 9f are what UTF-8 in Latin-1 is made of.
  if (!/^[\u0000-\u00ff]*$/.test(text) || !/[\u0080-\u00ff]/.test(text)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return null;
  }
}

export interface ListenersOfMount {
  readonly present: readonly Presence[];
  /** Entries without an id, which nobody could tell from one another. */
  readonly unreadable: number;
}

/** `/admin/listclients?mount=`. Throws an `XmlError` if this is no answer of Icecast's. */
export function parseListeners(text: string, mount: string, boot: string | null, asked: Asked): ListenersOfMount {
  const sources = childrenOf(readAnswer(text), 'source');
  const own = sources.filter((source) => (source.attributes.get('mount') ?? mount) === mount);
  const each = own.map((source) => listenersOf(source, mount, boot, asked));
  return {
    present: each.flatMap(({ present }) => present),
    unreadable: each.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

function listenersOf(source: Element, mount: string, boot: string | null, asked: Asked): ListenersOfMount {
  const present: Presence[] = [];
  let unreadable = 0;
  for (const listener of childrenOf(source, 'listener')) {
    const id = listener.attributes.get('id') ?? textOf(listener, 'id');
    if (id === null || id === '') unreadable++;
    else present.push(listenerOf(listener, mount, `${boot ?? ''}#${id}`, asked));
  }
  return { present, unreadable };
}

function listenerOf(listener: Element, mount: string, connection: string, { at, asOf }: Asked): Presence {
  const seconds = countOf(listener, 'connected');
  const address = textOf(listener, 'ip');
  return presence({
    stream: mount,
    client: clientFacts({
      // icecast-kh, where it is told to keep addresses to itself.
      address: address === '-' ? null : address,
      // 2.4 says "Unknown" where a listener sends no user agent.
      userAgent: unless('Unknown', textOf(listener, 'useragent')),
      user: textOf(listener, 'username'),
      connection,
    }),
    from: at,
    // Never before the epoch, whatever a broken server claims; whoever came while we asked was there when it was answered.
    since: seconds === null ? null : Math.min(Math.max(asOf - seconds * 1000, 0), at),
    until: FOREVER,
    details: detailsOf(listener),
  });
}

/** What only 2.5 and icecast-kh tell. */
function detailsOf(listener: Element): Details | null {
  const details: Record<string, string> = {};
  for (const name of ['referer', 'host', 'protocol', 'role', 'tls']) {
    const text = textOf(listener, name);
    if (text !== null) details[name] = text;
  }
  return Object.keys(details).length === 0 ? null : details;
}
