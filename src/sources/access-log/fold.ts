/**
 * Folds the lines of a batch into presences, as core/runs.ts does (fold.test.ts proves it): requests of one client on
 * one stream that are no further apart than the gap are one presence. Clients, streams and qualities are numbers here.
 *
 * Shaped for the machine: what a line touches lies side by side in two arrays of numbers, one for runs and one for sights
 * of qualities. Lines may come in any order; what comes in the order of time is fast.
 */

import { PACKED_RUN, PACKED_SIGHT, type PackedRuns } from '../../core/packed-runs.ts';
import { doubled } from './byte-table.ts';
import { PairTable } from './pair-table.ts';

const NONE = -1;

/**
 * A run, the presence-to-be, is one line of the processor's cache: four doubles and eight integers, in one buffer. A place of
 * a run is where its doubles begin; its integers begin at twice that.
 */
const RUN = 8;
const FROM = 0;
const TO = 1;
const SENT = 2;
/** When its newest sight of a quality was. */
const SIGHT_AT = 3;
/** Integers. 0 for a run that has become part of another one. */
const REQUESTS = 8;
/** The number of its client and stream; both. */
const KEY = 9;
const CLIENT = 10;
const STREAM = 11;
/** The run of the same key that is the one before it in time. */
const OLDER = 12;
/** Its newest sight of a quality, which one that was of, and how many it has. */
const SIGHT = 13;
const SIGHT_QUALITY = 14;
const SIGHTS = 15;

/** A sight of a quality is two numbers: when, and which with the next older one; the sights of a run are a list. */
const SIGHT_SIZE = 2;
const AT = 0;
const LINK = 1;
/** `LINK` is the place of the next one, and one, times this, and the quality: there are at most 20,000 of those. */
const QUALITIES = 65_536;

/** With so many sights of qualities a run is thinned, and if that is not enough the oldest ones go. */
const MANY_SIGHTS = 512;

/** Runs whose end has been told; nothing later may join them. There are few, and only until the next cut. */
type Ends = Map<number, number>;

/**
 * By run, when its first line was, where an older one came later: the session that it opens is named by the first, and so
 * it must be however many lines there are in a batch. Also of runs that have become part of others. There are few.
 */
type Openers = Map<number, number>;

export class Fold {
  /** Numbers of (client, stream). */
  readonly #keys: PairTable;
  #keysSeen = 0;
  /** By key: where its newest run is. */
  #newest = new Int32Array(4096);
  /** By client: the run of its last request, if that is the newest of its key; else -1. */
  #lastRun = new Int32Array(4096).fill(NONE);
  #runs = new Float64Array(4096 * RUN);
  /** The same memory. */
  #whole = new Int32Array(this.#runs.buffer);
  #runsEnd = 0;
  #sights = new Float64Array(4096 * SIGHT_SIZE);
  #sightsEnd = 0;
  readonly #ends: Ends = new Map();
  /** By key, where there was no run to end: what comes before it and what comes from then on are not one run either. */
  readonly #borders = new Map<number, number>();
  readonly #openers: Openers = new Map();

  constructor(seed: number) {
    this.#keys = new PairTable(seed);
  }

  /** How many presences the next cut will have, at most. */
  get size(): number {
    return this.#runsEnd / RUN;
  }

