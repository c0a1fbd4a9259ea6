import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { decodeText } from './decode-text.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

test('the bytes decide what encoding it is', () => {
  assert.equal(decodeText(new TextEncoder().encode('Mötley – 日本')), 'Mötley – 日本');
  assert.equal(decodeText(bytes(0xef, 0xbb, 0xbf, 0xc3, 0xbc)), 'ü');
  assert.equal(decodeText(bytes(0x4d, 0xf6, 0x74)), 'Möt');
  assert.equal(decodeText(bytes(0x93, 0x61, 0x94)), '“a”');
  assert.equal(decodeText(bytes(0xff, 0xfe, 0xfc, 0x00)), 'ü');
  assert.equal(decodeText(bytes(0xfe, 0xff, 0x00, 0xfc)), 'ü');
});

test('nothing is no text, and whatever else there is, is some', () => {
  assert.equal(decodeText(bytes()), '');
  assert.equal(decodeText(bytes(0xff)), 'ÿ');
});
