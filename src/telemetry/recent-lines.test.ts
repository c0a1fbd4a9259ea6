import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { RecentLines } from './recent-lines.ts';

const texts = (lines: RecentLines) => lines.list().map(({ text }) => text);

test('the newest lines are kept, with the time at which they were read', () => {
  const lines = new RecentLines(3, 100);
  lines.add(['a', 'b'], 1);
  lines.add(['c', 'd'], 2);
  assert.deepEqual(lines.list(), [
    { at: 1, text: 'b' },
    { at: 2, text: 'c' },
    { at: 2, text: 'd' },
  ]);
  lines.add(['1', '2', '3', '4', '5'], 3);
  assert.deepEqual(texts(lines), ['3', '4', '5']);
});

test('no more characters are kept than there is room for', () => {
  const lines = new RecentLines(100, 10);
  lines.add(['12345', '1234', '12'], 1);
  assert.deepEqual(texts(lines), ['1234', '12']);
  lines.add(['x'.repeat(11)], 1);
  assert.deepEqual(texts(lines), []);
});

test('a long line is cut, and no control character is kept', () => {
  const lines = new RecentLines();
  lines.add(['x'.repeat(5000), '\u001b[2Jred\u0007'], 1);
  assert.deepEqual(texts(lines), [`${'x'.repeat(1000)}…`, '\ufffd[2Jred\ufffd']);
});
