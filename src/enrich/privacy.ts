/**
 * What of an address is left: the last step before the tracker, behind which nothing has a raw address. And the keyed hash
 * that all tokens are made with: without the key nobody can find out which address a token stands for by trying all.
 */

import { hash } from 'node:crypto';
import type { Hash } from '../core/identity.ts';
import { HeadcountError } from '../lib/errors.ts';
import { formatIp, maskIp, parseIp } from '../lib/ip.ts';

export const ADDRESS_LEVELS = ['full', 'truncated', 'hashed'] as const;
export type AddressLevel = (typeof ADDRESS_LEVELS)[number];

export interface PrivacyOptions {
  /** `full` as it is; `truncated` with the last bits set to zero; `hashed` a token. */
  readonly addresses: AddressLevel;
  /** How many bits of an address are left when truncated. */
  readonly ipv4Bits: number;
  readonly ipv6Bits: number;
}

const LEAST_KEY = 16;

/** Ninety-six bits: of a billion tokens not two are likely to be equal. */
const TOKEN_LENGTH = 16;

/** Of SHA-256, in bytes. */
const BLOCK = 64;
const DIGEST = 32;
/** Longer texts are hashed, too, with a copy. */
const LONGEST_TEXT = 4096;

/**
 * HMAC-SHA-256 (RFC 2104), cut to 96 bits, in base64url: 16 characters. The key is 32 random bytes that the caller keeps;
 * another key makes other tokens of everything. Throws code `PRIVACY_KEY` if it is too short.
 */
export function keyedHash(key: Uint8Array): Hash {
  if (key.length < LEAST_KEY) {
    throw new HeadcountError('PRIVACY_KEY', `The key that hides addresses must have at least ${LEAST_KEY} bytes.`);
  }
  // The two halves of HMAC by hand: setting up its machinery costs more than both hashes.
  const block = Buffer.alloc(BLOCK);
  block.set(key.length > BLOCK ? hash('sha256', key, 'buffer') : key);
  const outer = Buffer.alloc(BLOCK + DIGEST);
  outer.set(block.map((byte) => byte ^ 0x5c));
  const inner = Buffer.alloc(BLOCK + LONGEST_TEXT);
  inner.set(block.map((byte) => byte ^ 0x36));
  // Millions of tokens are kept. A slice of the digest would hold on to all of it: the token is copied.
  const token = Buffer.alloc(TOKEN_LENGTH);
  return (text) => {
    // Of UTF-8 a character has at most three bytes for each of its units.
    const fits = 3 * text.length <= LONGEST_TEXT;
    const message = fits
      ? inner.subarray(0, BLOCK + inner.write(text, BLOCK))
      : Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text)]);
    outer.write(hash('sha256', message, 'hex'), BLOCK, 'hex');
    token.write(hash('sha256', outer, 'base64url'), 'latin1');
    return token.toString('latin1');
  };
}

export type Mask = (address: string | null) => string | null;

/**
 * What of an address is shown and stored. An opaque token of a server that hides addresses, or a host name, has no bits
 * that could be cut: where addresses are truncated it is hashed.
 */
export function createMask({ addresses, ipv4Bits, ipv6Bits }: PrivacyOptions, hash: Hash): Mask {
  const hashed = (address: string) => hash(`i|${address}`);
  const truncated = (address: string) => {
    const bytes = parseIp(address);
    if (bytes === null) return hashed(address);
    return formatIp(maskIp(bytes, bytes.length === 4 ? ipv4Bits : ipv6Bits));
  };
  switch (addresses) {
    case 'full':
      return (address) => address;
    case 'truncated':
      return (address) => (address === null ? null : truncated(address));
    case 'hashed':
      return (address) => (address === null ? null : hashed(address));
  }
}
