/**
 * The *common* and *combined* formats of nginx, Apache, Caddy, lighttpd and Traefik, with whatever follows the user agent:
 *
 *     ADDRESS - USER [21/Nov/2026:01:19:26 +0000] "GET /PATH?QUERY HTTP/1.1" STATUS BYTES "REFERER" "USER AGENT" …
 *
 * (nginx ngx_http_log_module `combined`; Apache mod_log_config `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`.)
 * And Icecast's access.log: the same with the seconds of the connection at the end (Icecast 2.4 logging.c).
 *
 * Shaped for the machine: no text, no allocation, four bytes at a time where it pays.
 */

import { BAD, GOOD, HAS, type Line, type LineFormat, LONGEST_ADDRESS, type Verdict } from '../line.ts';
import {
  CLOSE,
  COLON,
  closingQuote,
  DASH,
  NEAR,
  OPEN,
  placeOf,
  QUESTION,
  QUOTE,
  SPACE,
  wholeNumber,
  ZERO,
} from './bytes.ts';
import { endOfPath, endOfQuery, readMethod } from './request.ts';
import { LONGEST_RTMP, readRtmp } from './rtmp.ts';
import { CLF_LENGTH, ClfClock, MONTHS } from './times.ts';

/** Words as they stand in memory, little-endian: ` - -`, `GET `, `HTTP`, `/1.1`. */
const NOBODY = 0x2d202d20;
const GET = 0x20544547;
const HTTP = 0x50545448;
const VERSION = 0x312e312f;

const ANGLE = 0x3c;
const CAPITAL_T = 0x54;

/** Behind the first bytes of a name: what looks like the time that follows it. */
const TIMES = / \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "/g;
/** In a name that has more of them than that no other is the real one. */
const MOST_TIMES = 100;
/** A count of bytes has fewer digits. */
const MOST_DIGITS = 16;

export class CombinedFormat implements LineFormat {
  readonly name: string = 'combined';
  readonly #clock = new ClfClock();

  read(line: Line): Verdict {
    const request = this.#readClient(line);
    // Nginx-rtmp may write into the same file.
    if (request === -1) return line.fault !== 'Address' && readRtmp(line, this.#clock) ? GOOD : BAD;
    const numbers = readRequest(line, request);
    if (numbers === -1) return BAD;
    const agent = readNumbers(line, numbers);
    if (agent === -1) return BAD;
    line.has = line.isGet ? 0 : readMethod(line, request);
    return readAgent(line, agent);
  }

  /** Address, user and time: answers where the request begins. */
  #readClient(line: Line): number {
    const { block, blockView, start, end } = line;
    // Nobody asks for what stands behind a longer address.
    const most = Math.min(end, start + LONGEST_RTMP);
    let p = start;
    while (p < most && block[p] !== SPACE) p++;
    line.addressStart = start;
    line.addressEnd = p;
    if (p === start || p === end || p - start > LONGEST_ADDRESS) return bad(line, 'Address');
    line.userStart = p;
    line.userEnd = p;
    const isNobody = blockView.getInt32(p, true) === NOBODY && block[p + 5] === OPEN;
    if (isNobody && this.#isTime(line, p + 5)) return p + CLF_LENGTH + 9;
    return this.#readUser(line, p + 1);
  }

  /** A name may have spaces and brackets in it, but never a quote: only the real time is followed by one. */
  #readUser(line: Line, from: number): number {
    const { block, end } = line;
    if (isHostAndPort(line) || isSyslog(line)) return bad(line, 'Address');
    const space = placeOf(block, SPACE, from, end);
    if (space === -1) return bad(line, 'Time');
    const userStart = space + 1;
    const open = this.#timeBehind(line, userStart);
    if (open === -1) return bad(line, 'Time');
    const isNobody = open - 1 === userStart + 1 && block[userStart] === DASH;
    line.userStart = userStart;
    line.userEnd = isNobody ? userStart : open - 1;
    return open + CLF_LENGTH + 4;
  }

  /** Where the bracket of the time stands, behind a name; -1 if it does nowhere. */
  #timeBehind(line: Line, userStart: number): number {
    const { block, end } = line;
    const near = Math.min(end, userStart + NEAR);
    for (let open = userStart + 1; open < near; open++) {
      if (block[open] === OPEN && block[open - 1] === SPACE && this.#isTime(line, open)) return open;
    }
    if (near === end) return -1;
    let tries = 0;
    for (const { index } of block.toString('latin1', near - 1, end).matchAll(TIMES)) {
      if (this.#isTime(line, near + index)) return near + index;
      if (++tries === MOST_TIMES) break;
    }
    return -1;
  }

  /** Does `[TIME] "` stand there? Reads it. */
  #isTime(line: Line, open: number): boolean {
    const { block, blockView } = line;
    const close = open + CLF_LENGTH + 1;
    if (close + 2 >= line.end || block[close] !== CLOSE) return false;
    if (block[close + 1] !== SPACE || block[close + 2] !== QUOTE) return false;
    line.time = this.#clock.read(block, blockView, open + 1);
    return line.time >= 0;
  }
}

