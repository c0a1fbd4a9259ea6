/**
 * Who asks: a user name with a password, with the MD5 signature of the original, or with a signature of ours that covers
 * the whole question. What he may see is said by his account (core/access.ts) and by the streams of the facade.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Access, Accounts } from '../../core/access.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { FacadeRequest } from '../facade.ts';
import { Guesses } from '../guesses.ts';
import type { Parameters } from './question.ts';
import { Refusal } from './refusal.ts';
import { UsedSignatures } from './used-signatures.ts';

export interface Secret {
  readonly user: string;
  readonly secret: string;
  readonly groups: readonly string[];
}

export interface CredentialOptions {
  readonly clearPassword: boolean;
  readonly legacySignature: boolean;
  readonly refuseReplays: boolean;
  /** Nobody is told that it is the user who is not there. */
  readonly discreet: boolean;
  readonly secrets: readonly Secret[];
}

/** Somebody who has proved who he is. */
export interface Reader {
  readonly name: string;
  readonly groups: readonly string[];
  /** Null: he may not sign in to Headcount, and may see what names him here. */
  readonly access: Access | null;
}

/** A signature is good for so long before and after the time that it carries, both inclusive. */
const TOLERANCE = 180_000;
/** Some 500 a second. */
const MOST_SIGNATURES = 200_000;

/** .NET: 100 ns since the year 1 (System.DateTime.Ticks); 1970 began at this one. */
const TICKS_AT_EPOCH = 621_355_968_000_000_000n;
const TICKS_PER_MS = 10_000n;

export class Credentials {
  readonly #options: CredentialOptions;
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #counters: ScopedCounters;
  readonly #guesses: Guesses;
  readonly #used: UsedSignatures;
  readonly #secrets: ReadonlyMap<string, Secret>;

  constructor(options: CredentialOptions, accounts: Accounts, clock: Clock, counters: ScopedCounters) {
    this.#options = options;
    this.#accounts = accounts;
    this.#clock = clock;
    this.#counters = counters;
    this.#guesses = new Guesses(() => clock.elapsed());
    this.#used = new UsedSignatures(MOST_SIGNATURES, 2 * TOLERANCE, () => clock.elapsed());
    this.#secrets = new Map(options.secrets.map((secret) => [secret.user, secret]));
  }

  /** Null is somebody who has shown nothing. Throws a `Refusal`. */
  check(request: FacadeRequest, parameters: Parameters): Reader | null {
    const proofs = ['password', 'sign', 'signature'].filter((name) => parameters.has(name));
    const name = parameters.get('username') ?? '';
    if (proofs.length === 0 && name === '') return null;
    if (proofs.length > 1) throw new Refusal('BadParameter', 'Give one of password, sign and signature.');
    if (name === '') throw new Refusal('CredentialsMissing', 'Give a username beside the password or the signature.');
    const [proof] = proofs;
    if (proof === undefined) {
      throw new Refusal('CredentialsMissing', 'Give a password or a signature beside the username.');
    }
    const held = this.#guesses.heldFor(request.address, name);
    if (held > 0) {
      this.#counters.add('attemptsHeld');
      const headers = { 'retry-after': String(Math.ceil(held / 1000)) };
      throw new Refusal('TooManyAttempts', 'Too many wrong credentials: wait a minute.', headers);
    }
    if (proof === 'password') this.#checkPassword(request, name, parameters.get('password')!);
    else if (proof === 'sign') this.#checkSign(request, name, parameters);
    else this.#checkSignature(request, name, parameters);
    return this.#reader(name);
  }

