/**
 * From captured packets to observations: finds client and server of a packet by the server's port, tells STUN from
 * ChannelData (RFC 7983 §7, RFC 8656 §12.4), and hands both to the allocations. TURN over UDP only: TCP on the server's
 * port is counted, not read.
 *
 * Hot path: ChannelData costs no allocation a packet.
 */

import type { Instant, Observation } from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import {
  BROKEN,
  createPacket,
  FRAGMENT,
  OK,
  type Packet,
  readPacket,
  UDP,
  UNKNOWN_LINK,
  type Verdict,
} from '../../transports/capture/packet.ts';
import { Allocations, FIRST_CHANNEL, LAST_CHANNEL } from './allocations.ts';
import type { Flow } from './flow-table.ts';
import {
  createStunMessage,
  DATA,
  DATA_VALUE,
  findAttribute,
  INDICATION,
  MALFORMED,
  NOT_STUN,
  REQUEST,
  readStun,
  SEND,
  type StunMessage,
} from './stun.ts';
import { createBothWays, MessageCounts, type TurnSummary } from './summary.ts';

export interface TurnReaderOptions {
  /** The server's. */
  readonly ports: readonly number[];
  readonly maxAllocations: number;
  /** Presences are told after so much packet time; infinite is only when asked. */
  readonly foldMs: number;
  readonly counters: ScopedCounters;
  /** For the table of allocations: any number. */
  readonly seed: number;
}

export interface ReaderBatch {
  readonly observations: readonly Observation[];
  /** The newest packet; null before the first. */
  readonly watermark: Instant | null;
}

/** Counted packet by packet; the counters of the source are told at every batch. */
interface Tally {
  packets: number;
  otherPackets: number;
  tcpPackets: number;
  fragments: number;
  /** Packets without a time, as simple blocks of pcapng are. */
  untimed: number;
  unknownLinks: number;
  rejectedPackets: number;
  rejectedStun: number;
  rejectedChannelData: number;
  /** On the server's port, but neither STUN nor ChannelData. */
  notTurn: number;
  stunMessages: number;
  channelData: number;
}

const SWEEP_EVERY = 10_000;

