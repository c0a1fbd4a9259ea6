/**
 * One TURN allocation as it is kept in mind, and what is told of it: presences with a lease, with what was relayed since
 * the one before, and now and then its details.
 */

import {
  type ClientFacts,
  clientFacts,
  type Details,
  type DetailValue,
  type Presence,
  presence,
} from '../../core/observation.ts';
import { formatIp } from '../../lib/ip.ts';
import { type Flow, ownFlow } from './flow-table.ts';
import { type Endpoint, formatEndpoint, readXorAddress, type StunMessage } from './stun.ts';
import type { Request } from './transactions.ts';
import { type Both, createBoth, type Heard } from './waiting.ts';

/** Peers and permissions of one allocation that are told apart, and channels that are listed. */
const MAX_PEERS = 256;
const MAX_CHANNELS = 64;
/** Details that change with every packet are told so often. */
const DESCRIBE_EVERY = 5000;

export interface Allocation {
  readonly stream: string;
  readonly client: ClientFacts;
  readonly realm: string | null;
  /** Where peers send to; null if its birth was not seen. */
  readonly relayed: string | null;
  readonly server: Endpoint;
  /** Where it is found now: mobility may take it elsewhere. */
  flow: Flow;
  /** How often it has moved. */
  moved: number;
  /** RFC 8016: whoever shows this may take it elsewhere. */
  ticket: string | null;
  /** It had begun before we listened. */
  readonly isAdopted: boolean;
  /** The first that we have seen of an adopted one, if that was before we knew it. */
  since: number | null;
  leaseEnd: number;
  readonly channels: Set<number>;
  /** The one of these on which something came last; 0 before. */
  lastChannel: number;
  /** Of an adopted one: payload on channels that nothing has proved yet. */
  heard: Map<number, Heard> | null;
  /** Numbers for IPv4 endpoints, texts for IPv6 ones. */
  readonly peers: Set<number | string>;
  /** Addresses that may send to it. */
  readonly permissions: Set<string>;
  isDescribed: boolean;
  /** When and at how many bytes it was described last. */
  describedAt: number;
  describedUp: number;
  describedDown: number;
  /** Since it was last told. */
  isDirty: boolean;
  from: number;
  to: number;
  upPackets: number;
  upBytes: number;
  downPackets: number;
  downBytes: number;
  /** In all: what went between client and server, TURN's own messages and headers included. */
  readonly wire: Both;
  /** In all: payload. */
  upTotal: number;
  downTotal: number;
}

/** What a saved allocation remembers, and what a new one begins with. */
export type Kept = Pick<
  Allocation,
  'stream' | 'client' | 'realm' | 'relayed' | 'server' | 'flow' | 'isAdopted' | 'leaseEnd'
>;

export function createAllocation(kept: Kept, time: number): Allocation {
  return {
    ...kept,
    moved: 0,
    ticket: null,
    since: null,
    channels: new Set(),
    lastChannel: 0,
    heard: null,
    peers: new Set(),
    permissions: new Set(),
    isDescribed: false,
    describedAt: time,
    describedUp: 0,
    describedDown: 0,
    isDirty: false,
    from: time,
    to: time,
    upPackets: 0,
    upBytes: 0,
    downPackets: 0,
    downBytes: 0,
    wire: createBoth(),
    upTotal: 0,
    downTotal: 0,
  };
}

/** A new one between these two. `relayed` is null if its birth was not seen. */
export function beginAllocation(
  flow: Flow,
  request: Request | null,
  relayed: string | null,
  time: number,
  lifetime: number,
): Allocation {
  const client = clientOf(flow);
  const server = serverOf(flow);
  const realm = request?.realm ?? null;
  const kept: Kept = {
    stream: realm ?? formatEndpoint(server),
    client: clientFacts({
      address: client.address,
      port: client.port,
      user: userOf(request?.username ?? null),
      // The relayed address is taken again by others, and so is the client's: its birth makes it unique.
      connection: `${formatEndpoint(client)} ${formatEndpoint(server)} ${transportOf(flow)} ${relayed ?? '-'} ${Math.floor(time)}`,
    }),
    realm,
    relayed,
    server,
    flow: ownFlow(flow),
    isAdopted: relayed === null,
    leaseEnd: time + lifetime,
  };
  return createAllocation(kept, time);
}

