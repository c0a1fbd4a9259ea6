import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchExclusions, parseExclusion } from './exclusion.ts';
import { parseIp } from './ip.ts';

const matcher = (...list: string[]) => matchExclusions(list.map((text) => parseExclusion(text)!));

test('addresses and blocks', () => {
  const isExcluded = matcher('192.0.2.0/24', '2001:db8::/32', '203.0.113.7');
  for (const address of ['192.0.2.9', '2001:db8:9::1', '203.0.113.7', '::ffff:192.0.2.1'])
    assert.equal(isExcluded(parseIp(address), null), true, address);
  for (const address of ['192.0.3.9', '2001:db9::1', '203.0.113.8'])
    assert.equal(isExcluded(parseIp(address), 'VLC'), false, address);
});

test('user agents that contain a text, in whatever case; a text is no pattern', () => {
  const isExcluded = matcher('agent:StatusCake', 'Agent: probe (v1.*)');
  for (const agent of ['Mozilla/5.0 (statuscake)', 'STATUSCAKE', 'A Probe (v1.*) of ours'])
    assert.equal(isExcluded(null, agent), true, agent);
  for (const agent of ['Mozilla/5.0', 'probe (v1.2)', '']) assert.equal(isExcluded(null, agent), false, agent);
});

test('either is enough, and nobody is excluded by what is not known', () => {
  const isExcluded = matcher('192.0.2.0/24', 'agent:probe');
  assert.equal(isExcluded(parseIp('192.0.2.1'), 'VLC'), true);
  assert.equal(isExcluded(parseIp('198.51.100.1'), 'probe'), true);
  assert.equal(isExcluded(null, null), false);
  assert.equal(matcher()(parseIp('192.0.2.1'), 'probe'), false);
});

test('what is none is refused', () => {
  for (const text of ['', 'agent:', 'agent: ', 'StatusCake', '10.0.0.0/33', '/regex/', '192.0.2'])
    assert.equal(parseExclusion(text), null, text);
});