/** `tv.example.org:443`, as Apache's `vhost_combined` begins: what a line looks like whose address comes later. */
function isHostAndPort({ block, addressStart, addressEnd }: Line): boolean {
  let colon = -1;
  for (let p = addressStart; p < addressEnd; p++) {
    if (block[p] !== COLON) continue;
    if (colon !== -1) return false;
    colon = p;
  }
  return colon !== -1 && wholeNumber(block, colon + 1, addressEnd) !== -1;
}

/** `<190>Nov`, `Nov` or `2026-11-21T…`: how a line of a syslog daemon begins. */
function isSyslog({ block, addressStart, addressEnd }: Line): boolean {
  if (block[addressStart] === ANGLE) return true;
  const length = addressEnd - addressStart;
  if (length === 3) return MONTHS.includes(block.toString('latin1', addressStart, addressEnd));
  return length > 18 && block[addressStart + 4] === DASH && block[addressStart + 10] === CAPITAL_T;
}

/** Answers where the space behind the request stands. */
function readRequest(line: Line, from: number): number {
  const { block, blockView, end } = line;
  let p = from;
  line.isGet = blockView.getInt32(p, true) === GET;
  if (line.isGet) {
    p += 4;
    line.pathStart = p;
    p = endOfPath(block, p, end);
    line.pathEnd = p;
    line.queryStart = p;
    if (block[p] === QUESTION && p < end) {
      line.queryStart = ++p;
      p = endOfQuery(block, p, end);
    }
    line.queryEnd = p;
    // ` HTTP/1.1"`, by far the most frequent.
    const isUsual =
      p + 9 < end && blockView.getInt32(p + 1, true) === HTTP && blockView.getInt32(p + 5, true) === VERSION;
    if (isUsual && block[p] === SPACE && block[p + 9] === QUOTE) return p + 10;
  }
  const close = closingQuote(block, blockView, p, end);
  return close === -1 ? bad(line, 'Request') : close + 1;
}

/** ` 200 1234`: answers the place behind. */
function readNumbers(line: Line, from: number): number {
  const { block, end } = line;
  const a = block[from + 1]! - ZERO;
  const b = block[from + 2]! - ZERO;
  const c = block[from + 3]! - ZERO;
  const areDigits = a >= 0 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9;
  if (from + 5 >= end || !areDigits || block[from] !== SPACE || block[from + 4] !== SPACE) return bad(line, 'Numbers');
  line.status = a * 100 + b * 10 + c;
  let p = from + 5;
  let sent = 0;
  const most = Math.min(end, p + MOST_DIGITS);
  while (p < most) {
    const digit = block[p]! - ZERO;
    if (digit < 0 || digit > 9) break;
    sent = sent * 10 + digit;
    p++;
  }
  const digits = p - from - 5;
  if (digits === 0 && block[p] === DASH) p++;
  else if (digits === 0 || digits > 15) return bad(line, 'Numbers');
  line.sent = sent;
  return p;
}

/** ` "REFERER" "USER AGENT"`, or nothing at all. */
function readAgent(line: Line, from: number): Verdict {
  const { block, blockView, end } = line;
  line.agentStart = -1;
  line.agentEnd = -1;
  line.isCut = false;
  if (from === end) return GOOD;
  if (block[from] !== SPACE || block[from + 1] !== QUOTE) return line.bad('Agent');
  // Players mostly come from nowhere.
  const isNone = block[from + 2] === DASH && block[from + 3] === QUOTE && from + 3 < end;
  const referer = isNone ? from + 3 : closingQuote(block, blockView, from + 2, end);
  if (referer === -1 || block[referer + 1] !== SPACE || block[referer + 2] !== QUOTE) return line.bad('Agent');
  const close = closingQuote(block, blockView, referer + 3, end);
  line.isCut = close === -1;
  if (!line.isCut && close + 1 < end && block[close + 1] !== SPACE) return line.bad('Agent');
  line.agentStart = referer + 3;
  line.agentEnd = line.isCut ? end : close;
  return GOOD;
}

function bad(line: Line, fault: 'Address' | 'Time' | 'Request' | 'Numbers'): -1 {
  line.fault = fault;
  return -1;
}

/** Seconds in a day are 86,400: nobody listens for more than a year. */
const LONGEST_CONNECTION = 366 * 86_400;

/** How long a connection was, in seconds, as it stands behind the user agent at the end of a line of Icecast; -1 if nothing does. */
export function secondsAtEnd(line: Line): number {
  if (line.agentEnd === -1 || line.isCut || line.block[line.agentEnd + 1] !== SPACE) return -1;
  const seconds = wholeNumber(line.block, line.agentEnd + 2, line.end);
  return seconds > LONGEST_CONNECTION ? -1 : seconds;
}

/** Icecast's access.log: one line a connection, written when it is over. */
export class IcecastFormat implements LineFormat {
  readonly name = 'icecast';
  readonly #combined = new CombinedFormat();

  read(line: Line): Verdict {
    const verdict = this.#combined.read(line);
    if (verdict !== GOOD || (line.has & HAS.over) !== 0) return verdict;
    const seconds = secondsAtEnd(line);
    if (seconds === -1) return line.bad('Numbers');
    line.duration = seconds * 1000;
    line.has |= HAS.duration | HAS.over | HAS.mount;
    return GOOD;
  }
}
