/** Lets the event loop do whatever else is waiting: for work that comes in slices. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const SLICE_MS = 10;

/** Says when the event loop should turn: when what has been done since `begin` has taken long enough, whatever it was. */
export class Slice {
  #since = performance.now();

  /** To be called after the turn: what others do in it is none of ours. */
  begin(): void {
    this.#since = performance.now();
  }

  /** To be asked every so often: it looks at the clock. */
  get isOver(): boolean {
    return performance.now() - this.#since >= SLICE_MS;
  }
}
