/** Who may try a server, and how often. What is tried, and what is told of it: sources/trial.test.ts. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ALL_ACCESS, accessTo, parseStreamPattern } from '../../core/access.ts';
import { type Answer, errorOf, NO_TRIAL, type Site, type SiteOptions, startSite } from '../fixture.ts';
import { TrialPass } from '../trial-pass.ts';

const URL = 'icecast://192.0.2.1';

async function withSite(options: SiteOptions, asking: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite({ isEmpty: true, ...options });
  try {
    await asking(site);
  } finally {
    await site.close();
  }
}

const tryOn = (site: Site, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  site.ask('/api/v1/try', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ url: URL, ...body }),
  });

async function refused(answer: Promise<Answer>, status: number, message: RegExp): Promise<void> {
  const given = await answer;
  assert.equal(given.status, status, given.text);
  assert.match(errorOf(given).message, message);
}

test('the token is good for twenty tries; a wrong one takes none', async () => {
  const pass = new TrialPass(() => 0);
  await withSite({ trial: { ...NO_TRIAL, pass } }, async (site) => {
    const { token } = pass;
    assert.equal(Buffer.from(token, 'base64url').length, 24);
    const wrong = ['', 'x', token.slice(1), `${token}x`, token.toUpperCase()];
    for (const each of wrong) await refused(tryOn(site, { token: each }), 403, /not the token/);
    await refused(tryOn(site, {}), 403, /not the token/);
    for (let i = 0; i < 20; i++) assert.equal((await tryOn(site, { token })).status, 200);
    await refused(tryOn(site, { token }), 403, /used up/);
  });
});

test('it lasts an hour', () => {
  let now = 5;
  const pass = new TrialPass(() => now);
  now += 3_600_000;
  pass.spend(pass.token);
  now++;
  assert.throws(() => pass.spend(pass.token), { code: 'FORBIDDEN', message: /used up/ });
});

test('two starts have two tokens', () => {
  assert.throws(() => new TrialPass(() => 0).spend(new TrialPass(() => 0).token), { code: 'FORBIDDEN' });
});

test('once something is watched, the token opens nothing', async () => {
  const pass = new TrialPass(() => 0);
  await withSite({}, async (site) => {
    Object.assign(site.service, { trial: { ...NO_TRIAL, pass } });
    await refused(tryOn(site, { token: pass.token }), 403, /while nothing is watched yet/);
  });
});

test('with credentials it takes the right to write, and to see everything', async () => {
  const user = (name: string, write: boolean, access = ALL_ACCESS) => ({
    name,
    secret: 'pw',
    write,
    groups: [],
    access,
  });
  const limited = accessTo([parseStreamPattern('/jazz')], true);
  const users = [user('writer', true), user('reader', false), user('limited', true, limited)];
  const as = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:pw`).toString('base64')}` });
  const pass = new TrialPass(() => 0);
  await withSite({ trust: { users }, trial: { ...NO_TRIAL, pass } }, async (site) => {
    assert.equal((await tryOn(site, {}, as('writer'))).status, 200);
    for (const name of ['reader', 'limited']) {
      await refused(tryOn(site, { token: pass.token }, as(name)), 403, /takes the right to write/);
    }
    await refused(tryOn(site, { token: pass.token }), 401, /sign in/);
  });
});

test('no other site tries anything, and no more than two are tried at once', async () => {
  const pass = new TrialPass(() => 0);
  const waiting: (() => void)[] = [];
  const tryUrl: typeof NO_TRIAL.tryUrl = async (url) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return NO_TRIAL.tryUrl(url);
  };
  await withSite({ trial: { pass, trying: { count: 0 }, tryUrl } }, async (site) => {
    const { token } = pass;
    await refused(tryOn(site, { token }, { origin: 'https://evil.example.com' }), 403, /Another site/);
    await refused(tryOn(site, { token }, { 'content-type': 'text/plain' }), 415, /application\/json/);
    const first = [tryOn(site, { token }), tryOn(site, { token })];
    while (waiting.length < 2) await new Promise(setImmediate);
    await refused(tryOn(site, { token }), 503, /at the moment/);
    for (const go of waiting) go();
    assert.deepEqual(
      (await Promise.all(first)).map(({ status }) => status),
      [200, 200],
    );
  });
});
