/**
 * The dashboard in a real Chromium, in front of real processes: the demo as a newcomer starts it, and a log whose lines
 * were written by somebody who means harm.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { freePort, type LabChild, startChild } from '../../lab/child.ts';
import type { AudienceWire, PlacesWire, ProgrammesWire } from '../../src/http/contract.ts';
import { startSite } from '../../src/http/fixture.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage, sharesOf, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Whoever runs one of these has set `hacked`. */
const HOSTILE_STREAM = '"><img src=x onerror=hacked=1>';
const HOSTILE_AGENT = 'VLC/3.0.20 <script>hacked=1</script><b onmouseover=hacked=1>"&amp;\u202egnp.exe';

let browser: Browser;
let folder: string;
let demo: LabChild;
let url: string;
/** The demo, opened once at the size of a desk. */
let desk: WatchedPage;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  folder = mkdtempSync(join(tmpdir(), 'headcount-dashboard-'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  demo = startChild(process.execPath, [join(ROOT, 'bin/headcount.js'), '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
  });
  [browser] = await Promise.all([openBrowser(), demo.printed(/serving on/, 30_000)]);
  desk = await openPage(browser, url);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${url}/api/v1${path}`);
  return (await response.json()) as T;
}

async function shownNow(page: Page): Promise<string> {
  return (await page.getByTestId('now').innerText()).replaceAll(',', '');
}

test('the great number moves within a minute, and is what the API answers', async () => {
  const seen = new Set<string>();
  await eventually(
    'three numbers are seen',
    async () => {
      const shown = await shownNow(desk.page);
      if (/^[1-9]\d*$/.test(shown)) seen.add(shown);
      assert.ok(seen.size >= 3, `only ${[...seen]}`);
    },
    60_000,
  );
  await eventually('the page shows what the API says before and after', async () => {
    const first = await ask<AudienceWire>('/audience');
    const shown = await shownNow(desk.page);
    const second = await ask<AudienceWire>('/audience');
    assert.equal(first.total.sessions, second.total.sessions);
    assert.equal(shown, String(first.total.sessions));
  });
});

test('the demo says that it is one', async () => {
  await desk.page.getByText('simulated').first().waitFor();
});

test('the map is painted: land and water, and marks whose counts add up to everybody with a place', async () => {
  const { page } = desk;
  const canvas = page.getByTestId('map').locator('canvas');
  await canvas.waitFor();
  await eventually('land and water are seen', async () => {
    const [land = 0, water = 0] = await sharesOf(page, await canvas.screenshot(), ['--map-land', '--map-water']);
    assert.ok(land > 0.05, `land: ${land}`);
    assert.ok(water > 0.3, `water: ${water}`);
  });
  await eventually('the marks add up', async () => {
    const before = await placed();
    const labels = await page.getByTestId('map').locator('.mark').allInnerTexts();
    assert.ok(labels.length > 3, `${labels.length} marks`);
    const sum = labels.reduce((total, label) => total + Number(label), 0);
    assert.equal(sum, before);
    assert.equal(await placed(), before);
  });
});

async function placed(): Promise<number> {
  const { places } = await ask<PlacesWire>('/places');
  return places.reduce((sum, { count }) => sum + count, 0);
}

test('the table shows sessions, sorts them, opens one, and fetches more', async () => {
  const { page } = desk;
  const rows = page.locator('table tbody:has(button[aria-expanded])');
  await page.locator('#sessions').scrollIntoViewIfNeeded();
  await eventually('rows are seen', async () => assert.equal(await rows.count(), 40));
  await page.getByRole('button', { name: /^Show .* more$/ }).click();
  await eventually('more rows are seen', async () => assert.ok((await rows.count()) >= 120));
  const first = rows.first().getByRole('button');
  await first.click();
  await rows.first().getByText('User agent', { exact: true }).waitFor();
  await first.click();
  await page.getByRole('button', { name: 'Received' }).click();
  await eventually('the greatest is first', async () => {
    const cells = await rows.locator('td.bytes').allInnerTexts();
    const sizes = cells.map(bytesOf);
    assert.ok(sizes.length >= 40);
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
    );
  });
});

/** `1.2 MB` as a number. */
function bytesOf(text: string): number {
  const [, value, unit] = /^([\d.]+)\s*(\w+)$/.exec(text.trim()) ?? [];
  const powers: Record<string, number> = { byte: 0, kB: 1, MB: 2, GB: 3 };
  assert.ok(unit !== undefined && unit in powers, `a size: ${text}`);
  return Number(value) * 1000 ** powers[unit]!;
}

test('the table can be limited to a country, and back shows everybody again', async () => {
  const { page } = desk;
  const rows = page.locator('tbody:has(button[aria-expanded])');
  const country = page.locator('section:has(#top-country) li').first().getByRole('button');
  const name = await country.locator('.name').innerText();
  await country.click();
  await eventually('only these are seen', async () => {
    const places = await rows.locator('td.place').allInnerTexts();
    assert.ok(places.length > 0);
    const code = new URL(page.url()).searchParams.get('country');
    assert.ok(code !== null && name.startsWith(code), `${name}: ${page.url()}`);
    assert.deepEqual(
      places.filter((place) => !place.startsWith(code)),
      [],
    );
  });
  await page.goBack();
  await eventually('all are seen', async () => assert.ok((await rows.count()) >= 40));
});

test('what is typed is found among the values that sessions have, and chosen by keyboard', async () => {
  const { page } = desk;
  await page.getByRole('combobox', { name: /^Find/ }).fill('JAZ');
  await page.getByRole('option', { name: 'jazz' }).waitFor();
  await page.keyboard.press('Enter');
  await eventually('only that stream is seen', async () => {
    const streams = await page.locator('tbody td.stream').allInnerTexts();
    assert.deepEqual([...new Set(streams.map((stream) => stream.trim()))], ['jazz']);
  });
  await page.getByRole('button', { name: /Show all again/ }).click();
  assert.equal(new URL(page.url()).search, '');
});

test('a number says what it means', async () => {
  const { page } = desk;
  await page.getByRole('button', { name: 'What “Peak today” means' }).press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('since midnight').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

test('light and dark are chosen by keyboard, seen at once, and kept', async () => {
  const { page, errors } = await openPage(browser, url, { colorScheme: 'light' });
  const brightness = () =>
    page.evaluate<number>('Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])');
  assert.ok((await brightness()) > 200);
  await page.getByRole('radio', { name: 'As the system' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.ok((await brightness()) < 60);
  await page.reload();
  assert.ok((await brightness()) < 60);
  assert.ok(await page.getByRole('radio', { name: 'Dark' }).isChecked());
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('on a phone nothing scrolls sideways', async () => {
  const { page, errors } = await openPage(browser, url, { viewport: { width: 360, height: 740 }, hasTouch: true });
  await page.locator('#sessions').scrollIntoViewIfNeeded();
  await page.locator('tbody button[aria-expanded]').first().click();
  await page.getByText('User agent', { exact: true }).waitFor();
  const available = await page.evaluate<number>('document.documentElement.clientWidth');
  const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.equal(available, 360);
  assert.equal(needed, 360);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('nobody else was asked for anything, and nothing went wrong', async () => {
  assert.deepEqual(desk.foreign, []);
  assert.deepEqual(desk.errors, []);
  await desk.page.context().close();
  await demo.stop();
});

async function watchHostileLog(): Promise<{ installation: Installation; child: LabChild }> {
  const log = join(folder, 'access.log');
  const line = (host: number) =>
    `192.0.2.${host} - - [${logTime(Date.now())}] "GET /${encodeURIComponent(HOSTILE_STREAM)}/720p.m3u8 HTTP/1.1" 200 194 "-" "${HOSTILE_AGENT.replaceAll('"', '\\x22')}"\n`;
  writeFileSync(log, '');
  const installation = await install({ sources: [{ url: `log:${log}`, name: 'edge', gap: '10m' }] });
  const child = await installation.start();
  appendFileSync(log, [1, 2, 3].map(line).join(''));
  return { installation, child };
}

test('what strangers wrote is shown as text; a lost server is said, and found again', async () => {
  const { installation, child } = await watchHostileLog();
  try {
    const { page, errors, foreign } = await openPage(browser, installation.url);
    await eventually('the three are seen', async () => assert.equal(await shownNow(page), '3'));
    await page.getByRole('button', { name: HOSTILE_STREAM }).first().waitFor();
    await page.locator('tbody button[aria-expanded]').first().click();
    await page.locator('dd', { hasText: HOSTILE_AGENT }).waitFor();
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
    assert.deepEqual(errors, []);
    assert.deepEqual(foreign, []);

    await child.stop();
    await page.getByText('The connection is lost.').waitFor();
    assert.equal(await shownNow(page), '3');
    await installation.start();
    await page.getByText('The connection is lost.').waitFor({ state: 'detached' });
    await eventually('the three are seen again', async () => assert.equal(await shownNow(page), '3'));
  } finally {
    await installation.remove();
  }
});

test('a stream says what it has played and what its server counts; a programme counts its listeners once', async () => {
  const site = await startSite();
  try {
    // The browser asks for today.
    site.clock.pass(Date.now() - site.clock.now());
    const at = site.clock.now();
    const report = { kind: 'report', at, status: 'up' } as const;
    const titles = [
      { at: at - 900_000, title: 'Freddie Freeloader' },
      { at: at - 300_000, title: HOSTILE_STREAM },
    ];
    const counted = { uniqueListeners: 7, peakListeners: 41, maxListeners: 250, averageSeconds: 600 };
    await site.tell('radio', [
      { ...report, stream: '/jazz', title: HOSTILE_STREAM, titles, listeners: 17, ...counted },
      { ...report, stream: '/counted', title: 'News', listeners: 1234, countOnly: true },
    ]);
    await site.settle();
    site.audience.defineProgrammes([{ name: 'Radio <b>& Co</b>', streams: ['radio/*'] }]);
    const { page, errors, foreign } = await openPage(browser, site.http.url);

    const [programme] = (await site.get<ProgrammesWire>('/api/v1/programmes')).items;
    const listed = page.locator('section:has(#programmes) li');
    await listed.getByText('Radio <b>& Co</b>', { exact: true }).waitFor();
    assert.equal(await listed.locator('.count').innerText(), String(programme!.listeners));
    await listed.getByText('2 of 4 streams up').waitFor();
    await listed.getByText(`${programme!.sessions} sessions`).waitFor();

    const streams = page.locator('section:has(#streams)');
    const gauge = streams.getByRole('button', { name: '/counted' });
    await gauge.getByText('counted by the server').waitFor();
    assert.equal(await gauge.locator('.count').innerText(), '1,234');
    await streams.getByRole('button', { name: 'Jazz' }).click();
    await streams.getByText('Recently played').waitFor();
    const played = await streams.locator('.details ol .one-line').allInnerTexts();
    assert.deepEqual(played, [HOSTILE_STREAM, 'Freddie Freeloader', 'So What', 'Blue in Green']);
    assert.deepEqual(await streams.locator('.details dd').allInnerTexts(), ['17', '7', '41', '250', '10 minutes']);
    assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
    assert.deepEqual(errors, []);
    assert.deepEqual(foreign, []);
    await page.context().close();
  } finally {
    await site.close();
  }
});

test('a source that fails is said with what to do, and without any source the page says how to begin', async () => {
  const installation = await install({ sources: [{ url: 'icecast://admin:example@127.0.0.1:1', name: 'radio' }] });
  try {
    const failing = await installation.start();
    const first = await openPage(browser, installation.url);
    await first.page.getByText('radio cannot be read:').waitFor();
    assert.deepEqual(first.errors, []);
    await first.page.context().close();
    await failing.stop();
    installation.configure({ sources: [] });
    await installation.start();
    const second = await openPage(browser, installation.url);
    await second.page.getByRole('heading', { name: 'Nothing is watched yet' }).waitFor();
    assert.deepEqual(second.errors, []);
  } finally {
    await installation.remove();
  }
});
