/** Whether lines take the fast lane or not makes no difference, whatever is written in them and however they are cut into blocks. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScopedCounters } from '../../../telemetry/counters.ts';
import { logTime } from '../fixture.ts';
import { PLAIN } from '../paths.ts';
import { type Given, readerOf, T0 } from '../reader.fixture.ts';
import type { LogReader } from '../reader.ts';
import { lines } from './lines.fixture.ts';
import { QuickLines } from './quick-lines.ts';
import { MARKED, QUERIES, RECORD, RECORD_BYTES } from './scan.ts';

/** Everything that comes of the lines, cut into blocks of so many. */
function outcome(
  reader: LogReader,
  counters: ScopedCounters,
  blocks: readonly (readonly string[])[],
  endsOpen: boolean,
) {
  const observations = blocks.flatMap((block, i) => {
    const isOpen = endsOpen && i === blocks.length - 1;
    reader.take(Buffer.from(`${block.join('\n')}${isOpen ? '' : '\n'}`), T0 + 150_000);
    return i % 2 === 0 ? [] : [...reader.cut().observations];
  });
  return {
    observations: [...observations, ...reader.cut().observations],
    tally: reader.tally(),
    counters: counters.read(),
    mark: reader.mark,
  };
}

function inBoth(given: Given, blocks: readonly (readonly string[])[], endsOpen: boolean) {
  return [0, Number.POSITIVE_INFINITY].map((quickFrom) => {
    const counters = new ScopedCounters();
    const reader = readerOf({ ...given, counters, quickFrom });
    if (quickFrom === 0) assert.ok(reader.room !== undefined, 'there is a fast lane');
    return outcome(reader, counters, blocks, endsOpen);
  });
}

for (const options of [{}, { format: 'combined' }, { playbackId: 'sid' }, { cmcd: false }]) {
  test(`the fast lane makes no difference: ${JSON.stringify(options)}`, () => {
    const blocks = fc.array(fc.array(lines, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(blocks, fc.boolean(), (given, endsOpen) => {
        const [quick, plain] = inBoth({ options }, given, endsOpen);
        assert.deepEqual(quick, plain);
      }),
      { numRuns: 150 },
    );
  });
}

test('more strings than it keeps are forgotten, and met again', () => {
  const line = (i: number) =>
    `2001:db8::${i.toString(16)} - - [${logTime(T0)}] "GET /a/${i % 3}/1.ts HTTP/1.1" 200 5 "-" "VLC"`;
  // Blocks that are small enough for the fast lane.
  const block = Array.from({ length: 15_000 }, (_, i) => i);
  const firsts = Array.from({ length: 10 }, (_, n) => n * 15_000);
  const blocks = [...firsts, 0, 15_000].map((first) => block.map((i) => line(first + i)));
  assert.ok(blocks.every((each) => each.join('\n').length < 2 * 1024 * 1024));
  const [quick, plain] = inBoth({}, blocks, false);
  assert.deepEqual(quick, plain);
});

test('usual lines are read, all others only marked', () => {
  const quick = new QuickLines(1, QUERIES.cmcd, PLAIN);
  const usualLine = `192.0.2.1 - - [${logTime(T0)}] "GET /a/1.ts?t=1 HTTP/1.1" 206 99 "-" "VLC"`;
  const text = [
    usualLine,
    usualLine.replace('t=1', 'CMCD=1'),
    usualLine.replace('GET', 'PUT'),
    usualLine.replace('192.0.2.1', '192.0.2.2'),
  ];
  assert.ok(quick.load(Buffer.from(text.map((each) => `${each}\n`).join(''))));
  const found: number[][] = [];
  while (quick.next(() => {})) {
    for (let at = 0; at < quick.count; at++) {
      const record = quick.records.subarray((at * RECORD_BYTES) / 4, ((at + 1) * RECORD_BYTES) / 4);
      found.push([record[RECORD.client]!, record[RECORD.path]!, record[RECORD.status]!, record[RECORD.sent]!]);
    }
  }
  assert.deepEqual(
    [found[0], found[3]],
    [
      [0, 0, 206, 99],
      [1, 0, 206, 99],
    ],
  );
  assert.deepEqual([found[1]![0], found[2]![0]], [MARKED, MARKED]);
});
