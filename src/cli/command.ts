/** What a command is: one file each, run by main.ts with everything it may touch of the process. */

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
  /** Aborts when the person, or the service manager, wants the process to end. */
  readonly signal: AbortSignal;
  /** Calls back on every SIGHUP. */
  onReload(reload: () => void): void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The whole help text, ending with a line end. */
  readonly help: string;
  /** Answers the exit code: 0 fine, 1 failed, 2 wrong usage or configuration. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
