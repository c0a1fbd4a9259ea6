/**
 * What Icecast says of itself, its mounts and their listeners: `/admin/stats` and `/admin/listclients?mount=`, as 2.4.4
 * writes them (recorded in testdata/), and in the spellings of 2.3, 2.5 and icecast-kh. Pure; asking is index.ts's.
 *
 * Shapes: `<icestats> … <source mount="/live.mp3"><title>…</title> … </source></icestats>`, and
 * `<icestats><source mount="/live.mp3"><Listeners>1</Listeners><listener><IP>…</IP><UserAgent>…</UserAgent>
 * <Connected>12</Connected><ID>8</ID></listener></source></icestats>`.
 */

import type { StreamReport } from '../../core/observation.ts';
import { clientFacts, type Details, FOREVER, type Instant, type Presence, presence } from '../../core/observation.ts';
import { childrenOf, countOf, type Element, parseXml, textOf, XmlError } from '../../transports/poll/xml.ts';

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
}

/** `at` is when the question was asked. Throws an `XmlError` if this is no answer of Icecast's. */
export function parseStats(xml: string, at: Instant): ServerStats {
  const root = rootOf(xml);
  const mounts: MountStats[] = [];
  for (const source of childrenOf(root, 'source')) {
    const mount = source.attributes.get('mount');
    if (mount === undefined || mount === '') continue;
    mounts.push({ mount, listeners: countOf(source, 'listeners'), report: reportOf(source, mount, at) });
  }
  return { boot: textOf(root, 'server_start_iso8601') ?? textOf(root, 'server_start'), mounts };
}

function rootOf(xml: string): Element {
  const root = parseXml(xml);
  if (root.name !== 'icestats') throw new XmlError(`an element ${root.name.slice(0, 40)}`);
  return root;
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
  /** Other servers that take the stream to hand it on: not people. */
  readonly relays: number;
  /** Entries without an id, which nobody could tell from one another. */
  readonly unreadable: number;
}

/** Throws an `XmlError` if this is no answer of Icecast's. `at` is when the question was asked. */
export function parseListeners(xml: string, mount: string, boot: string | null, at: Instant): ListenersOfMount {
  const present: Presence[] = [];
  let relays = 0;
  let unreadable = 0;
  for (const source of childrenOf(rootOf(xml), 'source')) {
    if ((source.attributes.get('mount') ?? mount) !== mount) continue;
    for (const listener of childrenOf(source, 'listener')) {
      const id = listener.attributes.get('id') ?? textOf(listener, 'id');
      if (id === null || id === '') unreadable++;
      else if (isRelay(textOf(listener, 'useragent'))) relays++;
      else present.push(listenerOf(listener, mount, `${boot ?? ''}#${id}`, at));
    }
  }
  return { present, relays, unreadable };
}

function isRelay(userAgent: string | null): boolean {
  return userAgent !== null && /^(Icecast[ /]|RSAS)/.test(userAgent);
}

function listenerOf(listener: Element, mount: string, connection: string, at: Instant): Presence {
  const seconds = countOf(listener, 'connected');
  const address = textOf(listener, 'ip');
  return presence({
    stream: mount,
    client: clientFacts({
      address: address === '-' ? null : address,
      // 2.4 says "Unknown" where a listener sends no user agent.
      userAgent: unless('Unknown', textOf(listener, 'useragent')),
      user: textOf(listener, 'username'),
      connection,
    }),
    from: at,
    // Never before the epoch, whatever a broken server claims.
    since: seconds === null ? null : Math.max(at - seconds * 1000, 0),
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
