/**
 * A terminal that a command draws on and a person types into, and that is given back as it was: when the command is done,
 * when the process ends in whatever way it can still notice, and while it is suspended (Ctrl-Z).
 *
 * Sequences are those of ECMA-48 and xterm that every terminal of today has: the alternate screen (1049), the cursor (25),
 * wrapping (7), and drawing as a whole (2026), which others ignore.
 */

import { writeSync } from 'node:fs';

export interface ScreenUse {
  /** What is typed. */
  onInput(text: string): void;
  /** Nothing of what was drawn is there any more: at the beginning, after a resize, and after a suspension. */
  onGone(): void;
  /** There is room again. */
  onRoom(): void;
  /** Nobody will type any more: the terminal has gone. */
  onEnd(): void;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Takes the terminal over. */
  open(use: ScreenUse): void;
  /** False while the terminal still takes what was written before: what would be drawn now would come late. */
  readonly hasRoom: boolean;
  write(text: string): void;
  /** As on Ctrl-Z; comes back by itself. */
  suspend(): void;
  /** Gives the terminal back. It can be opened again. */
  close(): void;
}

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';
/** Nobody can stop a process that has no shell above it: it goes on after so long. */
const NOT_STOPPED_AFTER = 200;

/** Null where nobody looks and types, and where the terminal can do nothing but print. */
type Input = typeof process.stdin;
type Output = typeof process.stdout;

export function screenOf(input: Input, output: Output, env: NodeJS.ProcessEnv): Screen | null {
  if (!input.isTTY || !output.isTTY || env['TERM'] === 'dumb') return null;
  return new ProcessScreen(input, output);
}

class ProcessScreen implements Screen {
  readonly #input: Input;
  readonly #output: Output;
  #use: ScreenUse | null = null;
  #isTaken = false;

  constructor(input: Input, output: Output) {
    this.#input = input;
    this.#output = output;
  }

  // Some terminals, such as serial lines, do not know how large they are.
  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  get hasRoom(): boolean {
    return !this.#output.writableNeedDrain;
  }

  open(use: ScreenUse): void {
    this.#use = use;
    this.#input.setEncoding('utf8').on('data', this.#typed).on('end', use.onEnd).on('error', use.onEnd);
    this.#output.on('resize', use.onGone).on('drain', use.onRoom);
    process.on('SIGTSTP', this.suspend).on('SIGCONT', this.#take);
    process.on('exit', this.#giveBack).on('uncaughtExceptionMonitor', this.#giveBack);
    this.#take();
  }

  write(text: string): void {
    this.#output.write(text);
  }

  readonly suspend = (): void => {
    this.#giveBack();
    process.off('SIGTSTP', this.suspend);
    // The whole job, as the terminal itself does it: npm or a script may stand between the shell and us.
    process.kill(0, 'SIGTSTP');
    setTimeout(() => {
      if (this.#use === null) return;
      process.off('SIGTSTP', this.suspend).on('SIGTSTP', this.suspend);
      this.#take();
    }, NOT_STOPPED_AFTER);
  };

  close(): void {
    const use = this.#use;
    if (use === null) return;
    this.#giveBack();
    this.#use = null;
    this.#input.off('data', this.#typed).off('end', use.onEnd).off('error', use.onEnd).pause();
    this.#output.off('resize', use.onGone).off('drain', use.onRoom);
    process.off('SIGTSTP', this.suspend).off('SIGCONT', this.#take);
    process.off('exit', this.#giveBack).off('uncaughtExceptionMonitor', this.#giveBack);
  }

  readonly #typed = (text: string): void => this.#use?.onInput(text);

  readonly #take = (): void => {
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(ENTER);
    this.#use?.onGone();
  };

  /** At once, whatever else is to be written: there may be no later. */
  readonly #giveBack = (): void => {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    try {
      this.#input.setRawMode(false);
      writeSync(this.#output.fd, LEAVE);
    } catch {
      // The terminal has gone, or takes no more: there is nothing left to give back.
    }
  };
}
