/**
 * Folds the lines of a batch into presences, as core/runs.ts does (fold.test.ts proves it): requests of one client on
 * one stream that are no further apart than the gap are one presence. Clients, streams and qualities are numbers here.
 *
 * Shaped for the machine: what a line touches lies side by side in two arrays of numbers, one for runs and one for sights
 * of qualities. Lines may come in any order; what comes in the order of time is fast.
 */

import { type ClientFacts, type Presence, presence, type QualityPoint } from '../../core/observation.ts';
import { doubled } from './byte-table.ts';
import { PairTable } from './pair-table.ts';

const NONE = -1;

/** A run, the presence-to-be, is eight numbers: one line of the processor's cache. */
const RUN = 8;
const FROM = 0;
const TO = 1;
const SENT = 2;
/** 0 for a run that has become part of another one. */
const REQUESTS = 3;
/** The number of its client and stream. */
const KEY = 4;
/** The run of the same key that is the one before it in time. */
const OLDER = 5;
/** Its newest sight of a quality, and how many it has. */
const SIGHT = 6;
const SIGHTS = 7;

/** A sight of a quality is four numbers, one unused: the sights of a run are a list, newest first. */
const SIGHT_SIZE = 4;
const AT = 0;
const QUALITY = 1;
const NEXT = 2;

/** With so many sights of qualities a run is thinned, and if that is not enough the oldest ones go. */
const MANY_SIGHTS = 512;

/** One request, in numbers. */
export interface Request {
  readonly client: number;
  readonly stream: number;
  readonly time: number;
  readonly sent: number;
  /** -1 if it tells none. */
  readonly quality: number;
  /** That of the stream: presences no further apart than this are one. */
  readonly gap: number;
}

/** The names of what is numbered. */
export interface Names {
  readonly clients: readonly ClientFacts[];
  readonly streams: readonly string[];
  readonly qualities: readonly string[];
}

export class Fold {
  /** Numbers of (client, stream). */
  readonly #keys: PairTable;
  #keysSeen = 0;
  /** By key: where its newest run is. */
  #newest = new Int32Array(4096);
  #runs = new Float64Array(4096 * RUN);
  #runsEnd = 0;
  #sights = new Float64Array(4096 * SIGHT_SIZE);
  #sightsEnd = 0;

  constructor(seed: number) {
    this.#keys = new PairTable(seed);
  }

  /** How many presences the next cut will have, at most. */
  get size(): number {
    return this.#runsEnd / RUN;
  }

