/** For bench/capture.ts: reads one capture in a process of its own, and prints what was in it as one line of JSON. */

import { createReadStream } from 'node:fs';
import { readCapture } from '../src/sources/turn/read-once.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: capture-child.ts PCAP');

const options = { ports: [3478], maxAllocations: 100_000, counters: new ScopedCounters(), seed: 1 };
const file = createReadStream(path, { highWaterMark: 1024 * 1024 });
const tally = await readCapture([file], options, async () => {});
process.stdout.write(`${JSON.stringify(tally)}\n`);
