/** Evidence as it is told: ids, patterns, places, and words that name every session and say why nothing explains it. */

import { centresKm } from './households.ts';
import type { Finding, FindingKind, Household, JudgedPlay, JudgeOptions } from './judged.ts';
import { findingId, patternOf } from './leniency.ts';
import type { Profile } from './profile.ts';
import { distanceText, lengthText, sessionText } from './words.ts';

/** A finding of many devices names so many sessions. */
const MOST_PLAYS = 20;

export type Told = Pick<Finding, 'why' | 'whyNotSuppressed'>;

export class FindingWriter {
  readonly #profile: Profile;
  readonly #households: readonly Household[];
  readonly #options: JudgeOptions;

  /** `households` in the order of the profile. */
  constructor(profile: Profile, households: readonly Household[], options: JudgeOptions) {
    this.#profile = profile;
    this.#households = households;
    this.#options = options;
  }

  household(play: number): Household {
    const { groups, groupList } = this.#profile;
    return this.#households[groupList[groups[play]!]!.household]!;
  }

  session(play: number): string {
    return sessionText(this.#play(play), this.household(play), this.#profile.ends[play]!, this.#options.clock);
  }

  /** Places in the plays, earlier first; `pattern` null is that of the devices. */
  ofTwo(
    kind: FindingKind,
    points: number,
    one: number,
    other: number,
    told: Told,
    pattern: string | null = null,
  ): Finding {
    const { starts, ends } = this.#profile;
    const plays = [one, other];
    const gap = starts[other]! - ends[one]!;
    const overlap = Math.min(ends[one]!, ends[other]!) - starts[other]!;
    return {
      ...this.#of(kind, points, plays, told),
      id: findingId(
        kind,
        plays.map((play) => this.#play(play).id),
      ),
      pattern: pattern ?? patternOf(kind, this.#devices(plays)),
      distanceKm: this.distanceKm(one, other),
      gapSeconds: Math.round((gap < 0 ? -overlap : gap) / 1000),
    };
  }

  /** The id is that of the first plays of the first devices, so that more of them do not make it another one. */
  ofMany(kind: FindingKind, points: number, plays: readonly number[], least: number, told: Told): Finding {
    const named = [plays[0]!, plays[least - 1]!].map((play) => this.#play(play).id);
    return {
      ...this.#of(kind, points, plays.slice(0, MOST_PLAYS), told),
      id: findingId(kind, named),
      pattern: kind,
      distanceKm: null,
      gapSeconds: null,
    };
  }

  distanceKm(one: number, other: number): number | null {
    return centresKm(this.household(one).place, this.household(other).place);
  }

  simultaneous(one: number, other: number, weight: number): Told {
    const { starts, ends } = this.#profile;
    const length = lengthText(Math.min(ends[one]!, ends[other]!) - starts[other]!);
    return {
      why: `${this.session(one)} and ${this.session(other)}: at once for ${length}${distanceText(this.distanceKm(one, other))}.`,
      whyNotSuppressed: `${NOT_ONE} It is longer than a change of episode or quality takes.${lessText(weight)}`,
    };
  }

  travel(one: number, other: number, weight: number): Told {
    const { starts, ends } = this.#profile;
    const gap = starts[other]! - ends[one]!;
    const distance = distanceText(this.distanceKm(one, other)).slice(2);
    const { maxSpeedKmh } = this.#options.thresholds;
    return {
      why: `${this.session(one)}, then ${this.session(other)}: ${distance}, ${lengthText(gap)} later.`,
      whyNotSuppressed: `${NOT_ONE} Nobody travels faster than ${maxSpeedKmh} km/h, not even between the nearest points that the accuracies of both places allow.${lessText(weight)}`,
    };
  }

  #play(play: number): JudgedPlay {
    return this.#profile.plays[play]!;
  }

  #devices(plays: readonly number[]): string[] {
    return plays.map((play) => this.#profile.deviceNames[this.#profile.devices[play]!]!);
  }

  #of(kind: FindingKind, points: number, plays: readonly number[], told: Told) {
    return {
      kind,
      points: Math.round(points * 10) / 10,
      plays: plays.map((play) => this.#play(play).id),
      places: plays.map((play) => this.household(play).place),
      devices: this.#devices(plays),
      at: this.#profile.starts[plays.at(-1)!]!,
      ...told,
    };
  }
}

const NOT_ONE =
  'They are two households: no device of the two is at home in both, none that lives in one was in the other at that time, and both are fixed lines, no workplace, VPN, hosting, mobile or satellite network.';

/** Evidence that is not of weight 1 says so. */
function lessText(weight: number): string {
  if (weight === 1) return '';
  return ` It counts for ${Math.round(weight * 100)} % only: one of the two was hardly used, or for a short time, or repeats of it were dismissed.`;
}
