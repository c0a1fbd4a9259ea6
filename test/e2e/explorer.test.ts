/**
 * The page of sessions in a real Chromium, in front of a real process that has read a log of yesterday and goes on reading
 * it: what is seen is what the API answers, by mouse and by keyboard, and stays where it is while somebody reads.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { SessionPageWire, SessionWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STREAMS = ['news', 'jazz', 'rock'];
const PAST = 3000;
const HERE = 12;
const HOUR = 3_600_000;

let browser: Browser;
let folder: string;
let log: string;
let site: Installation;
let desk: WatchedPage;
let clients = 0;

/** Each is a listener of its own, who asks twice. */
function lines(at: number, stream: string, bytes: number): string {
  const address = `2001:db8:0:${(clients++).toString(16)}::1`;
  const line = (time: number) =>
    `${address} - - [${logTime(time)}] "GET /hls/${stream}/720p.m3u8 HTTP/1.1" 200 ${bytes} "-" "VLC/3.0.20 LibVLC/3.0.20"\n`;
  return line(at) + line(at + 1000);
}

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  folder = mkdtempSync(join(tmpdir(), 'headcount-explorer-'));
  log = join(folder, 'access.log');
  const now = Date.now();
  const past = Array.from({ length: PAST }, (_, i) => lines(now - 20 * HOUR + i * 10_000, STREAMS[i % 3]!, 1000 + i));
  const here = Array.from({ length: HERE }, (_, i) => lines(now - 60_000 + i * 2000, STREAMS[i % 3]!, 500 + i));
  writeFileSync(log, past.join('') + here.join(''));
  site = await install({ sources: [{ url: `log:${log}?name=web`, gap: '2h' }] });
  [browser] = await Promise.all([openBrowser(), site.start()]);
  await eventually(
    'the log is read',
    async () => {
      assert.equal((await ask('state=closed&limit=1')).total, PAST);
      assert.equal((await ask('limit=1')).total, HERE);
    },
    60_000,
  );
});

beforeEach(async () => {
  await desk?.page.context().close();
  desk = await openPage(browser, `${site.url}/#sessions`, { permissions: ['clipboard-read', 'clipboard-write'] });
});

