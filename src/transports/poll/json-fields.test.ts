import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { countIn, fieldsOf, flagIn, listIn, numberIn, parseJson, textIn } from './json-fields.ts';

test('JSON is read in the encoding that it has, control characters within texts are spaces', () => {
  assert.deepEqual(parseJson(Buffer.from('{"a":"é"}', 'latin1')), { a: 'é' });
  assert.deepEqual(parseJson(Buffer.from('\ufeff{"a":1}')), { a: 1 });
  assert.deepEqual(parseJson(Buffer.from('[{"a":"x\ty\u0001"}]\n')), [{ a: 'x y ' }]);
});

test('what is no JSON is undefined', () => {
  for (const text of ['', '<html>', '{"a":', '{"a":1}}', '['.repeat(1_000_000), '\xff\xfe{'])
    assert.equal(parseJson(Buffer.from(text, 'latin1')), undefined, text.slice(0, 10));
});

test('only objects have fields', () => {
  assert.deepEqual(fieldsOf({ a: 1 }), { a: 1 });
  for (const value of [null, undefined, [], 'a', 7]) assert.equal(fieldsOf(value), null);
});

const FIELDS = {
  ...{ text: ' a ', empty: ' ', nothing: null, object: {}, list: [1], yes: true, no: false },
  ...{
    number: 2024,
    digits: '17',
    minus: -1,
    fraction: 1.5,
    written: '0.25',
    huge: 1e21,
    most: 2 ** 53,
    one: 1,
    zero: '0',
  },
};
/** What `read` makes of each of them. */
const each = <Value>(read: (fields: object & typeof FIELDS, name: string) => Value, ...names: readonly string[]) =>
  names.map((name) => read(FIELDS, name));

test('texts may be numbers, and are trimmed', () => {
  assert.deepEqual(each(textIn, 'text', 'number', 'fraction'), ['a', '2024', '1.5']);
  assert.deepEqual(each(textIn, 'empty', 'nothing', 'object', 'list', 'yes', 'absent'), Array(6).fill(null));
});

test('numbers may be texts, and are neither negative nor greater than what is exact', () => {
  assert.deepEqual(each(numberIn, 'number', 'digits', 'fraction', 'written', 'zero'), [2024, 17, 1.5, 0.25, 0]);
  assert.deepEqual(each(numberIn, 'minus', 'huge', 'most', 'text', 'yes', 'list', 'absent'), Array(7).fill(null));
  assert.deepEqual(each(countIn, 'number', 'digits', 'fraction', 'written', 'minus'), [2024, 17, null, null, null]);
});

test('flags are booleans, or one and zero', () => {
  assert.deepEqual(each(flagIn, 'yes', 'no', 'one', 'zero'), [true, false, true, false]);
  assert.deepEqual(each(flagIn, 'number', 'text', 'nothing', 'absent'), Array(4).fill(null));
});

test('the first name that has something of the right kind counts', () => {
  assert.equal(textIn(FIELDS, 'empty', 'object', 'text', 'number'), 'a');
  assert.equal(numberIn(FIELDS, 'text', 'minus', 'fraction', 'number'), 1.5);
  assert.equal(countIn(FIELDS, 'fraction', 'digits', 'number'), 17);
  assert.equal(flagIn(FIELDS, 'text', 'no', 'yes'), false);
});

test('lists are lists', () => assert.deepEqual(each(listIn, 'list', 'object', 'absent'), [[1], null, null]));

test('text is bounded', () => assert.equal(textIn({ a: 'x'.repeat(10_000) }, 'a')!.length, 4096));