  /**
   * One request; the names of qualities give those of the same instant their order. No line that is still to come is
   * older than `settled`. Answers whether a presence has begun with it.
   */
  add(
    client: number,
    stream: number,
    time: number,
    sent: number,
    quality: number,
    gap: number,
    qualities: readonly string[],
    settled: number,
  ): boolean {
    const runs = this.#runs;
    let run = client < this.#lastRun.length ? this.#lastRun[client]! : NONE;
    // Nearly always it goes on where the client's last request was.
    const isNext =
      run !== NONE &&
      this.#whole[run * 2 + STREAM] === stream &&
      time >= runs[run + TO]! &&
      time <= runs[run + TO]! + gap &&
      (this.#ends.size === 0 || !this.#ends.has(run));
    let isNew = false;
    if (isNext) {
      runs[run + TO] = time;
    } else {
      const before = this.#runsEnd;
      run = this.#find(client, stream, time, gap);
      isNew = this.#runsEnd > before;
    }
    this.#runs[run + SENT]! += sent;
    this.#whole[run * 2 + REQUESTS]!++;
    if (quality !== NONE) this.#see(run, time, quality, settled, qualities);
    return isNew;
  }

  /** What the client asks for on the stream from `time` on belongs to another presence than what it asked for before. */
  split(client: number, stream: number, time: number): void {
    const key = this.#keyOf(client, stream);
    const run = this.#newest[key]!;
    const [told, what] = run === NONE ? [this.#borders, key] : [this.#ends, run];
    const known = told.get(what);
    if (known === undefined || time < known) told.set(what, time);
  }

  /** The runs of what was added; begins anew. */
  cut(settled: number): PackedRuns {
    let count = 0;
    let seen = 0;
    for (let run = 0; run < this.#runsEnd; run += RUN) {
      if (this.#whole[run * 2 + REQUESTS] === 0) continue;
      count++;
      if (this.#whole[run * 2 + SIGHT] !== NONE) seen += this.#thin(run, settled);
    }
    const runs = new Float64Array((count + this.#openers.size) * PACKED_RUN);
    const sights = new Float64Array(seen * PACKED_SIGHT);
    let to = 0;
    let sightsTo = 0;
    const whole = this.#whole;
    for (let run = 0; run < this.#runsEnd; run += RUN) {
      const own = run * 2;
      const opener = this.#openers.size === 0 ? undefined : this.#openers.get(run);
      if (opener !== undefined) {
        // A presence of its own, without requests: the rest stays zero.
        runs.set([whole[own + CLIENT]!, whole[own + STREAM]!, opener, opener], to);
        to += PACKED_RUN;
      }
      if (whole[own + REQUESTS] === 0) continue;
      runs[to] = whole[own + CLIENT]!;
      runs[to + 1] = whole[own + STREAM]!;
      runs[to + 2] = this.#runs[run + FROM]!;
      runs[to + 3] = this.#runs[run + TO]!;
      runs[to + 4] = this.#runs[run + SENT]!;
      runs[to + 5] = whole[own + REQUESTS]!;
      runs[to + 6] = whole[own + SIGHTS]!;
      to += PACKED_RUN;
      // The list is newest first, what comes of it oldest first.
      sightsTo += whole[own + SIGHTS]! * PACKED_SIGHT;
      let at = sightsTo;
      for (let sight = whole[own + SIGHT]!; sight !== NONE; sight = this.#nextOf(sight)) {
        at -= PACKED_SIGHT;
        sights[at] = this.#sights[sight + AT]!;
        sights[at + 1] = this.#qualityOf(sight);
      }
    }
    this.#clear();
    return { runs, sights };
  }

  #clear(): void {
    this.#runsEnd = 0;
    this.#sightsEnd = 0;
    this.#keysSeen = 0;
    this.#keys.clear();
    this.#lastRun.fill(NONE);
    this.#ends.clear();
    this.#borders.clear();
    this.#openers.clear();
  }

  #keyOf(client: number, stream: number): number {
    const key = this.#keys.find(client, stream);
    if (key >= this.#newest.length) this.#newest = doubled(this.#newest, key + 1);
    if (key >= this.#keysSeen) {
      this.#keysSeen = key + 1;
      this.#newest[key] = NONE;
    }
    return key;
  }

  #find(client: number, stream: number, time: number, gap: number): number {
    const key = this.#keyOf(client, stream);
    const run = this.#runAt(key, time, gap);
    if (client >= this.#lastRun.length) {
      const known = this.#lastRun.length;
      this.#lastRun = doubled(this.#lastRun, client + 1).fill(NONE, known);
    }
    this.#lastRun[client] = this.#newest[key] === run ? run : NONE;
    return run;
  }

  /** The run that a request at `time` belongs to, stretched to cover it; a new one if none is near enough. */
  #runAt(key: number, time: number, gap: number): number {
    const runs = this.#runs;
    let newer = NONE;
    let run = this.#newest[key]!;
    while (run !== NONE && (time < runs[run + FROM]! - gap || this.#isBefore(run, time))) {
      newer = run;
      run = this.#whole[run * 2 + OLDER]!;
    }
    if (run === NONE || time > runs[run + TO]! + gap || this.#hasEnded(run, time)) {
      const added = this.#addRun(key, time, run);
      if (newer === NONE) this.#newest[key] = added;
      else this.#whole[newer * 2 + OLDER] = added;
      return added;
    }
    if (time > runs[run + TO]!) runs[run + TO] = time;
    if (time < runs[run + FROM]!) {
      if (!this.#openers.has(run)) this.#openers.set(run, runs[run + FROM]!);
      runs[run + FROM] = time;
      const older = this.#whole[run * 2 + OLDER]!;
      const areApart = older === NONE || time - runs[older + TO]! > gap || this.#hasEnded(older, time);
      if (!areApart) this.#join(run, older);
    }
    return run;
  }

  /** Is the request from before this run began, behind the end of the one before it? */
  #isBefore(run: number, time: number): boolean {
    if (time >= this.#runs[run + FROM]!) return false;
    const border = this.#borderOf(this.#whole[run * 2 + KEY]!);
    if (time < border && this.#runs[run + FROM]! >= border) return true;
    if (this.#ends.size === 0) return false;
    const older = this.#whole[run * 2 + OLDER]!;
    const end = older === NONE ? undefined : this.#ends.get(older);
    return end !== undefined && time < end;
  }

  #borderOf(key: number): number {
    return this.#borders.size === 0 ? Number.NEGATIVE_INFINITY : (this.#borders.get(key) ?? Number.NEGATIVE_INFINITY);
  }

  #hasEnded(run: number, time: number): boolean {
    if (this.#ends.size === 0) return false;
    const end = this.#ends.get(run);
    return end !== undefined && time >= end;
  }

  #addRun(key: number, time: number, older: number): number {
    const run = this.#runsEnd;
    this.#runsEnd += RUN;
    if (this.#runsEnd > this.#runs.length) {
      this.#runs = doubled(this.#runs, this.#runsEnd);
      this.#whole = new Int32Array(this.#runs.buffer);
    }
    const runs = this.#runs;
    runs[run + FROM] = time;
    runs[run + TO] = time;
    runs[run + SENT] = 0;
    runs[run + SIGHT_AT] = Number.NEGATIVE_INFINITY;
    const whole = this.#whole;
    const at = run * 2;
    whole[at + REQUESTS] = 0;
    whole[at + KEY] = key;
    whole[at + CLIENT] = this.#keys.first(key);
    whole[at + STREAM] = this.#keys.second(key);
    whole[at + OLDER] = older;
    whole[at + SIGHT] = NONE;
    whole[at + SIGHT_QUALITY] = NONE;
    whole[at + SIGHTS] = 0;
    const border = this.#borderOf(key);
    if (time < border) this.#ends.set(run, border);
    return run;
  }

  /** A request between the two has made them one. Every sight of the older one is older than any of the other. */
  #join(run: number, older: number): void {
    const runs = this.#runs;
    const whole = this.#whole;
    const into = run * 2;
    const from = older * 2;
    if (!this.#openers.has(older)) this.#openers.set(older, runs[older + FROM]!);
    runs[run + FROM] = runs[older + FROM]!;
    whole[into + OLDER] = whole[from + OLDER]!;
    runs[run + SENT]! += runs[older + SENT]!;
    whole[into + REQUESTS]! += whole[from + REQUESTS]!;
    whole[from + REQUESTS] = 0;
    if (whole[into + SIGHT] === NONE) {
      whole[into + SIGHT] = whole[from + SIGHT]!;
      this.#lookAgain(run);
    } else {
      let oldest = whole[into + SIGHT]!;
      for (let next = this.#nextOf(oldest); next !== NONE; next = this.#nextOf(oldest)) oldest = next;
      this.#link(oldest, whole[from + SIGHT]!);
    }
    whole[into + SIGHTS]! += whole[from + SIGHTS]!;
  }

  // Sights of qualities

  /** Puts a sight of a quality into its place, in the order of (time, name); the same sight twice is one. */
  #see(run: number, at: number, quality: number, settled: number, names: readonly string[]): void {
    const whole = this.#whole;
    const newest = this.#runs[run + SIGHT_AT]!;
    if (at > newest) {
      const added = this.#addSight(at, quality, whole[run * 2 + SIGHT]!);
      whole[run * 2 + SIGHT] = added;
      whole[run * 2 + SIGHT_QUALITY] = quality;
      this.#runs[run + SIGHT_AT] = at;
    } else {
      if (at === newest && whole[run * 2 + SIGHT_QUALITY] === quality) return;
      if (!this.#seeBefore(run, at, quality, names)) return;
    }
    if (++whole[run * 2 + SIGHTS]! < MANY_SIGHTS) return;
    if (this.#thin(run, settled) > MANY_SIGHTS / 2) this.#dropOldSights(run, MANY_SIGHTS / 2);
  }

  /** It is not the newest one. False if it is there already. */
  #seeBefore(run: number, at: number, quality: number, names: readonly string[]): boolean {
    let newer = NONE;
    let sight = this.#whole[run * 2 + SIGHT]!;
    while (sight !== NONE && this.#isAfter(sight, at, quality, names)) {
      newer = sight;
      sight = this.#nextOf(sight);
    }
    if (sight !== NONE && this.#sights[sight + AT] === at && this.#qualityOf(sight) === quality) return false;
    const added = this.#addSight(at, quality, sight);
    if (newer !== NONE) {
      this.#link(newer, added);
    } else {
      this.#whole[run * 2 + SIGHT] = added;
      this.#lookAgain(run);
    }
    return true;
  }

  #addSight(at: number, quality: number, next: number): number {
    const added = this.#sightsEnd;
    this.#sightsEnd += SIGHT_SIZE;
    if (this.#sightsEnd > this.#sights.length) this.#sights = doubled(this.#sights, this.#sightsEnd);
    this.#sights[added + AT] = at;
    this.#sights[added + LINK] = (next + 1) * QUALITIES + quality;
    return added;
  }

  #nextOf(sight: number): number {
    return Math.floor(this.#sights[sight + LINK]! / QUALITIES) - 1;
  }

  #qualityOf(sight: number): number {
    return this.#sights[sight + LINK]! % QUALITIES;
  }

  #link(sight: number, next: number): void {
    this.#sights[sight + LINK] = (next + 1) * QUALITIES + this.#qualityOf(sight);
  }

  /** What the run says itself of its newest sight. */
  #lookAgain(run: number): void {
    const sight = this.#whole[run * 2 + SIGHT]!;
    this.#runs[run + SIGHT_AT] = sight === NONE ? Number.NEGATIVE_INFINITY : this.#sights[sight + AT]!;
    this.#whole[run * 2 + SIGHT_QUALITY] = sight === NONE ? NONE : this.#qualityOf(sight);
  }

  #isAfter(sight: number, at: number, quality: number, names: readonly string[]): boolean {
    const sightAt = this.#sights[sight + AT]!;
    if (sightAt !== at) return sightAt > at;
    const other = this.#qualityOf(sight);
    return other !== quality && names[other]! > names[quality]!;
  }

  /** As core/quality.ts does: drops what lies settled inside a stretch. Answers how many sights are left. */
  #thin(run: number, settled: number): number {
    const sights = this.#sights;
    let kept = 1;
    let after = this.#whole[run * 2 + SIGHT]!;
    let sight = this.#nextOf(after);
    while (sight !== NONE) {
      const before = this.#nextOf(sight);
      const quality = this.#qualityOf(sight);
      const isInside = before !== NONE && this.#qualityOf(before) === quality && this.#qualityOf(after) === quality;
      if (isInside && sights[after + AT]! < settled) {
        this.#link(after, before);
      } else {
        after = sight;
        kept++;
      }
      sight = before;
    }
    this.#whole[run * 2 + SIGHTS] = kept;
    return kept;
  }

  /** Keeps the newest ones only. */
  #dropOldSights(run: number, kept: number): void {
    let sight = this.#whole[run * 2 + SIGHT]!;
    for (let i = 1; i < kept; i++) sight = this.#nextOf(sight);
    this.#link(sight, NONE);
    this.#whole[run * 2 + SIGHTS] = kept;
  }
}
