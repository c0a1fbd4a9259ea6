import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildTable } from './table.ts';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly asn: number;
}

const WORDS = [1, 4] as const;

/** Small numbers, spread over the words, so that every comparison is met. */
function address(words: 1 | 4, value: number): Uint8Array {
  const bytes = new Uint8Array(4 * words);
  bytes[bytes.length - 1] = value & 15;
  bytes[0] = (value >> 4) * 16;
  return bytes;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
}

function build(words: 1 | 4, ranges: readonly Range[]) {
  const builder = buildTable(words, 1);
  const taken = ranges.map(({ start, end, asn }) => {
    builder.start.set(wordsOf(address(words, start)));
    builder.end.set(wordsOf(address(words, end)));
    return builder.add(asn, asn + 100);
  });
  return { table: builder.build(), taken };
}

const sortedRanges = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 60 })), { maxLength: 30 })
  .map((pairs) =>
    pairs
      .sort(([a], [b]) => a - b)
      .map(([start, length], i): Range => ({ start, end: Math.min(start + length, 255), asn: i + 1 })),
  );

for (const words of WORDS) {
  test(`${32 * words} bits: every address finds the first range that it is in`, () => {
    fc.assert(
      fc.property(sortedRanges, (ranges) => {
        const { table } = build(words, ranges);
        for (let value = 0; value < 256; value++) {
          const first = ranges.find(({ start, end }) => start <= value && value <= end);
          const range = table.find(address(words, value));
          assert.equal(table.asns[range], first?.asn, `${value}`);
          assert.equal(table.names[range], first === undefined ? undefined : first.asn + 100);
        }
      }),
      { numRuns: 200 },
    );
  });
}

test('a range that says nothing new is refused', () => {
  const { table, taken } = build(1, [
    { start: 10, end: 20, asn: 1 },
    { start: 12, end: 20, asn: 2 },
    { start: 30, end: 29, asn: 3 },
    { start: 15, end: 25, asn: 4 },
    { start: 5, end: 8, asn: 5 },
  ]);
  assert.deepEqual(taken, [true, false, false, true, false]);
  assert.equal(table.size, 2);
});

test('an address of the other family is in no range', () => {
  const { table } = build(1, [{ start: 0, end: 255, asn: 1 }]);
  assert.equal(table.find(new Uint8Array(16)), -1);
});
