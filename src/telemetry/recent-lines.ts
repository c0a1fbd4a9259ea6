/** The newest lines of something that prints without end, such as a program that we run: in bounded room. */

import { printable } from './log.ts';

export interface RecentLine {
  /** When it was read: milliseconds since the Unix epoch. */
  readonly at: number;
  /** Without control characters; at most `LONGEST` of it. */
  readonly text: string;
}

const LONGEST = 1000;

export class RecentLines {
  readonly #mostLines: number;
  readonly #mostCharacters: number;
  #lines: RecentLine[] = [];
  #characters = 0;

  constructor(mostLines = 500, mostCharacters = 64 * 1024) {
    this.#mostLines = mostLines;
    this.#mostCharacters = mostCharacters;
  }

  add(lines: readonly string[], at: number): void {
    // Whatever is not among the last ones would be dropped at once.
    for (const line of lines.slice(-this.#mostLines)) {
      const text = line.length > LONGEST ? cut(line) : line;
      this.#lines.push({ at, text });
      this.#characters += text.length;
    }
    let surplus = 0;
    while (this.#lines.length - surplus > this.#mostLines || this.#characters > this.#mostCharacters) {
      this.#characters -= this.#lines[surplus++]!.text.length;
    }
    if (surplus > 0) this.#lines = this.#lines.slice(surplus);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Oldest first. */
  list(): RecentLine[] {
    // Cleaned only here: far more lines come than are ever looked at.
    return this.#lines.map(({ at, text }) => ({ at, text: printable(text) }));
  }
}

/** Copied: a part of a string holds on to all of it. */
function cut(line: string): string {
  return `${Buffer.from(line.slice(0, LONGEST)).toString()}…`;
}
