import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SessionRecord } from '../core/session.ts';
import { closedSession } from '../store/suite/rows.ts';
import { maskedSession } from './masked.ts';

const masked = (more: Partial<SessionRecord>) => maskedSession(closedSession('id', more));

test('of an address its network is left, and of its port nothing', () => {
  const of = (address: string | null) => masked({ address, port: 5000 });
  assert.deepEqual([of('192.0.2.77').address, of('192.0.2.77').port], ['192.0.2.0', null]);
  assert.equal(of('2001:db8:1:2:3:4:5:6').address, '2001:db8:1::');
  assert.equal(of('::ffff:192.0.2.77').address, '192.0.2.0');
  assert.equal(of(null).address, null);
  assert.equal(of('hashed-token').address, null);
  assert.equal(of('listener.example').address, null);
});

test('in the details addresses become networks, and everything else stays', () => {
  const detailOf = (text: string) => masked({ details: { is: text, count: 3 } }).details;
  for (const [text, expected] of [
    ['192.0.2.77', '192.0.2.0'],
    ['192.0.2.77:3478', '192.0.2.0'],
    ['from 192.0.2.77, then 198.51.100.9.', 'from 192.0.2.0, then 198.51.100.0.'],
    ['2001:db8:1:2::3', '2001:db8:1::'],
    ['[2001:db8:1:2::3]:3478', '[2001:db8:1::]'],
    ['at 2001:db8:1:2::3: yes', 'at 2001:db8:1:: yes'],
    ['::ffff:192.0.2.77', '192.0.2.0'],
    ['12:30:45', '12:30:45'],
    ['1.2.3.4.5', '1.2.3.4.5'],
    ['version 3.0.20', 'version 3.0.20'],
    ['999.1.1.1', '999.1.1.1'],
    ['realm.example', 'realm.example'],
  ] as const) {
    assert.deepEqual(detailOf(text), { is: expected, count: 3 }, text);
  }
});

test('what a client calls itself stays', () => {
  const { user, device, userAgent, id } = masked({ user: 'anna', device: 'd1', userAgent: 'VLC/3.0.20' });
  assert.deepEqual([user, device, userAgent, id], ['anna', 'd1', 'VLC/3.0.20', 'id']);
});
