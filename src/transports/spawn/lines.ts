/** Text lines out of the bytes that a program prints, whatever the pieces in which they come. */

const LF = 0x0a;
const CR = 0x0d;
/** A terminal writes one before each line end, also behind one that is there already. */
const MOST_RETURNS = 2;

export interface LineSplitter {
  /** The lines that this piece completes, without their ends (`\n`, `\r\n` or `\r\r\n`), UTF-8 decoded. */
  take(chunk: Buffer): string[];
  /** What has been begun and will not be completed any more; null if there is nothing. */
  rest(): string | null;
}

/** Lines of more than `longest` bytes are skipped; `onTooLong` is called once for each. */
export function lineSplitter(longest: number, onTooLong: () => void): LineSplitter {
  let begun: Buffer = Buffer.alloc(0);
  let isTooLong = false;

  /** The part of a line up to its end, or to the end of what there is. */
  const grow = (part: Buffer) => {
    if (isTooLong) return;
    begun = begun.length === 0 ? part : Buffer.concat([begun, part]);
    if (begun.length <= longest + MOST_RETURNS) return;
    isTooLong = true;
    begun = Buffer.alloc(0);
    onTooLong();
  };
  const finish = (): string | null => {
    const line = withoutReturns(begun);
    const isSkipped = isTooLong;
    begun = Buffer.alloc(0);
    isTooLong = false;
    if (!isSkipped && line.length > longest) onTooLong();
    return isSkipped || line.length > longest ? null : line.toString('utf8');
  };
  return {
    take: (chunk) => {
      const lines: string[] = [];
      let from = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
        grow(chunk.subarray(from, end));
        const line = finish();
        if (line !== null) lines.push(line);
        from = end + 1;
      }
      // Copied: the piece is part of a larger buffer that would be kept for it.
      if (from < chunk.length) grow(Buffer.from(chunk.subarray(from)));
      return lines;
    },
    rest: () => (begun.length === 0 ? null : finish()),
  };
}

function withoutReturns(line: Buffer): Buffer {
  let end = line.length;
  while (end > 0 && line.length - end < MOST_RETURNS && line[end - 1] === CR) end--;
  return line.subarray(0, end);
}
