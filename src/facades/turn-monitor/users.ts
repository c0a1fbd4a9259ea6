/**
 * `activeUserList`: who uses a TURN server, by the client's address and port. A user has a name, and has bound a channel or
 * sent something; one is told while it was seen within the interval, and again when it is seen again.
 */

import type { Access } from '../../core/access.ts';
import type { Session, SessionRecord } from '../../core/session.ts';
import { formatIp, maskIp, parseIp } from '../../lib/ip.ts';
import type { FacadeContext } from '../facade.ts';

export interface OriginalUser {
  readonly username: string;
  /** The newest channel, in hex; null where it is not known. */
  readonly channelNumber: string | null;
  /** Bytes of payload, both ways, since the allocation began. */
  readonly bandwidth: number;
  readonly lastUpdateTime: string;
  /** Ours: all channels, and the bytes of each direction. */
  readonly channels: readonly string[];
  readonly up: number;
  readonly down: number;
}

export interface UserListOptions {
  readonly sources: readonly string[];
  readonly removeOutdataInterval: number;
}

/** As everywhere in Headcount (http/masked.ts). */
const IPV4_BITS = 24;
const IPV6_BITS = 48;

export class UserList {
  readonly #options: UserListOptions;
  readonly #context: Pick<FacadeContext, 'audience' | 'clock' | 'describe' | 'sources'>;

  constructor(options: UserListOptions, context: Pick<FacadeContext, 'audience' | 'clock' | 'describe' | 'sources'>) {
    this.#options = options;
    this.#context = context;
  }

  /** In order of coming. */
  list(access: Access): Record<string, OriginalUser> {
    const { audience, clock, describe } = this.#context;
    const since = clock.now() - this.#options.removeOutdataInterval;
    const spaces = this.#spaces();
    const found = [...audience.sessions.values()].filter(
      (session) =>
        spaces.has(session.source) &&
        session.seen >= since &&
        session.user !== null &&
        access.sees(session.source, session.stream) &&
        hasUsed(session),
    );
    const users = new Map<string, OriginalUser>();
    for (const session of found.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))) {
      const record = describe(session);
      users.set(keyOf(record, access.seesAddresses, users), userOf(record, session.seen));
    }
    return Object.fromEntries(users);
  }

  #spaces(): ReadonlySet<string> {
    const { sources } = this.#options;
    const relaying = this.#context.sources().filter(({ relays }) => relays);
    const spaces = relaying.map(({ name, audience }) => ({ name, space: audience ?? name }));
    const isAsked = ({ name, space }: { name: string; space: string }) =>
      sources.length === 0 || sources.includes(name) || sources.includes(space);
    return new Set(spaces.filter(isAsked).map(({ space }) => space));
  }
}

/** Whoever only has an allocation is no user yet. */
function hasUsed({ bytes, rare }: Session): boolean {
  return bytes > 0 || rare?.details?.has('channels') === true || Number(rare?.details?.get('peers')?.value ?? 0) > 0;
}

/** Several allocations of one endpoint are told apart by their relayed addresses, or else numbered. */
function keyOf(
  { address, port, details }: SessionRecord,
  seesAddresses: boolean,
  users: ReadonlyMap<string, unknown>,
): string {
  const shown = seesAddresses ? address : networkOf(address);
  const host = shown === null ? 'unknown' : shown.includes(':') ? `[${shown}]` : shown;
  const key = seesAddresses && port !== null ? `${host}:${port}` : host;
  if (!users.has(key)) return key;
  const relayed = `${key} ${details['relayed']}`;
  if (seesAddresses && details['relayed'] !== undefined && !users.has(relayed)) return relayed;
  let number = 2;
  while (users.has(`${key} (${number})`)) number++;
  return `${key} (${number})`;
}

function networkOf(address: string | null): string | null {
  const bytes = address === null ? null : parseIp(address);
  return bytes === null ? null : formatIp(maskIp(bytes, bytes.length === 4 ? IPV4_BITS : IPV6_BITS));
}

function userOf({ user, bytes, details, traffic }: SessionRecord, seen: number): OriginalUser {
  const channels = String(details['channels'] ?? '')
    .split(' ')
    .filter((channel) => channel !== '');
  return {
    username: user!,
    channelNumber: channels.at(-1) ?? null,
    bandwidth: bytes,
    lastUpdateTime: new Date(seen).toISOString(),
    channels,
    up: traffic?.up.bytes ?? 0,
    down: traffic?.down.bytes ?? 0,
  };
}
