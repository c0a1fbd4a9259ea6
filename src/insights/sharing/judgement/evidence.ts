/** Pairs of plays that are evidence: of two households and a day the best one counts, else a long evening would be ten findings. */

export interface Evidence {
  /** Places in the plays, earlier first. */
  readonly one: number;
  readonly other: number;
  readonly day: number;
  readonly weight: number;
}

/** More than there are from 1970 until Tautulli’s last second. */
const DAYS = 110_000;

/** A hundred say nearly all that a signal can say. */
const MOST_EVIDENCE = 50_000;

export class DailyEvidence {
  readonly #best = new Map<number, Evidence>();
  readonly #households: number;

  /** How many households there are. */
  constructor(households: number) {
    this.#households = households;
  }

  /** Of equal weight the one whose second play began earlier, then whose first did. */
  add(one: number, other: number, evidence: Evidence): void {
    const key = this.#keyOf(one, other, evidence.day);
    const best = this.#best.get(key);
    if (best === undefined ? this.#best.size < MOST_EVIDENCE : isBetter(evidence, best)) this.#best.set(key, evidence);
  }

  get all(): Evidence[] {
    return [...this.#best.values()].sort((a, b) => a.other - b.other || a.one - b.one);
  }

  /** Days of weight 1 of two households. */
  isCertain(one: number, other: number, day: number): boolean {
    return this.#best.get(this.#keyOf(one, other, day))?.weight === 1;
  }

  #keyOf(one: number, other: number, day: number): number {
    return (Math.min(one, other) * this.#households + Math.max(one, other)) * DAYS + day;
  }
}

function isBetter(a: Evidence, b: Evidence): boolean {
  return a.weight !== b.weight ? a.weight > b.weight : a.other < b.other || (a.other === b.other && a.one < b.one);
}

/** Many small pieces of evidence never say more than `most`; two thirds of it is said by `scale` of weight. */
export function saturated(weight: number, most: number, scale: number): number {
  return most * (1 - Math.exp(-weight / scale));
}
