import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineSplitter } from './lines.ts';

const LONGEST = 20;

/** The lines of the text, given in pieces that end at these places; and how many were too long. */
function split(text: string, places: readonly number[]): { lines: string[]; tooLong: number } {
  let tooLong = 0;
  const splitter = lineSplitter(LONGEST, () => tooLong++);
  const bytes = Buffer.from(text);
  const cuts = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const lines = cuts.flatMap((to, i) => splitter.take(bytes.subarray(cuts[i - 1] ?? 0, to)));
  const rest = splitter.rest();
  return { lines: rest === null ? lines : [...lines, rest], tooLong };
}

test('the pieces do not matter', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', '\r\n', ' ', 'x'.repeat(9)), maxLength: 40 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 10 }), (all, places) => {
      const truth = all.split('\n').map((line) => line.replace(/\r{1,2}$/, ''));
      // Behind the last line end there is no line unless something stands there.
      if (all.endsWith('\n') || all === '') truth.pop();
      const isLong = (line: string) => Buffer.byteLength(line) > LONGEST;
      assert.deepEqual(split(all, places), {
        lines: truth.filter((line) => !isLong(line)),
        tooLong: truth.filter(isLong).length,
      });
    }),
    { numRuns: 1000 },
  );
});

test('a line of ten megabytes without an end is skipped and counted once, in bounded room', () => {
  let tooLong = 0;
  const splitter = lineSplitter(64 * 1024, () => tooLong++);
  const piece = Buffer.alloc(64 * 1024, 'x');
  for (let i = 0; i < 160; i++) assert.deepEqual(splitter.take(piece), []);
  assert.deepEqual(splitter.take(Buffer.from('x\nnext\n')), ['next']);
  assert.equal(tooLong, 1);
});
