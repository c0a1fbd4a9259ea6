import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { keysIn } from './keys.ts';

test('characters are what they are, also several at once and outside the plane', () => {
  assert.deepEqual(keysIn('q'), ['q']);
  assert.deepEqual(keysIn('Zürich 東👍'), ['Z', 'ü', 'r', 'i', 'c', 'h', ' ', '東', '👍']);
});

test('keys of both modes of the cursor have one name', () => {
  assert.deepEqual(keysIn('\u001b[A\u001bOB\u001b[H\u001b[4~\u001b[5~\u001b[6~\u001b[Z'), [
    ...['up', 'down', 'home', 'end', 'pageUp', 'pageDown', 'backTab'],
  ]);
  assert.deepEqual(keysIn('\r\t\u007f\u0003\u001a\u0015'), [
    ...['enter', 'tab', 'backspace', 'interrupt', 'suspend', 'clear'],
  ]);
});

test('an escape alone is the key, and an unknown sequence is nothing', () => {
  assert.deepEqual(keysIn('\u001b'), ['escape']);
  assert.deepEqual(keysIn('\u001b\u001b[A'), ['escape', 'up']);
  assert.deepEqual(keysIn('a\u001b[24;5~\u001b[<0;3;4Mb'), ['a', 'b']);
  assert.deepEqual(keysIn('\u0000\u0001'), []);
});
