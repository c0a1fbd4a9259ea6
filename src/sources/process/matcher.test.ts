import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createMatcher } from './matcher.ts';
import type { LinePatterns } from './parse.ts';

const NONE: LinePatterns = { open: [], close: [], up: [], down: [], ignore: [] };
/** What compilePattern would refuse, with a text on which it would work for years. */
const EVIL = { regexp: /(a+)+$/y, groups: new Set<string>() };
const HURTS = `${'a'.repeat(60)}!`;

test('a line that takes too long is skipped, and those around it are read', () => {
  const counters = new ScopedCounters();
  const { match } = createMatcher({ ...NONE, open: [EVIL] }, counters);
  const lines = [...Array(250).fill('aa'), HURTS, 'b', 'aaa'];
  const found = match(lines).map((each) => each?.meaning ?? null);
  assert.deepEqual(found, [...Array(250).fill('open'), null, null, 'open']);
  assert.equal(counters.get('slowLines'), 1);
});

test('several of them are the fault of the patterns', () => {
  const { match } = createMatcher({ ...NONE, open: [EVIL] }, new ScopedCounters());
  assert.throws(() => match([HURTS, HURTS, HURTS, HURTS]), { code: 'PATTERNS_TOO_SLOW' });
});

test('no lines mean nothing', () => {
  assert.deepEqual(createMatcher(NONE, new ScopedCounters()).match([]), []);
});
