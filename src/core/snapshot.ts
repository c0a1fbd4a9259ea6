/**
 * An open session as it was, to be written down later: what of it changes is copied, which takes a fraction of a
 * microsecond; putting it into words takes several. So two hundred thousand of them can be taken at once, and the tracker
 * goes on while they are written.
 */

import type { Client } from './identity.ts';
import type { Instant } from './observation.ts';
import { describe, type Rare, type Session, type SessionRecord, type SessionState, stateOf } from './session.ts';

/** An open session as it is stored. */
export interface OpenSession {
  readonly id: string;
  readonly record: SessionRecord;
  readonly state: SessionState;
}

export class Snapshot implements OpenSession {
  readonly #session: Session;
  readonly #watermark: Instant;
  readonly seenBy: string;
  readonly client: Client;
  readonly start: Instant;
  readonly seen: Instant;
  readonly end: Instant | null;
  readonly bytes: number;
  readonly requests: number;
  readonly qualities: Session['qualities'];
  readonly place: Session['place'];
  readonly rare: Rare | null;

  /** `watermark` is that of the source that saw it last. */
  constructor(session: Session, watermark: Instant) {
    const { rare, qualities } = session;
    this.#session = session;
    this.#watermark = watermark;
    this.seenBy = session.seenBy;
    this.client = session.client;
    this.start = session.start;
    this.seen = session.seen;
    this.end = session.end;
    this.bytes = session.bytes;
    this.requests = session.requests;
    this.qualities = qualities === null ? null : qualities.slice();
    this.place = session.place;
    this.rare = rare === null ? null : { ...rare, details: rare.details === null ? null : new Map(rare.details) };
  }

  get id(): string {
    return this.#session.id;
  }

  get source(): string {
    return this.#session.source;
  }

  get stream(): string {
    return this.#session.stream;
  }

  get provisional(): boolean {
    return this.#session.provisional;
  }

  /** Put into words at every reading. */
  get record(): SessionRecord {
    return describe(this, this.#watermark);
  }

  get state(): SessionState {
    return stateOf(this);
  }

  toJSON(): OpenSession {
    const { id, record, state } = this;
    return { id, record, state };
  }
}
