/**
 * Whatever happens to a log, in whichever order, while it is followed or while it is not: every line once, in order.
 * Only what was not read yet may be lost when a file is truncated without a copy.
 */

import { strict as assert } from 'node:assert';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { until } from '../../../lab/child.ts';
import { type Following, follow, freshFolder, pack, settled } from './tail.fixture.ts';

const plain = (kind: 'read' | 'toggle' | 'rotate' | 'copyTruncate' | 'truncate') => fc.constant({ kind });
const often = [
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), bytes: fc.integer({ min: 1, max: 600 }) }) },
  { weight: 2, arbitrary: plain('read') },
  { weight: 3, arbitrary: plain('toggle') },
  { weight: 3, arbitrary: plain('rotate') },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pack' as const), which: fc.nat(3) }) },
  { weight: 1, arbitrary: plain('truncate') },
];
const rotations = fc.array(fc.oneof<typeof often>(...often), { maxLength: 30 });
const LINES = 3000;
/** The clock of a file system stands still for so long, at most: a hundred times a second is the slowest there is. */
const CLOCK_TICK_MS = 11;

/** Writes a long text into a log, and rotates it; knows which of the lines may be lost. */
class Writer {
  readonly mayBeLost = new Set<number>();
  readonly #text = Array.from({ length: LINES }, (_, i) => `${i} ${'.'.repeat(i % 13)}\n`).join('');
  readonly #starts = [...this.#text.matchAll(/^\d/gm)].map(({ index }) => index);
  #place = 0;
  /** Where what is in the current file begins. */
  #begin = 0;
  readonly current: () => string;

  constructor(current: () => string) {
    this.current = current;
  }

  write(bytes: number): void {
    appendFileSync(this.current(), this.#text.slice(this.#place, this.#place + bytes));
    this.#place = Math.min(this.#place + bytes, this.#text.length);
  }

  /** A writer writes whole lines, at least before it goes on to another file. */
  finishLine(): void {
    this.write(this.#place === 0 ? 0 : this.#text.indexOf('\n', this.#place - 1) + 1 - this.#place);
  }

  finish(): void {
    this.write(this.#text.length);
  }

  /** The current file is another one, or empty, from here on. */
  goOn(): void {
    this.#begin = this.#place;
  }

  /** What is in the current file is lost unless it has been read. */
  lose(): void {
    for (const [line, start] of this.#starts.entries()) {
      if (start >= this.#begin && start < this.#place) this.mayBeLost.add(line);
    }
  }
}

/** `access.log.1`, `access.log.2.gz` and so on, each one further. */
function shift(path: string, to: number): void {
  for (const suffix of ['', '.gz']) {
    const from = `${path}.${to}${suffix}`;
    if (!existsSync(from)) continue;
    shift(path, to + 1);
    renameSync(from, `${path}.${to + 1}${suffix}`);
  }
}

const date = (day: number) => `${new Date(Date.UTC(2026, 10, 20 + day)).toISOString().slice(0, 10)}`;

/** How logs are rotated: where the log is written to, and what is done when. */
const STYLES: Readonly<
  Record<string, (folder: string) => { path: string; writer: Writer; rotate(): void; packed(which: number): string }>
> = {
  numbers: (folder) => {
    const path = join(folder, 'access.log');
    const rotate = () => {
      shift(path, 1);
      renameSync(path, `${path}.1`);
    };
    return { path, writer: new Writer(() => path), rotate, packed: (which) => `${path}.${which + 1}` };
  },
  dates: (folder) => {
    const path = join(folder, 'access.log');
    let day = 0;
    const rotate = () => renameSync(path, `${path}-${date(day++)}`);
    return { path, writer: new Writer(() => path), rotate, packed: (which) => `${path}-${date(day - 1 - which)}` };
  },
  'a link to the newest of dated files': (folder) => {
    const path = join(folder, 'access.log');
    let day = 0;
    const file = (which: number) => join(folder, `access-${date(which)}.log`);
    const turn = () => {
      if (existsSync(path)) unlinkSync(path);
      appendFileSync(file(day), '');
      symlinkSync(file(day), path);
    };
    turn();
    const rotate = () => {
      day++;
      turn();
    };
    return { path, writer: new Writer(() => file(day)), rotate, packed: (which) => file(day - 1 - which) };
  },
  'copying and truncating': (folder) => {
    const path = join(folder, 'access.log');
    const rotate = () => {
      shift(path, 1);
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    };
    return { path, writer: new Writer(() => path), rotate, packed: (which) => `${path}.${which + 1}` };
  },
};

const fresh = freshFolder();

for (const [style, begin] of Object.entries(STYLES)) {
  test(`every line once, in order, however often it is rotated: ${style}`, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(rotations, fc.constantFrom(0, 30, 60_000), async (happenings, lingerMs) => {
        const folder = join(fresh.path, String(++run));
        mkdirSync(folder);
        const { path, writer, rotate, packed } = begin(folder);
        const taken: number[] = [];
        // What has come and gone before it was ever seen is not known to have been there.
        writer.write(20);
        let log: Following | null = follow(path, { pollMs: 10, lingerMs });
        let { cursor } = log;
        const stop = async () => {
          await log!.stop();
          assert.equal(log!.error, null);
          taken.push(...log!.lines.map((line) => Number.parseInt(line, 10)));
          cursor = log!.cursor;
          log = null;
        };
        const start = () => {
          log = follow(path, { pollMs: 10, lingerMs, cursor });
        };
        await settled(log);
        for (const each of happenings) {
          if (each.kind === 'write') writer.write(each.bytes);
          if (each.kind === 'read' && log !== null) await settled(log);
          if (each.kind === 'toggle') await (log === null ? start() : stop());
          if (each.kind === 'pack' && existsSync(packed(each.which))) pack(packed(each.which));
          if (each.kind !== 'rotate' && each.kind !== 'truncate') continue;
          writer.finishLine();
          if (!existsSync(path)) continue;
          // Of a file that was empty when it was looked at nothing tells that there has been something in between.
          const known = log === null ? cursor : (log as Following).cursor;
          const isUnknown = style.startsWith('copying') && known?.at(-1)?.headBytes === 0;
          if (each.kind === 'truncate' || isUnknown) writer.lose();
          if (each.kind === 'rotate') rotate();
          else {
            truncateSync(path);
            // The emptied file may vanish unseen: what is written later is known by its time alone.
            await setTimeout(CLOCK_TICK_MS);
          }
          writer.goOn();
        }
        if (log === null) start();
        writer.finish();
        await until(`the last line, after ${log!.lines.at(-1)}`, () => log!.lines.at(-1)?.startsWith(`${LINES - 1} `));
        await stop();
        const all = Array.from({ length: LINES }, (_, i) => i);
        const expected = all.filter((line) => !writer.mayBeLost.has(line) || taken.includes(line));
        assert.deepEqual(taken, expected);
      }),
      { numRuns: 15 },
    );
  });
}
