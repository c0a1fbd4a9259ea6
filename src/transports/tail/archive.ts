/**
 * What is in a gzip file (RFC 1952, of any number of members), read as a stream: at most what is asked for at once and
 * one piece more are in memory. Only forward reading is cheap.
 *
 * A file that is cut, or broken somewhere, ends where it is; what comes before is given.
 */

import type { FileHandle } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import type { Content } from './content.ts';

/** Deflate makes at most 1,032 bytes of one: so 16 MiB for the worst piece, and a quarter of a MiB for one of a log. */
const PIECE_BYTES = 16 * 1024;

export function archiveContent(handle: FileHandle, onDamage: () => void): Content {
  let inflating = beginInflating(handle);
  let isDamageTold = false;
  /** What has been inflated and not been passed yet; `from` is the position of the first of it. */
  let pieces: Buffer[] = [];
  let from = 0;
  let length = 0;

  const more = async (): Promise<boolean> => {
    while (!inflating.isOver()) {
      const fresh = await inflating.next();
      for (const piece of fresh) length += piece.length;
      pieces.push(...fresh);
      if (inflating.isDamaged() && !isDamageTold) {
        isDamageTold = true;
        onDamage();
      }
      if (fresh.length > 0) return true;
    }
    return false;
  };
  const rewind = () => {
    inflating.close();
    inflating = beginInflating(handle);
    pieces = [];
    from = 0;
    length = 0;
  };
  const passTo = async (position: number) => {
    if (position < from) rewind();
    while (from < position) {
      const piece = pieces[0];
      if (piece === undefined) {
        if (!(await more())) return;
      } else if (from + piece.length <= position) {
        pieces.shift();
        from += piece.length;
        length -= piece.length;
      } else {
        return;
      }
    }
  };
  return {
    isArchive: true,
    isDamaged: () => inflating.isDamaged(),
    read: async (buffer, wanted, position) => {
      await passTo(position);
      let skip = position - from;
      while (length - skip < wanted && (await more()));
      let filled = 0;
      for (const piece of pieces) {
        if (filled === wanted) break;
        filled += piece.copy(buffer, filled, skip, Math.min(piece.length, skip + wanted - filled));
        skip = 0;
      }
      return filled;
    },
    stat: () => handle.stat(),
    bytesBehind: async () => (inflating.isOver() ? 0 : Math.max((await handle.stat()).size - inflating.bytesRead(), 0)),
    close: async () => {
      inflating.close();
      await handle.close();
    },
  };
}

interface Inflating {
  /** What the next piece of the file becomes: often several buffers, sometimes none. */
  next(): Promise<Buffer[]>;
  isOver(): boolean;
  isDamaged(): boolean;
  bytesRead(): number;
  close(): void;
}

function beginInflating(handle: FileHandle): Inflating {
  const input = Buffer.allocUnsafe(PIECE_BYTES);
  const gunzip: Gunzip = createGunzip();
  let inflated: Buffer[] = [];
  let bytesRead = 0;
  let isOver = false;
  let isDamaged = false;
  let settle = () => {};
  const finish = () => {
    isOver = true;
    settle();
  };
  const take = () => {
    const fresh = inflated;
    inflated = [];
    return fresh;
  };
  gunzip.on('data', (bytes: Buffer) => inflated.push(bytes));
  // Also before everything was read: what stands behind the last member is no part of it (zeros, on tapes).
  gunzip.on('end', finish);
  gunzip.on('error', () => {
    isDamaged = true;
    finish();
  });
  return {
    next: async () => {
      if (inflated.length > 0) return take();
      const piece = (await handle.read(input, 0, PIECE_BYTES, bytesRead)).bytesRead;
      bytesRead += piece;
      // `settle` and not the callback alone: after an end or an error nobody is called back.
      await new Promise<void>((resolve) => {
        settle = resolve;
        if (piece === 0) gunzip.end();
        else gunzip.write(input.subarray(0, piece), () => resolve());
      });
      return take();
    },
    // The end may be told before the last bytes were asked for.
    isOver: () => isOver && inflated.length === 0,
    isDamaged: () => isDamaged,
    bytesRead: () => bytesRead,
    close: () => gunzip.destroy(),
  };
}
