/**
 * Slows down whoever guesses credentials: by the address that a guess comes from, and by the name that it is for, since
 * somebody may guess from many addresses. Who has signed in under a name from an address before is not kept out of it
 * there by what others guess elsewhere.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { Newest } from '../core/newest.ts';
import type { AddressMatcher } from '../lib/cidr.ts';
import { HeadcountError } from '../lib/errors.ts';
import { networkOf } from '../lib/ip.ts';
import { clientAddress } from './client-address.ts';

/** So many failed sign-ins an address or a name has, and for how long they are held against it. */
const MOST_FAILURES = 20;
export const HELD_FOR = 60_000;
/** Of each table. */
const MOST_KNOWN = 10_000;

export interface Attempt {
  /** Whom it comes from: `clientOf`. */
  readonly client: string;
  /** Null for a token: they have none to say. */
  readonly name: string | null;
}

interface Failures {
  readonly count: number;
  /** The newest. */
  readonly at: number;
}

export class FailedSignIns {
  readonly #byClient = new Newest<string, Failures>(MOST_KNOWN);
  readonly #byName = new Newest<string, Failures>(MOST_KNOWN);
  /** Who has signed in from where. */
  readonly #friends = new Newest<string, true>(MOST_KNOWN);
  readonly #elapsed: () => number;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Throws if there have been too many failures of late. */
  check(attempt: Attempt): void {
    const { client, name } = attempt;
    const isHeld =
      this.#isHeld(this.#byClient, client) ||
      (name !== null && this.#isHeld(this.#byName, short(name)) && this.#friends.get(friend(attempt)) === undefined);
    if (isHeld) throw new HeadcountError('TOO_MANY_ATTEMPTS', 'Too many failed sign-ins: wait a minute.');
  }

  failed({ client, name }: Attempt): void {
    this.#add(this.#byClient, client);
    if (name !== null) this.#add(this.#byName, short(name));
  }

  /** What was guessed for the name stays: somebody else may have guessed it. */
  succeeded(attempt: Attempt): void {
    this.#byClient.delete(attempt.client);
    if (attempt.name !== null) this.#friends.set(friend(attempt), true);
  }

  #isHeld(table: Newest<string, Failures>, key: string): boolean {
    const known = table.get(key);
    return known !== undefined && known.count >= MOST_FAILURES && !this.#isOver(known);
  }

  #add(table: Newest<string, Failures>, key: string): void {
    const known = table.get(key);
    const count = known === undefined || this.#isOver(known) ? 0 : known.count;
    table.set(key, { count: count + 1, at: this.#elapsed() });
  }

  #isOver({ at }: Failures): boolean {
    return this.#elapsed() - at > HELD_FOR;
  }
}

/** Names are kept: a long one is kept in part. */
function short(name: string): string {
  return name.slice(0, 100);
}

function friend({ client, name }: Attempt): string {
  return `${client} ${short(name!)}`;
}

/** Whom a guess comes from: of an IPv6 address the /64, since hosts change the rest at will. */
export function clientOf(peer: string, headers: IncomingHttpHeaders, isTrustedProxy: AddressMatcher): string {
  return networkOf(clientAddress(peer, headers, isTrustedProxy));
}
