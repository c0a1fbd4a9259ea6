/**
 * The lines that Airspy's SPY Server prints (v2.0.1700 and its like; reference: recordings of users, since the program is
 * closed). Pure: what a line means for the audience is index.ts's.
 *
 *     Listening for connections on 0.0.0.0:5555
 *     Accepted client 192.0.2.7:55324 running SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0
 *     Client disconnected: 192.0.2.7:55324
 *
 * What follows `running` is what the client says of itself: only SDR# writes version and system, others `SDR++`,
 * `SoapySDR`, `gr-osmosdr`, … It is the client's to choose, line ends included.
 */

import { canonicalIp } from '../../lib/ip.ts';

export interface Endpoint {
  /** Canonical. */
  readonly address: string;
  readonly port: number;
}

export interface ClientSoftware {
  /** All that the client says of itself; null if that is nothing. */
  readonly id: string | null;
  readonly software: string | null;
  readonly version: string | null;
  readonly os: string | null;
}

export type SpyLine =
  | { readonly kind: 'accepted'; readonly client: Endpoint; readonly software: ClientSoftware }
  | { readonly kind: 'disconnected'; readonly client: Endpoint }
  | { readonly kind: 'listening'; readonly port: number }
  /** The receiver, which is acquired for the first client and released after the last one. */
  | { readonly kind: 'device'; readonly device: string; readonly isInUse: boolean }
  /** Known, and no news of the audience. */
  | { readonly kind: 'noise' }
  | { readonly kind: 'unknown' };

const ACCEPTED = /^Accepted client (\S+) running ?(.*)$/s;
const DISCONNECTED = /^Client disconnected: (\S+)/;
const LISTENING = /^Listening for connections on \S*:(\d{1,5})\s*$/;
const DEVICE = /^(Acquired an?|Releasing the) (.{1,60}) device$/;
const SDR_SHARP = /^SDR# (.*) on (.*)$/s;

const LONGEST_ID = 255;

/** How lines begin that tell of the program and its tuner. */
const NOISE: readonly string[] = [
  'SPY Server v',
  'Copyright (C)',
  'Reading the configuration file',
  'Device was sleeping.',
  'Closing all connections',
  'Caught signal',
  'Terminating',
  'Found ',
  '[R82XX]',
  'Exact sample rate is',
];

const UNKNOWN: SpyLine = { kind: 'unknown' };
const NOTHING: SpyLine = { kind: 'noise' };

export function parseLine(line: string): SpyLine {
  const text = line.trim();
  if (text.startsWith('Accepted client ')) return parseAccepted(text);
  if (text.startsWith('Client disconnected: ')) return parseDisconnected(text);
  // What is printed by far the most often is no news.
  if (text === '' || NOISE.some((beginning) => text.startsWith(beginning))) return NOTHING;
  const listening = LISTENING.exec(text);
  if (listening !== null && Number(listening[1]) <= 65_535) return { kind: 'listening', port: Number(listening[1]) };
  const device = DEVICE.exec(text);
  return device === null ? UNKNOWN : { kind: 'device', device: device[2]!, isInUse: device[1] !== 'Releasing the' };
}

function parseAccepted(text: string): SpyLine {
  const accepted = ACCEPTED.exec(text);
  const client = accepted === null ? null : parseEndpoint(accepted[1]!);
  return client === null ? UNKNOWN : { kind: 'accepted', client, software: softwareOf(accepted![2]!) };
}

function parseDisconnected(text: string): SpyLine {
  const disconnected = DISCONNECTED.exec(text);
  const client = disconnected === null ? null : parseEndpoint(disconnected[1]!);
  return client === null ? UNKNOWN : { kind: 'disconnected', client };
}

/** `192.0.2.7:5555`, `2001:db8::7:5555`, `[2001:db8::7]:5555`: the port is behind the last colon. */
function parseEndpoint(text: string): Endpoint | null {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  const address = canonicalIp(text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1'));
  if (address === null || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) return null;
  return { address, port: Number(port) };
}

function softwareOf(told: string): ClientSoftware {
  const id = told.trim().slice(0, LONGEST_ID);
  if (id === '') return { id: null, software: null, version: null, os: null };
  // Split at the last ` on `: the pattern before it takes as much as it can.
  const match = SDR_SHARP.exec(id);
  if (match === null) return { id, software: id, version: null, os: null };
  return { id, software: 'SDR#', version: match[1]!, os: match[2]! };
}
