/** Pairs of plays that are evidence: of two households and a day the best one counts, else a long evening would be ten findings. */

export interface Evidence {
  /** Places in the plays, earlier first. */
  readonly one: number;
  readonly other: number;
  readonly day: number;
  readonly weight: number;
}

export class DailyEvidence {
  readonly #best = new Map<string, Evidence>();

  /** Of equal weight the one whose second play began earlier, then whose first did. */
  add(households: readonly [number, number], evidence: Evidence): void {
    const key = `${Math.min(...households)} ${Math.max(...households)} ${evidence.day}`;
    const best = this.#best.get(key);
    if (best === undefined || isBetter(evidence, best)) this.#best.set(key, evidence);
  }

  get all(): Evidence[] {
    return [...this.#best.values()].sort((a, b) => a.other - b.other || a.one - b.one);
  }

  /** Days of weight 1 of two households. */
  isCertain(one: number, other: number, day: number): boolean {
    const best = this.#best.get(`${Math.min(one, other)} ${Math.max(one, other)} ${day}`);
    return best !== undefined && best.weight === 1;
  }
}

function isBetter(a: Evidence, b: Evidence): boolean {
  return a.weight !== b.weight ? a.weight > b.weight : a.other < b.other || (a.other === b.other && a.one < b.one);
}

/** Many small pieces of evidence never say more than `most`; two thirds of it is said by `scale` of weight. */
export function saturated(weight: number, most: number, scale: number): number {
  return most * (1 - Math.exp(-weight / scale));
}
