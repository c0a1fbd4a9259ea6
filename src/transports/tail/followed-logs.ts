/**
 * Which logs a path means, in which turn they are read, and what is remembered of each: one log, or for a pattern any
 * number of them that come and go. How one is read is followed-log.ts.
 */

import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeadcountError } from '../../lib/errors.ts';
import type { LineFile, LineFileState } from '../line-step.ts';
import { FollowedLog, type LogOptions } from './followed-log.ts';
import { fixedFolder, isMatch, isPattern, matchesOf, ownLogs } from './glob.ts';
import type { FileMark, TailCursor } from './mark.ts';
import { findMarked, statIfThere } from './siblings.ts';
import type { TailStart } from './start.ts';
import type { Waker } from './wake.ts';

export interface FollowedLogsOptions extends Omit<LogOptions, 'isTaken' | 'onSuccessor'> {
  /** As in tail.ts. */
  readonly path: string;
  readonly start: TailStart;
  readonly cursor: TailCursor | null;
  readonly timeOf: (file: LineFile) => number | null;
  readonly waker: Waker;
}

/** Logs of one pattern. */
const MAX_LOGS = 256;
/** Looking for new logs takes at most this part of the time. */
const LOOKING_SHARE = 1 / 20;

export class FollowedLogs {
  readonly #options: FollowedLogsOptions;
  readonly #logOptions: LogOptions;
  readonly #isPattern: boolean;
  readonly #logs: FollowedLog[] = [];
  /** Of a pattern, by path: logs that could not be read. They are tried again, from where they were. */
  readonly #unreadable = new Map<string, readonly FileMark[]>();
  #lastError: unknown = null;
  #nextId = 0;
  /** Elapsed times. */
  #restedAt = Number.NEGATIVE_INFINITY;
  /** In any case, and as soon as names have come or gone. */
  #lookAgainAt = Number.NEGATIVE_INFINITY;
  #lookAtNamesAt = Number.NEGATIVE_INFINITY;
  #haveNamesChanged = false;

