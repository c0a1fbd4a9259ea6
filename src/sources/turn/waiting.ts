/**
 * What passes between a client and the server before an allocation of theirs is known: bounded tallies, one for each pair.
 * If it turns out that there was an allocation all the time (it began before we listened), its traffic is found here; if
 * one is born now, the packets of its birth are. Never the bytes themselves.
 */

import { type Flow, FlowTable, ownFlow } from './flow-table.ts';

/** Packets and bytes, both ways; up is from the client. */
export interface Both {
  upPackets: number;
  upBytes: number;
  downPackets: number;
  downBytes: number;
}

export function createBoth(): Both {
  return { upPackets: 0, upBytes: 0, downPackets: 0, downBytes: 0 };
}

export function addPacket(to: Both, isUp: boolean, bytes: number): void {
  if (isUp) {
    to.upPackets++;
    to.upBytes += bytes;
  } else {
    to.downPackets++;
    to.downBytes += bytes;
  }
}

/** Payload on one channel, or by indications. */
export interface Heard extends Both {
  first: number;
  last: number;
}

export interface Waiting {
  readonly flow: Flow;
  seen: number;
  /** Everything of UDP's or TCP's payload. */
  readonly wire: Both;
  /** By channel number; indications are `INDICATIONS`. */
  channels: Map<number, Heard> | null;
}

export const INDICATIONS = 0;

const MAX_CHANNELS = 16;
/** No permission lasts longer without being renewed (RFC 8656 §9), no channel than twice as long (§12). */
const FORGET_AFTER = 600_000;

export class WaitingRoom {
  readonly #table: FlowTable<Waiting>;
  dropped = 0;

  constructor(most: number, seed: number) {
    this.#table = new FlowTable(most, seed);
  }

  get size(): number {
    return this.#table.size;
  }

  /** A packet of `bytes` without an allocation. */
  pass(flow: Flow, isUp: boolean, bytes: number, time: number): void {
    let waiting = this.#table.find(flow);
    if (waiting === null) {
      waiting = { flow: ownFlow(flow), seen: time, wire: createBoth(), channels: null };
      if (this.#table.put(flow, waiting) !== null) this.dropped++;
    }
    waiting.seen = time;
    addPacket(waiting.wire, isUp, bytes);
  }

  /** Of these, `bytes` of payload. */
  hear(flow: Flow, channel: number, isUp: boolean, bytes: number, time: number): void {
    const waiting = this.#table.find(flow);
    if (waiting === null) return;
    waiting.channels ??= new Map();
    hear(waiting.channels, channel, isUp, bytes, time);
  }

  /** It has become an allocation. */
  take(flow: Flow): Waiting | null {
    const waiting = this.#table.find(flow);
    if (waiting !== null) this.#table.remove(flow);
    return waiting;
  }

  put(waiting: Waiting): void {
    this.#table.put(waiting.flow, waiting);
  }

  forget(now: number): void {
    this.#table.sweep(({ seen }) => seen + FORGET_AFTER < now);
  }

  /** Those that were seen last come first. */
  values(): Generator<Waiting> {
    return this.#table.values();
  }
}

/** Counts payload on a channel of which nothing is known yet, unless there are too many such channels. */
export function hear(channels: Map<number, Heard>, channel: number, isUp: boolean, bytes: number, time: number): void {
  let heard = channels.get(channel);
  if (heard === undefined) {
    if (channels.size === MAX_CHANNELS) return;
    heard = { ...createBoth(), first: time, last: time };
    channels.set(channel, heard);
  }
  if (time > heard.last) heard.last = time;
  addPacket(heard, isUp, bytes);
}
