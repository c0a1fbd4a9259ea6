/**
 * Finds what belongs to a pair of endpoints (client and server, address and port each) from the bytes of a packet:
 * a hash table over typed arrays, so that a look-up neither allocates nor makes text. It is bounded; when it is full the
 * entry that was seen least recently makes room.
 *
 * `seed` keeps outsiders from choosing addresses that all meet in one bucket.
 */

/** Address length and protocol, both addresses, both ports. */
const KEY_BYTES = 1 + 16 + 16 + 4;
const NONE = -1;
const FIRST_CAPACITY = 256;

/** Two endpoints: offsets of their addresses in `bytes`, which are 4 or 16 bytes long, and their ports. */
export interface Flow {
  bytes: Uint8Array;
  /** As IP numbers them: 17 is UDP, 6 is TCP. */
  protocol: number;
  addressLength: number;
  client: number;
  clientPort: number;
  server: number;
  serverPort: number;
}

export class FlowTable<Value> {
  readonly #most: number;
  readonly #seed: number;
  #keys: Uint8Array;
  #values: (Value | null)[];
  #buckets: Int32Array;
  /** The next slot of the same bucket, or of the free ones. */
  #next: Int32Array;
  /** The slots in the order in which they were seen. */
  #newer: Int32Array;
  #older: Int32Array;
  #newest = NONE;
  #oldest = NONE;
  #free = NONE;
  #used = 0;
  #size = 0;

  constructor(most: number, seed: number) {
    this.#most = most;
    this.#seed = seed | 0;
    const capacity = Math.min(FIRST_CAPACITY, most);
    this.#keys = new Uint8Array(capacity * KEY_BYTES);
    this.#values = new Array<Value | null>(capacity).fill(null);
    this.#buckets = new Int32Array(bucketsFor(capacity)).fill(NONE);
    this.#next = new Int32Array(capacity).fill(NONE);
    this.#newer = new Int32Array(capacity).fill(NONE);
    this.#older = new Int32Array(capacity).fill(NONE);
  }

  get size(): number {
    return this.#size;
  }

