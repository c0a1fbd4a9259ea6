import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ALL_ACCESS, accessTo } from '../core/access.ts';
import { type Credential, createAccounts } from './accounts.ts';

const OLGA: Credential = { name: 'olga', secret: 'päss:wort', write: true, groups: ['hosts'], access: ALL_ACCESS };
const ANNA: Credential = { name: 'anna', secret: 'secret', write: false, groups: [], access: accessTo([], false) };

const TOOL: Credential = { name: 'tool', secret: 't0ken', write: true, groups: [], access: ALL_ACCESS };

test('a name with its own password is somebody, and nothing else is', () => {
  const accounts = createAccounts(() => ({ users: [OLGA, ANNA], tokens: [TOOL] }));
  assert.deepEqual(accounts.signIn('olga', 'päss:wort'), {
    name: 'olga',
    access: ALL_ACCESS,
    write: true,
    groups: ['hosts'],
  });
  assert.equal(accounts.signIn('anna', 'secret')?.access, ANNA.access);
  for (const [name, password] of [
    ['olga', 'secret'],
    ['anna', 'päss:wort'],
    ['Olga', 'päss:wort'],
    ['olga', ''],
    ['', ''],
    ['nobody', 'secret'],
  ] as const) {
    assert.equal(accounts.signIn(name, password), null, `${name} ${password}`);
  }
});

test('a name alone is enough for whoever proves it otherwise', () => {
  const accounts = createAccounts(() => ({ users: [OLGA, ANNA], tokens: [TOOL] }));
  assert.equal(accounts.named('anna')?.name, 'anna');
  assert.equal(accounts.named('nobody'), null);
});

test('a token is whose it is, and no password', () => {
  const accounts = createAccounts(() => ({ users: [OLGA, ANNA], tokens: [TOOL] }));
  assert.equal(accounts.bearing('t0ken')?.name, 'tool');
  assert.deepEqual([accounts.bearing('secret'), accounts.bearing('')], [null, null]);
  assert.equal(accounts.signIn('tool', 't0ken'), null);
});

test('a change of the users is known at once', () => {
  let users = [OLGA];
  const accounts = createAccounts(() => ({ users, tokens: [] }));
  users = [ANNA];
  assert.equal(accounts.named('olga'), null);
  assert.equal(accounts.signIn('anna', 'secret')?.name, 'anna');
});
