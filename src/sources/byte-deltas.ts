import type { Presence } from '../core/observation.ts';

/**
 * For servers that tell how many bytes a connection has had since it began: what has come since the answer before,
 * which is what a presence holds. Remembers one answer, and no connection that it lacks.
 */
export class ByteDeltas {
  #before: ReadonlyMap<string, number> | null = null;

  /**
   * Takes the next answer: who is there, and all bytes so far by connection. Those whose connection has a total come back
   * with what of it is new. A connection that was not there before has had all of them since then, but in the first answer
   * none are counted: before a restart of ours they may have been. A total that goes down has begun anew.
   */
  take(present: readonly Presence[], totals: ReadonlyMap<string, number>): Presence[] {
    const before = this.#before;
    this.#before = totals;
    return present.map((each) => {
      const { connection } = each.client;
      const total = connection === null ? undefined : totals.get(connection);
      if (total === undefined) return each;
      const earlier = before === null ? total : (before.get(connection!) ?? 0);
      return { ...each, bytes: total < earlier ? total : total - earlier };
    });
  }
}
