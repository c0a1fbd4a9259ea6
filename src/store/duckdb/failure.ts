/**
 * DuckDB says what went wrong in sentences only. Here they become the coded errors of the store; the sentences are those
 * of DuckDB 1.5, and failure.test.ts provokes them, all but that of a newer storage format.
 */

import { HeadcountError, messageOf } from '../../lib/errors.ts';

/** After these nothing works on this instance any more: it has to be opened anew. */
export function isFatal(error: unknown): boolean {
  return /\b(FATAL|INTERNAL) Error|database has been invalidated/.test(messageOf(error));
}

interface Failure {
  readonly sign: RegExp;
  readonly code: string;
  readonly say: (path: string, match: RegExpExecArray) => string;
}

/** The first that fits is it. */
const FAILURES: readonly Failure[] = [
  {
    sign: /No space left on device|Disk quota exceeded/,
    code: 'STORE_FULL',
    say: (path) =>
      `There is no room left on the disk for ${path}. Nothing is lost; make room, and it goes on by itself.`,
  },
  {
    sign: /Could not set lock on file.*?(?:PID (\d+)|$)/s,
    code: 'STORE_LOCKED',
    say: (path, [, pid]) =>
      `${path} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}. ` +
      'One process owns the history: stop that one, or ask it.',
  },
  {
    sign: /version number \d+, but we can only read|newer (?:storage )?version/i,
    code: 'STORE_NEWER',
    say: (path) =>
      `${path} was written by a newer version of Headcount: run that version, or restore a backup of yours.`,
  },
  {
    sign: /not a valid DuckDB database file|Corrupt database file|Could not read enough bytes|Serialization Error|Failure while replaying WAL/,
    code: 'STORE_CORRUPT',
    say: (path) =>
      `${path} is damaged, or is no history of Headcount. It was left as it is: move it away ` +
      '(with the .wal file beside it) to start afresh, or restore a backup in its place.',
  },
  {
    sign: /Cannot open file|Permission denied|Read-only file system|Not a directory|Is a directory|EACCES|EROFS|ENOTDIR|EEXIST|EPERM/,
    code: 'STORE_UNWRITABLE',
    say: (path) => `${path} cannot be written: check that its folder is a folder, and whose it is.`,
  },
  {
    sign: /Out of Memory Error|failed to pin block|could not allocate block|failed to offload/,
    code: 'STORE_TOO_MUCH',
    say: () => 'This needs more memory than the store may use: ask for less, or raise the limit.',
  },
];

/** The coded error for whatever DuckDB has thrown; one that has a code already stays as it is. */
export function failureOf(error: unknown, path: string): HeadcountError {
  if (error instanceof HeadcountError) return error;
  const message = messageOf(error);
  for (const { sign, code, say } of FAILURES) {
    const match = sign.exec(message);
    if (match !== null) return new HeadcountError(code, say(path, match), { cause: error });
  }
  return new HeadcountError('STORE_FAILED', `The store has failed with ${path}.`, { cause: error });
}
