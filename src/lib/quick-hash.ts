/** Tokens that nobody keeps or sees: where a cryptographic hash would cost more than all else that is done with them. */

/**
 * A hash of 96 bits, as a text of six units that is not fit to be shown. Whoever does not know the seed, a whole number, cannot find two texts
 * that have the same one. Another seed makes other tokens.
 */
export function quickHash(seed: number): (text: string) => string {
  return (text) => {
    let a = seed ^ 0x243f6a88;
    let b = Math.imul(seed, 0x9e3779b1) ^ text.length;
    let c = Math.imul(seed, 0xcc9e2d51) ^ 0x13198a2e;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x85ebca6b);
      b = Math.imul(b ^ unit, 0xc2b2ae35);
      c = Math.imul(c ^ unit, 0x27d4eb2f);
      a ^= a >>> 15;
      b ^= b >>> 13;
      c ^= c >>> 16;
    }
    a = mixed(a ^ (b >>> 3));
    b = mixed(b ^ c);
    c = mixed(c ^ (a << 5));
    return String.fromCharCode(a & 0xffff, a >>> 16, b & 0xffff, b >>> 16, c & 0xffff, c >>> 16);
  };
}

/** Every bit of it depends on all. */
function mixed(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
