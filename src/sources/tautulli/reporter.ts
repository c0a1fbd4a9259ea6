/** How far a long history has been read: a counter, and a line in the log now and then. */

import type { SourceContext } from '../source.ts';

/** A shorter rest is read within seconds. */
const LEAST_ROWS = 20_000;
const EVERY_MS = 10_000;
const BAR = 20;

export class Reporter {
  readonly #context: Pick<SourceContext, 'clock' | 'counters' | 'log'>;
  /** When the reading began that is under way; null is none, or a short one. */
  #begunAt: number | null = null;
  #toldAt = 0;

  constructor(context: Pick<SourceContext, 'clock' | 'counters' | 'log'>) {
    this.#context = context;
  }

  /** `read` of `all` rows have been read. */
  tell(read: number, all: number): void {
    const { clock, counters, log } = this.#context;
    const now = clock.elapsed();
    const left = Math.max(all - read, 0);
    counters.set('rowsLeft', left);
    if (this.#begunAt === null) {
      if (left < LEAST_ROWS) return;
      this.#begunAt = now;
      this.#toldAt = now;
      log.info(`reading the history: ${count(all)} rows`);
      return;
    }
    if (left === 0) {
      log.info(`the history has been read: ${count(all)} rows`);
      this.#begunAt = null;
    } else if (now - this.#toldAt >= EVERY_MS) {
      this.#toldAt = now;
      log.info(progressLine(read, all, now - this.#begunAt));
    }
  }
}

/** `history ████░░░░ 42 %, 420,000 of 1,000,000 rows, 3 min left`. */
export function progressLine(read: number, all: number, passedMs: number): string {
  const share = Math.min(read / all, 1);
  const filled = Math.floor(share * BAR);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
  const minutes = Math.ceil((passedMs * (1 / share - 1)) / 60_000);
  return `history ${bar} ${Math.floor(share * 100)} %, ${count(read)} of ${count(all)} rows, ${minutes} min left`;
}

function count(rows: number): string {
  return rows.toLocaleString('en');
}
