import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { compilePattern } from './pattern.ts';

const GOOD = [
  'Accepted client (?<endpoint>\\S+) running (?<userAgent>.*)$',
  '.*sshd\\[\\d+\\]: Accepted \\w+ for (?<user>\\S+) from (?<address>\\S+) port (?<port>\\d+)',
  '^(?:open|begin)? (?<id>[0-9a-f]{8})',
  '(?<id>\\d+)(?: as (?<user>\\w+))?.*',
  '[^ ]+ [(*+] \\(\\) [.*]{2}\\.*',
  '(?<id>a{1,3}b{0,1}c?)',
];
const BAD: readonly [string, RegExp][] = [
  ['(', /no regular expression/],
  ['[', /no regular expression/],
  ['a'.repeat(1001), /longer than/],
  ['(a+)+$', /repeats what is repeated/],
  ['(?:a|aa)*$', /repeats what is repeated/],
  ['(?:a?){30}a{30}', /repeats what is repeated/],
  ['((?:ab)*c)*', /repeats what is repeated/],
  ['(?<id>(?:\\d{1,3}\\.){2,})', /repeats what is repeated/],
  ['.*a.*b', /twice/],
  ['[^]*a[\\s\\S]+b', /twice|no regular/],
  ['(?<a>.+?) (?<b>.+?) x', /twice/],
  ['(a)\\1', /refers/],
  ['(?<a>b)\\k<a>', /refers/],
  ['(?=a)a', /looks around/],
  ['(?<!a)a', /looks around/],
  ['(?<User>a)', /has a group User/],
];

for (const text of GOOD) test(`takes ${text}`, () => void compilePattern(text));
for (const [text, why] of BAD) {
  test(`refuses ${text.slice(0, 60)}`, () => assert.throws(() => compilePattern(text), why));
}

test('groups are known, and a line is matched from its beginning', () => {
  const { regexp, groups } = compilePattern('open (?<id>\\d+)(?: by (?<user>\\w+))?');
  assert.deepEqual([...groups], ['id', 'user']);
  assert.equal(regexp.exec('open 7')?.groups?.['id'], '7');
  regexp.lastIndex = 0;
  assert.equal(regexp.exec('re open 7'), null);
});
