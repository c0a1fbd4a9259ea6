/**
 * What of an address is left: the last step before the tracker, behind which nothing has a raw address. And the keyed hash
 * that all tokens are made with: without the key nobody can find out which address a token stands for by trying all.
 */

import { createHmac, createSecretKey } from 'node:crypto';
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

/**
 * HMAC-SHA-256 (RFC 2104), cut to 96 bits, in base64url: 16 characters. The key is 32 random bytes that the caller keeps;
 * another key makes other tokens of everything. Throws code `PRIVACY_KEY` if it is too short.
 */
export function keyedHash(key: Uint8Array): Hash {
  if (key.length < LEAST_KEY) {
    throw new HeadcountError('PRIVACY_KEY', `The key that hides addresses must have at least ${LEAST_KEY} bytes.`);
  }
  // A key object: handed over as bytes, the key would be set up for every text, at seven times the price.
  const secret = createSecretKey(key);
  // Millions of tokens are kept. A slice of the digest would hold on to all of it: the token is copied.
  const token = Buffer.alloc(TOKEN_LENGTH);
  return (text) => {
    token.write(createHmac('sha256', secret).update(text).digest('base64url'), 'latin1');
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
