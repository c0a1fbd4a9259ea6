/** For bench/capture.ts: reads one capture in a process of its own, and prints what was in it as one line of JSON. */

import { statSync } from 'node:fs';
import { readCapture } from '../src/sources/turn/read-once.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: capture-child.ts PCAP');

function fail(message: string): never {
  throw new Error(message);
}

const options = { ports: [3478], maxAllocations: 100_000, counters: new ScopedCounters(), seed: 1 };
const plain = { path, size: statSync(path).size, read: () => {} };
const file = { plain, [Symbol.asyncIterator]: () => fail('it is a plain file') };
const tally = await readCapture([file], options, async () => {});
process.stdout.write(`${JSON.stringify(tally)}\n`);
