/**
 * The newest messages that sources have read on the wire, for whoever shows them as they were (facades/turn-monitor): beside
 * the path of observations, never stored. Nobody asks: nothing is kept, and a source need not make any. They hold whole
 * addresses and what servers check identities by, so only those who may see everything are shown them.
 */

import type { Instant } from './observation.ts';

/** A field of a message that has a number of its own; the value is in hex, without padding, and may have been cut. */
export interface MessageAttribute {
  readonly type: number;
  /** Bytes, as the message says. */
  readonly length: number;
  readonly value: string;
}

export interface Message {
  readonly at: Instant;
  /** The client's. */
  readonly address: string;
  readonly port: number;
  /** In the words of its protocol: `stun`, `channelData`. */
  readonly type: string;
  /** What its header says, by name. */
  readonly header: Readonly<Record<string, string | number>>;
  readonly attributes: readonly MessageAttribute[];
}

export interface SourceMessage extends Message {
  readonly source: string;
}

/** What a source sees of it. */
export interface MessageSink {
  /** Asked before a message is made: what nobody wants costs nothing. */
  readonly isWanted: boolean;
  add(message: Message): void;
}

/** So many are kept, and so much of their values. */
export const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

export class Messages {
  #isWanted = false;
  /** A ring: the oldest is at `#first`. */
  readonly #ring: (SourceMessage | undefined)[] = Array.from({ length: MOST_MESSAGES });
  #first = 0;
  #count = 0;
  #characters = 0;
  #total = 0;

  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** How many there have ever been. */
  get total(): number {
    return this.#total;
  }

  /** From now on they are kept. */
  want(): void {
    this.#isWanted = true;
  }

  of(source: string): MessageSink {
    const isWanted = () => this.#isWanted;
    return {
      get isWanted() {
        return isWanted();
      },
      add: (message) => this.#add({ ...message, source }),
    };
  }

  /** Oldest first. */
  list(): SourceMessage[] {
    return Array.from({ length: this.#count }, (_, i) => this.#ring[(this.#first + i) % MOST_MESSAGES]!);
  }

  #add(message: SourceMessage): void {
    if (!this.#isWanted) return;
    if (this.#count === MOST_MESSAGES) this.#drop();
    this.#ring[(this.#first + this.#count) % MOST_MESSAGES] = message;
    this.#count++;
    this.#total++;
    this.#characters += charactersOf(message);
    while (this.#characters > MOST_CHARACTERS) this.#drop();
  }

  #drop(): void {
    this.#characters -= charactersOf(this.#ring[this.#first]!);
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % MOST_MESSAGES;
    this.#count--;
  }
}

function charactersOf({ attributes }: SourceMessage): number {
  return attributes.reduce((sum, { value }) => sum + value.length, 0);
}
