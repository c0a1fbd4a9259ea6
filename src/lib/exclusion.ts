/**
 * Who is not to be counted among the people: our own addresses, monitors, test players. Written as an address, a block of
 * addresses, or `agent:TEXT` for user agents that contain the text in whatever case. Plain text, no patterns: a user agent
 * is written by whoever sends it, and an expression may take its time with one that was made for it.
 */

import { parseCidrs } from './cidr.ts';
import { type Cidr, type IpBytes, parseCidr } from './ip.ts';

/** The text is in lower case. */
export type Exclusion = { readonly cidr: Cidr } | { readonly agent: string };

const AGENT = 'agent:';

/** Null if the text is neither an address, a block, nor `agent:` and something. */
export function parseExclusion(text: string): Exclusion | null {
  const trimmed = text.trim();
  if (trimmed.toLowerCase().startsWith(AGENT)) {
    const agent = trimmed.slice(AGENT.length).trim().toLowerCase();
    return agent === '' ? null : { agent };
  }
  const cidr = parseCidr(trimmed);
  return cidr === null ? null : { cidr };
}

/** Is a client with this address and user agent excluded? Null is unknown. */
export type ExclusionMatcher = (address: IpBytes | null, userAgent: string | null) => boolean;

export function matchExclusions(list: readonly Exclusion[]): ExclusionMatcher {
  const isListed = parseCidrs(list.flatMap((each) => ('cidr' in each ? [each.cidr] : [])));
  const agents = list.flatMap((each) => ('agent' in each ? [each.agent] : []));
  return (address, userAgent) => {
    if (address !== null && isListed(address)) return true;
    if (userAgent === null || agents.length === 0) return false;
    const lower = userAgent.toLowerCase();
    return agents.some((agent) => lower.includes(agent));
  };
}
