/** Answers that refuse, by method and code (RFC 8489 §18.3, RFC 8656 §19, RFC 6062 §6.3, RFC 8016 §6). */

import { ERROR, nameOf } from './stun.ts';

const CODES = [300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 487, 500, 508];
const OTHER = 0;

export class ErrorCounts {
  readonly #known = new Set(CODES);
  readonly #byCode = new Map<number, number>();
  readonly #byMethod = new Map<string, number>();

  /** Codes that no RFC has, and an answer without one, are `other`. */
  add(method: number, code: number | null): void {
    const known = code !== null && this.#known.has(code) ? code : OTHER;
    this.#byCode.set(known, (this.#byCode.get(known) ?? 0) + 1);
    const name = `${nameOf(method, ERROR).split(' ')[0]} ${known === OTHER ? 'other' : known}`;
    this.#byMethod.set(name, (this.#byMethod.get(name) ?? 0) + 1);
  }

  /** As counters: `error401`, `errorOther`. */
  *counters(): Generator<[string, number]> {
    for (const [code, count] of this.#byCode) yield [code === OTHER ? 'errorOther' : `error${code}`, count];
  }

  /** By `<method> <code>`. */
  read(): Record<string, number> {
    return Object.fromEntries(this.#byMethod);
  }
}
