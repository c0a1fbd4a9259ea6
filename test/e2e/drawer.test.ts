/**
 * What one session tells, in a real Chromium: its qualities from a log of HLS, its titles from a real Icecast, and its
 * evidence; the keyboard alone, a phone, and texts of somebody who means harm.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { type LabIcecast, startIcecast } from '../../lab/icecast.ts';
import { cityDatabase } from '../../lab/mmdb.ts';
import type { SessionTitlesWire, SessionWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOSTILE = 'VLC/3.0.20 <script>hacked=1</script><img src=x onerror=hacked=1>';
const MINUTE = 60_000;
const HAMBURG = { address: '203.0.113.7', city: 'Hamburg', country: ['DE', 'Germany'], at: [53.55, 9.99] } as const;

let browser: Browser;
let icecast: LabIcecast;
let installation: Installation;
let log: string;
const cleaning: (() => Promise<unknown>)[] = [];
const began = Date.now();

const line = (at: number, address: string, quality: string, agent: string) =>
  `${address} - - [${logTime(at)}] "GET /hls/rock/${quality}.m3u8 HTTP/1.1" 200 500000 "-" "${agent}"\n`;

/** One minute of requests: ten minutes ago, and of two qualities; somebody later shows that the log has gone on since. */
function past(): string {
  const from = began - 10 * MINUTE;
  const requests = Array.from({ length: 7 }, (_, i) => ({ at: from + i * 10_000, quality: i < 3 ? '360p' : '720p' }));
  const later = `198.51.100.8 - - [${logTime(began - 2 * MINUTE)}] "GET /hls/news/360p.m3u8 HTTP/1.1" 200 500 "-" "mpv 0.38.0"\n`;
  return requests.map(({ at, quality }) => line(at, HAMBURG.address, quality, HOSTILE)).join('') + later;
}

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  cleaning.push(() => browser.close());
  icecast = await startIcecast();
  cleaning.push(() => icecast.stop());
  installation = await install({});
  cleaning.push(installation.remove);
  log = join(installation.folder, 'access.log');
  writeFileSync(log, past());
  const database = join(installation.folder, 'city.mmdb');
  writeFileSync(database, cityDatabase([HAMBURG]));
  const { host, port, user, password } = icecast;
  installation.configure({
    sources: [
      { url: `log:${log}`, name: 'edge', gap: '30s' },
      { url: `icecast://${user}:${password}@${host}:${port}`, name: 'ice', every: '1s' },
    ],
    geo: { database },
  });
  await installation.start();
});

after(async () => {
  for (const clean of cleaning.reverse()) await clean();
});

const sessionOn = async (stream: string): Promise<SessionWire> => {
  let found: SessionWire | undefined;
  await eventually(`there is a session on ${stream}`, async () => {
    found = (await installation.sessions()).find((each) => each.stream === stream);
    assert.ok(found);
  });
  return found!;
};

async function opened(id: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  const watched = await openPage(browser, `${installation.url}/#sessions?state=all&session=${id}`, options);
  await watched.page.getByTestId('drawer').getByRole('button', { name: 'Copy link' }).waitFor();
  return watched;
}

const drawerOf = (page: Page) => page.getByTestId('drawer');

test('a past session: its qualities, its place, what it is recognised by and how it ended', async () => {
  const session = await sessionOn('rock');
  const { page, errors, foreign } = await opened(session.id);
  const drawer = drawerOf(page);
  await drawer.getByText(/^Silent for longer than the gap/).waitFor();
  await drawer.getByText('By address and user agent.').waitFor();
  await drawer.getByText('Hamburg, Germany').waitFor();
  await drawer.getByText('3.5 MB').waitFor();
  await drawer.getByText('The same in words').click();
  const rows = await drawer.locator('ol li').allInnerTexts();
  assert.deepEqual(
    rows.map((row) => row.split('\n').map((part) => part.trim())[1]),
    ['360p', '720p'],
  );
  assert.deepEqual(
    session.qualityChanges.map(({ quality }) => quality),
    ['360p', '720p'],
  );
  assert.ok((await drawer.innerText()).includes(HOSTILE), 'the user agent is text');
  assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
  assert.deepEqual([errors, foreign], [[], []]);
  await page.context().close();
});

