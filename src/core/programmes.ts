/**
 * Programmes: streams of any sources that carry the same thing, such as the mounts and bitrates of one station. Who is on
 * several of them at once is one listener: the union is kept as sessions come and go, never added up. Bots, relays among
 * them, are counted beside the people.
 */

import { isWithin, parseStreamPattern, type StreamPattern } from './access.ts';

export interface Programme {
  readonly name: string;
  /** Patterns, as access.ts has them: a stream that fits one of them carries the programme. */
  readonly streams: readonly string[];
}

/** Now: sessions of people, distinct listeners among them, and the sessions of bots. */
export interface ProgrammeCount {
  readonly name: string;
  readonly patterns: readonly StreamPattern[];
  readonly sessions: number;
  readonly listeners: number;
  readonly bots: number;
}

/** Streams whose programmes are remembered: beyond them they are all found anew. */
const MAX_REMEMBERED = 100_000;

export class CountedProgramme implements ProgrammeCount {
  readonly name: string;
  readonly patterns: readonly StreamPattern[];
  sessions = 0;
  bots = 0;
  /** Open sessions of people by listener. */
  readonly #listeners = new Map<string, number>();

  constructor(name: string, patterns: readonly StreamPattern[]) {
    this.name = name;
    this.patterns = patterns;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** A null listener is a bot. */
  count(listener: string | null, change: 1 | -1): void {
    if (listener === null) {
      this.bots += change;
      return;
    }
    this.sessions += change;
    const sessions = (this.#listeners.get(listener) ?? 0) + change;
    if (sessions === 0) this.#listeners.delete(listener);
    else this.#listeners.set(listener, sessions);
  }
}

/** What is asked of the programmes. */
export interface ProgrammesView {
  /** In the order in which they were defined. */
  readonly list: readonly ProgrammeCount[];
  /** Null if there is none of this name. */
  get(name: string): ProgrammeCount | null;
  /** The programmes that a stream carries. */
  ofStream(source: string, stream: string): readonly ProgrammeCount[];
}

export class Programmes implements ProgrammesView {
  #programmes: readonly CountedProgramme[] = [];
  /** By source and stream. */
  readonly #found = new Map<string, Map<string, readonly CountedProgramme[]>>();
  #remembered = 0;

  get list(): readonly ProgrammeCount[] {
    return this.#programmes;
  }

  get(name: string): ProgrammeCount | null {
    return this.#programmes.find((each) => each.name === name) ?? null;
  }

  ofStream(source: string, stream: string): readonly ProgrammeCount[] {
    return this.#ofStream(source, stream);
  }

  /** These are the programmes from now on; nobody is counted in them yet. */
  define(programmes: readonly Programme[]): void {
    this.#programmes = programmes.map(
      ({ name, streams }) => new CountedProgramme(name, streams.map(parseStreamPattern)),
    );
    this.#forget();
  }

  /** A session comes or goes; a null listener is a bot. */
  count(source: string, stream: string, listener: string | null, change: 1 | -1): void {
    if (this.#programmes.length === 0) return;
    for (const programme of this.#ofStream(source, stream)) programme.count(listener, change);
  }

  #ofStream(source: string, stream: string): readonly CountedProgramme[] {
    const known = this.#found.get(source)?.get(stream);
    if (known !== undefined) return known;
    const found = this.#programmes.filter(({ patterns }) => isWithin(patterns, source, stream));
    if (this.#remembered >= MAX_REMEMBERED) this.#forget();
    const streams = this.#found.get(source) ?? new Map<string, readonly CountedProgramme[]>();
    this.#found.set(source, streams.set(stream, found));
    this.#remembered++;
    return found;
  }

  #forget(): void {
    this.#found.clear();
    this.#remembered = 0;
  }
}
