/**
 * Where one syslog message ends and the next begins in a stream of bytes (RFC 6587): each begins with its length and a
 * space, or ends with a line feed. A sender may use either, even in turn.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/** No datagram is longer. Longer messages are skipped. */
export const LONGEST_MESSAGE = 64 * 1024;
const LENGTH_DIGITS = 8;

export interface SyslogFrames {
  /** Calls `onMessage` for each message that this piece completes; what it is given holds only during the call. */
  take(chunk: Buffer): void;
  /** The stream has ended. Was it in the middle of a message? */
  end(): boolean;
}

export function syslogFrames(onMessage: (message: Buffer) => void, onTooLong: () => void): SyslogFrames {
  let begun: Buffer = Buffer.alloc(0);
  /** Of a message that is too long: so many bytes, or up to its line feed. */
  let skipping: number | 'line' = 0;

  /** How far the first message of `bytes` reaches, and where it begins; null if that is not known yet. */
  const first = (bytes: Buffer): { readonly from: number; readonly to: number } | null => {
    const length = announced(bytes);
    if (length === 'perhaps') return null;
    if (length !== null) return { from: length.from, to: length.from + length.bytes };
    const lineEnd = bytes.indexOf(LF);
    return lineEnd === -1 ? null : { from: 0, to: lineEnd + 1 };
  };
  /** Answers how much of `bytes` has been skipped. */
  const skip = (bytes: Buffer): number => {
    if (skipping !== 'line') {
      const skipped = Math.min(skipping, bytes.length);
      skipping -= skipped;
      return skipped;
    }
    const lineEnd = bytes.indexOf(LF);
    if (lineEnd === -1) return bytes.length;
    skipping = 0;
    return lineEnd + 1;
  };

  return {
    take: (chunk) => {
      let bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
      bytes = bytes.subarray(skip(bytes));
      while (bytes.length > 0) {
        // Between messages, and behind those with a length, some send line ends.
        if (bytes[0] === LF || bytes[0] === CR) {
          bytes = bytes.subarray(1);
          continue;
        }
        const frame = first(bytes);
        const isTooLong = (frame === null ? bytes.length : frame.to - frame.from) > LONGEST_MESSAGE;
        if (isTooLong) {
          onTooLong();
          skipping = frame === null ? 'line' : frame.to;
          bytes = bytes.subarray(skip(bytes));
        } else if (frame === null || frame.to > bytes.length) {
          break;
        } else {
          onMessage(bytes.subarray(frame.from, frame.to));
          bytes = bytes.subarray(frame.to);
        }
      }
      // Copied: the piece is part of a larger buffer that is used again.
      begun = Buffer.from(bytes);
    },
    end: () => begun.length > 0 || skipping !== 0,
  };
}

/** The length that stands before the message; null if there is none, `perhaps` if that cannot be told yet. */
function announced(bytes: Buffer): { readonly bytes: number; readonly from: number } | 'perhaps' | null {
  let length = 0;
  for (let at = 0; at <= LENGTH_DIGITS; at++) {
    const byte = bytes[at];
    if (byte === undefined) return 'perhaps';
    if (byte === SPACE && at > 0) return { bytes: length, from: at + 1 };
    if (byte < ZERO || byte > NINE || (at === 0 && byte === ZERO)) return null;
    length = length * 10 + byte - ZERO;
  }
  return null;
}
