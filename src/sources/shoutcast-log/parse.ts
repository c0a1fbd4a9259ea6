/**
 * Logs of a SHOUTcast DNAS, 1.x and 2.x: pure functions from lines to what they say. Which of the two logs it is shows in each
 * line.
 *
 * - The W3C log (`sc_w3c.log`): a row for each title that each listener has heard, written when the title changes or the
 *   listener leaves, in the local time of the server. Title and user agent are percent-encoded.
 * - `sc_serv.log`: lines of coming and going, if the server logs clients. 1.x `<12/31/05@23:59:59> [dest: 192.0.2.1] starting
 *   stream (UID: 12)[L: 3]{A: Winamp}(P: 2)` and `connection closed (811 seconds) (UID: 12)[L: 2]{Bytes: 13227794}(P: 2)`;
 *   2.x `2014-02-01 10:00:00 INFO [DST 192.0.2.1:5000 sid=1] SHOUTcast 1 client connection accepted. User-Agent:
 *   `Winamp', UID: 12, GRID: 1` and `client connection closed (811 seconds) [Bytes: 13227794] Agent: …`, as its source writes
 *   them. Everything else there is passed over.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import { type LocalTime, localTime, timeOf } from '../access-log/formats/times.ts';
import { Fault, type Row, type RowFile } from '../row-reader.ts';
import { type Columns, directiveOf, W3cRows } from '../w3c-rows.ts';

interface Listening extends Row {
  readonly stream: string;
  readonly address: string;
  readonly userAgent: string | null;
}

/** One title that one listener has heard. */
export interface Song extends Listening {
  readonly kind: 'song';
  readonly title: string | null;
  readonly bytes: number;
}

/** `uid` is the server's own, and comes again. */
export interface Begin extends Listening {
  readonly kind: 'begin';
  readonly uid: string;
  /** The log: one server writes it. */
  readonly path: string;
}

/** `from` is when it began, by its own account. */
export interface End extends Listening {
  readonly kind: 'end';
  readonly uid: string;
  readonly bytes: number;
}

/** The server has started: whoever was there has gone. */
export interface Boot extends Row {
  readonly kind: 'boot';
  readonly path: string;
}

export type ShoutcastRow = Song | Begin | End | Boot;

const LONGEST_TEXT = 1024;
const LONGEST_LINE = 8192;
const LONGEST_S = 366 * 86_400;
/** What both versions call the only stream of a server. */
const THE_STREAM = '/stream';

const fileState = z.object({ fields: z.string().nullable() });

export interface ShoutcastFileOptions {
  readonly timeZone: string;
  /** The name of the stream; null: as the lines say. */
  readonly stream: string | null;
}

export class ShoutcastFile implements RowFile<ShoutcastRow> {
  readonly #path: string;
  readonly #local: LocalTime;
  readonly #stream: string | null;
  #rows: W3cRows;

