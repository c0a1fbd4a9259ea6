/**
 * A command in a pseudo-terminal, and what a person sees there: the few sequences that `headcount top` writes are
 * interpreted, and any other is an error, for it may be somebody else's.
 */

import { type IPty, spawn } from '@lydell/node-pty';
import { until } from '../../lab/child.ts';
import { widthOf } from '../../src/cli/text-width.ts';

const ESCAPE = '\u001b';
/** What stands behind the escape; of a sequence that is not complete, its beginning. */
const SEQUENCE = /^(?:\[([?0-9;]*)([A-Za-z])|[78=>])/;
const BEGUN = /^(\[[?0-9;]*)?$/;

/** One grid of cells; a wide character has its second cell empty. */
export class Emulator {
  columns: number;
  rows: number;
  isAlternate = false;
  hasCursor = true;
  wraps = true;
  /** Everything that was not understood. */
  readonly strange: string[] = [];
  #cells: string[][] = [];
  #row = 0;
  #column = 0;
  #rest = '';

  constructor(columns: number, rows: number) {
    [this.columns, this.rows] = [columns, rows];
    this.#clear();
  }

  resize(columns: number, rows: number): void {
    [this.columns, this.rows] = [columns, rows];
    this.#clear();
  }

  /** What is seen, line by line, without blanks at the end. */
  get lines(): string[] {
    return this.#cells.map((cells) => cells.join('').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n');
  }

  write(text: string): void {
    let rest = this.#rest + text;
    this.#rest = '';
    while (rest !== '') {
      if (rest.startsWith(ESCAPE)) {
        const found = SEQUENCE.exec(rest.slice(1));
        if (found === null && BEGUN.test(rest.slice(1))) {
          this.#rest = rest;
          return;
        }
        const [body = '', parameters = '', final = ''] = found ?? [];
        this.#obey(`${ESCAPE}${body}`, parameters, final);
        rest = rest.slice(1 + body.length);
      } else {
        const end = rest.search(/\p{Cc}/u);
        const plain = end === -1 ? rest : rest.slice(0, Math.max(end, 1));
        this.#print(plain);
        rest = rest.slice(plain.length);
      }
    }
  }

  #print(text: string): void {
    for (const { segment } of new Intl.Segmenter('en').segment(text)) {
      if (segment === '\r' || segment === '\r\n') this.#column = 0;
      if (segment === '\n' || segment === '\r\n') this.#row = Math.min(this.#row + 1, this.rows - 1);
      else if (segment !== '\r' && /^\p{Cc}/u.test(segment)) this.strange.push(segment);
      else if (segment !== '\r') this.#put(segment);
    }
  }

  #put(character: string): void {
    const width = widthOf(character);
    const cells = this.#cells[this.#row]!;
    if (this.#column + width > this.columns) {
      if (this.wraps) this.strange.push(`wraps at ${this.#row}`);
      return;
    }
    cells[this.#column] = character;
    for (let i = 1; i < width; i++) cells[this.#column + i] = '';
    this.#column += width;
  }

  #obey(whole: string, parameters: string, final: string): void {
    const [first = 1, second = 1] = parameters.split(';').map((each) => Number(each) || 1);
    if (final === 'H') [this.#row, this.#column] = [Math.min(first, this.rows) - 1, second - 1];
    else if (final === 'G') this.#column = first - 1;
    else if (final === 'K') this.#cells[this.#row]!.fill(' ', this.#column);
    else if (final === 'J' && parameters === '2') this.#clear();
    else if (final === 'h' || final === 'l') this.#switch(parameters, final === 'h');
    else if (final !== 'm') this.strange.push(whole);
  }

  #switch(parameters: string, isOn: boolean): void {
    if (parameters === '?1049') this.isAlternate = isOn;
    else if (parameters === '?25') this.hasCursor = isOn;
    else if (parameters === '?7') this.wraps = isOn;
    else if (parameters !== '?2026' && parameters !== '?2004') this.strange.push(parameters);
  }

  #clear(): void {
    this.#cells = Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, () => ' '));
  }
}

export interface SeenProgram {
  readonly pid: number;
  readonly emulator: Emulator;
  /** All that it has written, newest last; at most a mebibyte. */
  written(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when what is seen fits. */
  shows(pattern: RegExp, timeoutMs?: number): Promise<void>;
  readonly ended: Promise<{ readonly code: number; readonly signal: number }>;
  kill(signal: NodeJS.Signals): void;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export function runInTerminal(program: string, args: readonly string[], options: TerminalOptions): SeenProgram {
  const { columns: cols, rows, cwd = process.cwd() } = options;
  const env = { ...process.env, TERM: 'xterm-256color', ...options.env };
  const pty: IPty = spawn(program, [...args], { cols, rows, cwd, env });
  const emulator = new Emulator(cols, rows);
  let written = '';
  pty.onData((text) => {
    written = (written + text).slice(-1024 * 1024);
    emulator.write(text);
  });
  const ended = new Promise<{ code: number; signal: number }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve({ code: exitCode, signal: signal ?? 0 }));
  });
  return {
    pid: pty.pid,
    emulator,
    written: () => written,
    type: (keys) => pty.write(keys),
    resize: (columns, lines) => {
      emulator.resize(columns, lines);
      pty.resize(columns, lines);
    },
    shows: async (pattern, timeoutMs = 20_000) => {
      try {
        await until(String(pattern), () => pattern.test(emulator.text), timeoutMs);
      } catch (cause) {
        throw new Error(`${pattern} was not seen:\n${emulator.text}`, { cause });
      }
    },
    ended,
    kill: (signal) => process.kill(pty.pid, signal),
  };
}
