/**
 * TURN allocations (RFC 8656 §3, §6 to §12) as an eavesdropper between client and server knows them: born with an
 * Allocate success, kept by Refresh, moved with a ticket (RFC 8016), ended by a Refresh with lifetime 0, with its TCP
 * connection or by silence, with channels that ChannelBind binds and the traffic of both directions. Each is one
 * connection; it is told as presences with a lease, folded until `fold` is called, and a departure when it is known to have
 * ended.
 *
 * An allocation that began before we listened is adopted at the first success that proves it; what was relayed for it
 * before that waits in a bounded tally (waiting.ts). Where requests and answers disagree, the server's answers count: what
 * a client sends proves nothing.
 */

import type { Observation } from '../../core/observation.ts';
import {
  type Allocation,
  addPeer,
  addPermission,
  beginAllocation,
  keyOfPeer,
  peerKeyAt,
  tellAllocation,
} from './allocation.ts';
import { ErrorCounts } from './errors.ts';
import { type Flow, FlowTable, ownFlow } from './flow-table.ts';
import { RelayConnections } from './relay-connections.ts';
import {
  ALLOCATE,
  CHANNEL_BIND,
  CONNECT,
  CONNECTION_ATTEMPT,
  CONNECTION_BIND,
  CONNECTION_ID,
  CREATE_PERMISSION,
  DATA,
  DATA_VALUE,
  ERROR,
  findAttribute,
  forEachXorAddress,
  formatEndpoint,
  INDICATION,
  LIFETIME,
  MOBILITY_TICKET,
  REFRESH,
  REQUEST,
  read32,
  readErrorCode,
  readOpaque,
  SEND,
  type StunMessage,
  SUCCESS,
  XOR_PEER_ADDRESS,
  XOR_RELAYED_ADDRESS,
} from './stun.ts';
import { type BothWays, createBothWays } from './summary.ts';
import { type Request, Transactions } from './transactions.ts';
import { addPacket, type Heard, hear, INDICATIONS, WaitingRoom } from './waiting.ts';

/** RFC 8656 §2: ten minutes, where nothing else is said. */
const DEFAULT_LIFETIME = 600_000;
/** So long after its lease an allocation is kept in mind, in case that we have missed its renewal. */
const GRACE = 10_000;
/** Pairs of endpoints without an allocation whose packets are tallied. */
const MAX_WAITING = 10_000;
/** RFC 8656 §19.1: 437, the server has no such allocation. */
const ALLOCATION_MISMATCH = 437;

/**
 * RFC 5766 §11: 0x4000 to 0x7FFF. RFC 8656 §12 leaves only those up to 0x4FFF, but coturn 4.6 still binds all of them,
 * and its own client asks for them. Nothing is counted on a channel that the server did not bind.
 */
export const FIRST_CHANNEL = 0x4000;
export const LAST_CHANNEL = 0x7fff;

const OURS = new Set([ALLOCATE, REFRESH, CHANNEL_BIND, CREATE_PERMISSION, CONNECT, CONNECTION_BIND]);

/** How often what; everything since the reader began. */
export interface AllocationTally {
  allocations: number;
  /** Of these, those that had begun before we listened. */
  adopted: number;
  /** Moves to other endpoints (RFC 8016). */
  moved: number;
  ended: number;
  expired: number;
  /** They had to make room for others. */
  allocationsDropped: number;
  errorResponses: number;
  /** ChannelData without an allocation, or on a channel that is not bound; both until something proves it after all. */
  strayChannelData: number;
  unboundChannelData: number;
  strayIndications: number;
  /** Of these three, those that were counted when their allocation was adopted or their channel proved. */
  recovered: number;
  /** Renewals that we have missed, as data from the server proved. */
  missedRefreshes: number;
  /** TCP connections that carry one peer's bytes and nothing else (RFC 6062). */
  relayConnections: number;
}

