/** The dashboard of somebody who sees one stream, and no whole addresses, in a real Chromium in front of a real process. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('the dashboard shows a limited user their stream, live, and nothing of another', async (t) => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  const user = { name: 'host', password: 'correct horse', streams: ['rock'], addresses: false };
  const installation = await install({ sources: [] });
  t.after(() => installation.remove());
  const log = join(installation.folder, 'access.log');
  const line = (address: string, stream: string, agent: string) =>
    `${address} - - [${logTime(Date.now())}] "GET /hls/${stream}/1.ts HTTP/1.1" 200 1000 "-" "${agent}"\n`;
  writeFileSync(log, line('192.0.2.7', 'rock', 'VLC/3.0.18') + line('198.51.100.9', 'strange', 'mpv 0.36.0'));
  installation.configure({ sources: [{ url: `log:${log}`, name: 'edge', gap: '10m' }], users: [user] });
  await installation.start();

  const browser = await openBrowser();
  t.after(() => browser.close());
  const httpCredentials = { username: user.name, password: user.password };
  const { page, errors } = await openPage(browser, installation.url, { httpCredentials });
  const shown = async () => (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
  await eventually('the one listener is shown', async () =>
    assert.equal(await page.getByTestId('now').innerText(), '1'),
  );
  await eventually('the stream is there', async () => assert.match(await shown(), /\brock\b/));
  assert.equal(await page.getByTestId('you').innerText(), 'host · your streams only · addresses masked');

  appendFileSync(log, line('192.0.2.8', 'rock', 'VLC/3.0.18') + line('198.51.100.10', 'strange', 'mpv 0.36.0'));
  await eventually('who joins is shown', async () => assert.equal(await page.getByTestId('now').innerText(), '2'));
  await page.getByRole('button', { name: /rock/ }).last().click();
  await eventually('the address is masked', async () => assert.match(await shown(), /192\.0\.2\.0/));
  assert.doesNotMatch(await page.content(), /strange|mpv|198\.51\.100|192\.0\.2\.[78]/);
  assert.deepEqual(errors, []);
});
