/**
 * FINGERPRINT (RFC 8489 §14.7), and MESSAGE-INTEGRITY with HMAC-SHA1 (§14.5) and with HMAC-SHA256 (§14.6) where a key is
 * known: that of long-term credentials is MD5(user ":" realm ":" password) (§9.2.2), and with the TURN REST API
 * (draft-uberti-behave-turn-rest-00 §2.2) the password is base64(HMAC-SHA1(shared secret, user)).
 *
 * A server's answer does not say whose key it is made with: it is that of the request, which has the same transaction.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Flow } from './flow-table.ts';
import { findAttribute, INDICATION, MALFORMED, REALM, REQUEST, readText, type StunMessage, USERNAME } from './stun.ts';
import { keyOfTransaction } from './transactions.ts';

export interface Keys {
  /** Passwords of long-term users. */
  readonly passwords: ReadonlyMap<string, string>;
  /** The secret that the server shares with whoever makes its ephemeral users. */
  readonly sharedSecret: string | null;
}

export const NO_KEYS: Keys = { passwords: new Map(), sharedSecret: null };

/** There is nothing to verify, no key, or not enough of the message. */
export const UNVERIFIED = 0;
export const VERIFIED = 1;
export const BAD_FINGERPRINT = 2;
export const BAD_INTEGRITY = 3;

export type Verdict = typeof UNVERIFIED | typeof VERIFIED | typeof BAD_FINGERPRINT | typeof BAD_INTEGRITY;

const MESSAGE_INTEGRITY = 0x0008;
const MESSAGE_INTEGRITY_SHA256 = 0x001c;
const FINGERPRINT = 0x8028;
/** RFC 8489 §14.7: so that a fingerprint is no checksum of another protocol. */
const FINGERPRINT_XOR = 0x5354554e;

const HEADER = 20;
const MAX_WAITING = 10_000;
const MAX_KEYS = 10_000;

/** True if there is none, or if not all of the message was captured. */
export function isFingerprintRight(message: StunMessage): boolean {
  const i = findAttribute(message, FINGERPRINT);
  if (i === -1 || message.lengths[i] !== 4) return true;
  const at = message.values[i]!;
  if (at + 4 > message.end) return true;
  const { buffer } = message;
  return (crc32(buffer.subarray(startOf(message), at - 4)) ^ FINGERPRINT_XOR) >>> 0 === buffer.readUInt32BE(at);
}

/** Was the message made with this key? Null if it has no MESSAGE-INTEGRITY, or if not enough of it was captured. */
export function isIntegrityRight(message: StunMessage, key: Buffer): boolean | null {
  const newer = findAttribute(message, MESSAGE_INTEGRITY_SHA256);
  const i = newer === -1 ? findAttribute(message, MESSAGE_INTEGRITY) : newer;
  if (i === -1) return null;
  const { buffer } = message;
  const at = message.values[i]!;
  const length = message.lengths[i]!;
  if (at + length > message.end) return null;
  const isLong = newer !== -1;
  // RFC 8489 §14.6: SHA-256 may be cut, in fours, to 16 bytes.
  if (isLong ? length < 16 || length > 32 || length % 4 !== 0 : length !== 20) return false;
  const start = startOf(message);
  const header = Buffer.from(buffer.subarray(start, start + HEADER));
  // It is computed as if the message ended with this attribute.
  header.writeUInt16BE(at + length - start - HEADER, 2);
  const hmac = createHmac(isLong ? 'sha256' : 'sha1', key).update(header);
  const made = hmac.update(buffer.subarray(start + HEADER, at - 4)).digest();
  return timingSafeEqual(made.subarray(0, length), buffer.subarray(at, at + length));
}

export function longTermKey(user: string, realm: string, password: string): Buffer {
  return createHash('md5').update(`${user}:${realm}:${password}`).digest();
}

function startOf({ transaction }: StunMessage): number {
  return transaction - 8;
}

/** Remembers whose key a transaction has. Bounded: what is forgotten cannot be verified. */
export class Verifier {
  readonly #keys: Keys;
  readonly #hasKeys: boolean;
  readonly #byTransaction = new Map<string, Buffer>();
  readonly #byUser = new Map<string, Buffer>();

  constructor(keys: Keys) {
    this.#keys = keys;
    this.#hasKeys = keys.passwords.size > 0 || keys.sharedSecret !== null;
  }

  verify(message: StunMessage, flow: Flow, isUp: boolean): Verdict {
    if (!isFingerprintRight(message)) return BAD_FINGERPRINT;
    if (!this.#hasKeys || message.kind === INDICATION) return UNVERIFIED;
    const transaction = keyOfTransaction(message, flow);
    const isRequest = message.kind === REQUEST && isUp;
    const key = isRequest ? this.#keyOf(message) : (this.#byTransaction.get(transaction) ?? null);
    const isRight = key === null ? null : isIntegrityRight(message, key);
    if (isRight === null) return UNVERIFIED;
    if (isRequest && isRight) remember(this.#byTransaction, transaction, key!, MAX_WAITING);
    return isRight ? VERIFIED : BAD_INTEGRITY;
  }

  #keyOf(message: StunMessage): Buffer | null {
    const user = readText(message, USERNAME);
    const realm = readText(message, REALM);
    if (user === null || user === MALFORMED || realm === null || realm === MALFORMED) return null;
    const password = this.#passwordOf(user);
    if (password === null) return null;
    const name = `${realm}\0${user}`;
    const known = this.#byUser.get(name);
    if (known !== undefined) return known;
    const key = longTermKey(user, realm, password);
    remember(this.#byUser, name, key, MAX_KEYS);
    return key;
  }

  #passwordOf(user: string): string | null {
    const { passwords, sharedSecret } = this.#keys;
    const own = passwords.get(user);
    if (own !== undefined || sharedSecret === null) return own ?? null;
    return createHmac('sha1', sharedSecret).update(user).digest('base64');
  }
}

function remember(map: Map<string, Buffer>, name: string, key: Buffer, most: number): void {
  map.set(name, key);
  if (map.size > most) map.delete(map.keys().next().value!);
}
