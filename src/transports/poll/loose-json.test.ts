import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { countField, fieldsOf, flagField, parseJson, textField } from './loose-json.ts';

test('JSON is read in the encoding that it has, control characters within texts are spaces', () => {
  assert.deepEqual(parseJson(Buffer.from('{"a":"é"}', 'latin1')), { a: 'é' });
  assert.deepEqual(parseJson(Buffer.from('\ufeff{"a":1}')), { a: 1 });
  assert.deepEqual(parseJson(Buffer.from('[{"a":"x\ty\u0001"}]\n')), [{ a: 'x y ' }]);
});

test('what is no JSON is undefined', () => {
  for (const text of ['', '<html>', '{"a":', '{"a":1}}']) assert.equal(parseJson(Buffer.from(text)), undefined, text);
});

test('only objects have fields', () => {
  assert.deepEqual(fieldsOf({ a: 1 }), { a: 1 });
  for (const value of [null, undefined, [], 'a', 7]) assert.equal(fieldsOf(value), null);
});

test('numbers may be texts, and texts numbers; what is not there is null', () => {
  const fields = {
    text: ' a ',
    number: 2024,
    empty: '',
    nothing: null,
    count: '17',
    minus: -1,
    float: 1.5,
    huge: 1e21,
  };
  const texts = ['text', 'number', 'empty', 'nothing', 'absent'].map((name) => textField(fields, name));
  assert.deepEqual(texts, ['a', '2024', null, null, null]);
  const counts = ['count', 'number', 'minus', 'float', 'huge', 'text', 'absent'].map((name) =>
    countField(fields, name),
  );
  assert.deepEqual(counts, [17, 2024, null, null, null, null, null]);
  assert.equal(textField({ a: 'x'.repeat(10_000) }, 'a')!.length, 4096);
});

test('flags are booleans, or one and zero', () => {
  const fields = { yes: true, no: false, one: 1, zero: '0', word: 'yes' };
  const flags = ['yes', 'no', 'one', 'zero', 'word', 'absent'].map((name) => flagField(fields, name));
  assert.deepEqual(flags, [true, false, true, false, null, null]);
});
