/**
 * One log that is followed by its name: the file that is written to now, and those that were rotated away and have not
 * been read to their end, oldest first. Several logs side by side, and waiting for changes, are tail.ts.
 */

import { basename, dirname } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { isArchive } from './content.ts';
import type { FileMark } from './mark.ts';
import { ageOf } from './names.ts';
import { closeWhole, lookAtHead, markOf, type OpenFile, openedAt, passOver, readLines, resumed } from './open-file.ts';
import { type FileId, findMarked, laterThan, openAll, statIfThere } from './siblings.ts';
import { startOffset, type TailStart } from './start.ts';

export interface LogOptions {
  /** False: read to the end, also a last line without its end. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** While there is much to read, look for successors so often. */
  readonly pollMs: number;
  /** A file that has a successor is kept open until it has not grown for so long. */
  readonly lingerMs: number;
  /** Is it open already, for whichever log? */
  readonly isTaken: (file: FileId) => boolean;
  /** Another file is written to now. */
  readonly onSuccessor: (path: string) => void;
}

interface Followed {
  readonly file: OpenFile;
  /** Since when it has not grown (elapsed time); counted for files that have a successor. */
  quietSince: number;
}

/** Files that were rotated away while we were not looking: the newest of them. */
const MAX_ROTATED = 30;
/** With more, those that are quiet are let go. */
const MAX_FILES = 4;
/** With more we are so far behind that no successor needs to be held on to. */
const MAX_AHEAD = 8;

const NO_BYTES = Buffer.alloc(0);

/** Whole lines, or none; then `rest` is the line that has been begun. */
interface Piece {
  readonly lines: Buffer | null;
  readonly rest: Buffer;
}

const NOTHING: Piece = { lines: null, rest: NO_BYTES };

export class FollowedLog {
  readonly id: number;
  readonly path: string;
  /** There was nothing more when it was looked at last, at `lookedAt` (elapsed time). */
  isAtEnd = false;
  /** Told to stop before it had read all there is. */
  isInterrupted = false;
  lookedAt = Number.NEGATIVE_INFINITY;
  /** What had not been read by then. */
  behindBytes = 0;
  readonly #options: LogOptions;
  #files: Followed[] = [];
  #goneSince = Number.POSITIVE_INFINITY;
  #lookedForSuccessorAt = Number.NEGATIVE_INFINITY;

  constructor(id: number, path: string, options: LogOptions) {
    this.id = id;
    this.path = path;
    this.#options = options;
  }

  /** Does it go on after its end? An archive never does. */
  get isGrowing(): boolean {
    return this.#options.follow && !isArchive(this.path);
  }

  get isThere(): boolean {
    return this.#files.length > 0;
  }

