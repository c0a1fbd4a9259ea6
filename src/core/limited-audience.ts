/**
 * The audience as somebody sees it who may see some streams only: counts, pages and sessions of just these, worked out
 * from the whole audience when they are asked for. All counts are of one moment, and are kept for nearly a second while
 * the audience changes: however many ask, the open sessions are gone through once a second for each distinct access.
 */

import type { PatternAccess } from './access.ts';
import {
  type Alike,
  type AudienceCount,
  type AudiencePage,
  type AudiencePageQuery,
  type AudienceTotal,
  greatestFirst,
  type PlaceCount,
  type StreamAudience,
} from './audience.ts';
import { CountedProgramme, type ProgrammeCount, type ProgrammesView } from './programmes.ts';
import { DIMENSIONS, type Dimension } from './query.ts';
import type { Session } from './session.ts';

/** Less than a second, since live views ask once a second. */
const FRESH_FOR = 900;

/** What of the audience is asked by whoever shows it. */
export interface AudienceView {
  readonly sessions: SessionsView;
  readonly version: number;
  readonly total: AudienceTotal;
  readonly programmes: ProgrammesView;
  alike(): Iterable<Alike>;
  counts(dimension: Dimension): AudienceCount[];
  countOf(dimension: Dimension, value: string | null): AudienceCount;
  countOfStream(source: string, stream: string): AudienceCount;
  streams(): StreamAudience[];
  places(): Iterable<PlaceCount>;
  page(asked: AudiencePageQuery): AudiencePage;
}

export interface SessionsView {
  get(id: string): Session | undefined;
  values(): Iterable<Session>;
}

interface Counted {
  readonly version: number;
  readonly at: number;
  readonly total: AudienceTotal;
  readonly alike: readonly Alike[];
  readonly streams: readonly StreamAudience[];
  /** What has been asked of these: made when it is. */
  readonly bySource: Map<string, Map<string, StreamAudience>>;
  readonly counts: Map<Dimension, Map<string | null, AudienceCount>>;
  readonly programmes: ProgrammesView;
}

export class LimitedAudience implements AudienceView {
  readonly sessions: SessionsView;
  readonly #audience: AudienceView;
  readonly #access: PatternAccess;
  /** Milliseconds that have passed, since any time. */
  readonly #elapsed: () => number;
  /** Streams that may have no audience. */
  readonly #known: () => Iterable<StreamName>;
  #counted: Counted | null = null;

  constructor(
    audience: AudienceView,
    access: PatternAccess,
    { elapsed, known }: { elapsed: () => number; known: () => Iterable<StreamName> },
  ) {
    this.#audience = audience;
    this.#access = access;
    this.#elapsed = elapsed;
    this.#known = known;
    this.sessions = {
      get: (id) => {
        const session = audience.sessions.get(id);
        return session !== undefined && access.sees(session.source, session.stream) ? session : undefined;
      },
      values: () => this.#seen(),
    };
  }

  get version(): number {
    return this.#audience.version;
  }

  get total(): AudienceTotal {
    return this.#newest().total;
  }

  /** Those that carry a stream that is seen, with who is on these. It holds what was counted: ask for it each time. */
  get programmes(): ProgrammesView {
    return this.#newest().programmes;
  }

  alike(): Iterable<Alike> {
    return this.#newest().alike;
  }

