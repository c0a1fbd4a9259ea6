/**
 * TURN messages in one direction of a TCP connection (RFC 8656 §12.5: STUN and ChannelData behind one another, ChannelData
 * padded to four bytes): several in a segment, and one in several. What fits into a segment is read in place; only a
 * message that is split is put together, and of split ChannelData nothing but its header.
 *
 * After a gap, and where a connection is joined in its middle, reading goes on at the first segment that begins with a
 * message which cannot be anything else.
 */

import type { StreamReader } from '../../transports/capture/tcp-stream.ts';
import { FIRST_CHANNEL, LAST_CHANNEL } from './allocations.ts';

export interface FramerEvents {
  /** A STUN message, whole. Valid until the call returns. */
  stun(buffer: Buffer, at: number, length: number, time: number): void;
  /** All of a ChannelData message has been read: `bytes` of payload, `wire` bytes with header and padding. */
  channelData(channel: number, bytes: number, wire: number, time: number): void;
  /** Is it on a channel that we know? Then what looks like ChannelData is some. */
  isBound(channel: number): boolean;
  /** What is at `at` is no message, nor is the rest up to `end`, as far as it was captured. */
  lost(buffer: Buffer, at: number, end: number): void;
  /** Bytes that are no TURN messages, because the connection is a peer's now. */
  raw(bytes: number, time: number): void;
}

const MAGIC_COOKIE = 0x2112a442;
const STUN_HEADER = 20;
const CHANNEL_HEADER = 4;

export class Framer implements StreamReader {
  readonly #events: FramerEvents;
  /** Is the next byte the first of a message? */
  #isInStep: boolean;
  #isRaw = false;
  /** No channel is bound before a STUN message has been said: what begins otherwise is another protocol. */
  #isGreeted: boolean;
  /** Bytes of ChannelData that are still to come, and what it is. */
  #left = 0;
  #channel = 0;
  #bytes = 0;
  /** The beginning of a message, as far as it has come. */
  #part: Buffer | null = null;
  #have = 0;

  /** `isFromStart`: its first byte is the first of a message. */
  constructor(events: FramerEvents, isFromStart: boolean) {
    this.#events = events;
    this.#isInStep = isFromStart;
    this.#isGreeted = !isFromStart;
  }

  /** From now on it carries a peer's bytes (RFC 6062 §4.5). */
  beRaw(): void {
    this.#isRaw = true;
    this.#part = null;
    this.#left = 0;
  }

  gap(): void {
    this.#isInStep = false;
    this.#left = 0;
    this.#part = null;
  }

  bytes(buffer: Buffer, start: number, captured: number, length: number, time: number): void {
    if (!this.#isRaw && !this.#isInStep) this.#isInStep = this.#beginsHere(buffer, start, captured);
    const end = start + length;
    const capturedEnd = start + captured;
    let at = start;
    while (at < end) {
      if (this.#isRaw) {
        this.#events.raw(end - at, time);
        return;
      }
      if (!this.#isInStep) {
        this.#events.lost(buffer, at, capturedEnd);
        return;
      }
      if (this.#left > 0) at += this.#skip(end - at, time);
      else if (at >= capturedEnd) this.gap();
      else at = this.#message(buffer, at, capturedEnd, time);
    }
  }

  /** Passes over the payload of ChannelData; answers how far. */
  #skip(available: number, time: number): number {
    const skipped = Math.min(this.#left, available);
    this.#left -= skipped;
    if (this.#left === 0)
      this.#events.channelData(this.#channel, this.#bytes, CHANNEL_HEADER + padded(this.#bytes), time);
    return skipped;
  }

  /** Reads one message, or what there is of it; answers where that ends. */
  #message(buffer: Buffer, at: number, end: number, time: number): number {
    if (this.#part !== null) return this.#goOn(this.#part, buffer, at, end, time);
    const need = this.#needed(buffer, at, end - at);
    if (need === null) return at;
    if (need === CHANNEL_HEADER && end - at >= need) {
      this.#enterChannel(buffer, at, time);
      return at + need;
    }
    if (end - at >= need) {
      this.#events.stun(buffer, at, need, time);
      return at + need;
    }
    this.#part = Buffer.allocUnsafe(need);
    this.#have = buffer.copy(this.#part, 0, at, end);
    return end;
  }

  /** More of a message that was split. */
  #goOn(part: Buffer, buffer: Buffer, at: number, end: number, time: number): number {
    const taken = buffer.copy(part, this.#have, at, Math.min(end, at + part.length - this.#have));
    this.#have += taken;
    if (this.#have < part.length) return at + taken;
    const need = this.#needed(part, 0, part.length);
    if (need === null) return at + taken;
    if (need > part.length) {
      this.#part = Buffer.allocUnsafe(need);
      part.copy(this.#part);
      return at + taken;
    }
    this.#part = null;
    if (need === CHANNEL_HEADER) this.#enterChannel(part, 0, time);
    else this.#events.stun(part, 0, need, time);
    return at + taken;
  }

  /**
   * How many bytes at `at` are needed to go on, of which `available` are there: all of a STUN message, the header of
   * ChannelData, or enough to tell. Null if it is neither: then it is out of step.
   */
  #needed(buffer: Buffer, at: number, available: number): number | null {
    if (available < CHANNEL_HEADER) return CHANNEL_HEADER;
    const type = buffer.readUInt16BE(at);
    if (type >= FIRST_CHANNEL && type <= LAST_CHANNEL && this.#isGreeted) return CHANNEL_HEADER;
    const length = buffer.readUInt16BE(at + 2);
    if (type < FIRST_CHANNEL && length % 4 === 0) {
      if (available < STUN_HEADER) return STUN_HEADER;
      if (buffer.readUInt32BE(at + 4) === MAGIC_COOKIE) {
        this.#isGreeted = true;
        return STUN_HEADER + length;
      }
    }
    this.gap();
    return null;
  }

  #enterChannel(buffer: Buffer, at: number, time: number): void {
    this.#channel = buffer.readUInt16BE(at);
    this.#bytes = buffer.readUInt16BE(at + 2);
    this.#left = padded(this.#bytes);
    if (this.#left === 0) this.#events.channelData(this.#channel, 0, CHANNEL_HEADER, time);
  }

  #beginsHere(buffer: Buffer, at: number, captured: number): boolean {
    if (captured < CHANNEL_HEADER) return false;
    const type = buffer.readUInt16BE(at);
    if (type >= FIRST_CHANNEL) return type <= LAST_CHANNEL && this.#events.isBound(type);
    return (
      captured >= STUN_HEADER && buffer.readUInt16BE(at + 2) % 4 === 0 && buffer.readUInt32BE(at + 4) === MAGIC_COOKIE
    );
  }
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
