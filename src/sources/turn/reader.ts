/**
 * From captured packets to observations: finds client and server of a packet by the server's port, tells STUN from
 * ChannelData (RFC 7983 §7, RFC 8656 §12.4), and hands both to the allocations; over TCP as tcp-connections.ts finds them.
 *
 * Hot path: ChannelData costs no allocation a packet.
 */

import type { MessageSink } from '../../core/messages.ts';
import type { Instant, Observation } from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import {
  ACK,
  BROKEN,
  createPacket,
  FRAGMENT,
  OK,
  type Packet,
  readPacket,
  SYN,
  UDP,
  UNKNOWN_LINK,
  type Verdict,
} from '../../transports/capture/packet.ts';
import type { Allocation } from './allocation.ts';
import { Allocations, FIRST_CHANNEL, LAST_CHANNEL } from './allocations.ts';
import type { Flow } from './flow-table.ts';
import { BAD_FINGERPRINT, BAD_INTEGRITY, type Keys, NO_KEYS, VERIFIED, Verifier } from './integrity.ts';
import { channelMessageOf, stunMessageOf } from './messages.ts';
import { describeHeader } from './rejected-header.ts';
import {
  CLASSIC,
  createStunMessage,
  DATA,
  DATA_VALUE,
  findAttribute,
  INDICATION,
  MALFORMED,
  MICROSOFT,
  REQUEST,
  readStun,
  SEND,
  STUN,
  type StunMessage,
  type StunVerdict,
} from './stun.ts';
import { createBothWays, MessageCounts, type TurnSummary } from './summary.ts';
import { beRelay, type ConnectionEvents, TcpConnections } from './tcp-connections.ts';

export interface TurnReaderOptions {
  /** The server's. */
  readonly ports: readonly number[];
  readonly maxAllocations: number;
  /** Presences are told after so much packet time; infinite is only when asked. */
  readonly foldMs: number;
  readonly counters: ScopedCounters;
  /** For the table of allocations: any number. */
  readonly seed: number;
  /** To verify who a message is from; without them nothing is. */
  readonly keys?: Keys | undefined;
  /** Shown what is read; absent is nobody. */
  readonly messages?: MessageSink | undefined;
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
  /** FINGERPRINT does not fit. */
  rejectedFingerprints: number;
  /** MESSAGE-INTEGRITY was made with another key than the one that we have been given. */
  wrongIntegrity: number;
  /** MESSAGE-INTEGRITY was made with a key that we have been given. */
  verified: number;
  /** STUN of RFC 3489, and Microsoft's TURN. */
  classicStun: number;
  microsoftTurn: number;
  /** TLS and DTLS. */
  encrypted: number;
  /** On the server's port, but none of these. */
  notTurn: number;
  stunMessages: number;
  channelData: number;
}

const SWEEP_EVERY = 10_000;
/** Of TCP; about 2 kB each. */
const MAX_CONNECTIONS = 50_000;

