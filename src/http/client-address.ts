/** Whom a request comes from, where proxies may stand between. */

import type { IncomingHttpHeaders } from 'node:http';
import type { AddressMatcher } from '../lib/cidr.ts';
import { clientBehind } from '../lib/forwarded.ts';
import { canonicalIp } from '../lib/ip.ts';

/** A chain of proxies that is longer is read from its end, which they wrote. */
const LONGEST_CHAIN = 2000;

/**
 * The peer of the connection, or, if that is a trusted proxy, the right-most address of `X-Forwarded-For` that is none.
 * What stands further left can be forged.
 */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, isTrusted: AddressMatcher): string {
  const address = canonicalIp(peer) ?? peer;
  if (!isTrusted(address)) return address;
  const chain = [headers['x-forwarded-for'] ?? []].flat().join(',');
  return clientBehind(chain.slice(-LONGEST_CHAIN), isTrusted) ?? address;
}
