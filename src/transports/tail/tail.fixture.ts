/** Follows real files as a source would: takes every block, and stores every cursor as the store does. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { gzipSync } from 'node:zlib';
import { until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import type { LineFileState } from '../line-step.ts';
import { type TailCursor, tailCursor } from './mark.ts';
import { type TailOptions, tail } from './tail.ts';

export interface Following {
  readonly lines: string[];
  /** The path of the log of each line. */
  readonly paths: string[];
  readonly counters: ScopedCounters;
  /** How often the end was told. */
  ends: number;
  /** Behind the last lines that were taken. */
  cursor: TailCursor | null;
  isThere: boolean | null;
  files: readonly LineFileState[];
  /** It has ended by itself. */
  isOver: boolean;
  error: unknown;
  stop(): Promise<void>;
}

const stops: (() => Promise<void>)[] = [];

export function follow(path: string, more: Partial<TailOptions> = {}): Following {
  const stopping = new AbortController();
  const counters = new ScopedCounters();
  const following: Following = {
    ...{ lines: [], paths: [], counters, ends: 0, cursor: more.cursor ?? null, isThere: null, files: [] },
    ...{ isOver: false, error: null },
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
  const steps = tail({
    ...{ path, start: 'start', follow: true, cursor: null, signal: stopping.signal, clock: systemClock, counters },
    ...{ pollMs: 20, ...more },
  });
  const take = async () => {
    for await (const step of steps) {
      // As the store would: a cursor must survive JSON, and pass its schema.
      following.cursor = tailCursor.parse(JSON.parse(JSON.stringify(step.cursor())));
      following.files = step.files;
      if (step.kind === 'end') {
        following.ends++;
        following.isThere = step.isThere;
      } else {
        assert.ok(step.bytes.buffer.byteLength - step.bytes.byteOffset - step.bytes.length >= 8);
        const lines = step.bytes.toString().replace(/\n$/, '').split('\n');
        following.lines.push(...lines);
        following.paths.push(...lines.map(() => step.file.path));
      }
    }
    following.isOver = true;
  };
  const ended = take().catch((error: unknown) => {
    following.error = error;
  });
  stops.push(following.stop);
  return following;
}

/** A fresh folder for each test, and nothing that follows after it. */
export function freshFolder(): { path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'headcount-tail-'));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    rmSync(folder.path, { recursive: true });
  });
  return folder;
}

/** These lines, and no others before them or among them. */
export async function has(following: Following, ...lines: string[]): Promise<void> {
  await until(
    `lines ${lines.join(', ')} of ${following.lines.join(', ')}`,
    () => following.error !== null || following.lines.length >= lines.length,
  );
  assert.equal(following.error, null);
  assert.deepEqual(following.lines, lines);
}

/** Several times more, so that whatever is not there now would have come. */
export async function settled(following: Following): Promise<void> {
  const before = following.ends;
  await until('the end, again and again', () => following.ends > before + 3);
}

/** Long enough to be told from other files. */
export const pad = (text: string) => `${text} ${'.'.repeat(300)}`;

/** As gzip does it: the archive has the time of the file, and takes its place. */
export function pack(path: string): void {
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, atimeMs / 1000, mtimeMs / 1000);
  unlinkSync(path);
}
