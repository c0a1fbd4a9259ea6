/** For tests of what the reader makes of lines: a reader by its options, and lines as nginx, Icecast and a CDN write them. */

import type { Presence } from '../../core/observation.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { logTime } from './fixture.ts';
import { config } from './options.ts';
import { LogReader } from './reader.ts';
import { readerOptions, type Timing } from './reader-options.ts';
import type { ReaderMark } from './reading.ts';

export const T0 = Date.UTC(2026, 10, 21, 1, 0, 0);

export interface Given extends Partial<Timing> {
  readonly options?: Record<string, unknown>;
  readonly from?: ReaderMark | null;
  readonly counters?: ScopedCounters;
  /** Blocks of so many bytes take the fast lane. */
  readonly quickFrom?: number;
  readonly isBrief?: boolean;
}

export function readerOf({ options = {}, from = null, counters = new ScopedCounters(), ...rest }: Given): LogReader {
  const { quickFrom, isBrief = false, ...timing } = rest;
  const parsed = config.parse({ path: 'unused', ...options });
  const times = { gap: 40_000, lateness: 5000, ...timing };
  const reading = { ...readerOptions(parsed, times, counters, from), seed: 1, isBrief };
  return new LogReader(quickFrom === undefined ? reading : { ...reading, quickFrom });
}

/** The presences of these lines, read in one block. */
export function presencesOf(lines: readonly string[], given: Given = {}): Presence[] {
  return taken(readerOf(given), lines);
}

/** Takes the lines in one block, and cuts. */
export function taken(reader: LogReader, lines: readonly string[]): Presence[] {
  reader.take(Buffer.from(lines.map((line) => `${line}\n`).join('')), Number.POSITIVE_INFINITY);
  return reader.cut().observations.filter((each) => each.kind === 'presence');
}

export interface Asked {
  /** Seconds after T0. */
  readonly at?: number;
  readonly address?: string;
  readonly agent?: string;
  /** Method and target. */
  readonly request?: string;
  readonly sent?: number;
}

export function combinedLine(asked: Asked = {}): string {
  const { at = 0, address = '192.0.2.1', agent = 'VLC/3', request = 'GET /rock/720p.m3u8', sent = 10 } = asked;
  return `${address} - - [${logTime(T0 + at * 1000)}] "${request} HTTP/1.1" 200 ${sent} "-" "${agent}"`;
}

/** Icecast's: `at` is the end. */
export function icecastLine({ seconds, ...asked }: Asked & { readonly seconds: number }): string {
  return `${combinedLine({ request: 'GET /live.mp3', ...asked })} ${seconds}`;
}

/** With further fields, as a CDN writes them. */
export function jsonLine(
  { at = 0, address = '192.0.2.1', agent = 'VLC/3', ...asked }: Asked,
  more: Record<string, unknown> = {},
): string {
  const { request = 'GET /rock/720p.m3u8', sent = 10 } = asked;
  const facts = { remote_addr: address, request: `${request} HTTP/1.1`, status: '200', body_bytes_sent: String(sent) };
  return JSON.stringify({
    time_iso8601: new Date(T0 + at * 1000).toISOString(),
    ...facts,
    http_user_agent: agent,
    ...more,
  });
}
