/**
 * TURN allocations (RFC 8656 §3, §6 to §12) as an eavesdropper between client and server knows them: born with an
 * Allocate success, kept by Refresh, ended by a Refresh with lifetime 0 or by silence, with channels that ChannelBind
 * binds and the traffic of both directions. Each is one connection; it is told as presences with a lease, folded until
 * `fold` is called, and a departure when it is known to have ended.
 *
 * An allocation that began before we listened is adopted at the first success that proves it. Where requests and
 * answers disagree, the server's answers count: what a client sends proves nothing.
 */

import {
  type ClientFacts,
  clientFacts,
  type Details,
  type DetailValue,
  type Observation,
  presence,
} from '../../core/observation.ts';
import { formatIp } from '../../lib/ip.ts';
import { type Flow, FlowTable } from './flow-table.ts';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CREATE_PERMISSION,
  DATA,
  DATA_VALUE,
  type Endpoint,
  ERROR,
  findAttribute,
  forEachXorAddress,
  formatEndpoint,
  INDICATION,
  LIFETIME,
  REFRESH,
  REQUEST,
  read32,
  readErrorCode,
  readXorAddress,
  SEND,
  type StunMessage,
  SUCCESS,
  XOR_PEER_ADDRESS,
  XOR_RELAYED_ADDRESS,
} from './stun.ts';
import { type Request, Transactions } from './transactions.ts';

/** RFC 8656 §2: ten minutes, where nothing else is said. */
const DEFAULT_LIFETIME = 600_000;
/** So long after its lease an allocation is kept in mind, in case that we have missed its renewal. */
const GRACE = 10_000;
/** Peers of one allocation that are told apart, and channels that are listed. */
const MAX_PEERS = 256;
const MAX_CHANNELS = 64;
/** RFC 8656 §19.1: 437, the server has no such allocation. */
const ALLOCATION_MISMATCH = 437;

/**
 * RFC 5766 §11: 0x4000 to 0x7FFF. RFC 8656 §12 leaves only those up to 0x4FFF, but coturn 4.6 still binds all of them,
 * and its own client asks for them. Nothing is counted on a channel that the server did not bind.
 */
export const FIRST_CHANNEL = 0x4000;
export const LAST_CHANNEL = 0x7fff;

export interface Allocation {
  readonly stream: string;
  readonly client: ClientFacts;
  readonly realm: string | null;
  /** Where peers send to; null if its birth was not seen. */
  readonly relayed: string | null;
  readonly server: Endpoint;
  leaseEnd: number;
  readonly channels: Set<number>;
  /** Numbers for IPv4 endpoints, texts for IPv6 ones. */
  readonly peers: Set<number | string>;
  isDescribed: boolean;
  /** Since it was last told. */
  isDirty: boolean;
  from: number;
  to: number;
  upPackets: number;
  upBytes: number;
  downPackets: number;
  downBytes: number;
}

/** How often what; everything since the reader began. */
export interface AllocationTally {
  allocations: number;
  /** Of these, those that had begun before we listened. */
  adopted: number;
  ended: number;
  expired: number;
  /** They had to make room for others. */
  allocationsDropped: number;
  errorResponses: number;
  /** ChannelData without an allocation, or on a channel that is not bound. */
  strayChannelData: number;
  unboundChannelData: number;
  strayIndications: number;
  /** Renewals that we have missed, as data from the server proved. */
  missedRefreshes: number;
}

export class Allocations {
  readonly #table: FlowTable<Allocation>;
  readonly transactions = new Transactions();
  readonly tally: AllocationTally = {
    allocations: 0,
    adopted: 0,
    ended: 0,
    expired: 0,
    allocationsDropped: 0,
    errorResponses: 0,
    strayChannelData: 0,
    unboundChannelData: 0,
    strayIndications: 0,
    missedRefreshes: 0,
  };
  #dirty: Allocation[] = [];
  #observations: Observation[] = [];
  /** Grows with every birth, end and binding: is there something new to save? */
  changes = 0;

  constructor(options: { readonly most: number; readonly seed: number }) {
    this.#table = new FlowTable(options.most, options.seed);
  }

