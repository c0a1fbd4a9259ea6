/**
 * Clients of a spyserver that are not to be counted: our own machines, the monitor, the neighbour's test. Written as an
 * address, a block (`192.0.2.0/24`), an IPv4 pattern (`192.168.*.*`), `ip_local` (the addresses of this machine) or
 * `ip_world` and `ip_global` (the address that this machine has on the internet).
 */

import { networkInterfaces } from 'node:os';
import { parseCidrs } from '../../lib/cidr.ts';
import { messageOf } from '../../lib/errors.ts';
import { type Cidr, canonicalIp, isLocalIp, parseCidr, parseIp } from '../../lib/ip.ts';
import { fetchText } from '../../transports/poll/fetch-text.ts';
import type { SourceContext } from '../source.ts';

export type IgnoreRule =
  | { readonly cidr: Cidr }
  /** Four of them; null is any. */
  | { readonly octets: readonly (number | null)[] }
  | { readonly own: 'local' | 'world' };

/** The addresses that `ip_local` and `ip_world` stand for. */
export interface OwnAddresses {
  readonly local: readonly string[];
  /** Empty if it is not known. */
  readonly world: readonly string[];
}

const OWN: Readonly<Record<string, 'local' | 'world'>> = { ip_local: 'local', ip_world: 'world', ip_global: 'world' };
const OCTET = /^(?:\*|0|[1-9]\d{0,2})$/;

/** Null if the text is none of them. */
export function parseIgnoreRule(text: string): IgnoreRule | null {
  const trimmed = text.trim();
  const own = OWN[trimmed.toLowerCase()];
  if (own !== undefined) return { own };
  const cidr = parseCidr(trimmed);
  if (cidr !== null) return { cidr };
  const octets = trimmed.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet))) return null;
  const values = octets.map((octet) => (octet === '*' ? null : Number(octet)));
  return values.every((value) => value === null || value <= 255) ? { octets: values } : null;
}

/** Networks that are behind a router: RFC 1918, and what IPv6 has for it (RFC 4193, link-local). */
const LAN = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10'];

/** Is this address, as a canonical text, to be ignored? */
export type IsIgnored = (address: string) => boolean;

export function matchIgnored(rules: readonly IgnoreRule[], ignoresLan: boolean, addresses: OwnAddresses): IsIgnored {
  const own = rules.flatMap((rule) => ('own' in rule ? addresses[rule.own] : []));
  const blocks = rules.flatMap((rule) => ('cidr' in rule ? [rule.cidr] : []));
  const isListed = parseCidrs([...blocks, ...own, ...(ignoresLan ? LAN : [])]);
  const patterns = rules.flatMap((rule) => ('octets' in rule ? [rule.octets] : []));
  return (address) => {
    const bytes = parseIp(address);
    if (bytes === null) return false;
    if (isListed(bytes)) return true;
    return (
      bytes.length === 4 && patterns.some((octets) => octets.every((octet, i) => octet === null || octet === bytes[i]))
    );
  };
}

export interface IgnoreOptions {
  readonly ignore: readonly IgnoreRule[];
  readonly ignoreLocalConnections: boolean;
  readonly worldAddress?: string | undefined;
  readonly worldService?: string | undefined;
}

const WORLD_TIMEOUT_MS = 5000;
const MAX_PAGE_BYTES = 64 * 1024;

/**
 * Finds out which addresses are our own. The service is asked once, and for five seconds at most: if it does not answer,
 * that is said and counted (`worldUnknown`), and `ip_world` is nobody.
 */
export async function ignoredBy(options: IgnoreOptions, context: SourceContext): Promise<IsIgnored> {
  const { ignore, ignoreLocalConnections } = options;
  const needs = (what: 'local' | 'world') => ignore.some((rule) => 'own' in rule && rule.own === what);
  const own = {
    local: needs('local') ? localAddresses() : [],
    world: needs('world') ? await worldAddresses(options, context) : [],
  };
  return matchIgnored(ignore, ignoreLocalConnections, own);
}

/** Of every interface, loopback included. */
function localAddresses(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return interfaces.map(({ address }) => canonicalIp(address)).filter((address) => address !== null);
}

async function worldAddresses(
  { worldAddress, worldService }: IgnoreOptions,
  { signal, counters, log }: SourceContext,
): Promise<string[]> {
  if (worldAddress !== undefined) return [worldAddress];
  if (worldService === undefined) return [];
  const limits = { auth: null, timeoutMs: WORLD_TIMEOUT_MS, maxBytes: MAX_PAGE_BYTES, signal };
  let why = 'there is no public address on its page';
  try {
    const { status, body } = await fetchText(worldService, limits);
    const address = status === 200 ? publicAddressIn(body.toString('latin1')) : null;
    if (address !== null) return [address];
  } catch (error) {
    if (signal.aborted) return [];
    why = messageOf(error);
  }
  counters.add('worldUnknown');
  log.warn(`the address of this machine on the internet is not known, so ip_world ignores nobody: ${why}`);
  return [];
}

/** The first one on the page, whatever stands around it. */
export function publicAddressIn(page: string): string | null {
  for (const [text] of page.matchAll(/[0-9a-fA-F:.]{3,45}/g)) {
    const bytes = parseIp(text.replace(/[.:]+$/, ''));
    if (bytes !== null && !isLocalIp(bytes)) return canonicalIp(text.replace(/[.:]+$/, ''));
  }
  return null;
}
