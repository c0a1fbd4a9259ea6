/** How often a server is asked and how long it may take, as options: to be spread into the schema of a kind. */

import { duration } from '../../lib/options.ts';

/** `every` is the kind's own rhythm, `10s` unless its answers are costly. */
export function pollOptions(every = '10s') {
  return {
    every: duration(every, { least: '1s', most: '5m' }).describe('How often to ask who is there.'),
    timeout: duration('5s', { least: '100ms', most: '1m' }).describe('How long one answer may take.'),
  };
}
