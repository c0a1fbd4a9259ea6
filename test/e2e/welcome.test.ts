/** The first run, in a real Chromium: nothing is watched yet, and a real Icecast is tried before it is. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startIcecast } from '../../lab/icecast.ts';
import type { SourcesWire } from '../../src/http/contract.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });

const installation = await install({ sources: [] });
after(() => installation.remove());
const child = await installation.start();
const [, printed] = await child.printed(/to try a source in the browser: (\S+)/, 10_000);
const address = printed!;
const browser = await openBrowser();
after(() => browser.close());

test('a newcomer tries an Icecast, is told why it is not right yet, and copies the lines that watch it', async (t) => {
  const icecast = await startIcecast();
  t.after(() => icecast.stop());
  await icecast.feed('/jazz');
  await icecast.listen('/jazz');
  const server = `${icecast.host}:${icecast.port}`;

  const { page, errors, foreign } = await openPage(browser, address);
  await page.getByRole('heading', { name: 'Nothing is watched yet' }).waitFor();
  await eventually('the token has left the address', async () => assert.equal(new URL(page.url()).hash, '#welcome'));
  const field = page.getByLabel('Try it first');
  const tried = async (url: string, said: RegExp) => {
    await field.fill(url);
    await page.keyboard.press('Enter');
    await eventually('the answer is shown', async () =>
      assert.match((await page.locator('main').innerText()).replaceAll(/\s+/g, ' '), said),
    );
  };
  await tried(`icecast://admin:wrong@${server}`, /Not yet\. Icecast 2\.4\.\d is there\. It refused the login/);
  await tried(`icecast://admin:x@169.254.169.254`, /link-local address/);
  await tried('log:/etc/passwd', /can be tried here begin with/);
  await tried(
    `icecast://admin:${icecast.password}@${server}`,
    /This works\. Icecast 2\.4\.\d answers \(HTTP 200\): 1 stream, 1 listener\./,
  );

  const text = await page.locator('main').innerText();
  const line = `icecast://admin@${server}?password-file=/etc/headcount/icecast-password`;
  assert.ok(text.includes(`headcount '${line}'`), text);
  assert.ok(text.includes(`sources:\n  - ${line}`), text);
  assert.ok(!text.includes(icecast.password), 'the password is only where it was typed');
  assert.ok(!child.output().includes(icecast.password));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy: On the command line' }).click();
  await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), `headcount '${line}'`);

  // By keyboard: the next way is an arrow away, and what was tried is not of it.
  await page.getByRole('radio', { name: /^Icecast/ }).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('heading', { name: 'SHOUTcast' }).waitFor();
  assert.match(await page.locator('main').innerText(), /headcount shoutcast:\/\/:PASSWORD@localhost:8000/);
  assert.deepEqual(foreign, []);
  assert.deepEqual(
    errors.filter((each) => !/status of 400/.test(each)),
    [],
  );

  // What the page says works: the file, and the line.
  const file = join(installation.folder, 'icecast-password');
  writeFileSync(file, `${icecast.password}\n`, { mode: 0o600 });
  installation.configure({ sources: [line.replace('/etc/headcount/icecast-password', file)] });
  process.kill(child.pid, 'SIGHUP');
  await eventually('the Icecast is watched', async () => {
    const { items } = await installation.ask<SourcesWire>('/sources');
    assert.deepEqual(
      items.map(({ status, sessions }) => [status, sessions]),
      [['running', 1]],
    );
  });
  const body = JSON.stringify({
    url: `icecast://${server}`,
    token: new URLSearchParams(address.split('?')[1]).get('token'),
  });
  const headers = { 'content-type': 'application/json' };
  const late = await fetch(`${installation.url}/api/v1/try`, { method: 'POST', headers, body });
  assert.equal(late.status, 403, 'the token is for the first run');
  assert.ok(!existsSync('/etc/headcount'), 'nothing is written anywhere');
  await page.context().close();
});

test('without the token there are the lines, and how to get one; the phone has room for all of it', async (t) => {
  const other = await install({ sources: [] });
  t.after(() => other.remove());
  await other.start();
  const { page } = await openPage(browser, other.url, { viewport: { width: 360, height: 740 } });
  await page.getByText('open the address with a token').waitFor();
  assert.equal(await page.getByLabel('Try it first').count(), 0);
  const widths = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  assert.ok(widths[0] <= widths[1], widths.join(' > '));
  await page.context().close();
});
