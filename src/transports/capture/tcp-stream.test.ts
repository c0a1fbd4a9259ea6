import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { TcpStream, TcpTally } from './tcp-stream.ts';

const TEXT = Buffer.from('the quick brown fox jumps over the lazy dog');

function stream() {
  const tally = new TcpTally();
  const tcp = new TcpStream(tally);
  let read = '';
  const to = {
    bytes: (buffer: Buffer, at: number, captured: number, length: number) => {
      read += buffer.toString('latin1', at, at + captured) + '?'.repeat(length - captured);
    },
    gap: () => {
      read += '|';
    },
  };
  const push = (sequence: number, bytes: Buffer, { captured = bytes.length, time = 0 } = {}) => {
    const buffer = Buffer.concat([Buffer.from('##'), bytes, Buffer.from('##')]);
    tcp.push(sequence >>> 0, buffer, 2, captured, bytes.length, time, to);
  };
  return { tcp, tally, push, read: () => read };
}

const part = (from: number, to: number) => TEXT.subarray(from, to);

test('in order, out of order, twice and overlapping: every byte once', () => {
  const { tcp, tally, push, read } = stream();
  tcp.begin(100);
  push(100, part(0, 5));
  push(110, part(10, 20));
  push(107, part(7, 12));
  push(100, part(0, 5));
  push(103, part(3, 8));
  push(120, TEXT.subarray(20));
  assert.equal(read(), TEXT.toString());
  assert.deepEqual([tally.outOfOrder, tally.retransmitted, tally.gaps, tally.held], [2, 2, 0, 0]);
});

test('numbers begin again at zero', () => {
  const { tcp, push, read } = stream();
  tcp.begin(0xfffffffc);
  push(6, part(10, 20));
  push(0xfffffffc, part(0, 10));
  assert.equal(read(), TEXT.toString('latin1', 0, 20));
});

test('a stream whose beginning was not seen begins with what is seen first', () => {
  const { push, read } = stream();
  push(5000, part(0, 5));
  push(5005, part(5, 9));
  push(4990, part(0, 5));
  assert.equal(read(), 'the quick');
});

test('a gap is given up when too much is held, or for too long', () => {
  const many = stream();
  many.tcp.begin(0);
  for (let i = 0; i < 65; i++) many.push(10 + i, Buffer.from('x'));
  assert.equal(many.read(), `|${'x'.repeat(65)}`);
  assert.equal(many.tally.gaps, 1);

  const late = stream();
  late.tcp.begin(0);
  late.push(10, Buffer.from('a'), { time: 1000 });
  late.push(20, Buffer.from('b'), { time: 11_001 });
  assert.equal(late.read(), '|a', 'the second gap is new');
  late.push(30, Buffer.from('c'), { time: 22_000 });
  assert.equal(late.read(), '|a|b');

  const large = stream();
  large.tcp.begin(0);
  large.push(10, Buffer.alloc(600_000, 'z'));
  assert.equal(large.read().length, 600_001);
  assert.equal(large.tally.held, 0);
});

test('what the snap length cut off is told as missing bytes, in its place', () => {
  const { tcp, push, read } = stream();
  tcp.begin(0);
  push(0, part(0, 10), { captured: 4 });
  push(8, part(8, 12));
  assert.equal(read(), 'the ??????br');
  push(12, part(12, 20), { captured: 0 });
  assert.equal(read(), 'the ??????br????????');
});

test('its end is reached when all before it has come', () => {
  const { tcp, push } = stream();
  tcp.begin(0);
  tcp.finish(20);
  push(10, part(10, 20));
  assert.equal(tcp.isFinished, false);
  push(0, part(0, 10));
  assert.equal(tcp.isFinished, true);
});

test('numbers from far behind are another connection', () => {
  const { tcp, push, read, tally } = stream();
  tcp.begin(0x70000000);
  push(0x70000000, part(0, 3));
  push(0x10000000, part(4, 9));
  assert.equal(read(), 'the|quick');
  assert.equal(tally.gaps, 1);
});

test('however a text is cut, repeated and shuffled, it is read as it is, and nothing stays held', () => {
  const cuts = fc.array(fc.tuple(fc.nat(42), fc.integer({ min: 1, max: 20 })), { maxLength: 30 });
  fc.assert(
    fc.property(cuts, fc.integer({ min: 0, max: 0xffffffff }), (segments, first) => {
      const { tcp, tally, push, read } = stream();
      tcp.begin(first);
      for (const [at, length] of segments) push(first + at, TEXT.subarray(at, at + length));
      push(first, TEXT);
      assert.equal(read(), TEXT.toString());
      assert.equal(tally.held, 0);
      assert.equal(tally.gaps, 0);
    }),
    { numRuns: 500 },
  );
});
