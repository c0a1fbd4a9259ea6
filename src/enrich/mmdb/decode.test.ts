import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { decodeValue } from './decode.ts';

function decode(...bytes: number[]): unknown {
  const buffer = Buffer.from(bytes);
  return decodeValue({ buffer, need: () => {}, start: 0, end: buffer.length }, 0);
}

test('integers have as many bytes as they need, floats have all of theirs', () => {
  assert.equal(decode(0xa0), 0);
  assert.equal(decode(0xa2, 0x01, 0x00), 256);
  assert.equal(decode(0xc4, 0xff, 0xff, 0xff, 0xff), 4_294_967_295);
  assert.equal(decode(0x04, 0x01, 0xff, 0xff, 0xff, 0xff), -1);
  assert.equal(decode(0x01, 0x01, 0x05), 5);
  assert.equal(decode(0x01, 0x02, 0xff), 255n);
  assert.equal(decode(0x68, 0x40, 0x45, 0, 0, 0, 0, 0, 0), 42);
  assert.equal(decode(0x04, 0x08, 0x3f, 0x80, 0, 0), 1);
  assert.throws(() => decode(0x67, 0x40, 0x45, 0, 0, 0, 0, 0), /7 bytes/);
  assert.throws(() => decode(0xa3, 1, 1, 1), /3 bytes/);
});

test('long texts say how long they are in one, two or three more bytes', () => {
  for (const [length, ...size] of [
    [29, 0x5d, 0],
    [285, 0x5e, 0, 0],
    [65_821, 0x5f, 0, 0, 0],
  ] as const) {
    assert.equal(decode(...size, ...Buffer.alloc(length, 'x')), 'x'.repeat(length));
  }
});

test('a pointer stands for what it points at, and reading goes on behind it', () => {
  // An array of two pointers to the text behind it.
  assert.deepEqual(decode(0x02, 0x04, 0x20, 6, 0x20, 6, 0x42, 0x68, 0x69), ['hi', 'hi']);
  assert.throws(() => decode(0x20, 2, 0x20, 0), /points to a pointer/);
  assert.throws(() => decode(0x20, 99), /outside/);
});

test('a record that repeats itself without end, or grows beyond measure, is refused', () => {
  assert.throws(() => decode(0x01, 0x04, 0x20, 0), /nested/);
  // Thirty arrays, each of two pointers to the next one: a thousand million values in 180 bytes.
  const bomb = Array.from({ length: 30 }, (_, i) => [0x02, 0x04, 0x20, 6 * (i + 1), 0x20, 6 * (i + 1)]).flat();
  assert.throws(() => decode(...bomb, 0xa0), /more than 10000 values/);
  assert.throws(() => decode(0x1f, 0x04, 0xff, 0xff, 0xff), /longer than the file/);
});

test('a key is a text, and no key is special', () => {
  assert.throws(() => decode(0xe1, 0xa0, 0xa0), /not a text/);
  const key = Buffer.from('__proto__');
  const map = decode(0xe1, 0x40 + key.length, ...key, 0xe0) as object;
  assert.deepEqual(Object.keys(map), ['__proto__']);
  assert.equal(Object.getPrototypeOf(map), null);
});
