/**
 * Open sessions as they were, to be written down later: what of them changes is copied, into columns, so that hundreds of
 * thousands are no burden to whoever collects garbage; putting one into words takes longer, and is done when it is read.
 * So the tracker goes on while they are written.
 */

import { grown } from './grown.ts';
import type { Client, Place } from './identity.ts';
import { type Instant, type QualityPoint, SHORTEST_SESSION } from './observation.ts';
import { describe, type Rare, type Session, type SessionRecord, type SessionState, stateOf } from './session.ts';

/** An open session as it is stored. */
export interface OpenSession {
  readonly id: string;
  readonly record: SessionRecord;
  readonly state: SessionState;
  /** All that has changed since it was stored last; null or absent is "perhaps more than that". */
  readonly moved?: Moved | null;
}

/** How far an open session has come: nearly always nothing else of it has changed. */
export interface Moved {
  /** Its record's `lastSeenAt`, and its state's `seen`. */
  readonly seen: Instant;
  readonly bytes: number;
  readonly requests: number;
  readonly qualities: readonly QualityPoint[];
}

/** An array, or what makes each of them when it is asked for. */
export interface OpenSessions extends Iterable<OpenSession> {
  readonly length: number;
  at(index: number): OpenSession | undefined;
}

/** Of a session that has moved, the state as it was stored: only when it was seen last is newer. */
export function movedState(record: SessionRecord, state: SessionState): SessionState {
  const isPlain = state.rare === null && state.end === null;
  return isPlain && record.lastSeenAt > record.startedAt + SHORTEST_SESSION
    ? { ...state, seen: record.lastSeenAt }
    : state;
}

/** What of a session may change. */
interface Taken {
  /** That of the source that saw it last. */
  readonly watermark: Instant;
  readonly seenBy: string;
  readonly client: Client;
  readonly place: Place | null;
  readonly start: Instant;
  readonly seen: Instant;
  readonly end: Instant | null;
  readonly bytes: number;
  readonly requests: number;
  readonly qualities: QualityPoint[] | null;
  readonly rare: Rare | null;
}

// Numbers of a plain session, side by side.
const WATERMARK = 0;
const START = 1;
const SEEN = 2;
const BYTES = 3;
const REQUESTS = 4;
const NUMBERS = 5;

/** Mostly first and last sight of one quality, and the one before. */
const SIGHTS = 4;
/** When, and of what. */
const SIGHT = 2;

/** Room is made for so many times as many as need it. */
const SPARE = 1.25;

/**
 * Room for the columns, for one commit after the other, as much as the largest took: it lies outside the heap, where what is
 * thrown away calls for a collection of all garbage before long.
 */
export class SnapshotRoom {
  numbers = new Float64Array(0);
  hasMoved = new Uint8Array(0);
  seenBy = new Uint32Array(0);
  sightsEnd = new Uint32Array(0);
  /** Of each sight when it was, and the number of its quality. */
  sights = new Float64Array(0);

  /** For so many; what is there is worth nothing any more. */
  clear(most: number): void {
    if (most > this.hasMoved.length) {
      const size = Math.ceil(most * SPARE);
      this.numbers = new Float64Array(size * NUMBERS);
      this.hasMoved = new Uint8Array(size);
      this.seenBy = new Uint32Array(size);
      this.sightsEnd = new Uint32Array(size);
      this.sights = new Float64Array(size * SIGHTS * SIGHT);
    }
    this.hasMoved.fill(0, 0, most);
  }

  widenSights(least: number): void {
    if (least > this.sights.length) this.sights = grown(this.sights, 2 * least);
  }
}

/** They hold until their room is cleared. */
export class Snapshots implements OpenSessions {
  readonly #sessions: Session[];
  readonly #clients: Client[];
  readonly #places: (Place | null)[];
  #length = 0;
  readonly #room: SnapshotRoom;
  readonly #names = new Names();
  /** Those that are more than plain. */
  readonly #others = new Map<number, Taken>();

  /** Of so many at most. */
  constructor(most: number, room = new SnapshotRoom()) {
    room.clear(most);
    this.#room = room;
    this.#sessions = new Array(most);
    this.#clients = new Array(most);
    this.#places = new Array(most);
  }

  get length(): number {
    return this.#length;
  }