export class Allocations {
  readonly #table: FlowTable<Allocation>;
  readonly transactions = new Transactions();
  readonly waiting: WaitingRoom;
  readonly errors = new ErrorCounts();
  readonly tally: AllocationTally = {
    allocations: 0,
    adopted: 0,
    moved: 0,
    ended: 0,
    expired: 0,
    allocationsDropped: 0,
    errorResponses: 0,
    strayChannelData: 0,
    unboundChannelData: 0,
    strayIndications: 0,
    recovered: 0,
    missedRefreshes: 0,
    relayConnections: 0,
  };
  /** ChannelData on bound channels. */
  readonly channelTotals: BothWays = createBothWays();
  readonly #relays = new RelayConnections();
  /** By ticket; there is one for each allocation at most. */
  readonly #tickets = new Map<string, Allocation>();
  #dirty: Allocation[] = [];
  #observations: Observation[] = [];
  /** Grows with every birth, move, end and binding: is there something new to save? */
  changes = 0;

  constructor(options: { readonly most: number; readonly seed: number }) {
    this.#table = new FlowTable(options.most, options.seed);
    this.waiting = new WaitingRoom(MAX_WAITING, options.seed);
  }

  get size(): number {
    return this.#table.size;
  }

  has(flow: Flow): boolean {
    return this.#table.find(flow) !== null;
  }

  /**
   * A STUN message between these two, `wire` bytes long; `isUp` is from the client. `time` is in milliseconds. Answers the
   * allocation for which this connection carries bytes from now on, and no messages any more (RFC 6062); null mostly.
   */
  message(message: StunMessage, flow: Flow, isUp: boolean, time: number, wire: number): Allocation | null {
    this.#pass(flow, isUp, wire, time);
    const { method, kind } = message;
    if (kind === INDICATION) {
      if (method === (isUp ? SEND : DATA)) this.#indication(message, flow, isUp, time);
      if (method === CONNECTION_ATTEMPT && !isUp) this.#expectRelay(message, flow);
      return null;
    }
    if (!OURS.has(method)) return null;
    if (kind === REQUEST && isUp) this.transactions.request(message, flow, time);
    if ((kind !== SUCCESS && kind !== ERROR) || isUp) return null;
    const request = this.transactions.answer(message, flow, time);
    // The same answer again changes nothing.
    if (request === undefined) return null;
    if (kind === ERROR) this.#refused(message, flow, time);
    else if (method === ALLOCATE) this.#allocated(message, flow, request, time);
    else if (method === CONNECT) this.#expectRelay(message, flow, request);
    else if (method === CONNECTION_BIND) return this.#relayThrough(request);
    else this.#renewed(message, flow, request, time);
    return null;
  }

  /** ChannelData with `bytes` of payload, `wire` bytes in all. Answers whether it counts: its channel is bound. */
  channelData(flow: Flow, isUp: boolean, channel: number, bytes: number, wire: number, time: number): boolean {
    const allocation = this.#table.find(flow);
    if (allocation === null) {
      this.waiting.pass(flow, isUp, wire, time);
      this.waiting.hear(flow, channel, isUp, bytes, time);
      this.tally.strayChannelData++;
      return false;
    }
    addPacket(allocation.wire, isUp, wire);
    if (isUp && time > allocation.leaseEnd) {
      this.tally.strayChannelData++;
      return false;
    }
    if (channel !== allocation.lastChannel) {
      if (!allocation.channels.has(channel) && !this.#isProof(allocation, isUp, channel, bytes, time)) return false;
      allocation.lastChannel = channel;
    }
    const counted = isUp ? this.channelTotals.up : this.channelTotals.down;
    counted.messages++;
    counted.bytes += bytes;
    this.#count(allocation, isUp, bytes, time);
    return true;
  }

  /** Does this pair have the channel? Then what looks like ChannelData on it is some. */
  hasChannel(flow: Flow, channel: number): boolean {
    return this.#table.find(flow)?.channels.has(channel) ?? false;
  }

  /** Bytes of a peer on a connection of its own. */
  dataOnConnection(allocation: Allocation, isUp: boolean, bytes: number, time: number): void {
    // It may have ended, while the connection has not.
    if (this.#table.find(allocation.flow) !== allocation) return;
    addPacket(allocation.wire, isUp, bytes);
    this.#count(allocation, isUp, bytes, time);
  }

  /** The TCP connection is gone, and so is what was allocated over it, unless it can be moved (RFC 8016 §3.2). */
  disconnected(flow: Flow, time: number): void {
    const allocation = this.#table.find(flow);
    if (allocation !== null && allocation.ticket === null) this.#end(allocation, time);
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
    this.waiting.forget(now);
    this.tally.expired += this.#table.sweep((allocation) => {
      if (allocation.leaseEnd + GRACE >= now) return false;
      this.#observations.push(tellAllocation(allocation, true));
      this.#forgetTicket(allocation);
      return true;
    });
  }

