import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Inboxes } from './inboxes.ts';

test('a message goes to whoever has opened the inbox, until that is closed', () => {
  const inboxes = new Inboxes();
  const messages: unknown[] = [];
  assert.equal(inboxes.hand('one', 1), null);
  const close = inboxes.open('one', (message) => {
    messages.push(message);
    return 'taken';
  });
  assert.deepEqual([inboxes.hand('one', 2), inboxes.hand('two', 3)], ['taken', null]);
  assert.throws(() => inboxes.open('one', () => 'full'), { code: 'INBOX_TAKEN' });
  close();
  assert.equal(inboxes.hand('one', 4), null);
  assert.deepEqual(messages, [2]);
});
