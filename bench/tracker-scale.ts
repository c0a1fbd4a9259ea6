/** For bench/tracker.ts: how many of everything, and what its children answer. */

/** Sessions open while presences are folded, and while others begin and end. */
export const OPEN = 200_000;
/** Presences, at least, to warm up with and again to measure. */
export const FOLDED = 2_000_000;
/** Open sessions whose memory is measured. */
export const HELD = 1_000_000;
/** Sessions that begin and end. */
export const CHURNED = 500_000;

export interface Folding {
  readonly milliseconds: number;
  /** Milliseconds of processor time, of all threads: on a busy machine the one figure that can be compared. */
  readonly processor: number;
  readonly presences: number;
  /** Sessions that were open in the end. */
  readonly open: number;
}

export interface Churn {
  readonly milliseconds: number;
  readonly begun: number;
  readonly ended: number;
}

/** Memory of the process: at its start, with all but the sessions, and with them. */
export interface Footprint {
  readonly bare: NodeJS.MemoryUsage;
  readonly before: NodeJS.MemoryUsage;
  readonly after: NodeJS.MemoryUsage;
  readonly open: number;
}
