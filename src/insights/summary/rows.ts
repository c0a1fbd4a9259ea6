/**
 * The sessions of a summary, one row each, as numbers in typed columns: 70 bytes a session, and nothing is hashed twice.
 * What a row counts under is a number in each column; which text that number stands for is values.ts.
 */

export class Rows {
  size = 0;
  begins = new Float64Array(1024);
  ends = new Float64Array(1024);
  bytes = new Float64Array(1024);
  readonly columns: Uint32Array[];

  constructor(columns: number) {
    this.columns = Array.from({ length: columns }, () => new Uint32Array(1024));
  }

  /** Makes room for one more row; answers its number. */
  open(): number {
    if (this.size === this.begins.length) this.#grow(2 * this.size);
    return this.size++;
  }

  #grow(capacity: number): void {
    const grown = <A extends Float64Array | Uint32Array>(column: A, larger: A): A => {
      larger.set(column);
      return larger;
    };
    this.begins = grown(this.begins, new Float64Array(capacity));
    this.ends = grown(this.ends, new Float64Array(capacity));
    this.bytes = grown(this.bytes, new Float64Array(capacity));
    for (const [i, column] of this.columns.entries()) this.columns[i] = grown(column, new Uint32Array(capacity));
  }
}