/** What has come since it was last told. */
export function tellAllocation(allocation: Allocation, isLast = false): Presence {
  const { stream, client, since, leaseEnd, upPackets, upBytes, downPackets, downBytes } = allocation;
  const told = presence({
    stream,
    client,
    from: Math.floor(allocation.from),
    to: Math.floor(allocation.to),
    since: since === null ? null : Math.floor(since),
    until: Math.floor(leaseEnd),
    bytes: upBytes + downBytes,
    traffic: { up: { packets: upPackets, bytes: upBytes }, down: { packets: downPackets, bytes: downBytes } },
    details: isToBeDescribed(allocation, isLast) ? describe(allocation) : null,
  });
  allocation.isDirty = false;
  allocation.upPackets = 0;
  allocation.upBytes = 0;
  allocation.downPackets = 0;
  allocation.downBytes = 0;
  return told;
}

function isToBeDescribed({ isDescribed, to, describedAt }: Allocation, isLast: boolean): boolean {
  return !isDescribed || isLast || to - describedAt >= DESCRIBE_EVERY;
}

function describe(allocation: Allocation): Details {
  const { realm, relayed, server, peers, permissions, channels, flow, isAdopted, moved, wire } = allocation;
  const details: Record<string, DetailValue> = {
    server: formatEndpoint(server),
    transport: transportOf(flow),
    peers: peers.size,
  };
  if (permissions.size > 0) details['permissions'] = permissions.size;
  if (realm !== null) details['realm'] = realm;
  if (relayed !== null) details['relayed'] = relayed;
  if (channels.size > 0) {
    details['channels'] = [...channels]
      .slice(0, MAX_CHANNELS)
      .map((channel) => channel.toString(16))
      .join(' ');
  }
  if (isAdopted) details['adopted'] = true;
  if (moved > 0) details['moved'] = moved;
  details['wireUpPackets'] = wire.upPackets;
  details['wireUpBytes'] = wire.upBytes;
  details['wireDownPackets'] = wire.downPackets;
  details['wireDownBytes'] = wire.downBytes;
  return { ...details, ...ratesOf(allocation) };
}

/** Payload in bits a second since it was described before; nothing if that was just now. */
function ratesOf(allocation: Allocation): Record<string, number> {
  const { to, describedAt, describedUp, describedDown, upTotal, downTotal } = allocation;
  allocation.isDescribed = true;
  const seconds = (to - describedAt) / 1000;
  if (seconds < 1) return {};
  allocation.describedAt = to;
  allocation.describedUp = upTotal;
  allocation.describedDown = downTotal;
  return {
    upBitsPerSecond: Math.round((8 * (upTotal - describedUp)) / seconds),
    downBitsPerSecond: Math.round((8 * (downTotal - describedDown)) / seconds),
  };
}

export function transportOf({ protocol }: Flow): 'udp' | 'tcp' {
  return protocol === 17 ? 'udp' : 'tcp';
}

export function clientOf({ bytes, addressLength, client, clientPort }: Flow): Endpoint {
  return { address: formatIp(Uint8Array.from(bytes.subarray(client, client + addressLength))), port: clientPort };
}

export function serverOf({ bytes, addressLength, server, serverPort }: Flow): Endpoint {
  return { address: formatIp(Uint8Array.from(bytes.subarray(server, server + addressLength))), port: serverPort };
}

/** Names of the TURN REST API (draft-uberti-behave-turn-rest-00) are `expiry:user`. */
export function userOf(username: string | null): string | null {
  return username === null ? null : (/^\d{9,12}:(.+)$/s.exec(username)?.[1] ?? username);
}

export function addPeer(allocation: Allocation, key: number | string | null): void {
  if (key === null || allocation.peers.size >= MAX_PEERS || allocation.peers.has(key)) return;
  allocation.peers.add(key);
  allocation.isDescribed = false;
}

export function addPermission(allocation: Allocation, address: string): void {
  if (allocation.permissions.size >= MAX_PEERS || allocation.permissions.has(address)) return;
  allocation.permissions.add(address);
  allocation.isDescribed = false;
}

/** An IPv4 endpoint fits into 48 bits: telling peers apart then needs no text for each packet. */
export function keyOfPeer({ address, port }: Endpoint): number | string {
  if (address.includes(':')) return `${address} ${port}`;
  return address.split('.').reduce((key, byte) => key * 256 + Number(byte), 0) * 65_536 + port;
}

/** `keyOfPeer` of attribute number `i`, for IPv4 without making text; null if it is no address. */
export function peerKeyAt(message: StunMessage, i: number): number | string | null {
  const at = message.values[i]!;
  const { buffer } = message;
  if (message.lengths[i] !== 8 || at + 8 > message.end) {
    const peer = readXorAddress(message, i);
    return peer === null ? null : keyOfPeer(peer);
  }
  const address = (buffer.readUInt32BE(at + 4) ^ 0x2112a442) >>> 0;
  return address * 65_536 + (buffer.readUInt16BE(at + 2) ^ 0x2112);
}
