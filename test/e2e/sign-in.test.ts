/** Signing in, staying signed in and being asked again, in a real Chromium in front of a real process. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { LabChild } from '../../lab/child.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });

const OLGA = { name: 'olga', password: 'correct horse', write: true };
const ANNA = { name: 'anna', password: 'battery staple', streams: ['no-such-stream'] };
const TOKEN = { name: 'wall', token: 'a token for the screen on the wall' };

const installation = await install({ sources: [] });
after(() => installation.remove());
const log = join(installation.folder, 'access.log');
const configure = (users: readonly object[]) =>
  installation.configure({ sources: [{ url: `log:${log}`, name: 'edge', gap: '10m' }], users, tokens: [TOKEN] });
writeFileSync(log, `192.0.2.7 - - [${logTime(Date.now())}] "GET /hls/rock/1.ts HTTP/1.1" 200 1000 "-" "VLC/3.0.18"\n`);
configure([OLGA, ANNA]);
let child: LabChild = await installation.start();
const browser = await openBrowser();
after(() => browser.close());

async function typeIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}

const isIn = (page: Page) =>
  eventually('the one listener is shown', async () => assert.equal(await page.getByTestId('now').innerText(), '1'));
/** What Chromium itself says of every answer that is no success. */
const unexpected = (errors: readonly string[]) => errors.filter((each) => !/status of (401|429)/.test(each));

test('a stranger is asked, told when it was wrong, and let in; a reload asks nobody again, signing out does', async () => {
  const { page, errors, foreign } = await openPage(browser, installation.url);
  const dialog = page.getByRole('dialog', { name: 'Sign in' });
  await dialog.waitFor();
  assert.equal(await page.locator('main').count(), 0, 'nothing else is there');
  assert.equal(await page.getByLabel('Name', { exact: true }).getAttribute('autocomplete'), 'username');
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('autocomplete'), 'current-password');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  // There is nowhere else to go.
  await dialog.waitFor();

  await typeIn(page, 'olga', 'correct house');
  await page.getByRole('alert').getByText('do not belong together').waitFor();
  await page.getByRole('button', { name: 'Show what is typed' }).click();
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
  await typeIn(page, 'olga', OLGA.password);
  await isIn(page);
  assert.equal(await dialog.count(), 0);
  await page.reload();
  await isIn(page);
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.expires], [true, 'Strict', -1]);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.waitFor();
  assert.equal((await page.context().cookies()).length, 0);
  assert.deepEqual(unexpected(errors), []);
  assert.deepEqual(foreign, []);
  await page.context().close();
});

test('a token signs in by keyboard alone, and stays', async () => {
  const { page } = await openPage(browser, installation.url);
  await page.getByRole('button', { name: 'Use a token instead' }).focus();
  await page.keyboard.press('Enter');
  await eventually('the token is asked for', async () =>
    assert.ok(await page.getByLabel('Token').evaluate((field) => field === field.ownerDocument.activeElement)),
  );
  await page.keyboard.type(TOKEN.token);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await isIn(page);
  const [cookie] = await page.context().cookies();
  assert.ok(cookie!.expires > Date.now() / 1000 + 29 * 86_400);
  await page.context().close();
});

test('a restart asks nobody again; a changed password does, over the page, which goes on afterwards', async () => {
  const httpCredentials = { username: OLGA.name, password: OLGA.password };
  const { page, errors } = await openPage(browser, `${installation.url}/#sources`, { httpCredentials });
  await page.getByText('edge').first().waitFor();
  await child.stop('SIGTERM');
  child = await installation.start();
  await page.locator('.phase.live').waitFor();
  assert.equal(await page.getByRole('dialog', { name: 'Sign in again' }).count(), 0);

  configure([{ ...OLGA, password: 'another one' }, ANNA]);
  process.kill(child.pid, 'SIGHUP');
  await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
  assert.ok(await page.getByText('edge').first().isVisible(), 'what was there is still there');
  await page.getByLabel('Password', { exact: true }).fill('another one');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Sign in again' }).waitFor({ state: 'detached' });
  await page.locator('.phase.live').waitFor();
  assert.match(page.url(), /#sources$/);
  assert.deepEqual(
    errors.filter(
      (each) =>
        !/status of 401|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(
          each,
        ),
    ),
    [],
  );
  await page.context().close();
  configure([OLGA, ANNA]);
  process.kill(child.pid, 'SIGHUP');
  await eventually('the old password is right again', async () => {
    const basic = Buffer.from(`${OLGA.name}:${OLGA.password}`).toString('base64');
    const answer = await fetch(`${installation.url}/api/v1/status`, { headers: { authorization: `Basic ${basic}` } });
    assert.equal(answer.status, 200);
  });
});

test('who guesses is told to wait, and for how long', async () => {
  const { page } = await openPage(browser, installation.url);
  const guess = (i: number) =>
    page.context().request.post(`${installation.url}/api/v1/sign-in`, { data: { name: 'anna', password: `${i}` } });
  for (let i = 0; i < 20; i++) assert.equal((await guess(i)).status(), 401);
  await typeIn(page, ANNA.name, ANNA.password);
  await page.getByRole('alert').getByText('Too many sign-ins have failed').waitFor();
  await page.getByRole('button', { name: /^Wait \d+ s$/ }).waitFor();
  await page.context().close();
});
