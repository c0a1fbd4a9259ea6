/**
 * An expected error: a code, a sentence that a person can act on, and its cause. Everything else that is thrown is a
 * bug. The codes are listed in docs/errors.md; a test keeps that list complete.
 */
export class HeadcountError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HeadcountError';
    this.code = code;
  }
}

/** The message of whatever was thrown, with those of its causes. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`;
  return `${error.message}${cause}`;
}
