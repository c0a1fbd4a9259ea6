/** How far a session reaches in time, and which presences are no further from it than the gap. */

import type { Client } from './identity.ts';
import { FOREVER, type Instant, type Milliseconds, type Presence } from './observation.ts';
import { type Lease, rareOf, type Session } from './session.ts';

/** How far a session's presence reaches, its lease included. */
export function reachOf(session: Session): Instant {
  if (session.end !== null) return session.end;
  const lease = session.rare === null ? null : session.rare.lease;
  return lease !== null && lease.until > session.seen ? lease.until : session.seen;
}

/** Are the two no further apart than the gap? */
export function touches(session: Session, p: Presence<Client>, gap: Milliseconds): boolean {
  const { seen } = session;
  // Nearly always.
  if (p.from >= seen && p.from <= seen + gap) return true;
  const reach = p.until === null ? p.to : Math.max(p.to, p.until);
  return p.from <= reachOf(session) + gap && reach >= session.start - gap;
}

/** An ended session has a cut at its end: only what came before the cut, or strictly covers it, belongs. */
export function belongs(session: Session, p: Presence<Client>, gap: Milliseconds): boolean {
  if (!touches(session, p, gap)) return false;
  return session.end === null || p.from < session.end || (p.to === session.end && p.until === null);
}

/** The cut at the session's end has been outweighed: its old lease is worth nothing any more. */
export function revive(session: Session): void {
  const rare = rareOf(session);
  session.end = null;
  rare.reason = null;
  rare.lease = null;
}

export function lease(session: Session, p: Presence<Client>): void {
  const rare = rareOf(session);
  rare.lease = longer(rare.lease, { until: p.until!, givenAt: p.to });
}

/** The newest lease governs; of two equally new ones the longer. */
export function longer(a: Lease | null, b: Lease): Lease {
  if (a === null || b.givenAt > a.givenAt || (b.givenAt === a.givenAt && b.until > a.until)) return b;
  return a;
}

export function later(a: Instant | null, b: Instant | null): Instant | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

/** A session is final when the watermark has *passed* this. */
export function dueOf(session: Session, gap: Milliseconds): Instant {
  if (session.end !== null) return session.end - 1;
  const reach = reachOf(session);
  const floor = session.rare === null ? null : session.rare.floor;
  return reach >= FOREVER ? FOREVER : (floor !== null && floor > reach ? floor : reach) + gap;
}
