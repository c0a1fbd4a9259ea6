/**
 * What is true of a crowd: the sessions, the clients and how many there were at once, found from what the players know
 * themselves, in the slowest and most obvious way and without any of Headcount's code.
 */

import type { Answer } from './perform.ts';

/** What a log tells of its players: ids in queries, and CMCD in queries or in headers that are logged. */
export type Told = 'urlId' | 'cmcdQuery' | 'cmcdHeaders';

/** Times are milliseconds since the epoch, whole seconds. */
export interface TrueSession {
  /** The playback if its id is told, else the network and the user agent. */
  readonly key: string;
  readonly network: string;
  readonly userAgent: string;
  readonly stream: string;
  from: number;
  /** The last request, or a second after a lone one. */
  to: number;
  requests: number;
  bytes: number;
  /** The newest that it asked for; of several in one second, which a log can not put in order, the greatest name. */
  quality: string | null;
  /** What its player said last by CMCD, if that is told: kbit/s. Of several in one second the greatest. */
  bitrate: number | null;
  throughput: number | null;
  /** Did it ever say that its buffer was empty? */
  isStarved: boolean;
}

const SECOND = 1000;

/** Only what was asked for by GET and is there makes an audience. */
export function isAudience({ status }: Answer): boolean {
  return status === 200 || status === 206 || status === 304;
}

/**
 * By start. Requests of one key on one stream no further apart than `gap` (milliseconds) are one session. `measures`: where
 * the log tells what players say of their playback.
 */
export function trueSessions(
  answers: readonly Answer[],
  told: ReadonlySet<Told>,
  gap: number,
  measures: ReadonlySet<Told> = new Set(),
): TrueSession[] {
  const newest = new Map<string, TrueSession & { last: number; qualityAt: number; measuredAt: number }>();
  const all: TrueSession[] = [];
  for (const answer of answers.filter(isAudience).sort((a, b) => a.at - b.at)) {
    const { at, stream, quality, bytes } = answer;
    const { network, userAgent } = answer.script;
    const key = keyOf(answer, told);
    let session = newest.get(`${key} ${stream}`);
    if (session === undefined || at - session.last > gap) {
      const nothing = { requests: 0, bytes: 0, quality: null, bitrate: null, throughput: null, isStarved: false };
      const never = { qualityAt: Number.NaN, measuredAt: Number.NaN };
      session = { key, network, userAgent, stream, from: at, to: at + SECOND, last: at, ...nothing, ...never };
      newest.set(`${key} ${stream}`, session);
      all.push(session);
    }
    session.last = at;
    session.to = Math.max(at, session.from + SECOND);
    session.requests++;
    session.bytes += bytes;
    if (isMeasured(answer, measures)) {
      const { bitrate, throughput, isStarved } = answer.measured!;
      const isNewer = session.measuredAt !== at;
      session.bitrate = isNewer ? bitrate : Math.max(bitrate, session.bitrate!);
      session.throughput = isNewer ? throughput : Math.max(throughput, session.throughput!);
      session.isStarved ||= isStarved;
      session.measuredAt = at;
    }
    if (quality === null) continue;
    const isGreatest = session.qualityAt !== at || session.quality === null || quality > session.quality;
    if (isGreatest) session.quality = quality;
    session.qualityAt = at;
  }
  return all;
}

function isMeasured({ script, measured }: Answer, measures: ReadonlySet<Told>): boolean {
  const { cmcd } = script.device;
  return measured !== null && measures.has(cmcd === 'query' ? 'cmcdQuery' : 'cmcdHeaders');
}

/** Who is a client of its own to a log without ids. */
export function clientOf({ network, userAgent }: { readonly network: string; readonly userAgent: string }): string {
  return `${network} ${userAgent}`;
}

/** What one reader of the log takes for one: the playback if its id is told, else the client. */
export function keyOf({ script, playback }: Pick<Answer, 'script' | 'playback'>, told: ReadonlySet<Told>): string {
  const { cmcd } = script.device;
  const isTold =
    told.has('urlId') || (told.has('cmcdQuery') && cmcd === 'query') || (told.has('cmcdHeaders') && cmcd === 'headers');
  return isTold ? playback : clientOf(script);
}

/** How many sessions there were in each second from `from` up to `to`: a session is there from `from` up to `to`. */
export function concurrency(sessions: readonly TrueSession[], from: number, to: number): number[] {
  return Array.from({ length: (to - from) / SECOND }, (_, i) => {
    const at = from + i * SECOND;
    return sessions.filter((session) => session.from <= at && at < session.to).length;
  });
}

/** The most there ever were at once. */
export function peakOf(sessions: readonly TrueSession[]): number {
  const from = Math.min(...sessions.map((session) => session.from));
  const to = Math.max(...sessions.map((session) => session.to));
  return sessions.length === 0 ? 0 : Math.max(...concurrency(sessions, from, to));
}
