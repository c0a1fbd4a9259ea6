/**
 * TCP connections between clients and the server: puts each in order, finds its messages, and notices its end. Bounded; the
 * one that was seen least recently goes first.
 */

import { ACK, FIN, type Packet, RST, SYN } from '../../transports/capture/packet.ts';
import { TcpStream, TcpTally } from '../../transports/capture/tcp-stream.ts';
import type { Allocation } from './allocation.ts';
import { type Flow, FlowTable, ownFlow } from './flow-table.ts';
import { Framer } from './framer.ts';

export interface ConnectionEvents {
  /** `flow` has bytes of its own; `buffer` is valid until the call returns. */
  stun(connection: Connection, isUp: boolean, buffer: Buffer, at: number, length: number, time: number): void;
  channelData(connection: Connection, isUp: boolean, channel: number, bytes: number, wire: number, time: number): void;
  isBound(flow: Flow, channel: number): boolean;
  /** What is at `at` is no message, nor is the rest of the segment. */
  lost(buffer: Buffer, at: number, end: number): void;
  raw(connection: Connection, isUp: boolean, bytes: number, time: number): void;
  closed(flow: Flow, time: number): void;
}

interface Direction {
  readonly stream: TcpStream;
  readonly framer: Framer;
}

export interface Connection {
  readonly flow: Flow;
  readonly up: Direction;
  readonly down: Direction;
  seen: number;
  /** When the first side had said all. */
  finished: number | null;
  /** For whom it carries a peer's bytes, if it does (RFC 6062 §4.5). */
  relay: Allocation | null;
}

export function beRelay(connection: Connection, allocation: Allocation): void {
  connection.relay = allocation;
  connection.up.framer.beRaw();
  connection.down.framer.beRaw();
}

/** A connection of which nothing has been seen for so long is read on as one that was joined in its middle. */
const FORGET_AFTER = 600_000;
/** One side has ended it, and nothing more has come of the other for so long: it has ended, too. */
const LINGER = 5000;

export class TcpConnections {
  readonly segments = new TcpTally();
  /** They had to make room for others. */
  dropped = 0;
  readonly #table: FlowTable<Connection>;
  readonly #events: ConnectionEvents;

  constructor(options: { readonly most: number; readonly seed: number }, events: ConnectionEvents) {
    this.#table = new FlowTable(options.most, options.seed);
    this.#events = events;
  }

  get size(): number {
    return this.#table.size;
  }

  /** Is there a connection from this client? */
  has(flow: Flow): boolean {
    return this.#table.find(flow) !== null;
  }

  segment(buffer: Buffer, packet: Packet, flow: Flow, isUp: boolean, time: number): void {
    const { flags, sequence, payload, captured, length } = packet;
    let connection = this.#table.find(flow);
    if ((flags & (SYN | ACK)) === SYN && connection !== null && isUp && !this.#isAgain(connection, sequence)) {
      // The same ports again: the end of the connection before was not seen.
      this.#close(connection, time);
      connection = null;
    }
    if (connection === null) {
      if (length === 0 && (flags & SYN) === 0) return;
      connection = this.#open(flow, (flags & SYN) !== 0);
    }
    connection.seen = time;
    const { stream, framer } = isUp ? connection.up : connection.down;
    if ((flags & SYN) !== 0) {
      stream.begin(sequence + 1);
      return;
    }
    stream.push(sequence, buffer, payload, captured, length, time, framer);
    if ((flags & FIN) !== 0) stream.finish(sequence + length);
    if (stream.isFinished && connection.finished === null) connection.finished = time;
    const isOver = connection.up.stream.isFinished && connection.down.stream.isFinished;
    if ((flags & RST) !== 0 || isOver) this.#close(connection, connection.finished ?? time);
  }

  forget(now: number): void {
    const halfClosed: Connection[] = [];
    this.#table.sweep((connection) => {
      if (connection.finished !== null && connection.seen + LINGER < now) halfClosed.push(connection);
      if (connection.seen + FORGET_AFTER >= now) return false;
      drop(connection);
      return true;
    });
    for (const connection of halfClosed) this.#close(connection, connection.finished!);
  }

  /** A SYN that is sent again before anything else has come. */
  #isAgain({ up }: Connection, sequence: number): boolean {
    return up.stream.next === ((sequence + 1) | 0);
  }

  #open(flow: Flow, isFromStart: boolean): Connection {
    const own = ownFlow(flow);
    const direction = (isUp: boolean): Direction => {
      const events = this.#events;
      const framer = new Framer(
        {
          stun: (buffer, at, length, time) => events.stun(connection, isUp, buffer, at, length, time),
          channelData: (channel, bytes, wire, time) => events.channelData(connection, isUp, channel, bytes, wire, time),
          isBound: (channel) => events.isBound(own, channel),
          lost: (buffer, at, end) => events.lost(buffer, at, end),
          raw: (bytes, time) => events.raw(connection, isUp, bytes, time),
        },
        isFromStart,
      );
      return { stream: new TcpStream(this.segments), framer };
    };
    const connection: Connection = {
      flow: own,
      up: direction(true),
      down: direction(false),
      seen: 0,
      finished: null,
      relay: null,
    };
    const dropped = this.#table.put(flow, connection);
    if (dropped !== null) {
      this.dropped++;
      drop(dropped);
    }
    return connection;
  }

  #close(connection: Connection, time: number): void {
    drop(connection);
    this.#table.remove(connection.flow);
    this.#events.closed(connection.flow, time);
  }
}

function drop({ up, down }: Connection): void {
  up.stream.drop();
  down.stream.drop();
}