  /** Those that were seen last come first. */
  values(): Generator<Allocation> {
    return this.#table.values();
  }

  /** Puts back what was saved. */
  restore(allocation: Allocation): void {
    this.#table.put(allocation.flow, allocation);
    if (allocation.ticket !== null) this.#tickets.set(allocation.ticket, allocation);
  }

  // Answers of the server

  #allocated(message: StunMessage, flow: Flow, request: Request | null, time: number): void {
    const relayed: string[] = [];
    forEachXorAddress(message, XOR_RELAYED_ADDRESS, (endpoint) => relayed.push(formatEndpoint(endpoint)));
    if (relayed.length === 0) return;
    const where = relayed.join(' ');
    let allocation = this.#table.find(flow);
    const lifetime = lifetimeOf(message) ?? DEFAULT_LIFETIME;
    if (allocation?.relayed === where) this.#keep(allocation, time, lifetime);
    else {
      // The server can give a client a second one only when the first is gone.
      if (allocation !== null) this.#end(allocation, time);
      allocation = this.#begin(flow, request, where, time, lifetime);
    }
    this.#giveTicket(allocation, message);
  }

  /** A success of a Refresh, a ChannelBind or a CreatePermission: there is an allocation. */
  #renewed(message: StunMessage, flow: Flow, request: Request | null, time: number): void {
    const isRefresh = message.method === REFRESH;
    const lifetime = isRefresh ? lifetimeOf(message) : DEFAULT_LIFETIME;
    // RFC 8656 §7.3: a success always says how long.
    if (lifetime === null) return;
    let allocation = this.#table.find(flow) ?? this.#moved(flow, request);
    if (isRefresh && lifetime === 0) {
      if (allocation !== null) this.#end(allocation, time);
      // What was heard before was of an allocation that is over.
      else this.waiting.take(flow);
      return;
    }
    if (allocation === null) {
      allocation = this.#begin(flow, request, null, time, lifetime);
      this.tally.adopted++;
    } else if (isRefresh) {
      this.#keep(allocation, time, lifetime);
    }
    this.#giveTicket(allocation, message);
    if (message.method === CHANNEL_BIND && request !== null) this.#bind(allocation, request);
    if (request === null) return;
    for (const address of request.permits) addPermission(allocation, address);
    this.#see(allocation, time);
  }

  #refused(message: StunMessage, flow: Flow, time: number): void {
    this.tally.errorResponses++;
    const code = readErrorCode(message);
    this.errors.add(message.method, code);
    if (message.method === ALLOCATE || code !== ALLOCATION_MISMATCH) return;
    const allocation = this.#table.find(flow);
    if (allocation !== null) this.#end(allocation, time);
    else this.waiting.take(flow);
  }

  #bind(allocation: Allocation, { channel, peer }: Request): void {
    if (channel === null || channel < FIRST_CHANNEL || channel > LAST_CHANNEL) return;
    if (peer !== null) addPeer(allocation, keyOfPeer(peer));
    this.#open(allocation, channel);
  }

  /** More than can be listed is possible, but all of them count. */
  #open(allocation: Allocation, channel: number): void {
    if (allocation.channels.has(channel)) return;
    allocation.channels.add(channel);
    allocation.isDescribed = false;
    this.changes++;
    const heard = allocation.heard?.get(channel);
    if (heard === undefined) return;
    allocation.heard!.delete(channel);
    this.#recover(allocation, heard);
    this.channelTotals.up.messages += heard.upPackets;
    this.channelTotals.up.bytes += heard.upBytes;
    this.channelTotals.down.messages += heard.downPackets;
    this.channelTotals.down.bytes += heard.downBytes;
  }

  // Mobility (RFC 8016)

  #giveTicket(allocation: Allocation, message: StunMessage): void {
    const ticket = readOpaque(message, MOBILITY_TICKET);
    if (ticket === null) return;
    this.#forgetTicket(allocation);
    allocation.ticket = ticket;
    this.#tickets.set(ticket, allocation);
  }

  #forgetTicket({ ticket }: Allocation): void {
    if (ticket !== null) this.#tickets.delete(ticket);
  }

  /** The allocation that has come to this place, if its ticket was shown. */
  #moved(flow: Flow, request: Request | null): Allocation | null {
    const allocation = request?.ticket == null ? undefined : this.#tickets.get(request.ticket);
    if (allocation === undefined) return null;
    this.#table.remove(allocation.flow);
    allocation.flow = ownFlow(flow);
    allocation.moved++;
    allocation.isDescribed = false;
    const before = this.waiting.take(flow);
    if (before !== null) addBoth(allocation.wire, before.wire);
    this.#putIn(allocation);
    this.tally.moved++;
    this.changes++;
    return allocation;
  }

  // Connections of peers (RFC 6062)

  #expectRelay(message: StunMessage, flow: Flow, request: Request | null = null): void {
    const allocation = this.#table.find(flow);
    const id = read32(message, CONNECTION_ID);
    if (allocation === null || id === null) return;
    this.#relays.expect(allocation, id);
    const peer = findAttribute(message, XOR_PEER_ADDRESS);
    if (request?.peer != null) addPeer(allocation, keyOfPeer(request.peer));
    else if (peer !== -1) addPeer(allocation, peerKeyAt(message, peer));
  }

  #relayThrough(request: Request | null): Allocation | null {
    const allocation = request?.connectionId == null ? null : this.#relays.take(request.connectionId);
    if (allocation !== null) this.tally.relayConnections++;
    return allocation;
  }

  // Traffic

  #pass(flow: Flow, isUp: boolean, wire: number, time: number): void {
    const allocation = this.#table.find(flow);
    if (allocation === null) this.waiting.pass(flow, isUp, wire, time);
    else addPacket(allocation.wire, isUp, wire);
  }

  #indication(message: StunMessage, flow: Flow, isUp: boolean, time: number): void {
    const value = findAttribute(message, DATA_VALUE);
    // Without DATA it only opens a path (ICE).
    if (value === -1) return;
    const bytes = message.lengths[value]!;
    const allocation = this.#table.find(flow);
    if (allocation === null) this.waiting.hear(flow, INDICATIONS, isUp, bytes, time);
    // What a client sends after its lease nobody relays.
    if (allocation === null || (isUp && time > allocation.leaseEnd)) {
      this.tally.strayIndications++;
      return;
    }
    this.#count(allocation, isUp, bytes, time);
    const peer = findAttribute(message, XOR_PEER_ADDRESS);
    if (peer !== -1) addPeer(allocation, peerKeyAt(message, peer));
  }

  /** A server sends only on channels that are bound: of an adopted allocation that is proof of a binding before our time. */
  #isProof(allocation: Allocation, isUp: boolean, channel: number, bytes: number, time: number): boolean {
    if (allocation.isAdopted && !isUp) {
      this.#open(allocation, channel);
      return true;
    }
    this.tally.unboundChannelData++;
    if (!allocation.isAdopted) return false;
    allocation.heard ??= new Map();
    hear(allocation.heard, channel, isUp, bytes, time);
    return false;
  }

  #count(allocation: Allocation, isUp: boolean, bytes: number, time: number): void {
    if (isUp) {
      allocation.upPackets++;
      allocation.upBytes += bytes;
      allocation.upTotal += bytes;
    } else {
      allocation.downPackets++;
      allocation.downBytes += bytes;
      allocation.downTotal += bytes;
      if (time > allocation.leaseEnd) {
        // The server still relays for it, so it must have been renewed.
        this.tally.missedRefreshes++;
        this.#keep(allocation, time, DEFAULT_LIFETIME);
      }
    }
    this.#see(allocation, time);
  }

  #recover(allocation: Allocation, heard: Heard): void {
    allocation.upPackets += heard.upPackets;
    allocation.upBytes += heard.upBytes;
    allocation.upTotal += heard.upBytes;
    allocation.downPackets += heard.downPackets;
    allocation.downBytes += heard.downBytes;
    allocation.downTotal += heard.downBytes;
    this.tally.recovered += heard.upPackets + heard.downPackets;
    if (allocation.since === null || heard.first < allocation.since) allocation.since = heard.first;
    this.#see(allocation, Math.max(heard.last, allocation.to));
  }

  // One allocation

  #begin(flow: Flow, request: Request | null, relayed: string | null, time: number, lifetime: number): Allocation {
    const allocation = beginAllocation(flow, request, relayed, time, lifetime);
    this.#putIn(allocation);
    this.tally.allocations++;
    this.changes++;
    this.#see(allocation, time);
    const before = this.waiting.take(flow);
    if (before === null) return allocation;
    addBoth(allocation.wire, before.wire);
    if (allocation.isAdopted && before.channels !== null) this.#adopt(allocation, before.channels);
    return allocation;
  }

  /** What was relayed before we knew of it: what the server sent proves its channel. */
  #adopt(allocation: Allocation, channels: Map<number, Heard>): void {
    allocation.heard = channels;
    for (const [channel, heard] of channels) {
      if (channel === INDICATIONS) {
        channels.delete(channel);
        this.#recover(allocation, heard);
      } else if (heard.downPackets > 0) this.#open(allocation, channel);
    }
  }

  #putIn(allocation: Allocation): void {
    const dropped = this.#table.put(allocation.flow, allocation);
    if (dropped === null) return;
    this.tally.allocationsDropped++;
    this.#forgetTicket(dropped);
    if (dropped.isDirty) this.#tell(dropped);
  }

  #keep(allocation: Allocation, time: number, lifetime: number): void {
    // If we have missed a renewal, it was there all the same since its lease ended.
    if (time > allocation.leaseEnd) this.#see(allocation, allocation.leaseEnd);
    allocation.leaseEnd = time + lifetime;
    this.changes++;
    this.#see(allocation, time);
  }

  #end(allocation: Allocation, time: number): void {
    this.#see(allocation, time);
    this.#observations.push(tellAllocation(allocation, true));
    const { stream, client, flow } = allocation;
    this.#observations.push({ kind: 'departure', stream, client, at: Math.floor(allocation.to) });
    this.#table.remove(flow);
    this.#forgetTicket(allocation);
    this.tally.ended++;
    this.changes++;
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
    this.#observations.push(tellAllocation(allocation));
  }
}

function addBoth(to: Allocation['wire'], more: Allocation['wire']): void {
  to.upPackets += more.upPackets;
  to.upBytes += more.upBytes;
  to.downPackets += more.downPackets;
  to.downBytes += more.downBytes;
}

/** In milliseconds; null if it says none. */
function lifetimeOf(message: StunMessage): number | null {
  const seconds = read32(message, LIFETIME);
  return seconds === null ? null : seconds * 1000;
}
