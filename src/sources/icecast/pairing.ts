/**
 * Which line of the access log is about which listener: so that everybody is one session, whether a poll has met him or
 * the log alone. Pure.
 *
 * A roster shows who is there, provisionally; the line that is written when he leaves says when that was, and how much
 * he got. It belongs to the listener of the same address and user agent who came in the same second and is on the roster
 * no more. The mount need not be the same: the log has the one that was asked for, the roster the one that he was moved
 * to when the feed ended.
 *
 * A line that belongs to nobody is a listener whom no poll has met. Of those from before the first poll it is not known:
 * they are told as finished rows, which core/provisional.ts compares with what an earlier run has left.
 */

import type { Departure, Instant, Milliseconds, Observation, Presence } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';

/** A listener whom a roster has shown. */
interface Known {
  readonly present: Presence;
  readonly address: string;
  readonly since: Instant;
  /** When the first and the newest poll found him on this mount. */
  readonly onMountFrom: Instant;
  readonly seen: Instant;
}

/** Seconds are whole on both sides, and asked for at different moments. */
const SAME_SECOND: Milliseconds = 2000;
/** Times of the log are cut to whole seconds. */
const SECOND: Milliseconds = 1000;
/** So long the line of somebody who has gone is waited for. It is written at once. */
export const LINE_WITHIN: Milliseconds = 60_000;
const MAX_KNOWN = 200_000;

export interface Paired {
  readonly observations: readonly Observation[];
  /** Listeners whom only the log has seen. */
  readonly unseen: number;
  /** Lines without an address, which cannot be told apart: they are left out. */
  readonly nameless: number;
}

export class Pairing {
  readonly #known = new Map<string, Known>();
  readonly #maxKnown: number;
  /** From then on everybody is known whom a poll has met. */
  #knownFrom = Number.POSITIVE_INFINITY;
  /** When the roster before the newest one was. */
  #rosterBefore = Number.NEGATIVE_INFINITY;

  constructor(maxKnown = MAX_KNOWN) {
    this.#maxKnown = maxKnown;
  }

  /**
   * Takes a roster in, of `at`, and the lines that were written before it was asked for. Answers what the lines say:
   * to be told before the roster. `ahead`: how far our clock is ahead of the server's.
   */
  take(present: readonly Presence[], rows: readonly Presence[], at: Instant, ahead: Milliseconds): Paired {
    for (const each of present) this.#see(each, at);
    const gone = rows.length === 0 ? new Map<string, Known[]>() : this.#gone(at);
    const observations: Observation[] = [];
    let unseen = 0;
    let nameless = 0;
    for (const row of rows) {
      const address = addressOf(row);
      const moved = { ...row, from: row.from + ahead, to: row.to + ahead };
      const mate = address === null ? null : nearest(gone.get(address) ?? [], moved);
      if (address === null) {
        nameless++;
      } else if (mate !== null) {
        gone.get(address)!.splice(gone.get(address)!.indexOf(mate), 1);
        this.#known.delete(mate.present.client.connection!);
        observations.push(...endOf(mate, moved, mate.seen < this.#rosterBefore));
      } else if (moved.to >= this.#knownFrom) {
        unseen++;
        observations.push(...onItsOwn(moved));
      } else {
        observations.push(moved);
      }
    }
    this.#knownFrom = Math.min(this.#knownFrom, at);
    this.#rosterBefore = at;
    this.#forget(at);
    return { observations, unseen, nameless };
  }

  #see(present: Presence, at: Instant): void {
    const address = addressOf(present);
    const { connection } = present.client;
    if (address === null || connection === null) return;
    const known = this.#known.get(connection);
    const isThere = known?.present.stream === present.stream;
    const since = known?.since ?? present.since ?? at;
    const onMountFrom = known === undefined ? since : isThere ? known.onMountFrom : at;
    this.#known.set(connection, { present, address, since, onMountFrom, seen: at });
  }

  /** Whom the newest roster lacks, by address. */
  #gone(at: Instant): Map<string, Known[]> {
    const gone = new Map<string, Known[]>();
    for (const known of this.#known.values()) {
      if (known.seen >= at) continue;
      const others = gone.get(known.address);
      if (others === undefined) gone.set(known.address, [known]);
      else others.push(known);
    }
    return gone;
  }

  #forget(at: Instant): void {
    for (const [connection, { seen }] of this.#known) if (seen < at - LINE_WITHIN) this.#known.delete(connection);
    if (this.#known.size <= this.#maxKnown) return;
    // Lines of those who are forgotten must not be taken for listeners whom nobody has met.
    this.#known.clear();
    this.#knownFrom = Number.POSITIVE_INFINITY;
  }
}

function addressOf({ client }: Presence): string | null {
  return client.address === null ? null : (canonicalIp(client.address) ?? client.address);
}

/** Of several the one on the same mount, then the one who came at the nearest second. */
function nearest(gone: readonly Known[], row: Presence): Known | null {
  const agent = asLogged(row.client.userAgent);
  const mates = gone.filter(
    ({ since, seen, present }) =>
      Math.abs(since - row.from) <= SAME_SECOND &&
      seen < row.to + SECOND &&
      asLogged(present.client.userAgent) === agent,
  );
  const isMoved = ({ present }: Known) => (present.stream === row.stream ? 0 : 1);
  const [first] = mates.sort(
    (a, b) => isMoved(a) - isMoved(b) || distance(a, row) - distance(b, row) || a.seen - b.seen,
  );
  return first ?? null;
}

/**
 * What is the same in the roster and in the log: the log has dots for quotes and control characters, bytes that are no
 * UTF-8 become one thing here and another there, and icecast-kh writes no more than 150 characters.
 */
function asLogged(userAgent: string | null): string {
  return (userAgent ?? '').slice(0, 150).replace(/[^\w ]+/g, '.');
}

function distance({ since }: Known, row: Presence): number {
  return Math.abs(since - row.from);
}

/** He was there until then: no longer provisional. `isOver`: a roster has put an end to his session already. */
function endOf({ present, onMountFrom, seen }: Known, row: Presence, isOver: boolean): [Presence, Departure] {
  const { stream, client } = present;
  const to = Math.max(row.to, seen);
  // What has ended goes on only by a presence that began before its end.
  const from = isOver ? Math.min(onMountFrom, seen - 1) : onMountFrom;
  const { bytes, requests } = row;
  return [
    { ...present, from, to, since: null, until: null, provisional: false, bytes, requests },
    { kind: 'departure', stream, client, at: to },
  ];
}

/** Nothing that a roster shows is meant by it: no finished row, which would take the place of somebody. */
function onItsOwn(row: Presence): [Presence, Departure] {
  const { stream, client, to } = row;
  return [
    { ...row, over: false },
    { kind: 'departure', stream, client, at: to },
  ];
}
