/** What `headcount top` knows at a moment: answers of the API and the newest live event. Never changed, only replaced. */

import type {
  LiveAudience,
  SessionWire,
  SourceWire,
  StatusWire,
  StreamWire,
  TimelineWire,
} from '../../http/contract.ts';

export type Phase =
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  /** Since when, when it is tried again, and why, in words. */
  | { readonly name: 'lost'; readonly since: number; readonly retryAt: number; readonly why: string };

/** One a second while there is a connection. */
export interface Sample {
  readonly at: number;
  readonly sessions: number;
  readonly joined: number;
  readonly left: number;
}

/** The session with what it receives now, in bytes a second; null before that can be said. */
export interface SessionLine extends SessionWire {
  readonly rate: number | null;
}

export interface SessionWindow {
  readonly items: readonly SessionLine[];
  /** How many the server has of this stream, or in all. */
  readonly total: number;
  /** How many of these were looked at for the text that is looked for; the same as `items` without one. */
  readonly lookedAt: number;
  /** Are there more behind the last one? */
  readonly hasMore: boolean;
}

export interface Picture {
  /** Where it was asked. */
  readonly name: string;
  readonly phase: Phase;
  readonly status: StatusWire | null;
  readonly audience: Pick<LiveAudience, 'at' | 'sessions' | 'listeners' | 'bots' | 'stalled'> | null;
  /** When the newest audience came, by our clock. */
  readonly heardAt: number;
  /** Oldest first, at most ten minutes. */
  readonly samples: readonly Sample[];
  /** Of the ten minutes before the first sample. */
  readonly before: readonly { readonly at: number; readonly sessions: number }[];
  readonly peak: { readonly count: number; readonly at: number } | null;
  readonly streams: readonly StreamWire[];
  readonly sources: readonly SourceWire[];
  readonly sessions: SessionWindow | null;
  /** Why the list of sessions is not as it should be, in words. */
  readonly failure: string | null;
}

export const TEN_MINUTES = 600_000;
const MINUTE = 60_000;

export function emptyPicture(name: string): Picture {
  return {
    ...{ name, phase: { name: 'connecting' }, status: null, audience: null, heardAt: 0, samples: [], before: [] },
    ...{ peak: null, streams: [], sources: [], sessions: null, failure: null },
  };
}

/** The counts of its streams are those of the event; a stream that it does not name may be one of too many. */
export function withAudience(picture: Picture, audience: LiveAudience, now: number): Picture {
  const at = Date.parse(audience.at);
  const { sessions, joined, left } = audience;
  const kept = picture.samples.filter((sample) => sample.at > at - TEN_MINUTES && sample.at < at);
  const isWhole = Object.keys(audience.streams).length < MOST_STREAMS;
  const streams = picture.streams.map((stream) => {
    const count = audience.streams[stream.id] ?? (isWhole ? 0 : stream.sessions);
    return count === stream.sessions ? stream : { ...stream, sessions: count };
  });
  const samples = [...kept, { at, sessions, joined, left }];
  return { ...picture, phase: { name: 'live' }, audience, heardAt: now, samples, streams };
}

/** As many streams as an event has at most. */
const MOST_STREAMS = 500;

export function withStream(picture: Picture, stream: StreamWire): Picture {
  const known = picture.streams.findIndex(({ id }) => id === stream.id);
  const streams = known === -1 ? [...picture.streams, stream] : picture.streams.with(known, stream);
  return { ...picture, streams };
}

/** The time of the server, as far as we know: `now` is our clock. */
export function serverTime({ audience, heardAt }: Picture, now: number): number {
  return audience === null ? now : Date.parse(audience.at) + (now - heardAt);
}

export interface Flow {
  readonly joined: number;
  readonly left: number;
  /** Shorter than a minute at the beginning. */
  readonly seconds: number;
}

/** Who came and went in the last minute; null before there is anything. */
export function flowOf({ samples }: Picture): Flow | null {
  const newest = samples.at(-1)?.at ?? 0;
  const minute = samples.filter(({ at }) => at > newest - MINUTE);
  if (minute.length < 2) return null;
  return {
    joined: minute.reduce((sum, { joined }) => sum + joined, 0),
    left: minute.reduce((sum, { left }) => sum + left, 0),
    seconds: Math.min(Math.round((newest - minute[0]!.at) / 1000) + 1, 60),
  };
}

/** The greatest count in each of so many equal parts of the last ten minutes; null where nothing is known. */
export function lastTenMinutes({ samples, before }: Picture, parts: number, now: number): (number | null)[] {
  const counts: (number | null)[] = Array.from({ length: parts }, () => null);
  for (const { at, sessions } of [...before, ...samples]) {
    const part = Math.floor(((at - (now - TEN_MINUTES)) / TEN_MINUTES) * parts);
    const place = part === parts ? parts - 1 : part;
    if (place >= 0 && place < parts) counts[place] = Math.max(counts[place] ?? 0, sessions);
  }
  return counts;
}

export function peakOf({ steps, series }: TimelineWire): Picture['peak'] {
  let best: Picture['peak'] = null;
  for (const [i, count] of (series[0]?.peak ?? []).entries()) {
    if (count > (best?.count ?? 0)) best = { count, at: Date.parse(steps[i]!) };
  }
  return best;
}

/** Does it need somebody to look at it? */
export function isInTrouble({ status, lastError }: SourceWire): boolean {
  return status === 'waiting' && lastError !== null;
}
