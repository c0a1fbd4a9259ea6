import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { flagIn, listIn, numberIn, parseFields, textIn } from './json-fields.ts';

test('only an object is an answer', () => {
  assert.deepEqual(parseFields(Buffer.from('{"a":1}')), { a: 1 });
  for (const body of ['', '[]', 'null', '7', '"a"', '{', `${'['.repeat(1_000_000)}`, '\xff\xfe{'])
    assert.equal(parseFields(Buffer.from(body, 'latin1')), null, body.slice(0, 10));
});

test('the first name that has something of the right kind counts', () => {
  const fields = { a: '', b: ' x ', c: 7, d: -1, e: Number.NaN, f: true, g: 'yes', h: [1], i: null, j: {} };
  assert.deepEqual(
    [textIn(fields, 'a', 'b', 'c'), textIn(fields, 'c'), textIn(fields, 'i', 'j', 'f')],
    ['x', '7', null],
  );
  assert.deepEqual([numberIn(fields, 'b', 'c'), numberIn(fields, 'd', 'e', 'i')], [7, null]);
  assert.deepEqual([flagIn(fields, 'g', 'f'), flagIn(fields, 'c')], [true, null]);
  assert.deepEqual([listIn(fields, 'h'), listIn(fields, 'j')], [[1], null]);
});

test('text and numbers are bounded', () => {
  assert.equal(textIn({ a: 'x'.repeat(10_000) }, 'a')!.length, 1000);
  assert.equal(numberIn({ a: 2 ** 53 }, 'a'), null);
});
