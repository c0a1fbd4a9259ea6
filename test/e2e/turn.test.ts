/** The TURN page in a real Chromium, and /stats of turn-monitor, in front of a Headcount that follows a log of coturn. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { freePort, type LabChild, startChild } from '../../lab/child.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whoever runs it has set `hacked`. */
const HOSTILE = '<img src=x onerror=hacked=1>';

let browser: Browser;
let folder: string;
let headcount: LabChild;
let url: string;
let stats: string;
let desk: WatchedPage;

const write = (id: number, text: string) =>
  appendFileSync(
    join(folder, 'turn.log'),
    `${new Date().toISOString()} INFO session ${String(id).padStart(18, '0')}: ${text}\n`,
  );
const named = (user: string) => `realm=<example.org>, username=<${user}>`;
const open = (id: number, user: string) => write(id, `new, ${named(user)}, lifetime=600`);
const relay = (id: number, user: string, bytes: number) =>
  write(id, `peer usage: ${named(user)}, rp=10, rb=${bytes}, sp=20, sb=${2 * bytes}`);

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  folder = mkdtempSync(join(tmpdir(), 'headcount-turn-page-'));
  writeFileSync(join(folder, 'turn.log'), '');
  const [port, facade] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${port}`;
  stats = `http://127.0.0.1:${facade}/stats`;
  const config = {
    ...{ listen: `127.0.0.1:${port}`, data: join(folder, 'data') },
    sources: [`coturn-log:${join(folder, 'turn.log')}?name=relay`],
    facades: [{ kind: 'turn-monitor', listen: `127.0.0.1:${facade}`, removeOutdataInterval: '10m' }],
  };
  const file = join(folder, 'headcount.json');
  writeFileSync(file, JSON.stringify(config));
  headcount = startChild(process.execPath, [join(ROOT, 'bin/headcount.js'), '-c', file], { cwd: folder });
  [browser] = await Promise.all([openBrowser(), headcount.printed(/serving on/, 30_000)]);
  desk = await openPage(browser, `${url}/#turn`);
});

after(async () => {
  await browser?.close();
  await headcount?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the page is there before anybody is', async () => {
  await desk.page.getByText('Nobody has an allocation at the moment.').first().waitFor();
  assert.equal(await desk.page.getByRole('link', { name: 'TURN' }).getAttribute('aria-current'), 'page');
});

test('it shows allocations, their users, and how fast they relay', async () => {
  open(1, 'alice');
  open(2, 'alice');
  open(3, HOSTILE);
  relay(1, 'alice', 1000);
  const { page } = desk;
  await eventually('three allocations', async () => {
    assert.equal(await page.getByTestId('turn-now').innerText(), '3');
    assert.equal(await page.getByTestId('turn-allocations').locator('tr').count(), 3);
  });
  await page.getByText('of 2 users').waitFor();
  let bytes = 100_000;
  await eventually('a bandwidth that is not nothing', async () => {
    relay(2, 'alice', bytes++);
    const [first] = await page.getByTestId('turn-allocations').locator('tr').allInnerTexts();
    assert.match(first!, /alice.*\b[1-9][\d.]* ?[kM]?(?:b|bit)\/s/);
  });
  await page.getByRole('img', { name: /^Bandwidth: now/ }).waitFor();
  assert.equal(await page.evaluate('globalThis.hacked'), undefined);
  await page.getByText(HOSTILE).first().waitFor();
  assert.deepEqual([desk.errors, desk.foreign], [[], []]);
});

test('the audience is one click away, and so is the way back', async () => {
  const { page } = desk;
  await page.getByRole('link', { name: 'Now' }).click();
  await page.getByTestId('now').waitFor();
  await page.getByRole('link', { name: 'TURN' }).click();
  await page.getByTestId('turn-now').waitFor();
});

test('on a phone nothing is wider than it, in the dark nothing is wrong', async () => {
  const { page, errors } = await openPage(browser, `${url}/#turn`, {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await page.getByTestId('turn-allocations').waitFor();
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('/stats tells those that have relayed something, without being asked who', async () => {
  await eventually('two users', async () => {
    const answer = await fetch(stats);
    assert.equal(answer.status, 200);
    const { currentUserAmount, activeUserList } = (await answer.json()) as {
      currentUserAmount: number;
      activeUserList: Record<string, { username: string; bandwidth: number }>;
    };
    assert.equal(currentUserAmount, 2);
    assert.ok(Object.values(activeUserList).every(({ username, bandwidth }) => username === 'alice' && bandwidth > 0));
  });
});
