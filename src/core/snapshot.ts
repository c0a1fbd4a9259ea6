/**
 * Open sessions as they were, to be written down later: what of them changes is copied, into columns, so that hundreds of
 * thousands are no burden to whoever collects garbage; putting one into words takes longer, and is done when it is read.
 * So the tracker goes on while they are written.
 */

import type { Client, Place } from './identity.ts';
import type { Instant, QualityPoint } from './observation.ts';
import {
  describe,
  type Rare,
  type Session,
  type SessionRecord,
  type SessionState,
  SHORTEST_SESSION,
  stateOf,
} from './session.ts';

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

export class Snapshots implements OpenSessions {
  readonly #sessions: Session[] = [];
  readonly #clients: Client[] = [];
  readonly #places: (Place | null)[] = [];
  readonly #seenBy: string[] = [];
  readonly #numbers: Float64Array;
  readonly #hasMoved: Uint8Array;
  readonly #sightsEnd: Uint32Array;
  #sightTimes: Float64Array;
  readonly #sightValues: string[] = [];
  /** Those that are more than plain. */
  readonly #others = new Map<number, Taken>();

  constructor(most: number) {
    this.#numbers = new Float64Array(most * NUMBERS);
    this.#hasMoved = new Uint8Array(most);
    this.#sightsEnd = new Uint32Array(most);
    this.#sightTimes = new Float64Array(most * SIGHTS);
  }

  get length(): number {
    return this.#sessions.length;
  }

  /** `most` of them at most. */
  add(session: Session, watermark: Instant): void {
    const index = this.#sessions.push(session) - 1;
    const { rare, client, place, seenBy, start, seen, end } = session;
    this.#clients.push(client);
    this.#places.push(place);
    this.#seenBy.push(seenBy);
    if (rare === null && end === null) {
      const numbers = this.#numbers;
      const at = index * NUMBERS;
      numbers[at + WATERMARK] = watermark;
      numbers[at + START] = start;
      numbers[at + SEEN] = seen;
      numbers[at + BYTES] = session.bytes;
      numbers[at + REQUESTS] = session.requests;
      if (session.hasOnlyMoved && seen > start + SHORTEST_SESSION) this.#hasMoved[index] = 1;
      if (session.qualities !== null) this.#addSights(session.qualities);
    } else {
      this.#others.set(index, takenOf(session, watermark));
    }
    this.#sightsEnd[index] = this.#sightValues.length;
  }

  at(index: number): OpenSession | undefined {
    const session = this.#sessions[index];
    if (session === undefined) return undefined;
    const taken = this.#others.get(index) ?? this.#plain(index);
    return new Snapshot(session, taken, this.#hasMoved[index] === 1);
  }

  *[Symbol.iterator](): Generator<OpenSession> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!;
  }

  #addSights(sights: readonly QualityPoint[]): void {
    const values = this.#sightValues;
    if (values.length + sights.length > this.#sightTimes.length) {
      const wider = new Float64Array(2 * (values.length + sights.length));
      wider.set(this.#sightTimes);
      this.#sightTimes = wider;
    }
    for (const { at, value } of sights) {
      this.#sightTimes[values.length] = at;
      values.push(value);
    }
  }

  #plain(index: number): Taken {
    const numbers = this.#numbers;
    const at = index * NUMBERS;
    const qualities: QualityPoint[] = [];
    for (let i = index === 0 ? 0 : this.#sightsEnd[index - 1]!; i < this.#sightsEnd[index]!; i++) {
      qualities.push({ at: this.#sightTimes[i]!, value: this.#sightValues[i]! });
    }
    return {
      watermark: numbers[at + WATERMARK]!,
      seenBy: this.#seenBy[index]!,
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
