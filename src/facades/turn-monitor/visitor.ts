/**
 * Who asks: a user by HTTP Basic, or a token. Where neither is configured, whoever is on this machine, as everywhere in
 * Headcount; a page of another site that makes a browser come here under a name of its own is not.
 */

import type { Access, Account, Accounts } from '../../core/access.ts';
import { isInCidr, parseCidr, parseIp } from '../../lib/ip.ts';
import type { FacadeContext, FacadeRequest } from '../facade.ts';
import { Guesses } from '../guesses.ts';

/** Why somebody gets no answer. The message is a sentence, without anything that was sent. */
export class Unwelcome extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>>) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const EVERYTHING: Access = { seesAll: true, seesAddresses: true, sees: () => true };
const PUBLIC: Access = { seesAll: true, seesAddresses: false, sees: () => true };
const CHALLENGE = { 'www-authenticate': 'Basic realm="turn-monitor", charset="UTF-8"' };

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((text) => parseCidr(text)!);
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

export class Visitors {
  readonly #isPublic: boolean;
  readonly #accounts: Accounts;
  readonly #counters: FacadeContext['counters'];
  readonly #guesses: Guesses;

  constructor(isPublic: boolean, { accounts, clock, counters }: FacadeContext) {
    this.#isPublic = isPublic;
    this.#accounts = accounts;
    this.#counters = counters;
    this.#guesses = new Guesses(() => clock.elapsed());
  }

  /** What they may see. Throws `Unwelcome`. */
  accessOf(request: FacadeRequest): Access {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#signIn(request, authorization).access;
    if (this.#accounts.isEmpty && isOfThisMachine(request)) return EVERYTHING;
    if (this.#isPublic) return PUBLIC;
    if (!this.#accounts.isEmpty) throw new Unwelcome(401, 'NOT_SIGNED_IN', 'Please sign in.', CHALLENGE);
    throw new Unwelcome(
      403,
      'FORBIDDEN',
      'Without users or tokens in the configuration this is for this machine alone.',
      {},
    );
  }

  #signIn({ address }: FacadeRequest, authorization: string): Account {
    const [scheme = '', value = ''] = authorization.split(/ +/, 2);
    const isBasic = scheme.toLowerCase() === 'basic';
    const [name = '', ...password] = isBasic ? Buffer.from(value, 'base64').toString('utf8').split(':') : [];
    const held = this.#guesses.heldFor(address, name);
    if (held > 0) {
      this.#counters.add('attemptsHeld');
      const headers = { 'retry-after': String(Math.ceil(held / 1000)) };
      throw new Unwelcome(429, 'TOO_MANY_ATTEMPTS', 'Too many wrong credentials: wait a minute.', headers);
    }
    const accounts = this.#accounts;
    const account = isBasic ? accounts.signIn(name, password.join(':')) : accounts.bearing(value);
    if (account !== null) return account;
    this.#counters.add('wrongCredentials');
    this.#guesses.failed(address, accounts.named(name) === null ? null : name);
    throw new Unwelcome(401, 'NOT_SIGNED_IN', 'These credentials are not right.', CHALLENGE);
  }
}

function isOfThisMachine({ address, headers }: FacadeRequest): boolean {
  const bytes = parseIp(address.replace(/^::ffff:/i, ''));
  const isLoopback = bytes !== null && LOOPBACK.some((block) => isInCidr(bytes, block));
  return (
    isLoopback && LOOPBACK_HOST.test(headers.host ?? '') && FORWARDING.every((name) => headers[name] === undefined)
  );
}
