/** Lines that have come and have not been taken: a bounded block that grows while the one before it is worked on. */

import { SLACK } from '../tail/open-file.ts';

const LF = 0x0a;
const SPACE = 0x20;

export interface LineQueue {
  isEmpty(): boolean;
  /** How many bytes of lines, with their ends, still fit. */
  room(): number;
  /** Copies the line and ends it. There must be room. */
  push(line: Buffer): void;
  /** All that have come since, null if there are none; valid until the next time. Eight bytes behind it are readable. */
  take(): Buffer | null;
}

export function lineQueue(capacity: number): LineQueue {
  let filling = Buffer.allocUnsafeSlow(capacity + SLACK);
  let taken = Buffer.allocUnsafeSlow(capacity + SLACK);
  let length = 0;
  return {
    isEmpty: () => length === 0,
    room: () => capacity - length,
    push: (line) => {
      const end = length + line.copy(filling, length);
      // A message is one line, whatever its sender has put into it.
      for (let at = filling.indexOf(LF, length); at !== -1 && at < end; at = filling.indexOf(LF, at))
        filling[at] = SPACE;
      filling[end] = LF;
      length = end + 1;
    },
    take: () => {
      if (length === 0) return null;
      [filling, taken] = [taken, filling];
      const block = taken.subarray(0, length);
      length = 0;
      return block;
    },
  };
}
