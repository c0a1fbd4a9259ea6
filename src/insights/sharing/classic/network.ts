/** Whether two addresses are one network, as the classic judgement sees it: any two local ones are, others if they are equal. */

import { isLocalIp, parseIp } from '../../../lib/ip.ts';

export function isLan(address: string): boolean {
  const bytes = parseIp(address);
  return bytes !== null && isLocalIp(bytes);
}

/** An address that is not known is a network of its own: equal to others that are not known. */
export function isSameNetwork(one: string | null, other: string | null): boolean {
  const [a, b] = [one ?? '', other ?? ''];
  return a === b || (isLan(a) && isLan(b));
}