export class TurnReader {
  readonly allocations: Allocations;
  readonly #options: TurnReaderOptions;
  readonly #isServerPort = new Uint8Array(65_536);
  readonly #packet: Packet = createPacket();
  readonly #message: StunMessage = createStunMessage();
  readonly #flow: Flow = { addressLength: 0, client: 0, clientPort: 0, server: 0, serverPort: 0 };
  readonly #counts = new MessageCounts();
  readonly #channelData = createBothWays();
  readonly #send = createBothWays();
  readonly #data = createBothWays();
  readonly #tally: Tally = {
    packets: 0,
    otherPackets: 0,
    tcpPackets: 0,
    fragments: 0,
    untimed: 0,
    unknownLinks: 0,
    rejectedPackets: 0,
    rejectedStun: 0,
    rejectedChannelData: 0,
    notTurn: 0,
    stunMessages: 0,
    channelData: 0,
  };
  readonly #told = new Map<string, number>();
  /** The newest packet time. */
  #newest = Number.NEGATIVE_INFINITY;
  #folded = Number.NEGATIVE_INFINITY;
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: TurnReaderOptions) {
    this.#options = options;
    for (const port of options.ports) this.#isServerPort[port] = 1;
    this.allocations = new Allocations({ most: options.maxAllocations, seed: options.seed });
  }

  /** For `createCaptureReader`. */
  readonly onPacket = (
    buffer: Buffer,
    start: number,
    captured: number,
    _original: number,
    time: number,
    link: number,
  ): void => {
    this.#tally.packets++;
    if (Number.isNaN(time)) {
      this.#tally.untimed++;
      return;
    }
    if (time > this.#newest) this.#moveOn(time);
    const packet = this.#packet;
    const verdict = readPacket(packet, buffer, start, captured, link);
    if (verdict !== OK) this.#countVerdict(verdict);
    else if (!this.#isServerPort[packet.sourcePort] && !this.#isServerPort[packet.destinationPort]) {
      this.#tally.otherPackets++;
    } else if (packet.protocol !== UDP) this.#tally.tcpPackets++;
    else this.#datagram(buffer, packet, time);
  };

  /** Everything so far, with the watermark that belongs to it. Goes on afterwards. */
  cut(): ReaderBatch {
    this.allocations.fold();
    this.#publish();
    const watermark = Number.isFinite(this.#newest) ? Math.floor(this.#newest) : null;
    return { observations: this.allocations.take(), watermark };
  }

  /** Time passes without packets: what has run out is forgotten. */
  passTime(now: number): void {
    if (now - this.#swept >= SWEEP_EVERY) this.#sweep(now);
  }

  summary(): TurnSummary {
    return {
      messages: this.#counts.read(),
      allocations: this.allocations.tally.allocations,
      channelData: structuredClone(this.#channelData),
      send: structuredClone(this.#send),
      data: structuredClone(this.#data),
    };
  }

  /** How many packets there were, and how many of them could not be read. */
  tally(): { readonly packets: number; readonly unreadable: number } {
    const { packets, rejectedPackets, rejectedStun, rejectedChannelData, untimed, unknownLinks } = this.#tally;
    const unreadable = rejectedPackets + rejectedStun + rejectedChannelData + untimed + unknownLinks;
    return { packets, unreadable };
  }

  #moveOn(time: number): void {
    this.#newest = time;
    if (time - this.#folded >= this.#options.foldMs) {
      this.#folded = time;
      this.allocations.fold();
    }
    if (time - this.#swept >= SWEEP_EVERY) this.#sweep(time);
  }

  #sweep(now: number): void {
    this.#swept = now;
    this.allocations.sweep(now);
  }

  #countVerdict(verdict: Exclude<Verdict, typeof OK>): void {
    if (verdict === FRAGMENT) this.#tally.fragments++;
    else if (verdict === BROKEN) this.#tally.rejectedPackets++;
    else if (verdict === UNKNOWN_LINK) this.#tally.unknownLinks++;
    else this.#tally.otherPackets++;
  }

  #datagram(buffer: Buffer, packet: Packet, time: number): void {
    const { payload, captured, length } = packet;
    if (captured < 4) {
      // Empty datagrams keep NAT bindings open.
      this.#tally.notTurn++;
      return;
    }
    const type = buffer.readUInt16BE(payload);
    if (type < 0x4000) this.#stun(buffer, packet, time);
    else if (type < FIRST_CHANNEL || type > LAST_CHANNEL) this.#tally.notTurn++;
    else {
      const bytes = buffer.readUInt16BE(payload + 2);
      // RFC 8656 §12.5: over UDP padding to a multiple of four is allowed, and not required.
      const padding = length - 4 - bytes;
      if (padding < 0 || padding > 3) this.#tally.rejectedChannelData++;
      else this.#onChannel(buffer, packet, type, bytes, time);
    }
  }

  #onChannel(buffer: Buffer, packet: Packet, channel: number, bytes: number, time: number): void {
    this.#tally.channelData++;
    const isUp = this.#isUp(buffer, packet, null);
    if (!this.allocations.channelData(buffer, this.#flow, isUp, channel, bytes, time)) return;
    const counted = isUp ? this.#channelData.up : this.#channelData.down;
    counted.messages++;
    counted.bytes += bytes;
  }

  #stun(buffer: Buffer, packet: Packet, time: number): void {
    const message = this.#message;
    const found = readStun(message, buffer, packet.payload, packet.captured, packet.length);
    if (found === NOT_STUN) this.#tally.notTurn++;
    else if (found === MALFORMED) this.#tally.rejectedStun++;
    else {
      this.#tally.stunMessages++;
      this.#counts.add(message.method, message.kind);
      const isUp = this.#isUp(buffer, packet, message);
      if (message.kind === INDICATION) this.#countIndication(message, isUp);
      this.allocations.message(message, this.#flow, isUp, time);
    }
  }

  #countIndication(message: StunMessage, isUp: boolean): void {
    const { method } = message;
    const ways = method === SEND ? this.#send : method === DATA ? this.#data : null;
    const value = ways === null ? -1 : findAttribute(message, DATA_VALUE);
    if (ways === null || value === -1) return;
    const counted = isUp ? ways.up : ways.down;
    counted.messages++;
    counted.bytes += message.lengths[value]!;
  }

  /** Fills the flow, and answers whether the packet goes to the server. */
  #isUp(buffer: Buffer, packet: Packet, message: StunMessage | null): boolean {
    const toServer = this.#isServerPort[packet.destinationPort] === 1;
    const fromServer = this.#isServerPort[packet.sourcePort] === 1;
    if (toServer !== fromServer) {
      this.#setFlow(packet, toServer);
      return toServer;
    }
    // A client that uses the server's port itself: whose allocation is it? Else the message tells.
    this.#setFlow(packet, true);
    if (this.allocations.has(buffer, this.#flow)) return true;
    this.#setFlow(packet, false);
    if (this.allocations.has(buffer, this.#flow)) return false;
    const isUp =
      message !== null && (message.kind === REQUEST || (message.kind === INDICATION && message.method === SEND));
    this.#setFlow(packet, isUp);
    return isUp;
  }

  #setFlow(packet: Packet, isUp: boolean): void {
    const flow = this.#flow;
    flow.addressLength = packet.addressLength;
    flow.client = isUp ? packet.source : packet.destination;
    flow.clientPort = isUp ? packet.sourcePort : packet.destinationPort;
    flow.server = isUp ? packet.destination : packet.source;
    flow.serverPort = isUp ? packet.destinationPort : packet.sourcePort;
  }

  #publish(): void {
    const { transactions, tally, size } = this.allocations;
    for (const [name, total] of Object.entries(this.#tally)) this.#tell(name, total as number);
    for (const [name, total] of Object.entries(tally)) this.#tell(name, total as number);
    this.#tell('rejected', this.tally().unreadable);
    this.#tell('retransmissions', transactions.retransmissions);
    this.#tell('transactionsDropped', transactions.dropped);
    this.#tell('unreadableTexts', transactions.unreadableTexts);
    this.#options.counters.set('allocationsOpen', size);
  }

  /** Counters outlive a reader: they are told what has been added since. */
  #tell(name: string, total: number): void {
    const told = this.#told.get(name) ?? 0;
    if (total === told) return;
    this.#options.counters.add(name, total - told);
    this.#told.set(name, total);
  }
}
