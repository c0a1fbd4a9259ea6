/**
 * What lets somebody try servers from the page while there is nobody to sign in: it is told to whoever has started the
 * process. It lasts an hour and so many tries, and only while nothing is watched yet, or in the demo.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { HeadcountError } from '../lib/errors.ts';

const LASTS = 3_600_000;
const MOST_TRIES = 20;

export class TrialPass {
  readonly token = randomBytes(24).toString('base64url');
  readonly #elapsed: () => number;
  readonly #until: number;
  #left = MOST_TRIES;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
    this.#until = elapsed() + LASTS;
  }

  /** Takes one of the tries. Throws `FORBIDDEN`; a wrong token takes none. */
  spend(token: string): void {
    if (!timingSafeEqual(digest(token), digest(this.token))) {
      throw new HeadcountError(
        'FORBIDDEN',
        'This is not the token that was printed at the start: open the address that stands there.',
      );
    }
    if (this.#left <= 0 || this.#elapsed() > this.#until) {
      const message = `The token is used up: it is good for ${MOST_TRIES} tries within an hour. Start Headcount again for another one.`;
      throw new HeadcountError('FORBIDDEN', message);
    }
    this.#left--;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
