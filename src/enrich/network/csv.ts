/**
 * The `-num.csv` files of @ip-location-db/asn, read as bytes: `start,end,asn,organization`, one line a range, addresses
 * as decimal numbers of 32 or 128 bits, both ends inclusive, sorted; the organization in quotes (doubled inside) where it
 * has a comma or a quote. Half a million lines, so nothing is allocated per line. What is done with them is table.ts.
 */

const NEWLINE = 10;
const COMMA = 44;
const ZERO = 48;

/** Called for each line. The organization is in `bytes`, `from` … `to`: `nameIn` reads it for those who do not know it yet. */
export type TakeRange = (asn: number, bytes: Buffer, from: number, to: number) => void;

export interface RangeLines {
  /** The next bytes of the file, cut anywhere. */
  feed(bytes: Buffer): void;
  /** The last line may lack its end. */
  end(): void;
  /** Lines that are no range. */
  readonly unreadable: number;
}

/**
 * `start` and `end` are where an address of `start.length` words of 32 bits, the highest first, is put before `take` is
 * called.
 */
export function readRanges(start: Uint32Array, end: Uint32Array, take: TakeRange): RangeLines {
  let rest = Buffer.alloc(0);
  let unreadable = 0;

  const readLine = (bytes: Buffer, from: number, to: number) => {
    if (from === to || (from + 1 === to && bytes[from] === 13)) return;
    const first = bytes.indexOf(COMMA, from);
    const second = first === -1 ? -1 : bytes.indexOf(COMMA, first + 1);
    const third = second === -1 ? -1 : bytes.indexOf(COMMA, second + 1);
    if (third === -1 || third >= to) {
      unreadable++;
      return;
    }
    ASN[0] = 0;
    const isRange = decimal(bytes, from, first, start) && decimal(bytes, first + 1, second, end);
    if (isRange && decimal(bytes, second + 1, third, ASN)) take(ASN[0], bytes, third + 1, to);
    else unreadable++;
  };

  return {
    feed: (bytes) => {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let from = 0;
      for (let to = all.indexOf(NEWLINE); to !== -1; to = all.indexOf(NEWLINE, from)) {
        readLine(all, from, to);
        from = to + 1;
      }
      rest = Buffer.from(all.subarray(from));
    },
    end: () => {
      readLine(rest, 0, rest.length);
      rest = Buffer.alloc(0);
    },
    get unreadable() {
      return unreadable;
    },
  };
}

const ASN = new Uint32Array(1);

/** Multiplying a word by this and adding as much stays within the 53 bits of a number. */
const DIGITS_AT_ONCE = 6;

/** Reads a decimal number into words, the highest first; false if it is none or does not fit. */
function decimal(bytes: Buffer, from: number, to: number, words: Uint32Array): boolean {
  if (from === to) return false;
  words.fill(0);
  for (let at = from; at < to; ) {
    let value = 0;
    let factor = 1;
    for (const stop = Math.min(at + DIGITS_AT_ONCE, to); at < stop; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return false;
      value = value * 10 + digit;
      factor *= 10;
    }
    for (let i = words.length - 1; i >= 0; i--) {
      const product = words[i]! * factor + value;
      words[i] = product;
      value = Math.floor(product / 2 ** 32);
    }
    if (value !== 0) return false;
  }
  return true;
}

/** The organization; null if it is empty. */
export function nameIn(bytes: Buffer, from: number, to: number): string | null {
  const text = bytes.toString('utf8', from, to).trim();
  const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
  const name = isQuoted ? text.slice(1, -1).replaceAll('""', '"').trim() : text;
  return name === '' ? null : name;
}