test('a live one: the titles it hears come while one looks, and are what the API answers', async () => {
  const feed = await icecast.feed('/jazz');
  cleaning.push(() => feed.stop());
  await feed.title('Blue in Green');
  await eventually('the first title is known', async () => {
    const { items } = await installation.ask<{ items: { stream: string; title: string | null }[] }>('/streams');
    assert.equal(items.find(({ stream }) => stream === '/jazz')?.title, 'Blue in Green');
  });
  const listener = await icecast.listen('/jazz', 'mpv 0.38.0');
  const { id } = await sessionOn('/jazz');
  const { page, errors } = await opened(id);
  const drawer = drawerOf(page);
  await drawer.getByText('Here now').waitFor();
  await drawer.getByText('By its connection.').waitFor();
  await drawer.getByText('Blue in Green').first().waitFor();
  await feed.title('So What');
  await drawer.locator('.text .stretch', { hasText: 'So What' }).waitFor({ timeout: 30_000 });
  const { items } = await installation.ask<SessionTitlesWire>(`/sessions/${id}/titles`);
  assert.deepEqual(
    items.map(({ title }) => title),
    ['Blue in Green', 'So What'],
  );
  listener.leave();
  await drawer.getByText('Ended', { exact: true }).waitFor({ timeout: 30_000 });
  await drawer.getByText('Left: the server said').waitFor();
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('the focus goes in, Escape closes, and the address says no more of it', async () => {
  const { id } = await sessionOn('rock');
  const { page } = await opened(id);
  const isInside = '() => document.querySelector("[data-testid=drawer]")?.contains(document.activeElement) ?? false';
  await page.waitForFunction(isInside);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate<string>('document.activeElement.textContent'), 'Copy link');
  await page.keyboard.press('Escape');
  await drawerOf(page).waitFor({ state: 'detached' });
  assert.ok(!page.url().includes('session='));
  await page.context().close();
});

test('its link is copied, and opens it', async () => {
  const { id } = await sessionOn('rock');
  const { page } = await opened(id, { permissions: ['clipboard-read', 'clipboard-write'] });
  await drawerOf(page).getByRole('button', { name: 'Copy link' }).click();
  await drawerOf(page).getByRole('button', { name: 'Copied' }).waitFor();
  const link = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.equal(link, `${installation.url}/#sessions?session=${id}`);
  const { page: other } = await openPage(browser, link);
  await drawerOf(other).getByText(HAMBURG.address).first().waitFor();
  for (const each of [page, other]) await each.context().close();
});

test('what is shown is exported by keyboard alone, with the columns of the table', async () => {
  const { page } = await openPage(browser, `${installation.url}/#sessions?state=all&stream=rock&last=1d`);
  const opener = page.getByRole('button', { name: 'Export' });
  await page.getByText(HAMBURG.city).first().waitFor();
  await opener.focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menuitem', { name: 'CSV' }).waitFor();
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const download = await downloading;
  await eventually('the focus is back', async () =>
    assert.ok(await opener.evaluate((button) => button === button.ownerDocument.activeElement)),
  );
  assert.match(download.suggestedFilename(), /^headcount-sessions-[\d-]+\.csv$/);
  const [head, ...rows] = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  const { total } = await installation.ask<{ total: number }>('/sessions?state=all&stream=rock&limit=1');
  assert.equal(rows.length, total);
  assert.match(head!, /^id,stream,countryCode,country,city/);
  await page.context().close();
});

test('a session that is not there is said to be so', async () => {
  const { page } = await opened('no-such-session');
  await drawerOf(page).getByText('This session is not there').waitFor();
  await page.context().close();
});

/** Runs in the page: waits until the drawer has come to rest. */
const SLID_IN = `Promise.all(document.querySelector('[data-testid=drawer]').getAnimations().map(({ finished }) => finished))`;

test('on a phone it is the whole screen, and nothing is wider', async () => {
  const { id } = await sessionOn('rock');
  const { page } = await opened(id, { viewport: { width: 360, height: 740 } });
  await drawerOf(page).getByText('How it ended').waitFor();
  await page.evaluate(SLID_IN);
  const box = await drawerOf(page).boundingBox();
  assert.deepEqual({ x: box?.x, width: box?.width, height: box?.height }, { x: 0, width: 360, height: 740 });
  assert.ok(await page.evaluate<boolean>('document.querySelector("[data-testid=drawer]").scrollWidth <= 360'));
  await page.context().close();
});

test('a silence within the gap is drawn, and said', async () => {
  appendFileSync(log, line(Date.now(), '198.51.100.9', '480p', 'mpv 0.38.0'));
  let id = '';
  await eventually('the listener is there', async () => {
    id = (await installation.sessions()).find(({ client }) => client.ip === '198.51.100.9')?.id ?? '';
    assert.notEqual(id, '');
  });
  const { page } = await opened(id);
  await drawerOf(page)
    .getByText(/^Silent for \d+ seconds: still counted/)
    .waitFor({ timeout: 40_000 });
  await page.context().close();
});
