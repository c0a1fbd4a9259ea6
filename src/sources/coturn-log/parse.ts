/**
 * Lines of coturn's log about sessions, as `--verbose` has them (coturn 4.6.1; prefixes of 4.5 to 4.17 by its source): pure
 * functions from lines to what they say.
 *
 *     12: : session 001000000000000002: refreshed, realm=<example.org>, username=<alice>, lifetime=0
 *     2026-11-21T19:26:00+0000 INFO session 001000000000000002: delete: realm=<example.org>, username=<alice>
 *     Nov 21 19:26:00 relay turnserver[71]: 12: (72): INFO: session 001000000000000002: new, realm=…
 *
 * A line begins with seconds since the server started, or with a date, or with what syslog puts before either.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import { type LocalTime, localTime, MONTHS, timeOf } from '../access-log/formats/times.ts';
import { Fault, type Row, type RowFile } from '../row-reader.ts';
import { userOf } from '../turn/allocation.ts';
import type { Endpoint } from '../turn/stun.ts';

interface Of extends Row {
  /** Which of the logs: ids are unique in one server only. */
  readonly path: string;
  /** The server's, unique until it starts anew. */
  readonly id: string;
}

interface Named {
  readonly user: string | null;
  readonly realm: string | null;
}

/** `isNew` false: kept by a Refresh. Seconds; 0 is given up. */
export interface Lifetime extends Of, Named {
  readonly kind: 'lifetime';
  readonly isNew: boolean;
  readonly lifetime: number;
}

/** Since the line of this kind before. `client` is everything on the client's side, `peer` is payload. */
export interface Usage extends Of, Named {
  readonly kind: 'usage';
  readonly side: 'client' | 'peer';
  readonly up: { readonly packets: number; readonly bytes: number };
  readonly down: { readonly packets: number; readonly bytes: number };
}

export interface PeerLine extends Of {
  readonly kind: 'peer';
  readonly peer: string;
}

export interface Closed extends Of, Named {
  readonly kind: 'closed';
  readonly server: Endpoint | null;
  readonly client: Endpoint | null;
  readonly reason: string;
}

export interface Deleted extends Of {
  readonly kind: 'deleted';
}

export interface Refused extends Of {
  readonly kind: 'refused';
}

/** The server has started: whoever was there has gone. */
export interface Boot extends Row {
  readonly kind: 'boot';
  readonly path: string;
}

export type CoturnRow = Lifetime | Usage | PeerLine | Closed | Deleted | Refused | Boot;

/** What a file itself says of the time of its lines, where these say only how long the server runs. */
export interface LogClock {
  /** When it was written last. */
  readonly writtenAt: Instant;
  /** Seconds that its last line names; null if it names none. */
  readonly lastUptime: number | null;
  /** How often a server has begun in it. */
  readonly boots: number;
}

export interface CoturnFileOptions {
  readonly timeZone: string;
  /** Asked when the file is opened, and when a server starts anew in it. Null: it is no plain file. */
  readonly clockOf: (path: string) => LogClock | null;
}

const LONGEST_LINE = 4096;
const LONGEST_TEXT = 763;
const DAY = 86_400_000;

const fileState = z.object({ startedAt: z.number().nullable(), year: z.number().nullable() });

const SESSION = /^(.{0,160}?)\bsession (\d{18}): (.*)$/s;
const BOOT = /^(.{0,160}?)\blog file opened/;
const ISO = /(?:^|\s)(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)(?=[:\s])/;
const SYSLOG = /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)\s/;
const UPTIME = /^\s*(\d{1,9}): /;

const LIFETIME = /^(new|refreshed), realm=<(.*?)>, username=<(.*)>, lifetime=(\d{1,9})(?:, cipher=.*)?\s*$/;
const USAGE =
  /^(peer )?usage: realm=<(.*?)>, username=<(.*)>, rp=(\d{1,15}), rb=(\d{1,15}), sp=(\d{1,15}), sb=(\d{1,15})\s*$/;
const CLOSED =
  /^closed \(\d\w\w stage\), user <(.*)> realm <(.*?)> origin <.*?>, local (\S{1,64}), remote (\S{1,64}), reason: (.*)$/;
const PEER = /^peer (\S{1,64}) lifetime updated: \d/;
const REFUSED = /incoming packet .{1,40} processed, error \d{3}/;

export class CoturnFile implements RowFile<CoturnRow> {
  readonly #path: string;
  readonly #local: LocalTime;
  readonly #clockOf: CoturnFileOptions['clockOf'];
  /** When the server began; null: lines that only say how long it runs have no time. */
  #startedAt: Instant | null;
  /** For dates without one. */
  #year: number | null;
  #newest: Instant = Number.NEGATIVE_INFINITY;
  /** So many starts are still to come that had been written when we opened it: of lines before them nobody knows the time. */
  #bootsToCome = 0;
  #isFirst = true;
  readonly #first: string | null;

  constructor({ timeZone, clockOf }: CoturnFileOptions, path: string, state: unknown, head: readonly string[]) {
    this.#path = path;
    this.#local = localTime(timeZone);
    this.#clockOf = clockOf;
    this.#first = head[0] ?? null;
    const known = fileState.safeParse(state).data;
    this.#startedAt = known?.startedAt ?? null;
    this.#year = known?.year ?? null;
    if (known?.startedAt == null) this.#readClock();
  }