  counts(dimension: Dimension): AudienceCount[] {
    return [...this.#countsBy(dimension).values()].sort(greatestFirst);
  }

  countOf(dimension: Dimension, value: string | null): AudienceCount {
    return this.#countsBy(dimension).get(value) ?? { value, sessions: 0, bots: 0 };
  }

  countOfStream(source: string, stream: string): AudienceCount {
    const { streams, bySource } = this.#newest();
    if (bySource.size === 0) for (const each of streams) filed(bySource, each.source).set(each.stream, each);
    const found = bySource.get(source)?.get(stream);
    return { value: stream, sessions: found?.sessions ?? 0, bots: found?.bots ?? 0 };
  }

  streams(): StreamAudience[] {
    return [...this.#newest().streams];
  }

  *places(): Generator<PlaceCount> {
    for (const { bot, place } of this.#seen()) if (!bot) yield { place, sessions: 1 };
  }

  page(asked: AudiencePageQuery): AudiencePage {
    return this.#audience.page({ ...asked, filter: { ...asked.filter, within: this.#access.streams } });
  }

  *#seen(): Iterable<Session> {
    const sees = remembered(this.#access);
    for (const session of this.#audience.sessions.values()) if (sees(session)) yield session;
  }

  #newest(): Counted {
    const known = this.#counted;
    const { version } = this.#audience;
    const at = this.#elapsed();
    if (known !== null && (known.version === version || at - known.at < FRESH_FOR)) return known;
    const listeners = new Set<string>();
    let bots = 0;
    let sessions = 0;
    const sees = remembered(this.#access);
    const streams = this.#audience.streams().filter(sees);
    const programmes = new SeenProgrammes(this.#audience.programmes);
    for (const each of [...streams, ...this.#known()]) if (sees(each)) programmes.see(each);
    for (const session of this.#seen()) {
      programmes.count(session);
      if (session.bot) {
        bots++;
        continue;
      }
      sessions++;
      listeners.add(session.listener);
    }
    const alike: Alike[] = [];
    for (const { values, bot, sessions: count } of this.#audience.alike()) {
      const [stream, source] = [values[STREAM]!, values[SOURCE]!];
      if (sees({ source, stream })) alike.push({ values, bot, sessions: count });
    }
    const total = { sessions, listeners: listeners.size, bots };
    this.#counted = { version, at, total, alike, streams, bySource: new Map(), counts: new Map(), programmes };
    return this.#counted;
  }

  #countsBy(dimension: Dimension): Map<string | null, AudienceCount> {
    const { alike, counts } = this.#newest();
    const known = counts.get(dimension);
    if (known !== undefined) return known;
    const found = new Map<string | null, { value: string | null; sessions: number; bots: number }>();
    const place = DIMENSIONS.indexOf(dimension);
    for (const { values, bot, sessions } of alike) {
      const value = values[place]!;
      const count = found.get(value) ?? { value, sessions: 0, bots: 0 };
      count[bot ? 'bots' : 'sessions'] += sessions;
      found.set(value, count);
    }
    counts.set(dimension, found);
    return found;
  }
}

interface StreamName {
  readonly source: string;
  readonly stream: string;
}

/** Programmes as far as their streams are seen. */
class SeenProgrammes implements ProgrammesView {
  readonly #all: ProgrammesView;
  readonly #seen = new Map<ProgrammeCount, CountedProgramme>();

  constructor(all: ProgrammesView) {
    this.#all = all;
  }

  get list(): readonly ProgrammeCount[] {
    return this.#all.list.flatMap((each) => this.#seen.get(each) ?? []);
  }

  get(name: string): ProgrammeCount | null {
    return this.list.find((each) => each.name === name) ?? null;
  }

  ofStream(source: string, stream: string): readonly ProgrammeCount[] {
    return this.#all.ofStream(source, stream).flatMap((each) => this.#seen.get(each) ?? []);
  }

  see({ source, stream }: StreamName): void {
    for (const each of this.#all.ofStream(source, stream)) {
      if (!this.#seen.has(each)) this.#seen.set(each, new CountedProgramme(each.name, each.patterns));
    }
  }

  count({ source, stream, bot, listener }: Session): void {
    for (const each of this.#all.ofStream(source, stream)) this.#seen.get(each)?.count(bot ? null : listener, 1);
  }
}

const STREAM = DIMENSIONS.indexOf('stream');
const SOURCE = DIMENSIONS.indexOf('source');

/** Asks once for each stream. For one pass: it is not bounded by itself, but by the streams that there are. */
function remembered(access: PatternAccess): (of: StreamName) => boolean {
  const known = new Map<string, Map<string, boolean>>();
  return ({ source, stream }) => {
    const streams = filed(known, source);
    const seen = streams.get(stream) ?? access.sees(source, stream);
    streams.set(stream, seen);
    return seen;
  };
}

function filed<T>(bySource: Map<string, Map<string, T>>, source: string): Map<string, T> {
  const streams = bySource.get(source) ?? new Map<string, T>();
  bySource.set(source, streams);
  return streams;
}
