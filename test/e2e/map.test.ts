/** Tiles on the map: whoever wants them says so, is shown whose they are, and nobody else is asked for anything. */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { LabChild } from '../../lab/child.ts';
import type { PlacesWire, StatusWire } from '../../src/http/contract.ts';
import { openBrowser, openPage, sharesOf } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** One pixel; a tile is stretched to its size. */
const RED = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);
const HOSTILE = '© <img src=x onerror="document.title=1"> & contributors';
const PLACE = {
  latitude: 52.5,
  longitude: 13.4,
  accuracyKm: 50,
  city: 'Berlin',
  countryCode: 'DE',
  country: 'Germany',
};

let browser: Browser;
let installation: Installation;
let tileServer: Server;
let sources: { sources: { url: string; name: string }[] };
let child: LabChild;
let asked: { path: string; referrer: string | undefined }[] = [];
let answer: 'tiles' | 'nothing' = 'tiles';

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  tileServer = createServer(({ url = '', headers }, response) => {
    asked.push({ path: url, referrer: headers.referer });
    response.setHeader('access-control-allow-origin', '*');
    if (answer === 'nothing') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'image/png' }).end(RED);
  });
  await new Promise<void>((resolve) => tileServer.listen(0, '127.0.0.1', resolve));
  installation = await install({ sources: [] });
  const log = join(installation.folder, 'access.log');
  writeFileSync(log, '');
  sources = { sources: [{ url: `log:${log}`, name: 'edge' }] };
  installation.configure(sources);
  child = await installation.start();
});

after(async () => {
  await browser?.close();
  await installation?.remove();
  tileServer?.close();
});

beforeEach(() => {
  asked = [];
  answer = 'tiles';
});

const hostOfTiles = () => `127.0.0.1:${(tileServer.address() as AddressInfo).port}`;

/** As a reload takes it over. */
async function reload(map: Record<string, string> | null): Promise<void> {
  installation.configure({ ...sources, map });
  process.kill(child.pid, 'SIGHUP');
  await eventually('the map is taken over', async () => {
    const status = await installation.ask<StatusWire>('/status');
    assert.equal(status.map?.attribution.text ?? null, map?.['attribution'] ?? null);
  });
}

const tiles = () => ({ tiles: `http://${hostOfTiles()}/{z}/{x}/{y}.png`, attribution: HOSTILE });

/** From the next time on that the page asks. */
async function answerPlaces(page: Page, places: PlacesWire['places']): Promise<void> {
  const json = { at: new Date().toISOString(), unplaced: 0, places };
  await page.route('**/api/v1/places*', (route) => route.fulfill({ json }));
}

async function openMap(places: PlacesWire['places']) {
  const watched = await openPage(browser, installation.url);
  await answerPlaces(watched.page, places);
  await watched.page.locator('.mark').first().waitFor();
  return watched;
}

async function land(page: Page): Promise<number> {
  const [share = 0] = await sharesOf(page, await page.getByTestId('map').locator('canvas').screenshot(), [
    '--map-land',
  ]);
  return share;
}

test('without a word of tiles no other host is asked, and none may be', async () => {
  const { page, errors, foreign } = await openMap([{ ...PLACE, count: 3 }]);
  await eventually('the base map is there', async () => assert.ok((await land(page)) > 0.05));
  assert.deepEqual([errors, foreign, asked], [[], [], []]);
  assert.equal(await page.locator('.thanks', { hasText: 'contributors' }).count(), 0);
  await page.context().close();
});

test('tiles cover the base map, their server hears no more than the origin, and is named as text', async () => {
  await reload(tiles());
  const { page, errors, foreign } = await openMap([{ ...PLACE, count: 3 }]);
  await eventually('tiles are asked for', async () => assert.ok(asked.length > 0));
  await eventually('the base map is covered', async () => assert.ok((await land(page)) < 0.01));
  assert.match(asked[0]!.path, /^\/\d+\/\d+\/\d+\.png$/);
  assert.deepEqual([...new Set(asked.map(({ referrer }) => referrer))], [`${installation.url}/`]);
  assert.deepEqual([...new Set(foreign.map((url) => new URL(url).host))], [hostOfTiles()]);
  assert.deepEqual(errors, []);
  await page.getByText(HOSTILE, { exact: true }).waitFor();
  assert.notEqual(await page.title(), '1');
  await page.context().close();
});

test('the attribution leads where it is said to lead', async () => {
  await reload({ ...tiles(), attribution: '© somebody', attributionUrl: 'https://www.openstreetmap.org/copyright' });
  const { page } = await openMap([{ ...PLACE, count: 3 }]);
  const link = page.getByRole('link', { name: '© somebody' });
  await link.waitFor();
  assert.equal(await link.getAttribute('href'), 'https://www.openstreetmap.org/copyright');
  await page.context().close();
});

test('where there are no tiles the base map stays', async () => {
  answer = 'nothing';
  await reload(tiles());
  const { page } = await openMap([{ ...PLACE, count: 3 }]);
  await eventually('tiles are asked for', async () => assert.ok(asked.length > 0));
  await eventually('the base map is there', async () => assert.ok((await land(page)) > 0.05));
  await page.context().close();
  await reload(null);
  const policy = (await fetch(installation.url)).headers.get('content-security-policy') ?? '';
  assert.doesNotMatch(policy, /http/);
});

test('very many places are heat with a few marks over it; a country stays hollow', async () => {
  const many = Array.from({ length: 600 }, (_, i) => ({
    ...PLACE,
    ...{
      latitude: -40 + (i % 30) * 2.3,
      longitude: -150 + Math.floor(i / 30) * 15,
      city: `City ${i}`,
      count: 1 + (i % 7),
    },
  }));
  const russia = { latitude: 61, longitude: 100, accuracyKm: 500, city: null, countryCode: 'RU', country: 'Russia' };
  const { page, errors } = await openMap([{ ...PLACE, count: 3 }]);
  await eventually('the base map is there', async () => assert.ok((await land(page)) > 0.05));
  const bare = await land(page);
  await answerPlaces(page, [...many, { ...russia, count: 90 }]);
  await page.locator('.hot .mark.rough', { hasText: '90' }).waitFor();
  assert.ok((await page.locator('.mark').count()) <= 24);
  await eventually('the land is warm', async () => assert.ok((await land(page)) < 0.8 * bare));
  assert.deepEqual(errors, []);
  await page.context().close();
});
