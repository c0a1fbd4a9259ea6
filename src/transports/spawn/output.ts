/** What one program prints, collected line by line until it is taken; and its end, step by step if it must be made to. */

import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { lineSplitter } from './lines.ts';
import { type Program, signalGroup } from './program.ts';

/** How a program ended: by itself with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Output {
  /** Set when it has ended and all that it has printed has been collected. */
  readonly ending: Ending | null;
  /** When it ended, which may be long before its last lines were taken: milliseconds since the Unix epoch. */
  readonly endedAt: number;
  /** Why it could not be started. */
  readonly failure: Error | null;
  /** The lines that have come since the last time. */
  take(): string[];
  /** Nobody will take any more lines. */
  discard(): void;
  /** Makes the program end; resolves when it has, and nothing more comes. */
  end(): Promise<void>;
}

interface Collecting {
  readonly clock: Clock;
  readonly counters: ScopedCounters;
}

const LONGEST_LINE = 64 * 1024;
/** With so many lines waiting to be taken, reading stops. */
const MANY_LINES = 1000;
const PATIENCE_MS = 2000;
/** Behind a program's end its output may stay open for so long, and go on for so often as long. */
const LEFT_BEHIND_MS = 500;
const LEFT_BEHIND_MOST = 10;

/** Calls `changed` when there is something new. */
export function collect({ child, outputs }: Program, { clock, counters }: Collecting, changed: () => void): Output {
  const lines = collectLines(outputs, counters, changed);
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let ending: Promise<void> | null = null;
  const output = {
    ending: null as Ending | null,
    endedAt: 0,
    failure: null as Error | null,
    take: lines.take,
    discard: lines.discard,
    end: () => {
      const isOver = output.ending !== null || output.failure !== null;
      ending ??= isOver ? over : endStepByStep(child, over);
      return ending;
    },
  };
  child.on('error', (error) => {
    // Else it is a signal that could not be sent.
    if (child.pid !== undefined) return;
    output.failure = error;
    for (const each of outputs) each.destroy();
    void lines.closed.then(() => {
      resolve();
      changed();
    });
  });
  child.once('exit', (code, signal) => {
    output.endedAt = clock.now();
    // What it has left behind ends with it. Now, since later its id may be that of somebody else.
    signalGroup(child, 'SIGKILL');
    const stopCutting = cutOff(outputs);
    void lines.closed.then(() => {
      stopCutting();
      output.ending = { code, signal };
      resolve();
      changed();
    });
  });
  return output;
}

function collectLines(outputs: readonly Readable[], counters: ScopedCounters, changed: () => void) {
  let lines: string[] = [];
  let isDiscarding = false;
  const add = (more: readonly string[]) => {
    if (isDiscarding || more.length === 0) return;
    lines.push(...more);
    if (lines.length > MANY_LINES) for (const each of outputs) each.pause();
    changed();
  };
  const closed = outputs.map(
    (each) =>
      new Promise<void>((resolve) => {
        const splitter = lineSplitter(LONGEST_LINE, () => counters.add('longLines'));
        each.on('data', (chunk: Buffer) => add(splitter.take(chunk)));
        // The end of a terminal is an error. Destroyed by us, or broken: either way it is over.
        each.on('error', () => {});
        each.once('close', () => {
          add([splitter.rest()].filter((rest) => rest !== null));
          resolve();
        });
      }),
  );
  const resume = () => {
    lines = [];
    for (const each of outputs) each.resume();
  };
  return {
    take: () => {
      const taken = lines;
      resume();
      return taken;
    },
    discard: () => {
      isDiscarding = true;
      resume();
    },
    closed: Promise.all(closed),
  };
}

/**
 * Whoever the program has sent away, into a session of its own, must not hold its output open for ever; what was printed is
 * still read. Answers how to stop.
 */
function cutOff(outputs: readonly Readable[]): () => void {
  let heard = false;
  let times = 0;
  const hear = () => {
    heard = true;
  };
  for (const each of outputs) each.on('data', hear);
  const timer = setInterval(() => {
    if (outputs.some((each) => each.isPaused())) return;
    if (heard && ++times < LEFT_BEHIND_MOST) {
      heard = false;
      return;
    }
    for (const each of outputs) each.destroy();
  }, LEFT_BEHIND_MS);
  return () => clearInterval(timer);
}

async function endStepByStep(child: ChildProcess, over: Promise<void>): Promise<void> {
  const timers = [
    setTimeout(() => signalGroup(child, 'SIGTERM'), PATIENCE_MS),
    setTimeout(() => signalGroup(child, 'SIGKILL'), 2 * PATIENCE_MS),
  ];
  signalGroup(child, 'SIGINT');
  await over;
  for (const timer of timers) clearTimeout(timer);
}