  constructor(options: FollowedLogsOptions) {
    this.#options = options;
    this.#isPattern = isPattern(options.path);
    this.#logOptions = {
      ...options,
      isTaken: (file) => this.#logs.some((log) => log.has(file)),
      onSuccessor: (path) => {
        if (options.follow) options.waker.watch(path);
      },
    };
  }

  /** Not read yet, in bytes. */
  get behindBytes(): number {
    return this.#logs.reduce((sum, { behindBytes }) => sum + behindBytes, 0);
  }

  get areThere(): boolean {
    return this.#logs.some((log) => log.isThere);
  }

  /** Some have not been read to their end, and will not be: where they stand is where they stood. */
  get areInterrupted(): boolean {
    return this.#logs.some((log) => log.isInterrupted);
  }

  /** When all has been read: will nothing more come, ever? */
  get areOver(): boolean {
    return !this.#options.follow || (!this.#isPattern && !this.#logs.some((log) => log.isGrowing));
  }

  files(): LineFileState[] {
    return this.#logs.map(({ id, path, isAtEnd }) => ({ id, path, isAtEnd }));
  }

  cursor(): TailCursor {
    if (!this.#isPattern) return this.#logs.flatMap((log) => log.marks());
    const marks = this.#logs.flatMap((log) => log.marks().map((mark) => ({ ...mark, log: log.path })));
    return [...marks, ...[...this.#unreadable.values()].flat()];
  }

  /** Rejects if the folder is not there; or the file, unless it is followed. */
  async begin(): Promise<void> {
    const { path, follow, cursor, start, waker } = this.#options;
    const folder = this.#isPattern ? fixedFolder(path) : dirname(path);
    if ((await statIfThere(folder)) === null) {
      throw new HeadcountError('LOG_FOLDER_MISSING', `The folder of the log ${path} does not exist.`);
    }
    // Only a file that nobody has ever seen before is begun where the options say.
    const startOfNew = cursor === null ? start : 'start';
    if (this.#isPattern) {
      if (follow) {
        waker.watchNames(folder, () => {
          this.#haveNamesChanged = true;
        });
      }
      await this.#resume(cursor ?? []);
      await this.#look(startOfNew);
    } else {
      const marks = (cursor ?? []).filter(({ log }) => log === undefined || log === path);
      await this.#add(path, (log) => log.begin(marks, startOfNew));
    }
    if (!follow && !this.areThere) throw new HeadcountError('LOG_MISSING', `The log ${path} does not exist.`);
  }

  /** Of a pattern: takes up the logs that are new, and drops those that are gone. */
  async lookForMore(): Promise<void> {
    if (!this.#isPattern || !this.#options.follow || !this.#isLookDue()) return;
    for (const log of [...this.#logs]) if (await log.isOver()) await this.#drop(log);
    await this.#look('start');
  }

  /** After a while in which nothing was read, each of them is looked at again. */
  haveRested(): void {
    this.#restedAt = this.#options.clock.elapsed();
  }

  /** A block of the log whose turn it is; null if there is nothing in any. */
  async next(buffer: Buffer): Promise<{ readonly file: LineFile; readonly bytes: Buffer } | null> {
    for (const log of this.#inTurn()) {
      if (!this.#isDue(log)) continue;
      const bytes = await this.#attempt(log, () => log.next(buffer));
      if (bytes !== null) return { file: { id: log.id, path: log.path }, bytes };
    }
    return null;
  }

  async close(): Promise<void> {
    for (const log of this.#logs.splice(0)) await log.close();
  }

  #isLookDue(): boolean {
    return this.#options.clock.elapsed() >= (this.#haveNamesChanged ? this.#lookAtNamesAt : this.#lookAgainAt);
  }

  /** While others are read there is no need to look at a quiet one each time. */
  #isDue({ isAtEnd, lookedAt }: FollowedLog): boolean {
    const { clock, pollMs } = this.#options;
    return !isAtEnd || lookedAt <= this.#restedAt || clock.elapsed() - lookedAt >= pollMs;
  }

  /** The furthest behind first, then the one that was not looked at for the longest time. */
  #inTurn(): FollowedLog[] {
    if (this.#logs.length === 1) return [...this.#logs];
    const timed = this.#logs.map((log) => ({ log, time: this.#options.timeOf(log) ?? Number.NEGATIVE_INFINITY }));
    timed.sort((a, b) => (a.time === b.time ? a.log.lookedAt - b.log.lookedAt : a.time - b.time));
    return timed.map(({ log }) => log);
  }

  async #add(path: string, begin: (log: FollowedLog) => Promise<void>): Promise<void> {
    const log = new FollowedLog(this.#nextId++, path, this.#logOptions);
    this.#logs.push(log);
    await this.#attempt(log, () => begin(log));
  }

  async #drop(log: FollowedLog): Promise<void> {
    this.#logs.splice(this.#logs.indexOf(log), 1);
    this.#options.waker.unwatch(log.path);
    await log.close();
  }

  /** Of a pattern, one log that cannot be read does not stop the others. */
  async #attempt<T>(log: FollowedLog, act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      if (!this.#isPattern) throw error;
      this.#lastError = error;
      this.#unreadable.set(
        log.path,
        log.marks().map((mark) => ({ ...mark, log: log.path })),
      );
      await this.#drop(log);
      return null;
    }
  }

  /** The logs of the cursor, also if their names are gone: what was rotated away is theirs. */
  async #resume(cursor: TailCursor): Promise<void> {
    const { path } = this.#options;
    for (const mark of cursor) {
      const log = mark.log ?? (await this.#logOf(mark));
      if (log === null || !isMatch(path, log)) continue;
      this.#unreadable.set(log, [...(this.#unreadable.get(log) ?? []), { ...mark, log }]);
    }
    for (const log of [...this.#unreadable.keys()]) await this.#tryAgain(log);
  }

  async #tryAgain(path: string): Promise<void> {
    const marks = this.#unreadable.get(path)!;
    this.#unreadable.delete(path);
    await this.#add(path, (log) => log.begin(marks, 'start'));
    // If it failed, it failed before it knew what there is.
    if (this.#unreadable.has(path)) this.#unreadable.set(path, marks);
  }

  /** Of a mark from the time before there was a pattern. */
  async #logOf(mark: FileMark): Promise<string | null> {
    const { path, counters } = this.#options;
    for (const each of ownLogs(path, await matchesOf(path), () => false)) {
      const found = await findMarked(
        each,
        mark,
        () => false,
        () => {},
      );
      await found?.content.close();
      if (found !== null) return each;
    }
    counters.add('lostFiles');
    return null;
  }

  async #look(start: TailStart): Promise<void> {
    const { path, clock, counters, pollMs } = this.#options;
    for (const each of [...this.#unreadable.keys()]) await this.#tryAgain(each);
    const began = clock.elapsed();
    this.#haveNamesChanged = false;
    const followed = new Set(this.#logs.map((log) => log.path));
    const isKnown = (each: string) => this.#unreadable.has(each) || followed.has(each);
    const fresh = ownLogs(path, await matchesOf(path), isKnown).filter((each) => !isKnown(each));
    const now = clock.elapsed();
    this.#lookAtNamesAt = now + (now - began) / LOOKING_SHARE;
    this.#lookAgainAt = Math.max(now + pollMs, this.#lookAtNamesAt);
    const room = Math.max(MAX_LOGS - this.#logs.length - this.#unreadable.size, 0);
    for (const each of await linksLast(fresh.slice(0, room))) await this.#takeUp(each, start);
    counters.set('ignoredLogs', Math.max(fresh.length - room, 0));
    counters.set('unreadableLogs', this.#unreadable.size);
    if (this.#logs.length === 0 && this.#unreadable.size > 0) throw this.#lastError;
  }

  /** Unless it is the file of another log under another name: then it is that one's, or was. */
  async #takeUp(path: string, start: TailStart): Promise<void> {
    const stats = await statIfThere(path).catch((error: unknown) => {
      this.#lastError = error;
      this.#unreadable.set(path, []);
      return null;
    });
    if (stats === null || !stats.isFile()) return;
    const id = { device: stats.dev, inode: stats.ino };
    const owner = this.#logs.find((log) => log.has(id));
    if (owner === undefined) {
      await this.#add(path, (log) => log.begin([], start));
      return;
    }
    const file = await owner.release(id);
    if (file !== null) await this.#add(path, async (log) => log.adopt(file));
  }
}

/** Where a link and what it leads to are both meant, the latter is the log. */
async function linksLast(paths: readonly string[]): Promise<string[]> {
  const links: string[] = [];
  const others: string[] = [];
  for (const path of paths) {
    const stats = await lstat(path).catch(() => null);
    (stats?.isSymbolicLink() ? links : others).push(path);
  }
  return [...others, ...links];
}