  /**
   * One request; the names of qualities give those of the same instant their order. No line that is still to come is
   * older than `settled`.
   */
  add(request: Request, qualities: readonly string[], settled: number): void {
    const { client, stream, time, quality } = request;
    const key = this.#keys.find(client, stream);
    if (key >= this.#newest.length) this.#newest = doubled(this.#newest, key + 1);
    if (key >= this.#keysSeen) {
      this.#keysSeen = key + 1;
      this.#newest[key] = NONE;
    }
    const run = this.#runAt(key, time, request.gap);
    this.#runs[run + SENT]! += request.sent;
    this.#runs[run + REQUESTS]!++;
    if (quality !== NONE) this.#see(run, time, quality, settled, qualities);
  }

  /** The presences of what was added, and begins anew. */
  cut(settled: number, names: Names): Presence[] {
    const presences: Presence[] = [];
    const runs = this.#runs;
    for (let run = 0; run < this.#runsEnd; run += RUN) {
      if (runs[run + REQUESTS] === 0) continue;
      const key = runs[run + KEY]!;
      presences.push(
        presence({
          stream: names.streams[this.#keys.second(key)]!,
          client: names.clients[this.#keys.first(key)]!,
          from: runs[run + FROM]!,
          to: runs[run + TO]!,
          bytes: runs[run + SENT]!,
          requests: runs[run + REQUESTS]!,
          qualities: this.#qualitiesOf(run, settled, names.qualities),
        }),
      );
    }
    this.#runsEnd = 0;
    this.#sightsEnd = 0;
    this.#keysSeen = 0;
    this.#keys.clear();
    return presences;
  }

  /** The run that a request at `time` belongs to, stretched to cover it; a new one if none is near enough. */
  #runAt(key: number, time: number, gap: number): number {
    const runs = this.#runs;
    let newer = NONE;
    let run = this.#newest[key]!;
    while (run !== NONE && time < runs[run + FROM]! - gap) {
      newer = run;
      run = runs[run + OLDER]!;
    }
    if (run === NONE || time > runs[run + TO]! + gap) {
      const added = this.#addRun(key, time, run);
      if (newer === NONE) this.#newest[key] = added;
      else this.#runs[newer + OLDER] = added;
      return added;
    }
    if (time > runs[run + TO]!) runs[run + TO] = time;
    if (time < runs[run + FROM]!) {
      runs[run + FROM] = time;
      const older = runs[run + OLDER]!;
      if (older !== NONE && time - runs[older + TO]! <= gap) this.#join(run, older);
    }
    return run;
  }

  #addRun(key: number, time: number, older: number): number {
    const run = this.#runsEnd;
    this.#runsEnd += RUN;
    if (this.#runsEnd > this.#runs.length) this.#runs = doubled(this.#runs, this.#runsEnd);
    const runs = this.#runs;
    runs[run + FROM] = time;
    runs[run + TO] = time;
    runs[run + SENT] = 0;
    runs[run + REQUESTS] = 0;
    runs[run + KEY] = key;
    runs[run + OLDER] = older;
    runs[run + SIGHT] = NONE;
    runs[run + SIGHTS] = 0;
    return run;
  }

  /** A request between the two has made them one. Every sight of the older one is older than any of the other. */
  #join(run: number, older: number): void {
    const runs = this.#runs;
    runs[run + FROM] = runs[older + FROM]!;
    runs[run + OLDER] = runs[older + OLDER]!;
    runs[run + SENT]! += runs[older + SENT]!;
    runs[run + REQUESTS]! += runs[older + REQUESTS]!;
    runs[older + REQUESTS] = 0;
    if (runs[run + SIGHT] === NONE) {
      runs[run + SIGHT] = runs[older + SIGHT]!;
    } else {
      let oldest = runs[run + SIGHT]!;
      while (this.#sights[oldest + NEXT] !== NONE) oldest = this.#sights[oldest + NEXT]!;
      this.#sights[oldest + NEXT] = runs[older + SIGHT]!;
    }
    runs[run + SIGHTS]! += runs[older + SIGHTS]!;
  }

  /** Puts a sight of a quality into its place, in the order of (time, name); the same sight twice is one. */
  #see(run: number, at: number, quality: number, settled: number, names: readonly string[]): void {
    let newer = NONE;
    let sight = this.#runs[run + SIGHT]!;
    while (sight !== NONE && this.#isAfter(sight, at, quality, names)) {
      newer = sight;
      sight = this.#sights[sight + NEXT]!;
    }
    if (sight !== NONE && this.#sights[sight + AT] === at && this.#sights[sight + QUALITY] === quality) return;
    const added = this.#sightsEnd;
    this.#sightsEnd += SIGHT_SIZE;
    if (this.#sightsEnd > this.#sights.length) this.#sights = doubled(this.#sights, this.#sightsEnd);
    this.#sights[added + AT] = at;
    this.#sights[added + QUALITY] = quality;
    this.#sights[added + NEXT] = sight;
    if (newer === NONE) this.#runs[run + SIGHT] = added;
    else this.#sights[newer + NEXT] = added;
    if (++this.#runs[run + SIGHTS]! < MANY_SIGHTS) return;
    if (this.#thin(run, settled) > MANY_SIGHTS / 2) this.#dropOldSights(run, MANY_SIGHTS / 2);
  }

  #isAfter(sight: number, at: number, quality: number, names: readonly string[]): boolean {
    const sightAt = this.#sights[sight + AT]!;
    if (sightAt !== at) return sightAt > at;
    const other = this.#sights[sight + QUALITY]!;
    return other !== quality && names[other]! > names[quality]!;
  }

  /** As core/quality.ts does: drops what lies settled inside a stretch. Answers how many sights are left. */
  #thin(run: number, settled: number): number {
    const sights = this.#sights;
    let kept = 1;
    let after = this.#runs[run + SIGHT]!;
    while (sights[after + NEXT] !== NONE) {
      const sight = sights[after + NEXT]!;
      const before = sights[sight + NEXT]!;
      const quality = sights[sight + QUALITY]!;
      const isInside = before !== NONE && sights[before + QUALITY] === quality && sights[after + QUALITY] === quality;
      if (isInside && sights[after + AT]! < settled) {
        sights[after + NEXT] = before;
      } else {
        after = sight;
        kept++;
      }
    }
    this.#runs[run + SIGHTS] = kept;
    return kept;
  }

  /** Keeps the newest ones only. */
  #dropOldSights(run: number, kept: number): void {
    let sight = this.#runs[run + SIGHT]!;
    for (let i = 1; i < kept; i++) sight = this.#sights[sight + NEXT]!;
    this.#sights[sight + NEXT] = NONE;
    this.#runs[run + SIGHTS] = kept;
  }

  #qualitiesOf(run: number, settled: number, names: readonly string[]): QualityPoint[] | null {
    if (this.#runs[run + SIGHT] === NONE) return null;
    const points: QualityPoint[] = [];
    points.length = this.#thin(run, settled);
    let sight = this.#runs[run + SIGHT]!;
    for (let i = points.length - 1; i >= 0; i--) {
      points[i] = { at: this.#sights[sight + AT]!, value: names[this.#sights[sight + QUALITY]!]! };
      sight = this.#sights[sight + NEXT]!;
    }
    return points;
  }
}
