import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { blocksOf } from './blocks.ts';

const LONGEST = 1024 * 1024;

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    // The same memory again and again, as some readers do.
    memory.set(bytes.subarray(at, at + size));
    yield memory.subarray(0, Math.min(size, bytes.length - at));
  }
}

async function read(text: string, size: number): Promise<{ blocks: string[]; longLines: number }> {
  const counters = new ScopedCounters();
  const blocks: string[] = [];
  for await (const block of blocksOf(chunked(Buffer.from(text), size), counters)) blocks.push(block.toString());
  return { blocks, longLines: counters.get('longLines') };
}

test('blocks are whole lines, and together they are the stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', 'b', '\n') }),
      fc.integer({ min: 1, max: 20 }),
      async (text, size) => {
        const { blocks } = await read(text, size);
        assert.equal(blocks.join(''), text);
        for (const block of blocks.slice(0, -1)) assert.ok(block.endsWith('\n'));
        assert.ok(!blocks.includes(''));
      },
    ),
  );
});

for (const size of [1000, LONGEST, 10 * LONGEST]) {
  test(`lines of more than a megabyte are skipped and counted, in chunks of ${size} bytes`, async () => {
    const longest = 'y'.repeat(LONGEST);
    const tooLong = 'x'.repeat(LONGEST + 1);
    const { blocks, longLines } = await read(`a\n${tooLong}\n${longest}\n${tooLong}\nb\n${tooLong}\n${tooLong}`, size);
    assert.equal(blocks.join(''), `a\n${longest}\nb\n`);
    assert.equal(longLines, 4);
  });
}
