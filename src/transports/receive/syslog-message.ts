/**
 * What a syslog message says, without who says it and when: the line of a log that a server sends so. Understood are
 * RFC 3164 as nginx, HAProxy and rsyslog write it (with or without host, time as `Nov 21 01:19:26` or as in RFC 3339),
 * and RFC 5424.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What comes before the structured data, or before host and tag, is no longer than this. */
const HEADER_BYTES = 512;

/** Priority, version, time, host, application, process id, message id. */
const RFC_5424 = /^<\d{1,3}>\d{1,2} (?:-|\d{4}-\S+) \S+ \S+ \S+ \S+ /;
const PRIORITY = /^<\d{1,3}>/;
const TIME = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) /;
/** `nginx: `, `haproxy[17]: `. */
const TAG = /^[\w./-]{1,64}(?:\[[^\]\s]{0,32}\])?: /;
const HOST = /^\S{1,255} /;

/** The message itself, a part of `message`; null if this is none. Line ends behind it are no part of it. */
export function bodyOf(message: Buffer): Buffer | null {
  const header = message.toString('latin1', 0, HEADER_BYTES);
  const begin = startOfBody(message, header);
  let end = message.length;
  while (end > begin && isEnd(message[end - 1]!)) end--;
  return begin === -1 || begin >= end ? null : message.subarray(begin, end);
}

function isEnd(byte: number): boolean {
  return byte === LF || byte === CR || byte === 0;
}

/** -1 if it is no syslog message. */
function startOfBody(message: Buffer, header: string): number {
  const newer = RFC_5424.exec(header);
  if (newer !== null) return behindStructuredData(message, newer[0].length);
  let at = PRIORITY.exec(header)?.[0].length ?? -1;
  if (at === -1) return -1;
  const lengthOf = (part: RegExp) => part.exec(header.slice(at))?.[0].length ?? 0;
  const time = lengthOf(TIME);
  at += time;
  const tag = lengthOf(TAG);
  // Only behind a time there is a host.
  if (tag > 0 || time === 0) return at + tag;
  at += lengthOf(HOST);
  return at + lengthOf(TAG);
}

/** `-`, or elements such as `[exampleSDID@32473 iut="3" note="a \"]\" in quotes"]` one behind the other. */
function behindStructuredData(message: Buffer, from: number): number {
  let at = from;
  if (message[at] === DASH) {
    at++;
  } else {
    while (message[at] === OPEN) {
      at = behindElement(message, at + 1);
      if (at === -1) return -1;
    }
    if (at === from) return -1;
  }
  if (at === message.length) return at;
  if (message[at] !== SPACE) return -1;
  const isMarked = message.subarray(at + 1, at + 4).equals(BYTE_ORDER_MARK);
  return at + (isMarked ? 4 : 1);
}

function behindElement(message: Buffer, from: number): number {
  let isQuoted = false;
  for (let at = from; at < message.length; at++) {
    const byte = message[at];
    if (byte === BACKSLASH && isQuoted) at++;
    else if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === CLOSE && !isQuoted) return at + 1;
  }
  return -1;
}