  get size(): number {
    return this.#table.size;
  }

  has(buffer: Buffer, flow: Flow): boolean {
    return this.#table.find(buffer, flow) !== null;
  }

  /** A STUN message between these two; `isUp` is from the client. `time` is in milliseconds. */
  message(message: StunMessage, flow: Flow, isUp: boolean, time: number): void {
    const { method, kind } = message;
    if (kind === INDICATION) {
      if (method === (isUp ? SEND : DATA)) this.#indication(message, flow, isUp, time);
      return;
    }
    const isOurs = method === ALLOCATE || method === REFRESH || method === CHANNEL_BIND || method === CREATE_PERMISSION;
    if (!isOurs) return;
    if (kind === REQUEST && isUp) this.transactions.request(message, flow, time);
    if ((kind !== SUCCESS && kind !== ERROR) || isUp) return;
    const request = this.transactions.answer(message, flow, time);
    // The same answer again changes nothing.
    if (request === undefined) return;
    if (kind === ERROR) this.#refused(message, flow, time);
    else if (method === ALLOCATE) this.#allocated(message, flow, request, time);
    else this.#renewed(message, flow, request, time);
  }

  /** ChannelData with `bytes` of payload. Answers whether it counts: its channel is bound. */
  channelData(buffer: Buffer, flow: Flow, isUp: boolean, channel: number, bytes: number, time: number): boolean {
    const allocation = this.#relaying(buffer, flow, isUp, time);
    if (allocation === null) {
      this.tally.strayChannelData++;
      return false;
    }
    if (!allocation.channels.has(channel)) {
      this.tally.unboundChannelData++;
      return false;
    }
    this.#count(allocation, isUp, bytes, time);
    return true;
  }

