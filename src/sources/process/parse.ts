/** What one line means by patterns (pattern.ts), and what its groups say of a client. Pure. */

import type { ClientFacts, Details } from '../../core/observation.ts';
import { canonicalIp } from '../../lib/ip.ts';
import type { Pattern } from './pattern.ts';

/** In the order in which they are tried. */
export const MEANINGS = ['ignore', 'open', 'close', 'up', 'down'] as const;
export type Meaning = (typeof MEANINGS)[number];

export type LinePatterns = Readonly<Record<Meaning, readonly Pattern[]>>;

export interface Found {
  readonly meaning: Meaning;
  /** What groups have matched, by name. */
  readonly groups: Readonly<Record<string, string | undefined>>;
}

const NONE = {};

/** Null if no pattern matches. */
export function readLine(patterns: LinePatterns, line: string): Found | null {
  for (const meaning of MEANINGS) {
    for (const { regexp } of patterns[meaning]) {
      regexp.lastIndex = 0;
      const match = regexp.exec(line);
      if (match !== null) return { meaning, groups: match.groups ?? NONE };
    }
  }
  return null;
}

/** Groups that say who the client is; `endpoint` is address and port in one; all others are details. */
export const CLIENT_GROUPS = ['id', 'endpoint', 'address', 'port', 'userAgent', 'user', 'device', 'stream'] as const;

const LONGEST_VALUE = 255;

export type ClientGroups = Pick<ClientFacts, 'address' | 'port' | 'userAgent' | 'user' | 'device'> & {
  readonly id: string | null;
  readonly stream: string | null;
  readonly details: Details | null;
};

export function clientOf(groups: Found['groups']): ClientGroups {
  const text = (name: string) => groups[name]?.trim().slice(0, LONGEST_VALUE) || null;
  const [address, port] =
    groups['endpoint'] === undefined ? [text('address'), text('port')] : endsOf(groups['endpoint']);
  const others = Object.keys(groups).filter((name) => !(CLIENT_GROUPS as readonly string[]).includes(name));
  const details = others.flatMap((name) => (text(name) === null ? [] : [[name, text(name)!] as const]));
  return {
    id: text('id'),
    // What is no address may be the name of a host.
    address: address === null ? null : (canonicalIp(address) ?? address),
    port: port !== null && /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? Number(port) : null,
    userAgent: text('userAgent'),
    user: text('user'),
    device: text('device'),
    stream: text('stream'),
    details: details.length === 0 ? null : Object.fromEntries(details),
  };
}

/** `192.0.2.7:5555`, `[2001:db8::7]:5555`, `2001:db8::7:5555`: the port is behind the last colon. */
function endsOf(endpoint: string): [address: string | null, port: string | null] {
  const [, address, port] = /^\[?(.{1,255}?)\]?:(\d{1,5})$/.exec(endpoint.trim()) ?? [];
  return [address ?? null, port ?? null];
}

/** By what clients are known, strongest first: what every `open` and every `close` tells. */
const KEYS: readonly (readonly (keyof ClientGroups)[])[] = [
  ['id'],
  ['address', 'port'],
  ['address'],
  ['user'],
  ['device'],
];

/** Null if they have nothing in common by which a client could be known. */
export function keyOf({ open, close }: Pick<LinePatterns, 'open' | 'close'>): readonly (keyof ClientGroups)[] | null {
  const all = [...open, ...close].map(({ groups }) => groups);
  const tells = (groups: ReadonlySet<string>, field: string) =>
    groups.has(field) || ((field === 'address' || field === 'port') && groups.has('endpoint'));
  return KEYS.find((key) => all.every((groups) => key.every((field) => tells(groups, field)))) ?? null;
}