  constructor(options: ShoutcastFileOptions, path: string, state: unknown, head: readonly string[]) {
    this.#path = path;
    this.#local = localTime(options.timeZone);
    this.#stream = options.stream;
    this.#rows = new W3cRows(fileState.safeParse(state).data?.fields ?? null);
    if (this.#rows.header === null) for (const line of head) this.#direct(line);
  }

  get state(): z.output<typeof fileState> {
    return { fields: this.#rows.header };
  }

  parse(text: string): ShoutcastRow | Fault | null {
    if (this.#direct(text)) return null;
    const stamp = STAMP.exec(text);
    if (stamp !== null) return this.#event(text.slice(stamp[0].length), stamp);
    const columns = this.#rows.read(text);
    return columns === null ? new Fault('Format') : this.#song(columns);
  }

  #direct(text: string): boolean {
    const directive = directiveOf(text);
    if (directive === null) return false;
    if (directive.name === 'fields' && directive.value.trim() !== '') this.#rows = new W3cRows(directive.value);
    return true;
  }

  #song(columns: Columns): Song | Fault {
    const address = addressIn(columns('c-ip'));
    if (address === null) return new Fault('Address');
    const to = timeOf(`${columns('date')}T${columns('time')}`, this.#local);
    if (to < 0) return new Fault('Time');
    const seconds = countOf(columns('x-duration'));
    const bytes = countOf(columns('sc-bytes') ?? '0');
    if (seconds === null || bytes === null) return new Fault('Numbers');
    const [stem, title] = (columns('cs-uri-stem') ?? THE_STREAM).split(/\?title=(.*)/s) as [string, string | undefined];
    const heard = textOf(title === undefined ? '' : decoded(title));
    return {
      kind: 'song',
      from: to - Math.min(seconds, LONGEST_S) * 1000,
      to,
      stream: this.#stream ?? textOf(decoded(stem)) ?? THE_STREAM,
      address,
      userAgent: agentOf(decoded(columns('cs(user-agent)') ?? '')),
      title: heard === 'Unknown' ? null : heard,
      bytes,
    };
  }

  #event(text: string, stamp: RegExpExecArray): ShoutcastRow | Fault | null {
    const at = stampTime(stamp, this.#local);
    if (at < 0) return new Fault('Time');
    const path = this.#path;
    const whose = DESTINATION.exec(text);
    if (whose === null) return BOOT.test(text) ? { kind: 'boot', from: at, to: at, path } : null;
    const address = addressIn(whose[1]!);
    if (address === null) return new Fault('Address');
    const stream = this.#stream ?? whose[2] ?? THE_STREAM;
    const rest = text.slice(whose[0].length, LONGEST_LINE);
    const common = { to: at, stream, address };
    const begin = BEGIN_1.exec(rest) ?? BEGIN_2.exec(rest);
    if (begin !== null) {
      const { uid, agent } = begin.groups as Record<string, string | undefined>;
      return { ...common, kind: 'begin', from: at, uid: uid!, path, userAgent: agentOf(agent ?? '') };
    }
    const end = END_1.exec(rest) ?? END_2.exec(rest);
    if (end === null) return null;
    const { uid, seconds, bytes, agent } = end.groups as Record<string, string | undefined>;
    const from = at - Math.min(Number(seconds), LONGEST_S) * 1000;
    return { ...common, kind: 'end', from, uid: uid!, bytes: Number(bytes ?? 0), userAgent: agentOf(agent ?? '') };
  }
}

const STAMP =
  /^<(\d\d)\/(\d\d)\/(\d\d)@(\d\d:\d\d:\d\d)>\s*|^(\d{4}-\d\d-\d\d)[ \t]+(\d\d:\d\d:\d\d)(?:[.,]\d+)?[ \t]+(?:[A-Z]+[ \t]+)?(?=\[|\S*DNAS|msg:)/;
const DESTINATION = /^\[(?:dest:|DST)\s+(\S{1,64}?)(?::\d{1,5}(?:\s+\(xff\))?(?:\s+sid=(\d{1,9}))?)?\]\s*/;
// A user agent may hold whatever a line may: what the server writes is at the beginning and at the end.
const BEGIN_1 = /^starting stream \(UID: (?<uid>\d{1,19})\)(?:\[L: \d+\])?(?:\{A: (?<agent>.*)\}(?:\(P: \d+\))?)?$/;
const BEGIN_2 = /^[\w ]{0,32}?client connection accepted\. User-Agent: `(?<agent>.*)', UID: (?<uid>\d{1,19})/;
const END_1 =
  /^connection closed \((?<seconds>\d{1,9}) seconds\) \(UID: (?<uid>\d{1,19})\)(?:\[L: \d+\])?(?:\{Bytes: (?<bytes>\d{1,15})\})?/;
const END_2 =
  /^[\w ]{0,32}?client connection closed \((?<seconds>\d{1,9}) seconds\) \[Bytes: (?<bytes>\d{1,15})\] Agent: `(?<agent>.*)', UID: (?<uid>\d{1,19})/;
const BOOT = /^\[(?:SHOUTcast|MAIN)\] (?:SHOUTcast )?DNAS\S{0,80} .{0,120}starting up/i;

/** 1.x writes the month first, and the year with two digits. */
function stampTime([, month, day, year, clock, date, time]: RegExpExecArray, local: LocalTime): Instant {
  return timeOf(date === undefined ? `20${year}-${month}-${day}T${clock}` : `${date}T${time}`, local);
}

/** An address, or a host name where the server looks names up. */
function addressIn(text: string | null): string | null {
  if (text === null || text.length > 64) return null;
  const bare = text.replace(/^\[|\]$/g, '');
  return canonicalIp(bare) ?? (/^[\w.:-]+$/.test(bare) ? bare : null);
}

function countOf(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function agentOf(text: string): string | null {
  return text === '**EMPTY**' || text === '-' ? null : textOf(text);
}

function textOf(text: string): string | null {
  const short = text.trim().slice(0, LONGEST_TEXT);
  return short === '' ? null : short;
}

/** Percent-encoded in UTF-8, or in Latin-1 by 1.x. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescape(text);
  }
}
