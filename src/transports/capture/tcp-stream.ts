/**
 * One direction of a TCP connection (RFC 9293), put in order: segments that come twice or overlap count once, those that
 * come early are held until what lies before them has come. What was sent and never captured is a gap: it is given up when
 * too much is held behind it, or for too long.
 *
 * Hot path: a segment that comes in its turn is handed on in place. Only held ones are copied.
 */

export interface StreamReader {
  /**
   * `length` bytes that follow one another without a gap; the first `captured` of them are at `at`, the others were cut off
   * by the snap length. Valid until the call returns. `time` is that of the segment that made them readable.
   */
  bytes(buffer: Buffer, at: number, captured: number, length: number, time: number): void;
  /** Bytes are missing for good: what comes next does not follow what came before. */
  gap(): void;
}

/** Of all streams together. */
export class TcpTally {
  /** Segments that came before their turn. */
  outOfOrder = 0;
  /** Segments of which some or all had come before. */
  retransmitted = 0;
  /** Holes that were given up. */
  gaps = 0;
  /** Bytes that are held now. */
  held = 0;
}

interface Held {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly length: number;
  readonly time: number;
}

const MAX_SEGMENTS = 64;
const MAX_HELD = 512 * 1024;
/** Of all streams: those that would need more give up their gaps. */
const MAX_HELD_OF_ALL = 64 * 1024 * 1024;
/** RFC 6298: by then it would have been sent again several times. */
const MAX_WAIT = 10_000;
/** No window is wider (RFC 7323 §2.3): what lies further back is of another connection. */
const MAX_WINDOW = 2 ** 30;

export class TcpStream {
  readonly #tally: TcpTally;
  #next = 0;
  #isBegun = false;
  /** Where the other side said that it ends. */
  #finish: number | null = null;
  #held: Held[] = [];
  #heldBytes = 0;

  constructor(tally: TcpTally) {
    this.#tally = tally;
  }

  /** The number of the byte that comes next, as a signed one; 0 before anything has come. */
  get next(): number {
    return this.#next;
  }

  /** Everything up to the end that was announced has been read. */
  get isFinished(): boolean {
    return this.#isBegun && this.#finish === this.#next;
  }

  /** The next byte has this number: after SYN, the one behind it. */
  begin(sequence: number): void {
    this.drop();
    this.#isBegun = true;
    this.#next = sequence | 0;
    this.#finish = null;
  }

  /** The stream ends before the byte with this number. */
  finish(sequence: number): void {
    this.#finish = sequence | 0;
  }

  /** A segment of `length` bytes, of which `captured` are at `at`. */
  push(
    sequence: number,
    buffer: Buffer,
    at: number,
    captured: number,
    length: number,
    time: number,
    to: StreamReader,
  ): void {
    if (length === 0) return;
    if (!this.#isBegun) this.begin(sequence);
    let ahead = (sequence - this.#next) | 0;
    if (ahead < -MAX_WINDOW) {
      this.#tally.gaps++;
      to.gap();
      this.begin(sequence);
      ahead = 0;
    }
    if (ahead > 0) {
      this.#hold(sequence, Buffer.from(buffer.subarray(at, at + captured)), length, time);
      if (this.#isTooMuch(time)) this.#giveUp(time, to);
      return;
    }
    if (ahead < 0) this.#tally.retransmitted++;
    this.#take(-ahead, buffer, at, captured, length, time, to);
    if (this.#held.length > 0) this.#release(time, to);
  }

  /** Forgets what is held. */
  drop(): void {
    this.#tally.held -= this.#heldBytes;
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Hands on a segment of which `known` bytes have been read before. */
  #take(
    known: number,
    buffer: Buffer,
    at: number,
    captured: number,
    length: number,
    time: number,
    to: StreamReader,
  ): void {
    if (known >= length) return;
    this.#next = (this.#next + length - known) | 0;
    const left = Math.max(captured - known, 0);
    to.bytes(buffer, at + captured - left, left, length - known, time);
  }

  #hold(sequence: number, bytes: Buffer, length: number, time: number): void {
    this.#tally.outOfOrder++;
    let i = this.#held.length;
    while (i > 0 && ((sequence - this.#held[i - 1]!.sequence) | 0) < 0) i--;
    this.#held.splice(i, 0, { sequence, bytes, length, time });
    this.#heldBytes += bytes.length;
    this.#tally.held += bytes.length;
  }

  #isTooMuch(time: number): boolean {
    return (
      this.#held.length > MAX_SEGMENTS ||
      this.#heldBytes > MAX_HELD ||
      this.#tally.held > MAX_HELD_OF_ALL ||
      this.#held.some((each) => time - each.time > MAX_WAIT)
    );
  }

  #giveUp(time: number, to: StreamReader): void {
    this.#tally.gaps++;
    to.gap();
    this.#next = this.#held[0]!.sequence | 0;
    this.#release(time, to);
  }

  /** Hands on what now has its turn. */
  #release(time: number, to: StreamReader): void {
    while (this.#held.length > 0) {
      const { sequence, bytes, length } = this.#held[0]!;
      const ahead = (sequence - this.#next) | 0;
      if (ahead > 0) {
        if (this.#isTooMuch(time)) this.#giveUp(time, to);
        return;
      }
      this.#held.shift();
      this.#heldBytes -= bytes.length;
      this.#tally.held -= bytes.length;
      this.#take(-ahead, bytes, 0, bytes.length, length, time, to);
    }
  }
}
