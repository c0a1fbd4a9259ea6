/**
 * What people play HLS with, and how it asks: which headers it sends, whether it revalidates, and what it tells of its
 * playback. One app tells the same everywhere, so the way of telling goes with the user agent.
 */

import { createHash } from 'node:crypto';

/** One request to be made. */
export interface Asked {
  readonly stream: string;
  readonly quality: string | null;
  readonly isPlaylist: boolean;
  /** Names the playback: one start of the player on one page. */
  readonly playback: string;
  /** The ETag of what it has of this playlist, if it keeps it. */
  readonly etag: string | null;
  /** Its buffer has run empty. */
  readonly isStarved: boolean;
}

/** What it says of the playback by CMCD with a request, beside who it is. */
export interface Measured {
  /** Of the segment that is asked for, and of the network; kbit/s. */
  readonly bitrate: number;
  readonly throughput: number;
  readonly isStarved: boolean;
}

/** Null for a playlist, and of who does not speak CMCD. */
export function measuredOf({ cmcd }: Device, { quality, isPlaylist, isStarved }: Asked): Measured | null {
  if (cmcd === null || isPlaylist) return null;
  const bitrate = Number.parseInt(quality ?? '0', 10);
  return { bitrate, throughput: bitrate * 4 + (isStarved ? 0 : 700), isStarved };
}

export interface Device {
  readonly name: string;
  /** `version`: 0 to VERSIONS - 1; no two are alike. */
  userAgent(version: number): string;
  /**
   * Where `?sid=` stands. Servers that issue ids write them into the playlists, too; where they do not, the addresses of
   * segments are without, as RFC 3986 §5.2.2 resolves them.
   */
  readonly urlId: 'everything' | 'playlists';
  /** CTA-5004 §3: how it carries Common Media Client Data. */
  readonly cmcd: 'query' | 'headers' | null;
  /** It asks for segments by `Range: bytes=0-` and is answered with 206. */
  readonly usesRanges: boolean;
  /** It asks for playlists by `If-None-Match`, and may be answered with 304. */
  readonly revalidates: boolean;
  readonly referer: string | null;
}

export const VERSIONS = 40;

const PAGE = 'https://tv.example.org/watch?lang=en';
const PLAIN = { urlId: 'everything', cmcd: null, usesRanges: false, revalidates: false, referer: null } as const;

export const DEVICES: readonly Device[] = [
  {
    ...PLAIN,
    name: 'hls.js',
    userAgent: (version) =>
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${105 + version}.0.0.0 Safari/537.36`,
    cmcd: 'query',
    revalidates: true,
    referer: PAGE,
  },
  {
    ...PLAIN,
    name: 'Safari',
    userAgent: (version) =>
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${15 + (version >> 3)}.${version & 7} Safari/605.1.15`,
    revalidates: true,
    referer: PAGE,
  },
  {
    ...PLAIN,
    name: 'AVPlayer',
    userAgent: (version) => `AppleCoreMedia/1.0.0.20G${version + 50} (Apple TV; U; CPU OS 16_6 like Mac OS X; en_us)`,
    usesRanges: true,
  },
  {
    ...PLAIN,
    name: 'AVPlayer with CMCD',
    userAgent: (version) => `AppleCoreMedia/1.0.0.22G${version + 50} (iPhone; U; CPU OS 18_6 like Mac OS X; en_us)`,
    cmcd: 'headers',
    usesRanges: true,
  },
  {
    ...PLAIN,
    name: 'ExoPlayer',
    userAgent: (version) => `ExampleTV/4.${version} (Linux; Android 14) AndroidXMedia3/1.5.1`,
    cmcd: 'headers',
  },
  {
    ...PLAIN,
    name: 'VLC',
    userAgent: (version) => `VLC/3.0.${version} LibVLC/3.0.${version}`,
    urlId: 'playlists',
    usesRanges: true,
  },
];

/** What comes behind the path. */
export function queryOf(device: Device, asked: Asked): string {
  const parameters: string[] = [];
  if (device.urlId === 'everything' || asked.isPlaylist) parameters.push(`sid=${asked.playback}`);
  if (device.cmcd === 'query') {
    const { object, request, session, status } = clientData(device, asked);
    // §3.2: one parameter, the keys in alphabetical order.
    const list = [...object, ...request, ...session, ...status].sort().join(',');
    parameters.push(`CMCD=${encodeURIComponent(list)}`);
  }
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

export function headersOf(device: Device, userAgent: string, asked: Asked): Record<string, string> {
  const headers: Record<string, string> = { 'User-Agent': userAgent };
  if (device.referer !== null) headers['Referer'] = device.referer;
  if (device.usesRanges && !asked.isPlaylist) headers['Range'] = 'bytes=0-';
  if (device.revalidates && asked.etag !== null) headers['If-None-Match'] = asked.etag;
  if (device.cmcd === 'headers') {
    for (const [name, list] of Object.entries(clientData(device, asked)) as [string, readonly string[]][]) {
      if (list.length > 0) headers[`CMCD-${name[0]!.toUpperCase()}${name.slice(1)}`] = list.join(',');
    }
  }
  return headers;
}

interface ClientData {
  readonly object: readonly string[];
  readonly request: readonly string[];
  readonly session: readonly string[];
  readonly status: readonly string[];
}

/** By the four headers of §3.1, the keys of each in alphabetical order. */
function clientData(device: Device, asked: Asked): ClientData {
  const { stream, playback } = asked;
  const measured = measuredOf(device, asked);
  const session = [`cid="${stream}"`, 'sf=h', `sid="${cmcdIdOf(playback)}"`, 'st=l'];
  if (measured === null) return { object: ['ot=m'], request: [], session, status: [] };
  const { bitrate, throughput, isStarved } = measured;
  return {
    object: [`br=${bitrate}`, 'd=1000', 'ot=av'],
    request: ['bl=2100', `mtp=${throughput}`],
    session,
    status: [...(isStarved ? ['bs'] : []), `rtp=${bitrate * 4}`],
  };
}

/** Players make up a UUID for it: another text than the server's, for the same playback. */
function cmcdIdOf(playback: string): string {
  const hex = createHash('sha256').update(playback).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
