import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ALL_ACCESS } from '../core/access.ts';
import { createLog } from '../telemetry/log.ts';
import { CookieSessions } from './cookie-sessions.ts';
import { StandingClock } from './fixture.ts';

const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'headcount-cookies-'));
after(() => rmSync(folder, { recursive: true }));

const credential = (name: string, secret: string) => ({ name, secret, write: false, groups: [], access: ALL_ACCESS });
const OLGA = credential('olga', 'correct horse');
const SCRIPT = credential('script', 'a token');
const ALL = { users: [OLGA], tokens: [SCRIPT] };

function sessionsIn(file: string | null, clock = new StandingClock()) {
  const logged: string[] = [];
  const log = createLog({ level: 'warn', write: (line) => logged.push(line), now: () => new Date(clock.now()) });
  return { sessions: new CookieSessions({ file, clock, log }), clock, logged };
}

test('a cookie is 256 random bits, and finds whose it is', () => {
  const { sessions } = sessionsIn(null);
  const cookies = [sessions.open('users', OLGA, false), sessions.open('tokens', SCRIPT, true)];
  for (const cookie of cookies) assert.equal(Buffer.from(cookie, 'base64url').length, 32);
  assert.deepEqual(
    cookies.map((cookie) => sessions.find(cookie, ALL)),
    [OLGA, SCRIPT],
  );
  assert.notEqual(cookies[0], sessions.open('users', OLGA, false));
  for (const wrong of ['', 'x', `${cookies[0]}x`, cookies[0]!.slice(1)]) assert.equal(sessions.find(wrong, ALL), null);
});

test('it ends twelve hours after its last use, and being asked about is no use', () => {
  const { sessions, clock } = sessionsIn(null);
  const cookie = sessions.open('users', OLGA, false);
  for (let i = 0; i < 4; i++) {
    clock.pass(11 * HOUR);
    assert.equal(sessions.find(cookie, ALL), OLGA);
  }
  clock.pass(11 * HOUR);
  assert.ok(sessions.lasts(cookie, ALL));
  clock.pass(2 * HOUR);
  assert.ok(!sessions.lasts(cookie, ALL));
  assert.equal(sessions.find(cookie, ALL), null);
});

test('one that stays ends thirty days after the sign-in, used or not', () => {
  const { sessions, clock } = sessionsIn(null);
  const cookie = sessions.open('users', OLGA, true);
  clock.pass(29 * 24 * HOUR);
  assert.equal(sessions.find(cookie, ALL), OLGA);
  clock.pass(25 * HOUR);
  assert.equal(sessions.find(cookie, ALL), null);
});

test('it is over when the password is another one or the user is gone, and does not come back with them', () => {
  const { sessions } = sessionsIn(null);
  const changed = { ...ALL, users: [credential('olga', 'battery staple')] };
  for (const credentials of [changed, { users: [], tokens: [SCRIPT] }, { users: [], tokens: [OLGA] }]) {
    const cookie = sessions.open('users', OLGA, true);
    assert.equal(sessions.find(cookie, credentials), null);
    assert.equal(sessions.find(cookie, ALL), null);
  }
});

test('rights are those of now', () => {
  const { sessions } = sessionsIn(null);
  const cookie = sessions.open('users', OLGA, false);
  assert.equal(sessions.find(cookie, { ...ALL, users: [{ ...OLGA, write: true }] })?.write, true);
});

test('a user has twenty at most: the one not used for the longest time goes', () => {
  const { sessions, clock } = sessionsIn(null);
  const [first, second, ...rest] = Array.from({ length: 20 }, () => {
    clock.pass(1000);
    return sessions.open('users', OLGA, true);
  });
  const other = sessions.open('tokens', SCRIPT, true);
  clock.pass(1000);
  sessions.find(first!, ALL);
  const last = sessions.open('users', OLGA, true);
  assert.equal(sessions.find(second!, ALL), null);
  for (const cookie of [first!, ...rest, last, other]) assert.ok(sessions.lasts(cookie, ALL));
});

test('a restart keeps who is signed in, in a file that tells no cookie and no password', async () => {
  const file = join(folder, 'kept.json');
  const { sessions, clock } = sessionsIn(file);
  const cookie = sessions.open('users', OLGA, false);
  const left = sessions.open('users', OLGA, true);
  await sessions.close(left);
  const written = readFileSync(file, 'utf8');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const secret of [cookie, left, OLGA.secret]) assert.ok(!written.includes(secret));
  const again = sessionsIn(file, clock).sessions;
  assert.equal(again.find(cookie, ALL), OLGA);
  assert.equal(again.find(left, ALL), null);
  assert.equal(sessionsIn(file, clock).sessions.find(cookie, { ...ALL, users: [credential('olga', 'x')] }), null);
});

test('when it was last used is known after a restart', async () => {
  const file = join(folder, 'used.json');
  const { sessions, clock } = sessionsIn(file);
  const cookie = sessions.open('users', OLGA, false);
  clock.pass(8 * HOUR);
  assert.equal(sessions.find(cookie, ALL), OLGA);
  await sessions.stop();
  clock.pass(8 * HOUR);
  assert.equal(sessionsIn(file, clock).sessions.find(cookie, ALL), OLGA);
});

test('a damaged file is said, and is nobody', () => {
  for (const text of ['', '{', '[]', '{"signedIn":[{"hash":"x"}]}']) {
    const file = join(folder, 'damaged.json');
    writeFileSync(file, text);
    const { sessions, logged } = sessionsIn(file);
    assert.match(logged.join(), /damaged\.json cannot be read: everybody has to sign in again/);
    assert.equal(sessions.find('x', ALL), null);
  }
});

test('a file that cannot be written is said; who signs in is signed in', async () => {
  const { sessions, logged } = sessionsIn(join(folder, 'no-such-folder', 'file.json'));
  const cookie = sessions.open('users', OLGA, false);
  await sessions.stop();
  assert.match(logged.join(), /cannot be written down/);
  assert.equal(sessions.find(cookie, ALL), OLGA);
});
