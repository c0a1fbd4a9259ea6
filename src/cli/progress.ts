/** A progress bar on the terminal for anything longer than a second; nothing where nobody looks. */

import type { Terminal } from './command.ts';

const FIRST_AFTER = 1000;
const EVERY = 100;
const WIDTH = 30;

export class Progress {
  readonly #terminal: Terminal;
  /** Bytes in all; null is unknown. */
  readonly #total: number | null;
  readonly #startedAt = performance.now();
  #done = 0;
  #shownAt: number;
  #isShown = false;

  constructor(terminal: Terminal, total: number | null) {
    this.#terminal = terminal;
    this.#total = total;
    this.#shownAt = this.#startedAt + FIRST_AFTER - EVERY;
  }

  add(bytes: number): void {
    this.#done += bytes;
    const now = performance.now();
    if (!this.#terminal.isTerminal || now - this.#shownAt < EVERY) return;
    this.#shownAt = now;
    this.#isShown = true;
    this.#terminal.err(`\r${this.#line((now - this.#startedAt) / 1000)}\u001b[K`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#isShown) this.#terminal.err('\r\u001b[K');
  }

  #line(seconds: number): string {
    const megabytes = this.#done / 1e6;
    const speed = `${(megabytes / seconds).toFixed(0)} MB/s`;
    if (this.#total === null || this.#total === 0) return `${megabytes.toFixed(0)} MB, ${speed}`;
    const share = Math.min(this.#done / this.#total, 1);
    const filled = Math.round(share * WIDTH);
    const left = Math.ceil((seconds * (1 - share)) / Math.max(share, 0.001));
    return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.floor(share * 100)} %, ${speed}, ${left} s left`;
  }
}
