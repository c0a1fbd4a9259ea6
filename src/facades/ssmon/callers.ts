/** Who asks: a user or a token of the configuration, or nobody. */

import { type Account, type Accounts, ALL_ACCESS, type PatternAccess } from '../../core/access.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { FacadeRequest } from '../facade.ts';
import { Guesses } from '../guesses.ts';
import { Refusal } from './refusal.ts';

export class Callers {
  readonly #accounts: Accounts;
  readonly #isPublic: boolean;
  readonly #guesses: Guesses;
  readonly #counters: ScopedCounters;

  constructor(accounts: Accounts, isPublic: boolean, clock: Clock, counters: ScopedCounters) {
    this.#accounts = accounts;
    this.#isPublic = isPublic;
    this.#guesses = new Guesses(() => clock.elapsed());
    this.#counters = counters;
  }

  /** What the caller may read. Throws a `Refusal`. */
  reader(request: FacadeRequest): PatternAccess {
    const { authorization } = request.headers;
    if (this.#isPublic) return ALL_ACCESS;
    if (authorization === undefined) throw new Refusal('NOT_SIGNED_IN', 'This needs a user or a token.', LOGIN);
    return this.#signIn(request, authorization).access;
  }

  /** Throws a `Refusal` unless it is a token that may write and see everything. Where the caller is says nothing. */
  checkWriter(request: FacadeRequest): void {
    const { authorization } = request.headers;
    if (authorization === undefined || userIn(authorization) !== null) {
      throw new Refusal('NOT_SIGNED_IN', 'Posting needs a token: send "Authorization: Bearer TOKEN".');
    }
    const { name, write = false, access } = this.#signIn(request, authorization);
    if (write && access.seesAll) return;
    throw new Refusal('FORBIDDEN', `The token "${name}" may not post: it takes "write: true", and all streams.`);
  }

  #signIn(request: FacadeRequest, authorization: string): Account {
    const user = userIn(authorization);
    const held = this.#guesses.heldFor(request.address, user?.name ?? '');
    if (held > 0) {
      this.#counters.add('attemptsHeld');
      const headers = { 'retry-after': String(Math.ceil(held / 1000)) };
      throw new Refusal('TOO_MANY_ATTEMPTS', 'Too many wrong credentials: wait a minute.', headers);
    }
    const [, token = ''] = authorization.split(/ +/, 2);
    const account = user === null ? this.#accounts.bearing(token) : this.#accounts.signIn(user.name, user.password);
    if (account !== null) return account;
    const isKnown = user !== null && this.#accounts.named(user.name) !== null;
    this.#guesses.failed(request.address, isKnown ? user.name : null);
    this.#counters.add('wrongCredentials');
    throw new Refusal('NOT_SIGNED_IN', 'These credentials are not right.', LOGIN);
  }
}

const LOGIN = { 'www-authenticate': 'Basic realm="Headcount", charset="UTF-8"' };

/** The name and password of HTTP Basic (RFC 7617); null if it is something else. */
function userIn(authorization: string): { name: string; password: string } | null {
  const [scheme, value = ''] = authorization.split(/ +/, 2);
  if (scheme?.toLowerCase() !== 'basic') return null;
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { name, password: password.join(':') };
}
