/**
 * Which connection is which. A UID is a connection's own only while it lasts: DNAS 2 gives it again when its listener has
 * left, and every SHOUTcast begins anew when it is restarted. So a connection is stream, UID and about when it began; that it
 * is another one shows when it began later than the one before it.
 *
 * Seconds are all that SHOUTcast tells, counted from an answer that may be seconds late: the start is reckoned once, when a
 * connection is first seen, and kept. Bounded by how many are there: who has gone is soon forgotten.
 */

import { clientFacts, FOREVER, type Instant, type Presence, presence } from '../../core/observation.ts';
import type { Listener } from './parse.ts';

/** From one answer to the next a start may seem to be so much later, and no two connections of one UID are so close. */
const TOLERANCE_MS = 10_000;

/**
 * Of a start, this much is in a connection's name. After a restart of Headcount starts are reckoned anew, and may be a
 * second off: finer, and everybody would have left and come again.
 */
const STAMP_MS = 300_000;

interface Connection {
  readonly uid: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly start: Instant;
  /** The same as the newest answer has it: over days, clocks drift apart. */
  readonly startNow: Instant;
  /** As it was told last; null if it is not told. */
  readonly seconds: number | null;
  /** Five minutes, counted from the epoch; null if it is not known when it began. */
  readonly stamp: number | null;
  /** How many of this UID and stamp there were before it. */
  readonly generation: number;
}

/** Connections of one stream that are remembered. */
const MAX_KNOWN = 200_000;

export class Connections {
  #streams = new Map<string, ReadonlyMap<string, Connection>>();

  /** UIDs that were given again, so far. */
  reused = 0;

  /** Those who are on this stream, and nobody else, at `at`. */
  present(stream: string, listeners: readonly Listener[], at: Instant): Presence[] {
    const before = this.#streams.get(stream);
    const now = new Map<string, Connection>();
    const present: Presence[] = [];
    for (const listener of listeners) {
      const connection = this.#follow(before?.get(listener.uid), listener, at);
      now.set(listener.uid, connection);
      present.push(presenceOf(stream, listener, connection, at));
    }
    for (const [uid, gone] of before ?? []) {
      // Its UID may be given again, within the same stamp.
      if (!now.has(uid) && gone.stamp === stampOf(at) && now.size < MAX_KNOWN) now.set(uid, gone);
    }
    this.#streams.set(stream, now);
    return present;
  }

  /** Streams that are no more are forgotten. */
  keep(streams: ReadonlySet<string>): void {
    for (const stream of this.#streams.keys()) if (!streams.has(stream)) this.#streams.delete(stream);
  }

  #follow(known: Connection | undefined, listener: Listener, at: Instant): Connection {
    const { uid, address, userAgent, seconds } = listener;
    // Never before the epoch, whatever a broken server claims.
    const start = Math.max(at - (seconds ?? 0) * 1000, 0);
    if (known !== undefined && isSame(known, listener, start)) return { ...known, seconds, startNow: start };
    if (known !== undefined) this.reused++;
    const stamp = seconds === null ? null : stampOf(start);
    const generation = known !== undefined && known.stamp === stamp ? known.generation + 1 : 0;
    return { uid, address, userAgent, start, startNow: start, seconds, stamp, generation };
  }
}

function stampOf(time: Instant): number {
  return Math.floor(time / STAMP_MS);
}

function isSame(known: Connection, { address, userAgent, seconds }: Listener, start: Instant): boolean {
  if (known.address !== address || known.userAgent !== userAgent) return false;
  if (known.seconds === null || seconds === null) return known.seconds === seconds;
  return seconds >= known.seconds && start - known.startNow <= TOLERANCE_MS;
}

function presenceOf(stream: string, { referer }: Listener, connection: Connection, at: Instant): Presence {
  const { uid, address, userAgent, start, stamp, generation } = connection;
  const again = generation === 0 ? '' : `+${generation}`;
  return presence({
    stream,
    client: clientFacts({ address, userAgent, connection: `${stream}#${uid}#${stamp ?? ''}${again}` }),
    from: at,
    since: stamp === null ? null : Math.min(start, at),
    until: FOREVER,
    details: referer === null ? null : { referer },
  });
}