  #reader(name: string): Reader {
    const account = this.#accounts.named(name);
    const groups = [...(this.#secrets.get(name)?.groups ?? []), ...(account?.groups ?? [])];
    return { name, groups, access: account?.access ?? null };
  }

  #checkPassword(request: FacadeRequest, name: string, password: string): void {
    if (!this.#options.clearPassword) {
      throw new Refusal('PasswordNotAccepted', 'Passwords are not taken here: sign the question.');
    }
    const isLogin = this.#accounts.signIn(name, password) !== null;
    // Compared in any case, so that how long it takes says nothing.
    const isSecret = isSame(digest(password), digest(this.#secretOf(name))) && this.#secrets.has(name);
    if (!isLogin && !isSecret) this.#fail(request, name, 'WrongPassword', 'The password is not right.');
  }

  /** MD5 of user name, secret and ticks, one behind the other, in UTF-8. It covers nothing of the question. */
  #checkSign(request: FacadeRequest, name: string, parameters: Parameters): void {
    if (!this.#options.legacySignature) {
      throw new Refusal('SignatureNotAccepted', 'MD5 signatures are not taken here: use signature instead of sign.');
    }
    const ticks = timeOf(parameters, 'ticks');
    if (!/^\d{18}$/.test(ticks)) throw new Refusal('BadParameter', 'ticks are 18 digits, as .NET counts them.');
    const age = BigInt(this.#clock.now()) * TICKS_PER_MS - (BigInt(ticks) - TICKS_AT_EPOCH);
    const most = BigInt(TOLERANCE) * TICKS_PER_MS;
    checkAge(age <= most && age >= -most);
    const right = createHash('md5')
      .update(`${name}${this.#secretOf(name)}${ticks}`)
      .digest();
    this.#compare(request, name, parameters.get('sign')!, right);
    if (this.#options.refuseReplays) this.#useOnce(`${name}\n${right.toString('base64')}`);
  }

  /** HMAC-SHA256 of method, path and parameters; the time is one of them. */
  #checkSignature(request: FacadeRequest, name: string, parameters: Parameters): void {
    const time = timeOf(parameters, 'time');
    if (!/^\d{9,11}(\.\d{1,6})?$/.test(time)) throw new Refusal('BadParameter', 'time is in seconds since 1970.');
    checkAge(Math.abs(this.#clock.now() - Number(time) * 1000) <= TOLERANCE);
    const right = createHmac('sha256', this.#secretOf(name)).update(signedText(request)).digest();
    this.#compare(request, name, parameters.get('signature')!, right);
    this.#useOnce(`${name}\n${right.toString('base64')}`);
  }

  #compare(request: FacadeRequest, name: string, given: string, right: Buffer): void {
    const isHex = given.length === 2 * right.length && /^[\da-f]+$/i.test(given);
    const bytes = isHex ? Buffer.from(given, 'hex') : Buffer.alloc(right.length);
    if (isSame(bytes, right) && isHex && this.#secrets.has(name)) return;
    this.#fail(request, name, 'WrongSignature', 'The signature is not right.');
  }

  /** After it has proved to be right, so that nobody can use up another one's. */
  #useOnce(signature: string): void {
    const use = this.#used.use(signature);
    if (use === 'used') {
      throw new Refusal('SignatureUsed', 'This signature has been used: sign again, with another time or a nonce.');
    }
    if (use === 'full') {
      throw new Refusal('TooManySignatures', 'Too many signed questions: try again later.', { 'retry-after': '60' });
    }
  }

  #fail(request: FacadeRequest, name: string, code: 'WrongPassword' | 'WrongSignature', message: string): never {
    const isKnown = this.#secrets.has(name) || this.#accounts.named(name) !== null;
    this.#guesses.failed(request.address, isKnown ? name : null);
    this.#counters.add('wrongCredentials');
    if (isKnown || this.#options.discreet) throw new Refusal(code, message);
    throw new Refusal('UnknownUser', 'There is no user of this name.');
  }

  /** For who has none, one that nobody can know takes its place. */
  #secretOf(name: string): string {
    return this.#secrets.get(name)?.secret ?? NOBODYS;
  }
}

const NOBODYS = randomBytes(32).toString('hex');

function timeOf(parameters: Parameters, name: 'ticks' | 'time'): string {
  const time = parameters.get(name)?.trim() ?? '';
  if (time === '') throw new Refusal('TimeMissing', `Give the ${name} of the signature.`);
  return time;
}

function checkAge(isGood: boolean): void {
  if (isGood) return;
  throw new Refusal('TimeOutOfRange', 'The time of the signature is more than three minutes from ours, which is UTC.');
}

/**
 * What is signed: the method, the path as it is sent, and every parameter but the signature as `name=value`, both
 * percent-encoded as `encodeURIComponent` does, sorted and joined by `&`; each of the three on a line of its own.
 */
export function signedText({
  method,
  path,
  parameters,
}: Pick<FacadeRequest, 'method' | 'path' | 'parameters'>): string {
  const pairs = parameters
    .filter(([name]) => name.toLowerCase() !== 'signature')
    .map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`)
    .sort();
  return `${method}\n${path}\n${pairs.join('&')}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