  /** What was put there for this pair, which has now been seen; null if nothing was. */
  find(flow: Flow): Value | null {
    const slot = this.#slotOf(flow);
    if (slot === NONE) return null;
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#link(slot);
    }
    return this.#values[slot]!;
  }

  /** Puts a value there, in place of the one before. Answers the one that had to go to make room, or null. */
  put(flow: Flow, value: Value): Value | null {
    const known = this.#slotOf(flow);
    if (known !== NONE) {
      this.#values[known] = value;
      return null;
    }
    let dropped: Value | null = null;
    if (this.#size === this.#most) {
      dropped = this.#values[this.#oldest]!;
      this.#removeSlot(this.#oldest);
    }
    const slot = this.#takeSlot();
    this.#writeKey(slot, flow);
    this.#values[slot] = value;
    this.#enter(slot);
    this.#link(slot);
    this.#size++;
    return dropped;
  }

  remove(flow: Flow): void {
    const slot = this.#slotOf(flow);
    if (slot !== NONE) this.#removeSlot(slot);
  }

  /** Removes all that `isGone` says; answers how many. */
  sweep(isGone: (value: Value) => boolean): number {
    let removed = 0;
    for (let slot = this.#oldest; slot !== NONE; ) {
      const newer = this.#newer[slot]!;
      if (isGone(this.#values[slot]!)) {
        this.#removeSlot(slot);
        removed++;
      }
      slot = newer;
    }
    return removed;
  }

  /** The one that was seen last comes first. */
  *values(): Generator<Value> {
    for (let slot = this.#newest; slot !== NONE; slot = this.#older[slot]!) yield this.#values[slot]!;
  }

  #slotOf(flow: Flow): number {
    const bucket = hashOf(flow, this.#seed) & (this.#buckets.length - 1);
    let slot = this.#buckets[bucket]!;
    while (slot !== NONE && !this.#isKey(slot, flow)) slot = this.#next[slot]!;
    return slot;
  }

  #isKey(slot: number, flow: Flow): boolean {
    const keys = this.#keys;
    const { bytes, addressLength: length, client, server, clientPort, serverPort } = flow;
    let at = slot * KEY_BYTES;
    if (keys[at++] !== tagOf(flow)) return false;
    for (let i = 0; i < length; i++) if (keys[at + i] !== bytes[client + i]) return false;
    at += 16;
    for (let i = 0; i < length; i++) if (keys[at + i] !== bytes[server + i]) return false;
    at += 16;
    return (
      keys[at] === clientPort >> 8 &&
      keys[at + 1] === (clientPort & 255) &&
      keys[at + 2] === serverPort >> 8 &&
      keys[at + 3] === (serverPort & 255)
    );
  }

  #writeKey(slot: number, flow: Flow): void {
    const keys = this.#keys;
    const at = slot * KEY_BYTES;
    const { bytes, addressLength: length, client, server, clientPort, serverPort } = flow;
    keys.fill(0, at, at + KEY_BYTES);
    keys[at] = tagOf(flow);
    keys.set(bytes.subarray(client, client + length), at + 1);
    keys.set(bytes.subarray(server, server + length), at + 17);
    keys.set([clientPort >> 8, clientPort & 255, serverPort >> 8, serverPort & 255], at + 33);
  }

  /** As `hashOf` sees the key of a slot. */
  #flowOf(slot: number): Flow {
    const at = slot * KEY_BYTES;
    const keys = this.#keys;
    return {
      bytes: keys,
      protocol: (keys[at]! & 1) === 0 ? 17 : 6,
      addressLength: keys[at]! & ~1,
      client: at + 1,
      server: at + 17,
      clientPort: (keys[at + 33]! << 8) | keys[at + 34]!,
      serverPort: (keys[at + 35]! << 8) | keys[at + 36]!,
    };
  }

  #enter(slot: number): void {
    const bucket = hashOf(this.#flowOf(slot), this.#seed) & (this.#buckets.length - 1);
    this.#next[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
  }

  #takeSlot(): number {
    if (this.#free !== NONE) {
      const slot = this.#free;
      this.#free = this.#next[slot]!;
      return slot;
    }
    if (this.#used === this.#values.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const capacity = Math.min(this.#values.length * 2, this.#most);
    this.#keys = grown(this.#keys, new Uint8Array(capacity * KEY_BYTES));
    this.#next = grown(this.#next, new Int32Array(capacity).fill(NONE));
    this.#newer = grown(this.#newer, new Int32Array(capacity).fill(NONE));
    this.#older = grown(this.#older, new Int32Array(capacity).fill(NONE));
    const values = new Array<Value | null>(capacity).fill(null);
    this.#values.forEach((value, slot) => {
      values[slot] = value;
    });
    this.#values = values;
    this.#buckets = new Int32Array(bucketsFor(capacity)).fill(NONE);
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot]!) this.#enter(slot);
  }

  #removeSlot(slot: number): void {
    const bucket = hashOf(this.#flowOf(slot), this.#seed) & (this.#buckets.length - 1);
    let before = this.#buckets[bucket]!;
    if (before === slot) this.#buckets[bucket] = this.#next[slot]!;
    else {
      while (this.#next[before] !== slot) before = this.#next[before]!;
      this.#next[before] = this.#next[slot]!;
    }
    this.#unlink(slot);
    this.#values[slot] = null;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest !== NONE) this.#newer[this.#newest] = slot;
    else this.#oldest = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (newer !== NONE) this.#older[newer] = older;
    else this.#newest = older;
    if (older !== NONE) this.#newer[older] = newer;
    else this.#oldest = newer;
  }
}

/** A power of two, so that the buckets are half full at most. */
function bucketsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity * 2));
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Addresses have an even length: the lowest bit tells TCP from UDP. */
function tagOf({ addressLength, protocol }: Flow): number {
  return protocol === 17 ? addressLength : addressLength | 1;
}

/** The same pair, with bytes of its own. */
export function ownFlow({ bytes, protocol, addressLength, client, clientPort, server, serverPort }: Flow): Flow {
  const own = new Uint8Array(2 * addressLength);
  own.set(bytes.subarray(client, client + addressLength));
  own.set(bytes.subarray(server, server + addressLength), addressLength);
  return { bytes: own, protocol, addressLength, client: 0, clientPort, server: addressLength, serverPort };
}

/** Murmur's mixing of 32-bit words (Austin Appleby, public domain). */
function hashOf(flow: Flow, seed: number): number {
  const { bytes, addressLength: length, client, server } = flow;
  let hash = mix(seed, (flow.clientPort << 16) | flow.serverPort);
  for (let i = 0; i < length; i += 4) hash = mix(hash, word(bytes, client + i));
  for (let i = 0; i < length; i += 4) hash = mix(hash, word(bytes, server + i));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function mix(hash: number, more: number): number {
  const scrambled = Math.imul(more, 0xcc9e2d51);
  const turned = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

function word(buffer: Uint8Array, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}
