/**
 * What strangers type is text on every page: user agents, titles, names of streams and of users, devices and cities. Nothing
 * of it runs, is fetched, or is even tried: the browser has no violation of the policy to report.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { HOSTILE_TEXTS } from '../../lab/hostile-text.ts';
import { cityDatabase } from '../../lab/mmdb.ts';
import type { AudienceWire } from '../../src/http/contract.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Every page, by what stands in its address. A new one needs its line here, and nothing else. */
const PAGES = [
  ...['#audience', '#sessions', '#sessions?state=all', '#history', '#history?by=city', '#turn'],
  ...['#sharing', '#sources', '#welcome', '?kiosk#audience'],
];
/** Elements that only somebody else's text would have made. */
const FOREIGN = [
  ...['img[src="x"]', 'img[src="1"]', '[onerror]', '[onload]', '[onfocus]', '[onclick]', '[ontoggle]', '[onmouseover]'],
  ...[
    'main script',
    'iframe',
    'object',
    'embed',
    'base',
    'marquee',
    'xss',
    'math',
    'main style',
    'main link',
    'main form',
  ],
  ...['[href^="javascript:"]', '[srcdoc]', 'meta[http-equiv]'],
].join(', ');

let browser: Browser;
let folder: string;
let server: Server;
let installation: Installation;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), 'headcount-hostile-text-'));
  const items = HOSTILE_TEXTS.map((text, i) => ({
    ...{ id: `${i}`, address: addressOf(i), text },
    // Whose user agent is no player's is no listener.
    agent: `VLC/3.0.20 ${text}`,
  }));
  server = createServer((_, response) => response.end(JSON.stringify(items))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const database = join(folder, 'city.mmdb');
  writeFileSync(database, cityDatabase(HOSTILE_TEXTS.map(cityOf)));
  const fields = { stream: 'text', user: 'text', device: 'text', userAgent: 'agent', title: 'text' };
  installation = await install({
    geo: { database },
    sources: [
      {
        ...{ url: `json:http://127.0.0.1:${port}/`, name: 'media', every: '1s' },
        fields: { ...fields, id: 'id', address: 'address' },
      },
    ],
  });
  await installation.start();
  await eventually('they are there', async () => {
    const { total } = await installation.ask<AudienceWire>('/audience');
    assert.ok(total.sessions + total.bots >= HOSTILE_TEXTS.length - 5, `${total.sessions} and ${total.bots}`);
  });
});

after(async () => {
  await browser?.close();
  await installation?.remove();
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

function addressOf(i: number): string {
  return `192.0.2.${i + 1}`;
}

/** Round the world, so that the map has a mark for each. */
function cityOf(text: string, i: number) {
  const at = [((i * 7) % 120) - 54.5, ((i * 29) % 340) - 169.5] as const;
  return { address: addressOf(i), city: text, country: ['DE', text] as const, at };
}

/** A page that tells what its policy had to stop. */
async function opened(path: string): Promise<WatchedPage> {
  const watched = await openPage(browser, 'about:blank', { reducedMotion: 'reduce' });
  await watched.page.addInitScript(
    'globalThis.violations = []; addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.blockedURI))',
  );
  const foreign: string[] = [];
  watched.page.on('request', (request) => {
    if (request.url().startsWith('http') && !request.url().startsWith(installation.url)) foreign.push(request.url());
  });
  await watched.page.goto(`${installation.url}/${path}`);
  return { ...watched, foreign };
}

/** What shows that something was more than text. */
async function harm({ page, errors, foreign }: WatchedPage): Promise<unknown[]> {
  const violations = await page.evaluate<string[]>('violations');
  const ran = await page.evaluate<boolean>('"hacked" in globalThis || "hacked" in {}');
  const all = `[...document.querySelectorAll(${JSON.stringify(FOREIGN)})]`;
  const made = await page.evaluate<string[]>(`${all}.map((each) => each.outerHTML.slice(0, 200))`);
  return [...violations, ...(ran ? ['something ran'] : []), ...made, ...errors, ...foreign];
}

/** Everything that can be read, be it hidden at the moment. */
const shown = (page: Page) => page.evaluate<string>('document.body.textContent');

test('the policy lets no script in that is not ours', async () => {
  const policy = (await fetch(installation.url)).headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
});

for (const path of PAGES) {
  test(`on ${path} nothing runs, and nothing is tried`, async () => {
    const watched = await opened(path);
    await watched.page.locator('main :is(li, td, dd, p)').first().waitFor();
    assert.deepEqual(await harm(watched), []);
    await watched.page.context().close();
  });
}

test('every one of them is seen as it was typed, in the table and in the details of its session', async () => {
  const watched = await opened('#audience');
  const { page } = watched;
  await page.locator('#sessions').scrollIntoViewIfNeeded();
  await page.getByRole('button', { name: /^Show .* more$/ }).click();
  const rows = page.locator('tbody button[aria-expanded]');
  await eventually('all rows are there', async () => assert.ok((await rows.count()) >= HOSTILE_TEXTS.length - 5));
  await page.evaluate(
    'for (const each of document.querySelectorAll("tbody button[aria-expanded=false]")) each.click()',
  );
  await page.locator('dl dd').first().waitFor();
  await page.evaluate('for (const each of document.querySelectorAll("section:has(#streams) button")) each.click()');
  await eventually('the texts are seen', async () => {
    const text = await shown(page);
    const missing = HOSTILE_TEXTS.filter((each) => !text.includes(each) && !isChanged(each));
    assert.deepEqual(missing, []);
  });
  assert.deepEqual(await harm(watched), []);
  await page.context().close();
});

/** Control characters and halves of characters are not text; the server leaves them out or writes them otherwise. */
function isChanged(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  return /[\u0000-\u001f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/.test(text) || text.length > 100;
}

test('what is typed into the address or the search field is text, too', async () => {
  for (const text of ['<script>hacked=1</script>', '"><img src=x onerror=hacked=1>', '__proto__']) {
    const asked = encodeURIComponent(text);
    const watched = await opened(`?city=${asked}&user=${asked}#sharing?stream=${asked}`);
    assert.deepEqual(await harm(watched), [], text);
    await watched.page.goto(`${installation.url}/?city=${asked}&user=${asked}#audience`);
    await watched.page.reload();
    await watched.page.locator('.pill', { hasText: text }).first().waitFor();
    await watched.page.getByRole('combobox').fill(text.slice(0, 6));
    assert.deepEqual(await harm(watched), [], text);
    await watched.page.context().close();
  }
});

test('marks of the map, hints and a wall screen of one stream name them as text', async () => {
  const watched = await opened('#audience');
  const { page } = watched;
  const marks = page.getByTestId('map').locator('.mark span');
  await marks.first().waitFor();
  await marks.first().hover();
  await page.locator('.tip').waitFor();
  assert.deepEqual(await harm(watched), []);
  await page.context().close();
  const wall = await opened(`?kiosk=${encodeURIComponent(`stream:${HOSTILE_TEXTS[14]}`)}`);
  await wall.page.getByText(HOSTILE_TEXTS[14]!).first().waitFor();
  assert.deepEqual(await harm(wall), []);
  await wall.page.context().close();
});
