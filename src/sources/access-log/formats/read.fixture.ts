/** For tests of what formats make of lines: a scanner by the name of a format, and what is read of every line. */

import { BAD, END, HAS, type Line, OTHER } from '../line.ts';
import { LineScanner } from '../parse.ts';
import { textOf } from '../text.ts';
import { createFormat, type FormatMark } from './index.ts';

export interface Read {
  readonly address: string;
  readonly time: string;
  readonly path: string | null;
  readonly query: string;
  readonly status: number;
  readonly sent: number;
  readonly agent: string | null;
  readonly user?: string;
  readonly forwarded?: string;
  readonly cookie?: string;
  readonly playback?: string;
  readonly cmcd?: string[];
  readonly duration?: number;
  readonly isOver?: true;
  readonly isPublished?: true;
}

export interface Options {
  readonly timeZone?: string;
  readonly captures?: string[];
  readonly playback?: string[];
}

export function scannerFor(format: string, options: Options = {}, mark: FormatMark | null = null): LineScanner {
  return new LineScanner(createFormat({ format, timeZone: 'UTC', captures: [], playback: [], ...options }, mark));
}

/** What is read of every line; of a bad one its fault, of one that is no request `other`. */
export function readAll(scanner: LineScanner, text: string | Buffer): (Read | string)[] {
  scanner.load(Buffer.from(text));
  const lines: (Read | string)[] = [];
  for (let verdict = scanner.next(); verdict !== END; verdict = scanner.next()) {
    lines.push(verdict === BAD ? scanner.line.fault : verdict === OTHER ? 'other' : fieldsOf(scanner.line));
  }
  return lines;
}

export function fieldsOf(line: Line): Read {
  const { bytes, has } = line;
  const text = (start: number, end: number) => textOf(bytes, start, end);
  const isTarget = line.isGet || (has & HAS.publish) !== 0;
  const user = text(line.userStart, line.userEnd);
  const cmcd = [0, 1, 2, 3].map((i) => text(line.cmcdStart[i]!, line.cmcdEnd[i]!));
  return {
    address: text(line.addressStart, line.addressEnd),
    time: new Date(line.time).toISOString(),
    path: isTarget ? text(line.pathStart, line.pathEnd) : null,
    query: isTarget ? text(line.queryStart, line.queryEnd) : '',
    status: line.status,
    sent: line.sent,
    agent: line.agentStart === -1 ? null : text(line.agentStart, line.agentEnd),
    ...(user === '' ? {} : { user }),
    ...((has & HAS.forwarded) === 0 ? {} : { forwarded: text(line.forwardedStart, line.forwardedEnd) }),
    ...((has & HAS.cookie) === 0 ? {} : { cookie: text(line.cookieStart, line.cookieEnd) }),
    ...((has & HAS.playback) === 0 ? {} : { playback: text(line.playbackStart, line.playbackEnd) }),
    ...((has & HAS.cmcd) === 0 ? {} : { cmcd }),
    ...((has & HAS.duration) === 0 ? {} : { duration: line.duration }),
    ...((has & HAS.over) === 0 ? {} : { isOver: true as const }),
    ...((has & HAS.publish) === 0 ? {} : { isPublished: true as const }),
  };
}

export const PLAIN: Read = {
  address: '192.0.2.1',
  time: '2026-11-21T01:19:26.000Z',
  path: '/hls/cam/720p.m3u8',
  query: '',
  status: 200,
  sent: 194,
  agent: 'VLC/3',
};
export const CLF = '192.0.2.1 - - [21/Nov/2026:01:19:26 +0000] "GET /hls/cam/720p.m3u8 HTTP/1.1" 200 194';
export const COMBINED = `${CLF} "-" "VLC/3"`;
