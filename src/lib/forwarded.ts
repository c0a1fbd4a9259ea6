/**
 * For whom a proxy asks: `X-Forwarded-For: CLIENT, PROXY, PROXY`. Each proxy writes behind what it was given, so only what
 * trusted ones have written is worth anything: from the right, the first hop that is no trusted proxy is the client. What stands
 * to the left of it was typed by the client itself.
 */

import type { AddressMatcher } from './cidr.ts';
import { canonicalIp } from './ip.ts';

/** More proxies than that in a row are none. */
const MOST_HOPS = 32;

/**
 * The client's address; of a chain of nothing but trusted proxies the farthest of them. Null if what a trusted proxy says is no
 * address.
 */
export function clientBehind(chain: string, isTrusted: AddressMatcher): string | null {
  const hops = chain.split(',').slice(-MOST_HOPS).reverse();
  let farthest: string | null = null;
  for (const hop of hops) {
    const address = addressOf(hop.trim());
    if (address === null) return farthest;
    farthest = address;
    if (!isTrusted(address)) return address;
  }
  return farthest;
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. */
function addressOf(hop: string): string | null {
  const plain = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^(\d[\d.]*):\d{1,5}$/.exec(hop)?.[1] ?? hop;
  return canonicalIp(plain);
}