after(async () => {
  await browser?.close();
  await site?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (query: string): Promise<SessionPageWire> => site.ask<SessionPageWire>(`/sessions?${query}`);
const rowOf = (page: Page, index: number) => page.locator(`[role="row"][aria-rowindex="${index + 2}"]`);

async function go(query: string): Promise<void> {
  await desk.page.evaluate(`location.hash = ${JSON.stringify(`#sessions?${query}`)}`);
}

async function showsTotal(count: number): Promise<void> {
  const words = `${count.toLocaleString('en-GB')} ${count === 1 ? 'session' : 'sessions'}`;
  await desk.page.getByText(words, { exact: true }).waitFor();
}

async function showsRow(index: number, { stream, bytes }: SessionWire): Promise<void> {
  const row = rowOf(desk.page, index);
  await row.getByText(stream, { exact: true }).waitFor();
  const shown = (bytes / 1000).toLocaleString('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  await row.getByText(`${shown} kB`, { exact: true }).waitFor();
}

test('filters are added and let go by keyboard alone, and are in the address', async () => {
  const { page } = desk;
  await showsTotal(HERE);
  await page.getByRole('combobox', { name: 'Add a filter' }).focus();
  await page.keyboard.type('jazz');
  await page.getByRole('option', { name: /^Stream jazz/ }).waitFor();
  await page.keyboard.press('Enter');
  await showsTotal(HERE / 3);
  assert.match(page.url(), /#sessions\?stream=jazz$/);
  // First by what, then by which: the field has kept the focus.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: /^rock/ }).waitFor();
  await page.keyboard.type('rock');
  await page.keyboard.press('Enter');
  await showsTotal((HERE / 3) * 2);
  assert.deepEqual(new URLSearchParams(page.url().split('?')[1]).getAll('stream'), ['jazz', 'rock']);
  await page.getByRole('button', { name: 'Let go of jazz' }).press('Enter');
  await showsTotal(HERE / 3);
  await page.goBack();
  await showsTotal((HERE / 3) * 2);
  await page.getByRole('button', { name: 'Clear all' }).click();
  await showsTotal(HERE);
  await go('country=~');
  await showsTotal(HERE);
  await page.getByRole('button', { name: 'Let go of Unknown' }).waitFor();
});

test('what has ended is suggested with its own counts', async () => {
  await go('state=closed');
  await showsTotal(PAST);
  await desk.page.getByRole('combobox', { name: 'Add a filter' }).focus();
  await desk.page.keyboard.type('jazz');
  await desk.page.getByRole('option', { name: /^Stream jazz 1,00\d/ }).waitFor();
});

test('the table is read by keyboard, to its last row and back, and shows what the API answers', async () => {
  const { page } = desk;
  const query = 'state=closed&sort=bytes';
  await go(query);
  await showsTotal(PAST);
  const at = async (offset: number) => (await ask(`${query}&limit=1&offset=${offset}`)).items[0]!;
  await showsRow(0, await at(0));
  const grid = page.getByRole('grid');
  const active = async () => Number(((await grid.getAttribute('aria-activedescendant')) ?? '').split('-').at(-1));
  await grid.focus();
  await page.keyboard.press('End');
  await showsRow(PAST - 1, await at(PAST - 1));
  assert.equal(await active(), PAST - 1);
  await page.keyboard.press('Home');
  await showsRow(0, await at(0));
  await page.keyboard.press('PageDown');
  const paged = await active();
  assert.ok(paged > 5 && paged < 100, `${paged}`);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  assert.equal(await active(), paged);
  const chosen = await at(paged);
  await showsRow(paged, chosen);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal(new URLSearchParams(page.url().split('?')[1]).get('session'), chosen.id);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(await page.evaluate('document.activeElement.matches("[role=grid]")'));
});

test('a bar that is dragged shows the rows of that place', async () => {
  const query = 'state=closed&sort=-bytes';
  await go(query);
  await showsTotal(PAST);
  await rowOf(desk.page, 0).waitFor();
  const grid = 'document.querySelector("[role=grid]")';
  await desk.page.evaluate(`${grid}.scrollTop = ${grid}.scrollHeight / 2`);
  const { items } = await ask(`${query}&limit=1&offset=${PAST / 2 + 3}`);
  await showsRow(PAST / 2 + 3, items[0]!);
});

test('a header sorts, and sorts the other way round', async () => {
  await go('state=closed');
  await showsTotal(PAST);
  const header = desk.page.getByRole('columnheader', { name: 'Received' });
  await header.getByRole('button').click();
  await showsRow(0, (await ask('state=closed&sort=-bytes&limit=1')).items[0]!);
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  await header.getByRole('button').click();
  await showsRow(0, (await ask('state=closed&sort=bytes&limit=1')).items[0]!);
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
});

test('the columns are the viewer’s, and stay so', async () => {
  const { page } = desk;
  const header = (name: string) => page.getByRole('columnheader', { name, exact: true });
  await showsTotal(HERE);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByLabel('Address', { exact: true }).check();
  await page.getByLabel('City', { exact: true }).uncheck();
  await page.keyboard.press('Escape');
  for (let i = 0; i < 2; i++) {
    await header('Address').waitFor();
    assert.equal(await header('City').count(), 0);
    await rowOf(page, 0).getByText('2001:db8:').waitFor();
    await page.reload();
  }
});

test('rows stay where they are while somebody reads, and follow when they want it', async () => {
  const { page } = desk;
  await go('stream=live');
  appendFileSync(log, lines(Date.now() - 5000, 'live', 100));
  await showsTotal(1);
  await page.getByRole('grid').hover();
  appendFileSync(log, lines(Date.now(), 'live', 9000));
  const news = page.getByRole('button', { name: 'Show what is new' });
  await news.waitFor();
  await showsTotal(2);
  await rowOf(page, 0).getByText('200 byte').waitFor();
  await news.click();
  await rowOf(page, 0).getByText('18 kB').waitFor();
  await rowOf(page, 1).getByText('200 byte').waitFor();
});

test('the link that is copied shows the same', async () => {
  const { page } = desk;
  await go('state=all&last=1w&stream=rock&sort=bytes');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied').first().waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), page.url());
});

test('on a phone nothing is wider than the phone, and nothing went wrong anywhere', async () => {
  const { page, errors, foreign } = desk;
  await page.setViewportSize({ width: 360, height: 740 });
  await go('state=closed&stream=jazz&stream=rock');
  await showsTotal((PAST / 3) * 2);
  await rowOf(page, 0).waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
  await page.getByLabel('Sort by').selectOption('bytes');
  await rowOf(page, 0).getByText('8.0 kB').waitFor();
  assert.deepEqual(errors, []);
  assert.deepEqual(foreign, []);
});
