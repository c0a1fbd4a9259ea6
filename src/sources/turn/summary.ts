/** What a capture holds, in numbers: for `analyze`, beside the sessions. */

import { nameOf, type StunClass } from './stun.ts';

export interface Messages {
  messages: number;
  /** Of payload. */
  bytes: number;
}

export interface BothWays {
  readonly up: Messages;
  readonly down: Messages;
}

/** Plain JSON. Up is from the client. */
export interface TurnSummary {
  /** STUN messages by `<method> <class>`. */
  readonly messages: Readonly<Record<string, number>>;
  readonly allocations: number;
  /** On bound channels. */
  readonly channelData: BothWays;
  /** Indications. */
  readonly send: BothWays;
  readonly data: BothWays;
  /** Answers that refuse, by `<method> <code>`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Requests and answers that were sent again. */
  readonly retransmissions: number;
}

export function createBothWays(): BothWays {
  return { up: { messages: 0, bytes: 0 }, down: { messages: 0, bytes: 0 } };
}

/** Messages by method and class; without an allocation each. */
export class MessageCounts {
  /** The method, which has 12 bits, and the class. */
  readonly #counts = new Float64Array(4096 * 4);

  add(method: number, kind: StunClass): void {
    const i = method * 4 + kind;
    this.#counts[i] = this.#counts[i]! + 1;
  }

  /** By name. */
  read(): Record<string, number> {
    const named: Record<string, number> = {};
    this.#counts.forEach((count, i) => {
      if (count === 0) return;
      const name = nameOf(i >> 2, (i & 3) as StunClass);
      named[name] = (named[name] ?? 0) + count;
    });
    return named;
  }
}
