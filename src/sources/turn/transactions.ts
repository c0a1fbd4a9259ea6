/**
 * Requests that wait for their answer: what a success means often stands in the request only (the user, the channel and
 * its peer). A transaction is a client's endpoint and a transaction id (RFC 8489 §6.2.1). Also tells retransmissions:
 * the same request again, or the same answer again.
 */

import type { Flow } from './flow-table.ts';
import {
  CHANNEL_NUMBER,
  CONNECTION_ID,
  CREATE_PERMISSION,
  type Endpoint,
  findAttribute,
  forEachXorAddress,
  MALFORMED,
  MOBILITY_TICKET,
  REALM,
  read32,
  readOpaque,
  readText,
  readXorAddress,
  type StunMessage,
  USERNAME,
  XOR_PEER_ADDRESS,
} from './stun.ts';

/** What a request said. Plain JSON. */
export interface Request {
  readonly at: number;
  readonly username: string | null;
  readonly realm: string | null;
  /** Of a ChannelBind. */
  readonly channel: number | null;
  readonly peer: Endpoint | null;
  /** Of a CreatePermission: whom it is for; at most 16. */
  readonly permits: readonly string[];
  /** Of a Refresh that moves an allocation (RFC 8016). */
  readonly ticket: string | null;
  /** Of a ConnectionBind (RFC 6062). */
  readonly connectionId: number | null;
}

interface Transaction {
  readonly at: number;
  /** Null if the answer was seen, but not the request. */
  readonly request: Request | null;
  isAnswered: boolean;
}

/** RFC 8489 §6.2.1: a client gives up after 39.5 seconds. */
const FORGET_AFTER = 40_000;
const MAX_TRANSACTIONS = 20_000;
/** Of these, so many wait long enough to be worth a place in the cursor. */
const MAX_SAVED = 500;
const MAX_PERMITS = 16;

export class Transactions {
  /** In the order in which they began. */
  readonly #open = new Map<string, Transaction>();
  retransmissions = 0;
  /** How many were forgotten because there were too many. */
  dropped = 0;
  /** Names and realms that are no text. */
  unreadableTexts = 0;

  request(message: StunMessage, flow: Flow, time: number): void {
    const key = keyOfTransaction(message, flow);
    if (this.#open.has(key)) {
      this.retransmissions++;
      return;
    }
    const channel = read32(message, CHANNEL_NUMBER);
    const peer = findAttribute(message, XOR_PEER_ADDRESS);
    const request: Request = {
      at: time,
      username: this.#text(message, USERNAME),
      realm: this.#text(message, REALM),
      channel: channel === null ? null : channel >>> 16,
      peer: peer === -1 ? null : readXorAddress(message, peer),
      permits: message.method === CREATE_PERMISSION ? permitsOf(message) : NOBODY,
      ticket: readOpaque(message, MOBILITY_TICKET),
      connectionId: read32(message, CONNECTION_ID),
    };
    this.#add(key, { at: time, request, isAnswered: false });
  }

  /** The request of this answer, null if it was not seen; undefined if the answer has been seen before. */
  answer(message: StunMessage, flow: Flow, time: number): Request | null | undefined {
    const key = keyOfTransaction(message, flow);
    const known = this.#open.get(key);
    if (known === undefined) {
      this.#add(key, { at: time, request: null, isAnswered: true });
      return null;
    }
    if (known.isAnswered) {
      this.retransmissions++;
      return undefined;
    }
    known.isAnswered = true;
    return known.request;
  }

  forget(now: number): void {
    for (const [key, { at }] of this.#open) {
      // One that is from the future, by a clock that was set back, goes when there is no room.
      if (at > now - FORGET_AFTER) break;
      this.#open.delete(key);
    }
  }

  /** Those that wait for their answer, as plain JSON. */
  save(): [string, Request][] {
    const waiting: [string, Request][] = [];
    for (const [key, { request, isAnswered }] of this.#open)
      if (request !== null && !isAnswered) waiting.push([key, request]);
    return waiting.slice(-MAX_SAVED);
  }

  restore(saved: readonly (readonly [string, Request])[]): void {
    for (const [key, request] of saved) this.#add(key, { at: request.at, request, isAnswered: false });
  }

  #add(key: string, transaction: Transaction): void {
    this.#open.set(key, transaction);
    if (this.#open.size <= MAX_TRANSACTIONS) return;
    this.#open.delete(this.#open.keys().next().value!);
    this.dropped++;
  }

  #text(message: StunMessage, type: number): string | null {
    const text = readText(message, type);
    if (text === MALFORMED) this.unreadableTexts++;
    return typeof text === 'string' && text !== '' ? text : null;
  }
}

const NOBODY: readonly string[] = [];

function permitsOf(message: StunMessage): readonly string[] {
  const permits: string[] = [];
  forEachXorAddress(message, XOR_PEER_ADDRESS, ({ address }) => {
    if (permits.length < MAX_PERMITS) permits.push(address);
  });
  return permits;
}

/** A transaction id is unique to its client only. */
export function keyOfTransaction({ buffer, transaction }: StunMessage, flow: Flow): string {
  const { bytes, protocol, client, clientPort, addressLength } = flow;
  const address = Buffer.from(bytes.buffer, bytes.byteOffset + client, addressLength).toString('hex');
  return `${address}:${clientPort}/${protocol}:${buffer.toString('hex', transaction, transaction + 12)}`;
}