  get state(): z.output<typeof fileState> {
    return { startedAt: this.#startedAt, year: this.#year };
  }

  parse(text: string): CoturnRow | Fault | null {
    if (this.#isFirst && text !== this.#first) this.#bootsToCome = 0;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const line = text.slice(0, LONGEST_LINE);
    const boot = BOOT.exec(line);
    if (boot !== null) return this.#boot(boot[1]!, isFirst);
    const session = SESSION.exec(line);
    if (session === null) return null;
    const [, prefix, id, rest] = session as unknown as [string, string, string, string];
    const read = readSession(rest);
    if (read === null) return null;
    const at = this.#timeOf(prefix);
    return at === null ? new Fault('Time') : { ...read, id, path: this.#path, from: at, to: at };
  }

  #boot(prefix: string, isFirst: boolean): Boot | Fault {
    if (!isFirst && this.#bootsToCome > 0) this.#bootsToCome--;
    else if (!isFirst) this.#readClock();
    const at = this.#timeOf(prefix);
    return at === null ? new Fault('Time') : { kind: 'boot', path: this.#path, from: at, to: at };
  }

  #readClock(): void {
    const clock = this.#clockOf(this.#path);
    if (clock === null) return;
    const { writtenAt, lastUptime, boots } = clock;
    this.#startedAt = lastUptime === null ? null : Math.floor(writtenAt / 1000) * 1000 - lastUptime * 1000;
    this.#year ??= new Date(writtenAt).getUTCFullYear();
    if (this.#isFirst) this.#bootsToCome = Math.max(boots - 1, 0);
  }

  #timeOf(prefix: string): Instant | null {
    const at = this.#read(prefix);
    if (at !== null && at > this.#newest) this.#newest = at;
    return at;
  }

  #read(prefix: string): Instant | null {
    const iso = ISO.exec(prefix);
    if (iso !== null) return known(timeOf(iso[1]!, this.#local));
    const syslog = SYSLOG.exec(prefix);
    if (syslog !== null) return this.#readSyslog(syslog);
    const uptime = UPTIME.exec(prefix);
    if (uptime === null || this.#startedAt === null || this.#bootsToCome > 0) return null;
    return this.#startedAt + Number(uptime[1]) * 1000;
  }

  /** RFC 3164 has no year: the one in which it is not much before the lines before. */
  #readSyslog([, month, day, clock]: RegExpExecArray): Instant | null {
    const number = MONTHS.indexOf(month!) + 1;
    if (number === 0 || this.#year === null) return null;
    const inYear = (year: number) =>
      known(timeOf(`${year}-${String(number).padStart(2, '0')}-${day!.padStart(2, '0')}T${clock}`, this.#local));
    if (!Number.isFinite(this.#newest)) {
      // The year is that in which the file was written last: its first lines may be of the one before.
      const written = this.#clockOf(this.#path)?.writtenAt ?? Number.POSITIVE_INFINITY;
      if ((inYear(this.#year) ?? 0) > written + DAY) this.#year--;
    } else if ((inYear(this.#year) ?? 0) < this.#newest - 180 * DAY) this.#year++;
    return inYear(this.#year);
  }
}

function known(at: number): Instant | null {
  return at < 0 ? null : at;
}

type Distributed<R> = R extends CoturnRow ? Omit<R, 'id' | 'path' | 'from' | 'to'> : never;

function readSession(text: string): Distributed<Exclude<CoturnRow, Boot>> | null {
  const lifetime = LIFETIME.exec(text);
  if (lifetime !== null) {
    const [, verb, realm, user, seconds] = lifetime;
    return { kind: 'lifetime', isNew: verb === 'new', ...named(user!, realm!), lifetime: Number(seconds) };
  }
  const usage = USAGE.exec(text);
  if (usage !== null) return readUsage(usage);
  const closed = CLOSED.exec(text);
  if (closed !== null) {
    const [, user, realm, local, remote, reason] = closed as unknown as string[];
    return {
      kind: 'closed',
      ...named(user!, realm!),
      server: endpointOf(local!),
      client: endpointOf(remote!),
      reason: reason!.trim().slice(0, LONGEST_TEXT),
    };
  }
  const peer = PEER.exec(text);
  if (peer !== null) return { kind: 'peer', peer: peer[1]! };
  if (/^delete: /.test(text)) return { kind: 'deleted' };
  return REFUSED.test(text) ? { kind: 'refused' } : null;
}

/** On the client's side what is received goes up; on the peer's side what is sent does. */
function readUsage([, side, realm, user, rp, rb, sp, sb]: RegExpExecArray): Distributed<Usage> {
  const received = { packets: Number(rp), bytes: Number(rb) };
  const sent = { packets: Number(sp), bytes: Number(sb) };
  const isPeer = side !== undefined;
  return {
    kind: 'usage',
    side: isPeer ? 'peer' : 'client',
    ...named(user!, realm!),
    up: isPeer ? sent : received,
    down: isPeer ? received : sent,
  };
}

function named(user: string, realm: string): Named {
  const short = (text: string) => (text.trim() === '' ? null : text.trim().slice(0, LONGEST_TEXT));
  return { user: userOf(short(user)), realm: short(realm) };
}

/** `192.0.2.1:5000` or `[2001:db8::1]:5000`. */
export function endpointOf(text: string): Endpoint | null {
  const match = /^\[?([^\]]{2,45}?)\]?:(\d{1,5})$/.exec(text);
  const address = match === null ? null : canonicalIp(match[1]!);
  const port = Number(match?.[2]);
  return address === null || port > 65_535 ? null : { address, port };
}
