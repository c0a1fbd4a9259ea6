/**
 * What is left of addresses for those who may not see them whole: the network of an address (IPv4 /24, IPv6 /48), and no
 * port. A token or a host name in the place of an address has no network, and nothing is left of it. What a client calls
 * itself, its user name, device and user agent, is no address of ours and stays.
 */

import type { SessionRecord } from '../core/session.ts';
import { formatIp, maskIp, parseIp } from '../lib/ip.ts';

const IPV4_BITS = 24;
const IPV6_BITS = 48;

export function maskedSession(session: SessionRecord): SessionRecord {
  const { address, details } = session;
  const texts = Object.entries(details).map(([name, value]) => [
    name,
    typeof value === 'string' ? maskedText(value) : value,
  ]);
  return {
    ...session,
    address: address === null ? null : networkOnly(address),
    port: null,
    details: Object.fromEntries(texts),
  };
}

function networkOnly(address: string): string | null {
  const bytes = parseIp(address);
  return bytes === null ? null : formatIp(maskIp(bytes, bytes.length === 4 ? IPV4_BITS : IPV6_BITS));
}

const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)(?::\d{1,5}(?!\d))?/g;
/** All that may be an IPv6 address, and what brackets around it have behind them. */
const IPV6 = /\[?(?:[\da-f]{0,4}:){2,}[\da-f.:]*(?:%\w+)?(?:\]:\d{1,5})?/gi;

/** Every address in it, with its port, becomes its network. */
export function maskedText(text: string): string {
  return text
    .replaceAll(IPV6, (found) => {
      const plain = found.replace(/^\[/, '').replace(/\]:\d+$/, '');
      // A sentence may end, or a port begin, right behind it.
      for (const address of [plain, plain.replace(/[.:]+$/, '')]) {
        const masked = networkOnly(address);
        if (masked !== null) return found.startsWith('[') && found.includes(']') ? `[${masked}]` : masked;
      }
      return found;
    })
    .replaceAll(IPV4, (found) => networkOnly(found.split(':')[0]!) ?? found);
}
