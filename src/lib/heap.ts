/**
 * How the heap of a process is kept that has hundreds of thousands of objects for minutes, and answers meanwhile: a full
 * collection of its garbage takes half a second, in which hardly anything else is done. See docs/decisions/0016.
 */

import { setFlagsFromString } from 'node:v8';

/** For the whole process, from now on. */
export function collectSeldom(): void {
  // Where a part of what is made lives long, all that is made there would be put among the old, and fill the heap.
  setFlagsFromString('--no-allocation-site-pretenuring');
  // The next full collection comes when the heap has grown to three times what the last one has left.
  setFlagsFromString('--heap-growing-percent=200');
}
