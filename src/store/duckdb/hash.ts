/**
 * A fast 64-bit hash of a text, for columns that are quick to look up and to count: session ids and listener tokens are
 * compared as numbers first. It is stored, so it must never change; a test pins its values.
 *
 * Two multiplicative lanes of 32 bits over the UTF-16 code units, each finished with MurmurHash3's mixer (Appleby 2011)
 * over both. It is no protection against somebody who makes up collisions: what it is applied to is made by keyed
 * hashes already, and whatever must not be confused is compared as text, too.
 */

interface Lanes {
  readonly high: number;
  readonly low: number;
}

function lanesOf(text: string): Lanes {
  let a = 0xdeadbeef | 0;
  let b = 0x41c6ce57 | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  const mixed = mix(a ^ (b >>> 15), text.length);
  return { high: mix(b ^ mixed, 0x27d4eb2f), low: mixed >>> 0 };
}

function mix(lane: number, salt: number): number {
  let h = lane ^ salt;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 0 … 2^32 - 1. */
export function hash32(text: string): number {
  return lanesOf(text).low;
}

/** 0 … 2^64 - 1. */
export function hash64(text: string): bigint {
  const { high, low } = lanesOf(text);
  return (BigInt(high) << 32n) | BigInt(low);
}
