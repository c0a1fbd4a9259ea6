/**
 * For servers that tell how many bytes a connection has had since it began: what has come since the answer before,
 * which is what a presence holds. Remembers one answer, and no connection that it lacks.
 */
export class ByteDeltas {
  #before: ReadonlyMap<string, number> | null = null;

  /**
   * Takes the next answer: all bytes so far, by connection. A connection that was not there before has had all of them
   * since then, but in the first answer none are counted: before a restart of ours they may have been. A total that goes
   * down has begun anew.
   */
  take(totals: ReadonlyMap<string, number>): (connection: string) => number {
    const before = this.#before;
    this.#before = totals;
    return (connection) => {
      const total = before === null ? 0 : (totals.get(connection) ?? 0);
      const earlier = before?.get(connection) ?? 0;
      return total < earlier ? total : total - earlier;
    };
  }
}
