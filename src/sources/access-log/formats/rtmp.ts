/**
 * Lines of nginx-rtmp, one a connection, written when it is over (nginx-rtmp-module 1.2, ngx_rtmp_log_module `combined`):
 *
 *     ADDRESS [TIME] COMMAND "APP" "NAME" "ARGS" - RECEIVED SENT "PAGE" "FLASH VERSION" (1h 2m 13s)
 *
 * COMMAND is PLAY, PUBLISH, PLAY+PUBLISH or NONE.
 */

import { HAS, type Line } from '../line.ts';
import { CLOSE, closingQuote, OPEN, QUOTE, SPACE, wholeNumber } from './bytes.ts';
import type { ClfClock } from './times.ts';
import { CLF_LENGTH } from './times.ts';

/** A longer line is no such line. */
export const LONGEST_RTMP = 16_384;

/** True, and the fields are filled in, if the line is one. Address and its end are known already. */
export function readRtmp(line: Line, clock: ClfClock): boolean {
  const { block, blockView, start, end } = line;
  const open = line.addressEnd + 1;
  const close = open + CLF_LENGTH + 1;
  if (end - start > LONGEST_RTMP || close + 2 >= end || block[open] !== OPEN || block[close] !== CLOSE) return false;
  const command = wordAt(line, close + 2);
  if (!COMMANDS.has(command)) return false;
  const time = clock.read(block, blockView, open + 1);
  if (time === -1) return false;
  const app = quoted(line, close + 2 + command.length);
  const name = quoted(line, app.next);
  const args = quoted(line, name.next);
  if (args.next === -1) return false;
  const sentAt = spaceAfter(line, args.next + 3);
  const sentEnd = spaceAfter(line, sentAt);
  const sent = wholeNumber(block, sentAt, sentEnd - 1);
  const agent = quoted(line, quoted(line, sentEnd - 1).next);
  if (sent === -1 || agent.next === -1) return false;
  const duration = readableTime(block.toString('latin1', agent.next, end));
  if (duration === -1) return false;
  fill(line, { time, sent, name, args, agent, duration, command });
  return true;
}

interface Span {
  readonly start: number;
  readonly end: number;
  /** Behind its quote; -1 if there is none. */
  readonly next: number;
}

interface Found {
  readonly time: number;
  readonly sent: number;
  readonly name: Span;
  readonly args: Span;
  readonly agent: Span;
  readonly duration: number;
  readonly command: string;
}

const COMMANDS: ReadonlySet<string> = new Set(['PLAY', 'PUBLISH', 'PLAY+PUBLISH', 'NONE']);

function fill(line: Line, { time, sent, name, args, agent, duration, command }: Found): void {
  line.time = time;
  line.userStart = line.addressEnd;
  line.userEnd = line.addressEnd;
  line.isGet = command === 'PLAY';
  line.status = 200;
  line.sent = sent;
  line.pathStart = name.start;
  line.pathEnd = name.end;
  line.queryStart = args.start;
  line.queryEnd = args.end;
  line.agentStart = agent.start;
  line.agentEnd = agent.end;
  line.isCut = false;
  line.duration = duration;
  // Whoever sends and plays at once is a publisher.
  line.has = HAS.over | HAS.duration | HAS.mount | (command.includes('PUBLISH') ? HAS.publish : 0);
}

const NOTHING: Span = { start: 0, end: 0, next: -1 };

/** ` "…"` at `at`. */
function quoted(line: Line, at: number): Span {
  const { block, blockView, end } = line;
  if (at < 0 || at + 2 >= end || block[at] !== SPACE || block[at + 1] !== QUOTE) return NOTHING;
  const close = closingQuote(block, blockView, at + 2, end);
  return close === -1 ? NOTHING : { start: at + 2, end: close, next: close + 1 };
}

function spaceAfter({ block, end }: Line, from: number): number {
  let p = from;
  while (p < end && block[p] !== SPACE) p++;
  return p + 1;
}

function wordAt({ block, end }: Line, from: number): string {
  let p = from;
  while (p < end && p < from + 16 && block[p] !== SPACE) p++;
  return block.toString('latin1', from, p);
}

const READABLE = /^ \((?:(\d{1,5})d ?)?(?:(\d{1,2})h ?)?(?:(\d{1,2})m ?)?(?:(\d{1,2})s)?\)$/;

/** ` (1d 2h 3m 13s)` as milliseconds; -1 if it is none. */
function readableTime(text: string): number {
  const match = READABLE.exec(text);
  if (match === null) return -1;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}
