/**
 * A progress bar on the terminal for anything longer than a second; nothing where nobody looks. It never takes more than
 * one line of the terminal as it is now, and leaves nothing behind. Without colours where NO_COLOR is set
 * (https://no-color.org).
 */

import type { Terminal } from './command.ts';

const FIRST_AFTER = 1000;
const EVERY = 100;
const WIDEST_BAR = 40;
/** How long ago the speed looks back, in milliseconds: short enough to follow, long enough not to flicker. */
const SMOOTHED = 3000;
const STANDARD_COLUMNS = 80;

export class Progress {
  readonly #terminal: Terminal;
  /** In all; null is unknown. */
  #total: number | null;
  readonly #amount: Unit;
  readonly #isShown: boolean;
  readonly #isColoured: boolean;
  readonly #now: () => number;
  readonly #startedAt: number;
  #done = 0;
  #drawnAt: number;
  /** A millisecond, lately; null until there are two looks. */
  #speed: number | null = null;
  #looked: { readonly at: number; readonly done: number };
  /** Columns of what stands there; 0 is nothing. */
  #drawn = 0;

  /** `now` is any clock in milliseconds that is never set. */
  constructor(terminal: Terminal, total: number | null, now = () => performance.now(), unit: Unit = bytes) {
    this.#terminal = terminal;
    this.#total = total;
    this.#amount = unit;
    this.#now = now;
    this.#startedAt = now();
    this.#drawnAt = this.#startedAt + FIRST_AFTER - EVERY;
    this.#looked = { at: this.#startedAt, done: 0 };
    this.#isShown = terminal.isTerminal && terminal.env['TERM'] !== 'dumb';
    this.#isColoured = !terminal.env['NO_COLOR'];
  }

  /** It is known now. */
  set total(total: number) {
    this.#total = total;
  }

  /** So many more are done. Cheap enough for every block. */
  add(count: number): void {
    this.#done += count;
    const now = this.#now();
    if (!this.#isShown || now - this.#drawnAt < EVERY) return;
    this.#look(now);
    this.#drawnAt = now;
    const columns = this.#terminal.columns() ?? STANDARD_COLUMNS;
    // The last column stays free: some terminals begin a new line behind it.
    const line = this.#line(now, columns - 1);
    this.#terminal.err(`${this.#clearing(columns)}${line.text}`);
    this.#drawn = line.width;
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawn > 0) this.#terminal.err(this.#clearing(this.#terminal.columns() ?? STANDARD_COLUMNS));
    this.#drawn = 0;
  }

  #look(now: number): void {
    const passed = now - this.#looked.at;
    if (passed <= 0) return;
    const speed = (this.#done - this.#looked.done) / passed;
    const weight = this.#speed === null ? 1 : 1 - Math.exp(-passed / SMOOTHED);
    this.#speed = (this.#speed ?? 0) * (1 - weight) + speed * weight;
    this.#looked = { at: now, done: this.#done };
  }

  /** A terminal that has become narrower shows what was one line as several. */
  #clearing(columns: number): string {
    const above = Math.max(0, Math.ceil(this.#drawn / Math.max(columns, 1)) - 1);
    return `${above === 0 ? '' : `\u001b[${above}A`}\r\u001b[J`;
  }

  #line(now: number, room: number): { readonly text: string; readonly width: number } {
    const speed = `${this.#amount((this.#speed ?? 0) * 1000)}/s`;
    if (this.#total === null || this.#total === 0) return plain(`${this.#amount(this.#done)} read, ${speed}`, room);
    const share = Math.min(this.#done / this.#total, 1);
    const left = this.#speed === null || this.#speed === 0 ? null : (this.#total - this.#done) / this.#speed / 1000;
    const rest = left === null || left < 0 || now === this.#startedAt ? '' : `, ${duration(left)} left`;
    const facts = `${String(Math.floor(share * 100)).padStart(3)} %  ${speed}${rest}`;
    const width = Math.min(WIDEST_BAR, room - facts.length - 2);
    if (width < 5) return plain(facts.trimStart(), room);
    const filled = Math.round(share * width);
    const [done, open] = ['━'.repeat(filled), '━'.repeat(width - filled)];
    const bar = this.#isColoured
      ? `\u001b[36m${done}\u001b[90m${open}\u001b[0m`
      : `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
    return { text: `${bar}  ${facts}`, width: width + 2 + facts.length };
  }
}

function plain(text: string, room: number): { readonly text: string; readonly width: number } {
  const cut = text.slice(0, Math.max(room, 0));
  return { text: cut, width: cut.length };
}

/** What is counted, in words. */
export type Unit = (count: number) => string;

const bytes: Unit = (count) =>
  count >= 1e10 ? `${(count / 1e9).toFixed(1)} GB` : `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;

export const sessions: Unit = (count) => `${Math.round(count).toLocaleString('en')} session${count === 1 ? '' : 's'}`;

function duration(seconds: number): string {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} h`;
  return seconds >= 90 ? `${Math.round(seconds / 60)} min` : `${Math.ceil(seconds)} s`;
}
