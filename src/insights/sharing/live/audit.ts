/**
 * Who has looked at whose report, and who has said what is fine: lines of JSON that are only ever appended. A full file
 * makes way for the next one, and the oldest goes: some 50,000 looks are kept.
 */

import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile, rename, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Instant } from '../../../core/observation.ts';
import { HeadcountError, messageOf } from '../../../lib/errors.ts';
import { AUDITED, FEEDBACK_KINDS } from './kinds.ts';

const Line = z.object({
  number: z.int().min(1),
  at: z.number(),
  who: z.string().nullable(),
  what: z.enum(AUDITED),
  source: z.string().nullable(),
  user: z.string().nullable(),
  fine: z.object({ kind: z.enum(FEEDBACK_KINDS), value: z.string(), isFine: z.boolean() }).nullable(),
});

/** `source` and `user` say whose report it was; they are null of a list. */
export type AuditEntry = Readonly<z.output<typeof Line>>;

const FILE_BYTES = 1_000_000;
const OLD_FILES = 7;
/** Whoever keeps looking at the same has looked once: a page asks again by itself. */
const SAME_LOOK = 600_000;
const MOST_LOOKS = 10_000;

export class AuditLog {
  readonly #path: string;
  readonly #fileBytes: number;
  readonly #looks = new Map<string, Instant>();
  #number: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, fileBytes = FILE_BYTES) {
    this.#path = path;
    this.#fileBytes = fileBytes;
    const newest = [path, oldPath(path, 1)].flatMap((each) =>
      existsSync(each) ? entriesIn(readFileSync(each, 'utf8')) : [],
    );
    this.#number = Math.max(0, ...newest.map(({ number }) => number));
  }

  /** Resolves once it is written: before that nobody is shown anything. Rejects with `AUDIT_UNWRITABLE`. */
  async add(entry: Omit<AuditEntry, 'number'>): Promise<void> {
    const look = JSON.stringify([entry.who, entry.what, entry.source, entry.user]);
    const isLook = entry.what !== 'feedback';
    if (isLook && entry.at - (this.#looks.get(look) ?? Number.NEGATIVE_INFINITY) < SAME_LOOK) return;
    const done = this.#writing.then(() => this.#append(entry));
    this.#writing = done.catch(() => {});
    try {
      await done;
    } catch (error) {
      throw new HeadcountError(
        'AUDIT_UNWRITABLE',
        `Who looks at a report is written down, and that failed, so it is not shown: ${messageOf(error)}`,
        { cause: error },
      );
    }
    if (isLook) this.#remember(look, entry.at);
  }

  /** Newest first: those before the number, or the newest ones. */
  async page(limit: number, before: number | null): Promise<{ entries: AuditEntry[]; next: number | null }> {
    await this.#writing;
    const found: AuditEntry[] = [];
    for (let age = 0; age <= OLD_FILES && found.length <= limit; age++) {
      const text = await readFile(oldPath(this.#path, age), 'utf8').catch(() => '');
      found.push(
        ...entriesIn(text)
          .reverse()
          .filter(({ number }) => before === null || number < before),
      );
    }
    const entries = found.slice(0, limit);
    return { entries, next: found.length > limit ? entries.at(-1)!.number : null };
  }

  async #append(entry: Omit<AuditEntry, 'number'>): Promise<void> {
    const size = await stat(this.#path).then(
      ({ size: bytes }) => bytes,
      () => 0,
    );
    if (size >= this.#fileBytes) await this.#rotate();
    // The line of a killed process may have no end.
    const line = `\n${JSON.stringify({ number: this.#number + 1, ...entry })}\n`;
    await appendFile(this.#path, line, { mode: 0o600, flush: true });
    this.#number++;
  }

  async #rotate(): Promise<void> {
    await rm(oldPath(this.#path, OLD_FILES), { force: true });
    for (let age = OLD_FILES - 1; age >= 0; age--) {
      const path = oldPath(this.#path, age);
      if (existsSync(path)) await rename(path, oldPath(this.#path, age + 1));
    }
  }

  #remember(look: string, at: Instant): void {
    this.#looks.delete(look);
    this.#looks.set(look, at);
    if (this.#looks.size > MOST_LOOKS) this.#looks.delete(this.#looks.keys().next().value!);
  }
}

/** 0 is the file that is written. */
function oldPath(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`;
}

/** What is no entry is left out: half a line of a process that was killed. */
function entriesIn(text: string): AuditEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = Line.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
