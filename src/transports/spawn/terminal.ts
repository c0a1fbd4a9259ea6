/**
 * A pseudo-terminal for a program to write to, since a C program whose output is a pipe holds its lines back until it has 4 KiB
 * of them. Made by the prebuilt openpty(3) of @lydell/node-pty, of which nothing else is used: its own `spawn` drops what
 * has not been read 200 ms after the program's end.
 *
 * Nothing is ever written to the terminal, so it echoes nothing. It is as wide as one can be, so that nobody breaks lines
 * for it; it ends them with CR LF.
 */

import { closeSync, constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';

export interface Terminal {
  /** The end for the program: a file descriptor that the caller closes when the program has it. */
  readonly slave: number;
  /** What the program writes. It ends with an error (EIO) when nobody has the other end any more. */
  readonly output: ReadStream;
}

/** What the package has inside, as of 1.1.0. */
interface Native {
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

const COLUMNS = 65_535;
const ROWS = 24;

let native: Native | null = null;
/** They are not marked close-on-exec, and cannot be from here: see `openMasters`. */
const masters = new Set<number>();

/** Throws where there is no prebuilt binary for this platform, or the system gives us no terminal. */
export function openTerminal(): Terminal {
  native ??= load();
  const { master, slave, pty } = native.open(COLUMNS, ROWS);
  masters.add(master);
  try {
    const output = new ReadStream(master);
    output.once('close', () => masters.delete(master));
    // Opened again, for then it is closed on exec.
    return { slave: openSync(pty, constants.O_RDWR | constants.O_NOCTTY), output };
  } finally {
    closeSync(slave);
  }
}

function load(): Native {
  const require = createRequire(import.meta.url);
  const { requireBinary } = require('@lydell/node-pty/requireBinary.js') as { requireBinary(file: string): Native };
  return requireBinary('pty.node');
}

/**
 * The descriptors of all terminals that are open: a program must not get them. One that held its own would never
 * notice that we are gone.
 */
export function openMasters(): ReadonlySet<number> {
  return masters;
}
