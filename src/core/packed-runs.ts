/**
 * Presences in numbers: as a reader that has folded a million lines hands them over, from thread to thread, to whoever can
 * do without an object for each.
 */

import { type ClientFacts, type Presence, presence, type QualityPoint } from './observation.ts';

/** Of a run: client, stream, from, to, bytes, requests, and how many of the sights are its. */
export const PACKED_RUN = 7;
/** Of a sight of a quality: when, and which. */
export const PACKED_SIGHT = 2;

/** Sights are in the order of the runs, oldest first. */
export interface PackedRuns {
  readonly runs: Float64Array<ArrayBuffer>;
  readonly sights: Float64Array<ArrayBuffer>;
}

/** All of them, one behind the other. */
export function joined(all: readonly PackedRuns[]): PackedRuns {
  return { runs: behind(all.map(({ runs }) => runs)), sights: behind(all.map(({ sights }) => sights)) };
}

function behind(all: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const whole = new Float64Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of all) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}

/** The names of what is numbered. */
export interface Names {
  readonly clients: readonly ClientFacts[];
  readonly streams: readonly string[];
  readonly qualities: readonly string[];
}

/** The presences that the runs are, from the `first` run on; its sights begin at `firstSight`. */
export function presencesOf({ runs, sights }: PackedRuns, names: Names, first = 0, firstSight = 0): Presence[] {
  const presences: Presence[] = [];
  let sight = firstSight;
  for (let run = first; run < runs.length; run += PACKED_RUN) {
    const end = sight + runs[run + 6]! * PACKED_SIGHT;
    const qualities: QualityPoint[] = [];
    for (; sight < end; sight += PACKED_SIGHT) {
      qualities.push({ at: sights[sight]!, value: names.qualities[sights[sight + 1]!]! });
    }
    presences.push(
      presence({
        stream: names.streams[runs[run + 1]!]!,
        client: names.clients[runs[run]!]!,
        from: runs[run + 2]!,
        to: runs[run + 3]!,
        bytes: runs[run + 4]!,
        requests: runs[run + 5]!,
        qualities: qualities.length === 0 ? null : qualities,
      }),
    );
  }
  return presences;
}
