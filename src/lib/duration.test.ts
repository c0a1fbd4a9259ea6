import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

test('durations are read as people write them', () => {
  assert.equal(parseDuration('40s'), 40_000);
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('1.5h'), 5_400_000);
  assert.equal(parseDuration(' 30 d '), 30 * 86_400_000);
  assert.equal(parseDuration('0'), 0);
  for (const text of ['', '40', 's', '-1s', '1y', '1s2', '1e3s']) assert.equal(parseDuration(text), null, text);
});

test('and written as short as they can be', () => {
  for (const text of ['0', '1ms', '1500ms', '40s', '90s', '5m', '1h', '25h', '30d']) {
    assert.equal(formatDuration(parseDuration(text)!), text);
  }
});