  /** Tells everything that was folded. */
  fold(): void {
    for (const allocation of this.#dirty) if (allocation.isDirty) this.#tell(allocation);
    this.#dirty = [];
  }

  /** What has been told since it was last asked. */
  take(): Observation[] {
    const taken = this.#observations;
    this.#observations = [];
    return taken;
  }

  /** Forgets what has run out by `now`. */
  sweep(now: number): void {
    this.transactions.forget(now);
    this.tally.expired += this.#table.sweep((allocation) => {
      if (allocation.leaseEnd + GRACE >= now) return false;
      if (allocation.isDirty) this.#tell(allocation);
      return true;
    });
  }

  /** Those that were seen last come first. */
  values(): Generator<Allocation> {
    return this.#table.values();
  }

  /** Puts back what was saved. The flow says where it belongs. */
  restore(buffer: Buffer, flow: Flow, allocation: Allocation): void {
    this.#table.put(buffer, flow, allocation);
  }

  // Answers of the server

  #allocated(message: StunMessage, flow: Flow, request: Request | null, time: number): void {
    const relayed: string[] = [];
    forEachXorAddress(message, XOR_RELAYED_ADDRESS, (endpoint) => relayed.push(formatEndpoint(endpoint)));
    if (relayed.length === 0) return;
    const where = relayed.join(' ');
    const known = this.#table.find(message.buffer, flow);
    const lifetime = lifetimeOf(message);
    if (known?.relayed === where) {
      this.#keep(known, time, lifetime);
      return;
    }
    // The server can give a client a second one only when the first is gone.
    if (known !== null) this.#end(message.buffer, flow, known, time);
    this.#begin(message.buffer, flow, request, where, time, lifetime);
  }

  /** A success of a Refresh, a ChannelBind or a CreatePermission: there is an allocation. */
  #renewed(message: StunMessage, flow: Flow, request: Request | null, time: number): void {
    const { buffer, method } = message;
    const isRefresh = method === REFRESH;
    const lifetime = isRefresh ? lifetimeOf(message) : DEFAULT_LIFETIME;
    let allocation = this.#table.find(buffer, flow);
    if (isRefresh && lifetime === 0) {
      if (allocation !== null) this.#end(buffer, flow, allocation, time);
      return;
    }
    if (allocation === null) {
      allocation = this.#begin(buffer, flow, request, null, time, lifetime);
      this.tally.adopted++;
    } else if (isRefresh) {
      this.#keep(allocation, time, lifetime);
    }
    if (method === CHANNEL_BIND && request !== null) this.#bind(allocation, request);
  }

  #refused(message: StunMessage, flow: Flow, time: number): void {
    this.tally.errorResponses++;
    if (message.method === ALLOCATE || readErrorCode(message) !== ALLOCATION_MISMATCH) return;
    const allocation = this.#table.find(message.buffer, flow);
    if (allocation !== null) this.#end(message.buffer, flow, allocation, time);
  }

  #bind(allocation: Allocation, { channel, peer }: Request): void {
    if (channel === null || channel < FIRST_CHANNEL || channel > LAST_CHANNEL) return;
    if (peer !== null) addPeer(allocation, keyOfPeer(peer));
    if (allocation.channels.has(channel)) return;
    // More than can be listed is possible, but all of them count.
    allocation.channels.add(channel);
    allocation.isDescribed = false;
    this.changes++;
  }

  #indication(message: StunMessage, flow: Flow, isUp: boolean, time: number): void {
    const value = findAttribute(message, DATA_VALUE);
    // Without DATA it only opens a path (ICE).
    if (value === -1) return;
    const allocation = this.#relaying(message.buffer, flow, isUp, time);
    if (allocation === null) {
      this.tally.strayIndications++;
      return;
    }
    this.#count(allocation, isUp, message.lengths[value]!, time);
    const peer = findAttribute(message, XOR_PEER_ADDRESS);
    if (peer !== -1) addPeer(allocation, peerKeyAt(message, peer));
  }

  /** The allocation that carries traffic; what a client sends after its lease nobody relays. */
  #relaying(buffer: Buffer, flow: Flow, isUp: boolean, time: number): Allocation | null {
    const allocation = this.#table.find(buffer, flow);
    return allocation !== null && isUp && time > allocation.leaseEnd ? null : allocation;
  }

  // One allocation

  #begin(
    buffer: Buffer,
    flow: Flow,
    request: Request | null,
    relayed: string | null,
    time: number,
    lifetime: number,
  ): Allocation {
    const client = endpointAt(buffer, flow.client, flow.addressLength, flow.clientPort);
    const server = endpointAt(buffer, flow.server, flow.addressLength, flow.serverPort);
    const realm = request?.realm ?? null;
    const allocation: Allocation = {
      stream: realm ?? formatEndpoint(server),
      client: clientFacts({
        address: client.address,
        port: client.port,
        user: userOf(request?.username ?? null),
        // The relayed address is taken again by others, and so is the client's: its birth makes it unique.
        connection: `${formatEndpoint(client)} ${formatEndpoint(server)} udp ${relayed ?? '-'} ${Math.floor(time)}`,
      }),
      realm,
      relayed,
      server,
      leaseEnd: time + lifetime,
      channels: new Set(),
      peers: new Set(),
      isDescribed: false,
      isDirty: false,
      from: time,
      to: time,
      upPackets: 0,
      upBytes: 0,
      downPackets: 0,
      downBytes: 0,
    };
    const dropped = this.#table.put(buffer, flow, allocation);
    if (dropped !== null) {
      this.tally.allocationsDropped++;
      if (dropped.isDirty) this.#tell(dropped);
    }
    this.tally.allocations++;
    this.changes++;
    this.#see(allocation, time);
    return allocation;
  }

  #keep(allocation: Allocation, time: number, lifetime: number): void {
    // If we have missed a renewal, it was there all the same since its lease ended.
    if (time > allocation.leaseEnd) this.#see(allocation, allocation.leaseEnd);
    allocation.leaseEnd = time + lifetime;
    this.changes++;
    this.#see(allocation, time);
  }

  #end(buffer: Buffer, flow: Flow, allocation: Allocation, time: number): void {
    this.#see(allocation, time);
    this.#tell(allocation);
    const { stream, client } = allocation;
    this.#observations.push({ kind: 'departure', stream, client, at: Math.floor(allocation.to) });
    this.#table.remove(buffer, flow);
    this.tally.ended++;
    this.changes++;
  }

  #count(allocation: Allocation, isUp: boolean, bytes: number, time: number): void {
    if (isUp) {
      allocation.upPackets++;
      allocation.upBytes += bytes;
    } else {
      allocation.downPackets++;
      allocation.downBytes += bytes;
      if (time > allocation.leaseEnd) {
        // The server still relays for it, so it must have been renewed.
        this.tally.missedRefreshes++;
        this.#keep(allocation, time, DEFAULT_LIFETIME);
      }
    }
    this.#see(allocation, time);
  }

  #see(allocation: Allocation, time: number): void {
    if (!allocation.isDirty) {
      allocation.isDirty = true;
      allocation.from = time;
      allocation.to = time;
      this.#dirty.push(allocation);
    } else if (time > allocation.to) allocation.to = time;
    else if (time < allocation.from) allocation.from = time;
  }

  #tell(allocation: Allocation): void {
    const { stream, client, leaseEnd, upPackets, upBytes, downPackets, downBytes, isDescribed } = allocation;
    this.#observations.push(
      presence({
        stream,
        client,
        from: Math.floor(allocation.from),
        to: Math.floor(allocation.to),
        until: Math.floor(leaseEnd),
        bytes: upBytes + downBytes,
        traffic: { up: { packets: upPackets, bytes: upBytes }, down: { packets: downPackets, bytes: downBytes } },
        details: isDescribed ? null : detailsOf(allocation),
      }),
    );
    allocation.isDescribed = true;
    allocation.isDirty = false;
    allocation.upPackets = 0;
    allocation.upBytes = 0;
    allocation.downPackets = 0;
    allocation.downBytes = 0;
  }
}