  add(session: Session, watermark: Instant): void {
    const index = this.#length++;
    const { rare, start, seen, end } = session;
    const { numbers, seenBy, sightsEnd, hasMoved } = this.#room;
    this.#sessions[index] = session;
    this.#clients[index] = session.client;
    this.#places[index] = session.place;
    seenBy[index] = this.#names.numberOf(session.seenBy);
    const sightsFrom = index === 0 ? 0 : sightsEnd[index - 1]!;
    sightsEnd[index] = sightsFrom;
    if (rare !== null || end !== null) {
      this.#others.set(index, takenOf(session, watermark));
      return;
    }
    const at = index * NUMBERS;
    numbers[at + WATERMARK] = watermark;
    numbers[at + START] = start;
    numbers[at + SEEN] = seen;
    numbers[at + BYTES] = session.bytes;
    numbers[at + REQUESTS] = session.requests;
    if (session.hasOnlyMoved && seen > start + SHORTEST_SESSION) hasMoved[index] = 1;
    if (session.qualities !== null) sightsEnd[index] = this.#addSights(session.qualities, sightsFrom);
  }

  at(index: number): OpenSession | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const taken = this.#others.get(index) ?? this.#plain(index);
    return new Snapshot(this.#sessions[index]!, taken, this.#room.hasMoved[index] === 1);
  }

  *[Symbol.iterator](): Generator<OpenSession> {
    for (let i = 0; i < this.#length; i++) yield this.at(i)!;
  }

  /** Answers where they end. */
  #addSights(qualities: readonly QualityPoint[], from: number): number {
    const end = from + qualities.length * SIGHT;
    this.#room.widenSights(end);
    const { sights } = this.#room;
    let place = from;
    for (const { at, value } of qualities) {
      sights[place] = at;
      sights[place + 1] = this.#names.numberOf(value);
      place += SIGHT;
    }
    return end;
  }

  #plain(index: number): Taken {
    const { numbers, seenBy, sights, sightsEnd } = this.#room;
    const at = index * NUMBERS;
    const qualities: QualityPoint[] = [];
    for (let i = index === 0 ? 0 : sightsEnd[index - 1]!; i < sightsEnd[index]!; i += SIGHT) {
      qualities.push({ at: sights[i]!, value: this.#names.of(sights[i + 1]!) });
    }
    return {
      watermark: numbers[at + WATERMARK]!,
      seenBy: this.#names.of(seenBy[index]!),
      client: this.#clients[index]!,
      place: this.#places[index]!,
      start: numbers[at + START]!,
      seen: numbers[at + SEEN]!,
      end: null,
      bytes: numbers[at + BYTES]!,
      requests: numbers[at + REQUESTS]!,
      qualities: qualities.length === 0 ? null : qualities,
      rare: null,
    };
  }
}

/** Numbers for texts that many have. */
class Names {
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }

  of(number: number): string {
    return this.#names[number]!;
  }
}

function takenOf(session: Session, watermark: Instant): Taken {
  const { rare, qualities, seenBy, client, place, start, seen, end, bytes, requests } = session;
  return {
    ...{ watermark, seenBy, client, place, start, seen, end, bytes, requests },
    qualities: qualities === null ? null : qualities.slice(),
    rare: rare === null ? null : { ...rare, details: rare.details === null ? null : new Map(rare.details) },
  };
}

class Snapshot implements OpenSession {
  readonly #session: Session;
  readonly #taken: Taken;
  readonly #hasMoved: boolean;

  constructor(session: Session, taken: Taken, hasMoved: boolean) {
    this.#session = session;
    this.#taken = taken;
    this.#hasMoved = hasMoved;
  }

  get id(): string {
    return this.#session.id;
  }

  get record(): SessionRecord {
    const { id, source, stream, provisional } = this.#session;
    return describe({ ...this.#taken, id, source, stream, provisional }, this.#taken.watermark);
  }

  get state(): SessionState {
    return stateOf(this.#taken);
  }

  get moved(): Moved | null {
    if (!this.#hasMoved) return null;
    const { seen, bytes, requests, qualities } = this.#taken;
    return { seen, bytes, requests, qualities: qualities ?? [] };
  }

  toJSON(): OpenSession {
    const { id, record, state } = this;
    return { id, record, state };
  }
}
