import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Flow, FlowTable } from './flow-table.ts';

/** A pair of endpoints that differs from number to number, in any of its parts. */
function pair(number: number, length: 4 | 16 = 4): Flow {
  const buffer = Buffer.alloc(5 + 2 * length, 7);
  const part = number % 4;
  const rest = Math.floor(number / 4);
  if (part === 1) buffer.writeUInt16BE(rest, 5 + length - 2);
  if (part === 3) buffer.writeUInt16BE(rest, 5 + 2 * length - 2);
  return {
    bytes: buffer,
    protocol: number % 8 < 4 ? 17 : 6,
    addressLength: length,
    client: 5,
    clientPort: part === 0 ? rest : 40_000,
    server: 5 + length,
    serverPort: part === 2 ? rest : 3478,
  };
}

test('what was put there is found, for every part of the pair', () => {
  const table = new FlowTable<string>(10_000, 42);
  for (const length of [4, 16] as const) {
    for (let i = 0; i < 4000; i++) assert.equal(table.put(pair(i, length), `${length} ${i}`), null);
  }
  for (const length of [4, 16] as const) {
    for (let i = 0; i < 4000; i++) assert.equal(table.find(pair(i, length)), `${length} ${i}`);
  }
  assert.equal(table.find(pair(4001)), null);
});

test('when it is full the one that was seen least recently makes room', () => {
  const table = new FlowTable<number>(3, 1);
  for (const i of [4, 8, 12]) table.put(pair(i), i);
  table.find(pair(4));
  assert.equal(table.put(pair(16), 16), 8);
  assert.deepEqual([...table.values()], [16, 4, 12]);
  assert.equal(table.put(pair(16), 17), null, 'a new value for a known pair needs no room');
  assert.equal(table.size, 3);
});

type Step = readonly ['put' | 'find' | 'remove' | 'sweep', number];

test('it does what a Map does that keeps the order of use', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom('put', 'find', 'remove', 'sweep'), fc.nat(60));
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer(),
      (steps, most, seed) => {
        const table = new FlowTable<number>(most, seed);
        const model = new Map<number, number>();
        const use = (key: number) => {
          const value = model.get(key);
          if (value === undefined) return null;
          model.delete(key);
          model.set(key, value);
          return value;
        };
        for (const [what, key] of steps) {
          const flow = pair(key);
          if (what === 'find') assert.equal(table.find(flow), use(key));
          if (what === 'remove') {
            table.remove(flow);
            model.delete(key);
          }
          if (what === 'sweep') {
            const gone = [...model].filter(([, value]) => value % 3 === key % 3);
            for (const [each] of gone) model.delete(each);
            assert.equal(
              table.sweep((value) => value % 3 === key % 3),
              gone.length,
            );
          }
          if (what === 'put' && !model.has(key)) {
            const oldest = model.size === most ? model.keys().next().value! : null;
            assert.equal(table.put(flow, key), oldest === null ? null : model.get(oldest)!);
            if (oldest !== null) model.delete(oldest);
            model.set(key, key);
          }
          assert.equal(table.size, model.size);
        }
        assert.deepEqual([...table.values()], [...model.values()].reverse());
      },
    ),
    { numRuns: 500 },
  );
});
