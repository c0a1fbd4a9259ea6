/**
 * One line of an access log, as positions in bytes: what every format (formats/) finds out of it, and what the rest of
 * this source works with. One object serves all lines.
 *
 * Fields stand as the log writes them, with its escapes; text.ts undoes these once per distinct value.
 */

import { Buffer } from 'node:buffer';

/** What reading a line comes to. `OTHER` is a line that is none of a request, such as a comment. */
export const END = 0;
export const GOOD = 1;
export const BAD = 2;
export const OTHER = 3;
export type Verdict = typeof GOOD | typeof BAD | typeof OTHER;

/** So many bytes behind a block are readable, for reading it in words. */
export const SLACK = 8;

/** Longer than any address, and than any token that stands for one. */
export const LONGEST_ADDRESS = 128;

/** Why a line cannot be read. Few: they become counters. */
export const FAULTS = ['Address', 'Time', 'Request', 'Numbers', 'Agent', 'Format'] as const;
export type Fault = (typeof FAULTS)[number];

/** What only some lines have: bits of `Line.has`. */
export const HAS = {
  /** `forwarded…` is what a proxy says of whom it asks for (X-Forwarded-For). */
  forwarded: 1,
  cookie: 2,
  /** `playback…` is a playback id of its own, such as a cookie that the format names. */
  playback: 4,
  /** One of the four headers of CMCD (CTA-5004 §2.2). */
  cmcd: 8,
  /** `duration` is known. */
  duration: 16,
  /** The line is about a whole connection that is over: `duration` is how long it was. */
  over: 32,
  /** Somebody sends the stream to the server. */
  publish: 64,
  /** The path is the name of a stream, with nothing to find out: a mount of Icecast, a stream of nginx-rtmp. */
  mount: 128,
} as const;

/** Object, Request, Session, Status. */
export const CMCD_HEADERS = 4;

/** Positions are in `bytes`, ends are exclusive; they hold until the next line is read. An empty range is "none". */
export class Line {
  /** Where the line stands. */
  block: Buffer = Buffer.alloc(SLACK);
  blockView: DataView = viewOf(this.block, 0);
  /** The line, in `block`, without its end. */
  start = 0;
  end = 0;

  /** Where the fields stand: the block, or what the format has made of the line. */
  bytes: Buffer = this.block;
  view: DataView = this.blockView;

  addressStart = 0;
  addressEnd = 0;
  userStart = 0;
  userEnd = 0;
  /** When the request had ended, or as near to it as the format says. Milliseconds since 1970, UTC. */
  time = 0;
  isGet = false;
  /** Only of a GET, and of what is published. The query is without its `?`. */
  pathStart = 0;
  pathEnd = 0;
  queryStart = 0;
  queryEnd = 0;
  status = 0;
  /** Bytes that were sent; `-` is 0. */
  sent = 0;
  /** Without its quotes; -1 where the line has none, as in the common format. */
  agentStart = 0;
  agentEnd = 0;
  /** Something on the way has cut the line short within its user agent, as syslog does: it is good for all the rest. */
  isCut = false;

  /** Bits of `HAS`; without its bit, what it stands for is left from another line. */
  has = 0;
  forwardedStart = 0;
  forwardedEnd = 0;
  cookieStart = 0;
  cookieEnd = 0;
  playbackStart = 0;
  playbackEnd = 0;
  /** Milliseconds. */
  duration = 0;
  readonly cmcdStart = new Int32Array(CMCD_HEADERS);
  readonly cmcdEnd = new Int32Array(CMCD_HEADERS);

  /** Why the last line was bad. */
  fault: Fault = 'Address';

  bad(fault: Fault): typeof BAD {
    this.fault = fault;
    return BAD;
  }
}

/** How the lines of a log are written. */
export interface LineFormat {
  /** As it is called in the configuration, or the string that defines it. */
  readonly name: string;
  /** Fills in the fields of the line that stands from `line.start` to `line.end`. */
  read(line: Line): Verdict;
  /** What it has learned of lines before, such as the names of columns; for a restart. Null is nothing. */
  readonly state?: string | null;
}

export function viewOf(block: Buffer, slack: number): DataView {
  return new DataView(block.buffer, block.byteOffset, block.length + slack);
}
