import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteTable } from './byte-table.ts';
import { PairTable } from './pair-table.ts';

/** The number of a byte string that stands somewhere in a larger block. */
function find(table: ByteTable, bytes: Uint8Array, before = 3): number {
  const block = new Uint8Array(before + bytes.length + 8).fill(0xff);
  block.set(bytes, before);
  return table.find(new DataView(block.buffer), before, before + bytes.length);
}

test('equal bytes have the same number, others another one, in the order of their coming', () => {
  const bytes = fc.uint8Array({ maxLength: 20 });
  const few = fc.array(fc.constantFrom(0, 1, 0x41), { maxLength: 9 }).map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(fc.array(fc.oneof(bytes, few), { maxLength: 300 }), fc.integer(), fc.nat(7), (all, seed, before) => {
      const table = new ByteTable(seed);
      const truth = new Map<string, number>();
      for (const each of all) {
        const text = each.join();
        const expected = truth.get(text) ?? truth.size;
        truth.set(text, expected);
        assert.equal(find(table, each, before), expected);
      }
      assert.equal(table.size, truth.size);
      assert.equal(table.forgotten, 0);
    }),
  );
});

test('a hundred thousand strings keep their numbers, but for the few that were pushed out', () => {
  const table = new ByteTable(7);
  const strings = Array.from({ length: 100_000 }, (_, i) => Buffer.from(`198.51.100.${i} and some more`));
  for (const each of strings) find(table, each);
  const moved = strings.filter((each, i) => find(table, each) !== i).length;
  assert.ok(moved <= 2 * table.forgotten, `${moved} moved, ${table.forgotten} forgotten`);
  assert.ok(table.forgotten < 50, `${table.forgotten} forgotten`);
});

test('a cleared table begins anew', () => {
  const table = new ByteTable(1);
  for (let i = 0; i < 5000; i++) find(table, Buffer.from(`client ${i}`));
  table.clear();
  assert.deepEqual([table.size, table.bytes], [0, 0]);
  assert.equal(find(table, Buffer.from('client 4999')), 0);
});

test('pairs have numbers, too', () => {
  const number = fc.oneof(fc.integer({ min: -1, max: 20 }), fc.integer({ min: -1, max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 3000 }), fc.integer(), (pairs, seed) => {
      const table = new PairTable(seed);
      for (let round = 0; round < 2; round++) {
        const truth = new Map<string, number>();
        for (const [first, second] of pairs) {
          const text = `${first} ${second}`;
          const expected = truth.get(text) ?? truth.size;
          truth.set(text, expected);
          assert.equal(table.find(first, second), expected);
        }
        assert.equal(table.size, truth.size);
        table.clear();
      }
    }),
    { numRuns: 50 },
  );
});