export class TurnReader {
  readonly allocations: Allocations;
  readonly connections: TcpConnections;
  readonly #options: TurnReaderOptions;
  readonly #isServerPort = new Uint8Array(65_536);
  readonly #packet: Packet = createPacket();
  readonly #message: StunMessage = createStunMessage();
  readonly #verifier: Verifier;
  readonly #flow: Flow = {
    bytes: new Uint8Array(0),
    protocol: UDP,
    addressLength: 0,
    client: 0,
    clientPort: 0,
    server: 0,
    serverPort: 0,
  };
  readonly #counts = new MessageCounts();
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
    rejectedFingerprints: 0,
    wrongIntegrity: 0,
    verified: 0,
    classicStun: 0,
    microsoftTurn: 0,
    encrypted: 0,
    notTurn: 0,
    stunMessages: 0,
    channelData: 0,
  };
  readonly #told = new Map<string, number>();
  readonly #rejects = new Map<string, string>();
  /** The newest packet time. */
  #newest = Number.NEGATIVE_INFINITY;
  #folded = Number.NEGATIVE_INFINITY;
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: TurnReaderOptions) {
    this.#options = options;
    for (const port of options.ports) this.#isServerPort[port] = 1;
    this.allocations = new Allocations({ most: options.maxAllocations, seed: options.seed });
    const most = Math.min(options.maxAllocations, MAX_CONNECTIONS);
    this.connections = new TcpConnections({ most, seed: options.seed }, this.#connectionEvents());
    this.#verifier = new Verifier(options.keys ?? NO_KEYS);
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
    } else if (packet.protocol === UDP) this.#datagram(buffer, packet, time);
    else this.#segment(buffer, packet, time);
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
      channelData: structuredClone(this.allocations.channelTotals),
      send: structuredClone(this.#send),
      data: structuredClone(this.#data),
      errors: this.allocations.errors.read(),
      retransmissions: this.allocations.transactions.retransmissions,
    };
  }

  /** How many packets there were, and how many of them could not be read. */
  tally(): { readonly packets: number; readonly unreadable: number } {
    const { packets, rejectedPackets, rejectedStun, rejectedChannelData, untimed, unknownLinks } = this.#tally;
    const unreadable = rejectedPackets + rejectedStun + rejectedChannelData + untimed + unknownLinks;
    return { packets, unreadable: unreadable + this.#tally.rejectedFingerprints };
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
    this.connections.forget(now);
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
    if (type < FIRST_CHANNEL) {
      const found = readStun(this.#message, buffer, payload, captured, length);
      if (found !== STUN) this.#countNoStun(found, buffer, payload, captured);
      else this.#stun(this.#flow, this.#isUp(buffer, packet, this.#message), time, length);
    } else if (type > LAST_CHANNEL) this.#tally.notTurn++;
    else {
      const bytes = buffer.readUInt16BE(payload + 2);
      // RFC 8656 §12.5: over UDP padding to a multiple of four is allowed, and not required.
      const padding = length - 4 - bytes;
      if (padding < 0 || padding > 3) this.#reject('rejectedChannelData', buffer, payload, captured);
      else this.#channelData(this.#flow, this.#isUp(buffer, packet, null), type, bytes, length, time);
    }
  }

  #channelData(flow: Flow, isUp: boolean, channel: number, bytes: number, wire: number, time: number): void {
    this.#tally.channelData++;
    if (!this.allocations.channelData(flow, isUp, channel, bytes, wire, time)) return;
    const { messages } = this.#options;
    if (messages?.isWanted) messages.add(channelMessageOf(channel, bytes, flow, time));
  }

  /** The message that has been read. Answers what `Allocations.message` does. */
  #stun(flow: Flow, isUp: boolean, time: number, wire: number): Allocation | null {
    const message = this.#message;
    if (!this.#isGenuine(message, flow, isUp)) return null;
    this.#tally.stunMessages++;
    this.#counts.add(message.method, message.kind);
    const { messages } = this.#options;
    if (messages?.isWanted) messages.add(stunMessageOf(message, flow, time));
    if (message.kind === INDICATION) this.#countIndication(message, isUp);
    return this.allocations.message(message, flow, isUp, time, wire);
  }

  /** What was changed on its way, or says that it is the server's and was made with another key, is not believed. */
  #isGenuine(message: StunMessage, flow: Flow, isUp: boolean): boolean {
    const found = this.#verifier.verify(message, flow, isUp);
    if (found === BAD_FINGERPRINT) this.#tally.rejectedFingerprints++;
    else if (found === BAD_INTEGRITY) this.#tally.wrongIntegrity++;
    else if (found === VERIFIED) this.#tally.verified++;
    // A client that does not know its password may ask; the server refuses.
    return found !== BAD_FINGERPRINT && (found !== BAD_INTEGRITY || isUp);
  }

  #countNoStun(found: Exclude<StunVerdict, typeof STUN>, buffer: Buffer, at: number, captured: number): void {
    if (found === MALFORMED) this.#reject('rejectedStun', buffer, at, captured);
    else if (found === CLASSIC) this.#tally.classicStun++;
    else if (found === MICROSOFT) this.#tally.microsoftTurn++;
    else this.#countOther(buffer, at, at + captured);
  }

  /** The first of them since the last batch is shown, by what tells of nobody: type, length, magic cookie. */
  #reject(counter: 'rejectedStun' | 'rejectedChannelData', buffer: Buffer, at: number, captured: number): void {
    this.#tally[counter]++;
    if (this.#rejects.has(counter)) return;
    this.#rejects.set(counter, describeHeader(buffer.subarray(at, at + captured)));
  }

  /** Records of TLS (RFC 8446 §5.1) begin with their kind, 20 to 23, and 3; those of DTLS with 254. */
  #countOther(buffer: Buffer, at: number, end: number): void {
    const version = end - at >= 3 && (buffer[at]! & 0xfc) === 20 ? buffer[at + 1] : 0;
    if (version === 3 || version === 254) this.#tally.encrypted++;
    else this.#tally.notTurn++;
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

  // TCP

  #segment(buffer: Buffer, packet: Packet, time: number): void {
    this.#tally.tcpPackets++;
    const { flags } = packet;
    let isUp = this.#isServerPort[packet.destinationPort] === 1;
    if (isUp && this.#isServerPort[packet.sourcePort] === 1) {
      // A client that uses the server's port itself: who began?
      this.#setFlow(buffer, packet, false);
      isUp = (flags & (SYN | ACK)) === SYN || ((flags & SYN) === 0 && !this.connections.has(this.#flow));
    }
    this.#setFlow(buffer, packet, isUp);
    this.connections.segment(buffer, packet, this.#flow, isUp, time);
  }

  /** For `TcpConnections`. */
  #connectionEvents(): ConnectionEvents {
    return {
      stun: (connection, isUp, buffer, at, length, time) => {
        const found = readStun(this.#message, buffer, at, length, length);
        if (found !== STUN) this.#countNoStun(found, buffer, at, length);
        else {
          const relay = this.#stun(connection.flow, isUp, time, length);
          if (relay !== null) beRelay(connection, relay);
        }
      },
      // Of what it gets coturn does not count the padding; of what it sends it does.
      channelData: ({ flow }, isUp, channel, bytes, wire, time) =>
        this.#channelData(flow, isUp, channel, bytes, isUp ? 4 + bytes : wire, time),
      isBound: (flow, channel) => this.allocations.hasChannel(flow, channel),
      lost: (buffer, at, end) => this.#countOther(buffer, at, end),
      raw: ({ relay }, isUp, bytes, time) => {
        if (relay !== null) this.allocations.dataOnConnection(relay, isUp, bytes, time);
      },
      closed: (flow, time) => this.allocations.disconnected(flow, time),
    };
  }

  /** Fills the flow, and answers whether the datagram goes to the server. */
  #isUp(buffer: Buffer, packet: Packet, message: StunMessage | null): boolean {
    const toServer = this.#isServerPort[packet.destinationPort] === 1;
    const fromServer = this.#isServerPort[packet.sourcePort] === 1;
    if (toServer !== fromServer) {
      this.#setFlow(buffer, packet, toServer);
      return toServer;
    }
    // A client that uses the server's port itself: whose allocation is it? Else the message tells.
    this.#setFlow(buffer, packet, true);
    if (this.allocations.has(this.#flow)) return true;
    this.#setFlow(buffer, packet, false);
    if (this.allocations.has(this.#flow)) return false;
    const isUp =
      message !== null && (message.kind === REQUEST || (message.kind === INDICATION && message.method === SEND));
    this.#setFlow(buffer, packet, isUp);
    return isUp;
  }

  #setFlow(buffer: Buffer, packet: Packet, isUp: boolean): void {
    const flow = this.#flow;
    flow.bytes = buffer;
    flow.protocol = packet.protocol;
    flow.addressLength = packet.addressLength;
    flow.client = isUp ? packet.source : packet.destination;
    flow.clientPort = isUp ? packet.sourcePort : packet.destinationPort;
    flow.server = isUp ? packet.destination : packet.source;
    flow.serverPort = isUp ? packet.destinationPort : packet.sourcePort;
  }

  #publish(): void {
    const { transactions, tally, size, waiting, errors } = this.allocations;
    const { outOfOrder, retransmitted, gaps } = this.connections.segments;
    for (const [name, total] of Object.entries(this.#tally)) this.#tell(name, total as number);
    for (const [name, total] of Object.entries(tally)) this.#tell(name, total as number);
    this.#tell('rejected', this.tally().unreadable);
    this.#tell('retransmissions', transactions.retransmissions);
    this.#tell('transactionsDropped', transactions.dropped);
    this.#tell('waitingDropped', waiting.dropped);
    this.#tell('connectionsDropped', this.connections.dropped);
    this.#tell('outOfOrderSegments', outOfOrder);
    this.#tell('retransmittedSegments', retransmitted);
    this.#tell('gaps', gaps);
    for (const [name, total] of errors.counters()) this.#tell(name, total);
    this.#tell('unreadableTexts', transactions.unreadableTexts);
    this.#options.counters.set('allocationsOpen', size);
    for (const [name, text] of this.#rejects) this.#options.counters.example(name, () => text);
    this.#rejects.clear();
  }

  /** Counters outlive a reader: they are told what has been added since. */
  #tell(name: string, total: number): void {
    const told = this.#told.get(name) ?? 0;
    if (total === told) return;
    this.#options.counters.add(name, total - told);
    this.#told.set(name, total);
  }
}
