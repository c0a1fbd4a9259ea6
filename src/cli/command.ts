/** What a command is: one file each, run by main.ts with everything it may touch of the process. */

import type { Screen } from './screen.ts';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Does a person look at what `err` writes? */
  readonly isTerminal: boolean;
  /** Of the terminal, as it is now; null where there is none. */
  columns(): number | null;
  /** To draw on and to type into; null where standard output or input is no terminal, or one that only prints. */
  readonly screen: Screen | null;
  out(text: string): void;
  err(text: string): void;
  /** Aborts when the person, or the service manager, wants the process to end. */
  readonly signal: AbortSignal;
  /** Calls back on every SIGHUP. */
  onReload(reload: () => void): void;
}

/** Its name and its summary are in the registry, index.ts. */
export interface Command {
  /** The whole help text, examples first, at most 80 columns, ending with a line end. */
  readonly help: string;
  /** Answers the exit code: 0 fine, 1 failed, 2 wrong usage or configuration. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
