/**
 * What somebody has said is fine: a finding, a device, a network or the whole of an account. Kept in one file of the data
 * directory, which is replaced as a whole and is on disk before the answer.
 */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Instant } from '../../../core/observation.ts';
import { HeadcountError, messageOf } from '../../../lib/errors.ts';
import { replaceFile } from '../../../lib/replace-file.ts';
import type { AccountName } from './history.ts';
import { FEEDBACK_KINDS, type FeedbackKind } from './kinds.ts';

/** What is fine: the id of a finding, a device, a network as a finding names it; of `user` it is the empty string. */
export interface Fine {
  readonly kind: FeedbackKind;
  readonly value: string;
}

export interface Feedback extends Fine {
  readonly at: Instant;
  /** Null without credentials. */
  readonly by: string | null;
  /** In words, as it was when it was said. */
  readonly about: string;
}

const MOST_OF_ALL = 10_000;
const MOST_OF_ONE = 200;

const Entry = z.strictObject({
  source: z.string(),
  user: z.string(),
  kind: z.enum(FEEDBACK_KINDS),
  value: z.string(),
  at: z.number(),
  by: z.string().nullable(),
  about: z.string(),
});
type Entry = z.output<typeof Entry>;

export class FeedbackBook {
  readonly #path: string;
  #entries: readonly Entry[];
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: readonly Entry[]) {
    this.#path = path;
    this.#entries = entries;
  }

  /** Throws `FEEDBACK_DAMAGED`: what somebody has said is not thrown away unasked. */
  static open(path: string): FeedbackBook {
    try {
      return new FeedbackBook(
        path,
        z
          .array(Entry)
          .max(MOST_OF_ALL)
          .parse(JSON.parse(readFileSync(path, 'utf8'))),
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new FeedbackBook(path, []);
      throw new HeadcountError(
        'FEEDBACK_DAMAGED',
        `The file ${path} cannot be read as feedback on shared accounts. Restore it from a backup, or remove it: then nothing is known to be fine.`,
        { cause: error },
      );
    }
  }

  /** Newest last. */
  of(account: AccountName): readonly Feedback[] {
    return this.#entries.filter((entry) => isOf(entry, account)).map(({ source: _, user: __, ...rest }) => rest);
  }

  /** The same again changes nothing. Rejects with `FEEDBACK_FULL`, and with what the system says; then nothing has changed. */
  async add(account: AccountName, { kind, value, at, by, about }: Feedback): Promise<void> {
    await this.#change((entries) => {
      if (entries.some((entry) => isOf(entry, account) && isSame(entry, { kind, value }))) return entries;
      const own = entries.filter((entry) => isOf(entry, account)).length;
      if (entries.length >= MOST_OF_ALL || own >= MOST_OF_ONE) {
        throw new HeadcountError(
          'FEEDBACK_FULL',
          `No more than ${MOST_OF_ONE} things of one account, and ${MOST_OF_ALL} in all, can be fine. Take something back, or say that the whole account is fine.`,
        );
      }
      return [...entries, { source: account.source, user: account.user, kind, value, at, by, about }];
    });
  }

  /** It is not fine any more. Rejects with what the system says; then nothing has changed. */
  async remove(account: AccountName, fine: Fine): Promise<void> {
    await this.#change((entries) => entries.filter((entry) => !(isOf(entry, account) && isSame(entry, fine))));
  }

  /** Whoever has been forgotten is in no file. */
  async forget(user: string): Promise<void> {
    await this.#change((entries) => entries.filter((entry) => entry.user !== user));
  }

  /** One after the other. */
  #change(change: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    const done = this.#writing.then(async () => {
      const next = change(this.#entries);
      if (next.length === this.#entries.length) return;
      await this.#write(next);
      this.#entries = next;
    });
    this.#writing = done.catch(() => {});
    return done;
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    try {
      await replaceFile(this.#path, `${JSON.stringify(entries, null, 1)}\n`);
    } catch (error) {
      throw new HeadcountError('FEEDBACK_UNWRITABLE', `The feedback could not be kept: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

function isOf(entry: AccountName, { source, user }: AccountName): boolean {
  return entry.source === source && entry.user === user;
}

function isSame(entry: Fine, { kind, value }: Fine): boolean {
  return entry.kind === kind && entry.value === value;
}