  /**
   * Opens what is to be read: the files of the marks, what was rotated away after them, and the file itself. `start` is
   * for the latter, if there are no marks.
   */
  async begin(marks: readonly FileMark[], start: TailStart): Promise<void> {
    const { clock, counters, isTaken } = this.#options;
    for (const mark of marks) {
      const found = await findMarked(this.path, mark, isTaken, this.#damaged);
      if (found === null) {
        counters.add('lostFiles');
        continue;
      }
      const { content, path, likeness } = found;
      const file = await resumed(content, this.#placeOf(path), mark, likeness);
      this.#files.push({ file, quietSince: clock.elapsed() });
    }
    const since = Math.max(...marks.map(({ modifiedAt }) => modifiedAt ?? Number.POSITIVE_INFINITY));
    await this.#openLater(start, marks.length === 0 ? Number.POSITIVE_INFINITY : since);
    this.#options.onSuccessor(this.path);
  }

  /** Goes on with a file that was another log's. */
  adopt(file: OpenFile): void {
    this.#files.push({ file, quietSince: this.#options.clock.elapsed() });
    this.#options.onSuccessor(this.path);
  }

  /** Gives up a file that is another log's now; null if it is not ours, or still called by our name. */
  async release(id: FileId): Promise<OpenFile | null> {
    const place = this.#files.findIndex(({ file }) => isSame(file, id));
    const stats = place === -1 ? null : await statIfThere(this.path);
    if (place === -1 || (stats !== null && isSame(id, { device: stats.dev, inode: stats.ino }))) return null;
    return this.#files.splice(place, 1)[0]!.file;
  }

  has(id: FileId): boolean {
    return this.#files.some(({ file }) => isSame(file, id));
  }

  marks(): FileMark[] {
    return this.#files.map(({ file }) => markOf(file));
  }

  /** Whole lines, at most as many as fit into the buffer, oldest file first; null if there is none in any of them. */
  async next(buffer: Buffer): Promise<Buffer | null> {
    const { clock, pollMs } = this.#options;
    const isDue = () => clock.elapsed() - this.#lookedForSuccessorAt >= pollMs;
    // Held on to while we are behind, whatever becomes of it.
    if (this.isGrowing && !this.isAtEnd && isDue() && this.#files.length <= MAX_AHEAD) await this.#openSuccessor();
    let lines = await this.#nextLines(buffer);
    if (lines === null && this.isGrowing && (await this.#openSuccessor())) {
      lines = await this.#nextLines(buffer);
    }
    this.lookedAt = clock.elapsed();
    this.isAtEnd = lines === null && !this.isInterrupted;
    this.behindBytes = lines === null ? 0 : await this.#behind();
    return lines;
  }

  /** Its name has been gone for a while, and whoever still wrote to it is done. */
  async isOver(): Promise<boolean> {
    const { clock, lingerMs } = this.#options;
    const now = clock.elapsed();
    if ((await statIfThere(this.path)) !== null) {
      this.#goneSince = Number.POSITIVE_INFINITY;
      return false;
    }
    this.#goneSince = Math.min(this.#goneSince, now);
    const isQuiet = this.#files.every(({ quietSince }) => now - quietSince > lingerMs);
    return isQuiet && this.isAtEnd && this.lookedAt > this.#goneSince && now - this.#goneSince > lingerMs;
  }

  async close(): Promise<void> {
    for (const { file } of this.#files.splice(0)) await file.content.close();
  }

  readonly #damaged = () => this.#options.counters.add('damagedArchives');

  /** Null if its name says that it is ours. */
  #placeOf(path: string): string | null {
    const isBeside = dirname(path) === dirname(this.path);
    return isBeside && ageOf(basename(this.path), basename(path)) !== null ? null : path;
  }

  /**
   * Opens what came after the file before `place` (the newest of all), the log itself last, or up to the file that is at
   * this place now; answers how many there were. It may have been rotated more than once while we were not looking.
   */
  async #openLater(start: TailStart, since: number, place = this.#files.length): Promise<number> {
    const { clock, counters, isTaken } = this.#options;
    const stats = await statIfThere(this.path);
    if (stats !== null && !stats.isFile()) {
      const what = `The log ${this.path} is not a regular file, so it cannot be followed.`;
      throw new HeadcountError('LOG_NOT_A_FILE', what);
    }
    const before = this.#files[place - 1]?.file ?? null;
    if (before !== null) await lookAtHead(before);
    const behind = this.#files[place]?.file ?? null;
    const all = await laterThan(this.path, before === null ? null : { ...before, mark: markOf(before) }, since);
    const end = behind === null ? all.length : all.findIndex((each) => isSame(each, behind));
    const later = all.slice(0, Math.max(end, 0)).filter((each) => !isTaken(each));
    const tooMany = Math.max(later.length - MAX_ROTATED, 0);
    const opened = await openAll(later.slice(tooMany), this.#damaged);
    // Renamed just now: look again.
    if (opened === null) return this.#openLater(start, since, place);
    if (opened.length < later.length) counters.add('lostFiles', later.length - opened.length);
    for (const [i, { content, path }] of opened.entries()) {
      const file = await openedAt(content, this.#placeOf(path), await startOffset(content, start));
      this.#files.splice(place + i, 0, { file, quietSince: clock.elapsed() });
    }
    return opened.length;
  }

  /** Is another file called by our name now? Then it is opened, with whatever came before it. */
  async #openSuccessor(): Promise<boolean> {
    const { clock, counters, isTaken, onSuccessor } = this.#options;
    this.#lookedForSuccessorAt = clock.elapsed();
    const stats = await statIfThere(this.path);
    if (stats === null || isTaken({ device: stats.dev, inode: stats.ino })) return false;
    const isFirst = this.#files.length === 0;
    const readUntil = Math.max(...this.#files.map(({ file }) => file.modifiedAt));
    const opened = await this.#openLater('start', isFirst ? Number.POSITIVE_INFINITY : readUntil);
    if (!isFirst) counters.add('rotations', opened);
    for (const each of this.#files) each.quietSince = clock.elapsed();
    if (opened > 0) onSuccessor(this.path);
    return opened > 0;
  }

  async #nextLines(buffer: Buffer): Promise<Buffer | null> {
    const { clock, lingerMs, counters } = this.#options;
    // Copied: files come and go meanwhile.
    for (const each of [...this.#files]) {
      const isNewest = each === this.#files.at(-1);
      const reading = await this.#linesOf(each, buffer, isNewest);
      if (reading === 'begunAnew') return this.#nextLines(buffer);
      if (reading === 'interrupted') {
        this.isInterrupted = true;
        return null;
      }
      const { lines, rest } = reading;
      if (lines !== null) {
        each.quietSince = clock.elapsed();
        return lines;
      }
      const isQuiet = clock.elapsed() - each.quietSince > lingerMs || this.#files.length > MAX_FILES;
      if (isNewest || !(isQuiet || each.file.content.isArchive)) continue;
      if (rest.length > 0) counters.add('unfinishedLines');
      await this.#letGo(each);
    }
    return null;
  }

  async #letGo(each: Followed): Promise<void> {
    const place = this.#files.indexOf(each);
    this.#files.splice(place, 1);
    await each.file.content.close();
    // Whatever was written before its last line has been read, also in files that look as if they were the next.
    const next = this.#files[place];
    if (next !== undefined) next.file.modifiedAt = Math.max(next.file.modifiedAt, each.file.modifiedAt);
  }

  async #linesOf(each: Followed, buffer: Buffer, isNewest: boolean): Promise<Piece | 'begunAnew' | 'interrupted'> {
    const { file } = each;
    while (!this.#options.signal.aborted && file.whole === null) {
      const reading = await readLines(file, buffer);
      if (reading.kind === 'lines') return { lines: reading.bytes, rest: NO_BYTES };
      if (reading.kind === 'nothing') return this.#atEnd(file, reading.rest, isNewest);
      if (reading.kind === 'longLine') this.#options.counters.add('longLines');
      if (reading.kind !== 'changed') continue;
      await this.#beginAnew(each);
      return 'begunAnew';
    }
    return file.whole === null ? 'interrupted' : NOTHING;
  }

  async #atEnd(file: OpenFile, rest: Buffer, isNewest: boolean): Promise<Piece> {
    const isDamaged = file.content.isDamaged();
    if (isNewest && !this.isGrowing && rest.length > 0 && !file.isInLongLine && !isDamaged) {
      passOver(file, rest);
      return { lines: rest, rest: NO_BYTES };
    }
    if (!file.content.isArchive || isDamaged) return { lines: null, rest };
    if (rest.length > 0) this.#options.counters.add('unfinishedLines');
    await closeWhole(file);
    return NOTHING;
  }

  /** The file was truncated, perhaps after it had been copied: then what we had not read yet is in the copy. */
  async #beginAnew(each: Followed): Promise<void> {
    const { counters, isTaken, clock } = this.#options;
    counters.add('truncations');
    const { file } = each;
    const mark = markOf(file);
    const copy = await findMarked(this.path, mark, isTaken, this.#damaged);
    Object.assign(file, await openedAt(file.content, file.place));
    const place = this.#files.indexOf(each);
    if (copy !== null) {
      const older = await resumed(copy.content, this.#placeOf(copy.path), mark, copy.likeness);
      this.#files.splice(place, 0, { file: older, quietSince: clock.elapsed() });
    }
    // It may have happened more than once.
    await this.#openLater('start', mark.modifiedAt ?? Number.POSITIVE_INFINITY, place + (copy === null ? 0 : 1));
  }

  async #behind(): Promise<number> {
    let bytes = 0;
    for (const { file } of this.#files) if (file.whole === null) bytes += await file.content.bytesBehind(file.offset);
    return bytes;
  }
}

function isSame(a: FileId, b: FileId): boolean {
  return a.device === b.device && a.inode === b.inode;
}