function lifetimeOf(message: StunMessage): number {
  const seconds = read32(message, LIFETIME);
  return seconds === null ? DEFAULT_LIFETIME : seconds * 1000;
}

function endpointAt(buffer: Buffer, at: number, length: number, port: number): Endpoint {
  return { address: formatIp(Uint8Array.from(buffer.subarray(at, at + length))), port };
}

/** Names of the TURN REST API (draft-uberti-behave-turn-rest-00) are `expiry:user`. */
export function userOf(username: string | null): string | null {
  return username === null ? null : (/^\d{9,12}:(.+)$/s.exec(username)?.[1] ?? username);
}

function addPeer(allocation: Allocation, key: number | string | null): void {
  if (key === null || allocation.peers.size >= MAX_PEERS || allocation.peers.has(key)) return;
  allocation.peers.add(key);
  allocation.isDescribed = false;
}

/** An IPv4 endpoint fits into 48 bits: telling peers apart then needs no text for each packet. */
function keyOfPeer({ address, port }: Endpoint): number | string {
  if (address.includes(':')) return `${address} ${port}`;
  return address.split('.').reduce((key, byte) => key * 256 + Number(byte), 0) * 65_536 + port;
}

/** `keyOfPeer` of attribute number `i`, for IPv4 without making text; null if it is no address. */
function peerKeyAt(message: StunMessage, i: number): number | string | null {
  const at = message.values[i]!;
  const { buffer } = message;
  if (message.lengths[i] !== 8 || at + 8 > message.end) {
    const peer = readXorAddress(message, i);
    return peer === null ? null : keyOfPeer(peer);
  }
  const address = (buffer.readUInt32BE(at + 4) ^ 0x2112a442) >>> 0;
  return address * 65_536 + (buffer.readUInt16BE(at + 2) ^ 0x2112);
}

function detailsOf({ realm, relayed, server, peers, channels }: Allocation): Details {
  const details: Record<string, DetailValue> = { server: formatEndpoint(server), transport: 'udp', peers: peers.size };
  if (realm !== null) details['realm'] = realm;
  if (relayed !== null) details['relayed'] = relayed;
  if (channels.size > 0) {
    details['channels'] = [...channels]
      .slice(0, MAX_CHANNELS)
      .map((channel) => channel.toString(16))
      .join(' ');
  }
  return details;
}
