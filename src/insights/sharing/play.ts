/**
 * What an account did, as every judgement of sharing reads it: its plays, and where its addresses are. From a Tautulli or
 * from our own history alike; who reads them is the command's.
 */

import type { Instant } from '../../core/observation.ts';

/** One play, or one session, of an account. Whatever is not known is null. */
export interface Play {
  readonly startedAt: Instant | null;
  /** When it was stopped, pauses included. */
  readonly stoppedAt: Instant | null;
  /** What was really played, in seconds; 0 where nobody counted. */
  readonly playSeconds: number;
  /** Tells devices of one account apart. */
  readonly device: string | null;
  readonly platform: string | null;
  readonly player: string | null;
  readonly address: string | null;
  readonly title: string | null;
}

/** Where an address is. */
export interface Whereabouts {
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  /** Degrees; null unless both are known. */
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** By address. One that is missing could not be placed. */
export type Places = ReadonlyMap<string, Whereabouts>;
