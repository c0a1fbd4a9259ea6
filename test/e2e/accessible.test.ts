/**
 * Everybody can use the dashboard: axe-core finds nothing on any page, in both themes and both languages, at a desk and on
 * a phone; and the keyboard alone reaches every control, sees where it is, and gets out again.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { cityDatabase } from '../../lab/mmdb.ts';
import type { AudienceWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Every page, by its name in the address. A new one needs its name here, and nothing else. */
const PAGES = ['audience', 'sessions', 'history', 'turn', 'sharing', 'sources', 'welcome'];
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
const LANGUAGES = { en: 'en-GB', de: 'de-DE' };
const CITIES = [
  { city: 'London', country: ['GB', 'United Kingdom'], at: [51.5, -0.1] },
  { city: 'Hamburg', country: ['DE', 'Germany'], at: [53.5, 10] },
  { city: 'São Paulo', country: ['BR', 'Brazil'], at: [-23.5, -46.6] },
  { city: 'Nairobi', country: ['KE', 'Kenya'], at: [-1.3, 36.8] },
] as const;
/** More stops than any page has: whoever has not come round by then is caught in a trap. */
const MOST_STOPS = 400;

let browser: Browser;
let folder: string;
let installation: Installation;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), 'headcount-accessible-'));
  const [log, relay] = [join(folder, 'access.log'), join(folder, 'turn.log')];
  for (const file of [log, relay]) writeFileSync(file, '');
  const database = join(folder, 'city.mmdb');
  writeFileSync(database, cityDatabase(CITIES.map((each, i) => ({ ...each, address: `192.0.2.${i + 1}` }))));
  installation = await install({
    geo: { database },
    sources: [
      { url: `log:${log}`, name: 'edge', gap: '30m' },
      { url: `coturn-log:${relay}`, name: 'relay' },
      // It fails, and the page says so.
      { url: 'icecast://admin:example@127.0.0.1:1', name: 'radio' },
    ],
  });
  await installation.start();
  appendFileSync(log, Array.from({ length: 24 }, (_, i) => line(i)).join(''));
  appendFileSync(relay, allocation());
});

after(async () => {
  await browser?.close();
  await installation?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Of a bot now and then. */
function line(host: number): string {
  const agent = host % 20 === 0 ? 'Googlebot/2.1' : `VLC/3.0.${host % 5} LibVLC/3.0`;
  const path = `/${['jazz', 'news', 'rock'][host % 3]}/720p.m3u8`;
  return `192.0.2.${host + 1} - - [${logTime(Date.now())}] "GET ${path} HTTP/1.1" 200 194000 "-" "${agent}"\n`;
}

function allocation(): string {
  const session = `${new Date().toISOString()} INFO session 000000000000000001:`;
  const named = 'realm=<radio.example>, username=<example>';
  return `${session} new, ${named}, lifetime=600\n${session} peer usage: ${named}, rp=10, rb=9000, sp=20, sb=18000\n`;
}

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds wrong, a line each. It comes as text: the page's policy lets no foreign script in. */
async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(AXE);
  const found = await page.evaluate<Finding[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) => violations)`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} – ${failureSummary.replaceAll(/\s+/g, ' ')}`),
  );
}

/** It shows what it has, and nothing moves any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main :is(h2, table, ol, ul):visible').first().waitFor();
  await eventually('nothing is loading', async () => {
    const loading = await page
      .locator('main')
      .getByText(/^(Loading|Lädt|The map is loading|Die Karte lädt) …$/)
      .count();
    assert.equal(loading, 0);
  });
  await page.evaluate(
    'Promise.all(document.getAnimations().map((each) => each.playState === "running" && each.effect.getComputedTiming().iterations !== Infinity ? each.finished.catch(() => {}) : null))',
  );
}

for (const name of PAGES) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    test(`axe finds nothing on ${name} in ${language}, light and dark, at a desk and on a phone`, async () => {
      const options = { locale, colorScheme: 'light', viewport: SIZES.desk, reducedMotion: 'reduce' } as const;
      const { page, errors, foreign } = await openPage(browser, `${installation.url}/#${name}`, options);
      await settled(page);
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      assert.deepEqual(await violationsOf(page), []);
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.deepEqual(await violationsOf(page), []);
      await page.setViewportSize(SIZES.phone);
      assert.deepEqual(await violationsOf(page), []);
      assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), SIZES.phone.width);
      assert.deepEqual([errors, foreign], [[], []]);
      await page.context().close();
    });
  }
}

test('axe finds nothing where one signs in, and in the first run, light and dark, at a desk and on a phone', async (t) => {
  const users = [{ name: 'example', password: 'only an example', write: true }];
  const other = await install({ sources: [], users });
  t.after(() => other.remove());
  await other.start();
  const options = { colorScheme: 'light', viewport: SIZES.desk, reducedMotion: 'reduce' } as const;
  const { page } = await openPage(browser, other.url, options);
  const check = async () => {
    for (const size of Object.values(SIZES)) {
      await page.setViewportSize(size);
      await isClean(page);
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= size.width);
    }
  };
  await page.getByRole('dialog', { name: 'Sign in' }).waitFor();
  await check();
  await page.getByLabel('Name', { exact: true }).fill('example');
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await check();
  await page.getByLabel('Password', { exact: true }).fill('only an example');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Nothing is watched yet' }).waitFor();
  await settled(page);
  await check();
  await page.context().close();
});

test('axe finds nothing in what opens: a session, a stream, the places in words, the meanings', async () => {
  const { page } = await openPage(browser, `${installation.url}/#audience`, { reducedMotion: 'reduce' });
  await settled(page);
  await page.locator('#sessions').scrollIntoViewIfNeeded();
  await page.locator('tbody button[aria-expanded]').first().click();
  await page.locator('section:has(#streams) li button').first().click();
  await page.locator('section:has(#places) summary').click();
  await page.getByRole('combobox').fill('ja');
  await page.getByRole('option').first().waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await page.getByRole('button', { name: 'What “Peak today” means' }).click();
  await page.getByRole('dialog').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await page.context().close();
});

/** In both themes. */
async function isClean(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violationsOf(page), [], colorScheme);
  }
}

test('axe finds nothing in what opens on the page of sessions: filters, columns, formats, a session', async () => {
  const address = `${installation.url}/#sessions?state=all&stream=jazz`;
  const { page, errors } = await openPage(browser, address, { reducedMotion: 'reduce' });
  await settled(page);
  await page.getByRole('combobox', { name: 'Add a filter' }).click();
  await page.getByRole('option').first().waitFor();
  await isClean(page);
  await page.keyboard.press('Escape');
  for (const name of ['Columns', 'Export']) {
    await page.getByRole('button', { name, exact: true }).click();
    await isClean(page);
    await page.keyboard.press('Escape');
  }
  await page.getByRole('grid').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('drawer').getByRole('heading', { name: 'Who' }).waitFor();
  await isClean(page);
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('axe finds nothing in what opens on the page of the past: the periods, a split, a moment', async () => {
  let at = '';
  await eventually('somebody who was there is written down', async () => {
    const [first] = await installation.sessions();
    at = first?.startedAt ?? '';
    const { total } = await installation.ask<AudienceWire>(`/audience?at=${at}`);
    assert.ok(total.sessions > 0);
  });
  const address = `${installation.url}/#history?last=1h&by=country&at=${at}`;
  const { page, errors } = await openPage(browser, address, { reducedMotion: 'reduce' });
  await settled(page);
  await page.getByTestId('moment').getByRole('table').first().waitFor();
  await isClean(page);
  await page.locator('.picker .name').click();
  await isClean(page);
  assert.deepEqual(errors, []);
  await page.context().close();
});

/** Runs in the page. Where the focus is, and whether one sees it. */
const FOCUS = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  // The frame of a hidden radio button is drawn around its label.
  const drawn = at.matches('.off-screen') ? (at.closest('label') ?? at) : at;
  const isOutlined = ({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
  const box = drawn.getBoundingClientRect();
  // A field with a sign before it has its frame around both.
  const isFramed = at.matches('input') && isOutlined(getComputedStyle(at.parentElement));
  const isMarked = isFramed || isOutlined(getComputedStyle(drawn)) || getComputedStyle(drawn).boxShadow !== 'none';
  const isInView = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
  const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
  return { seen: isMarked && isInView, name: at.tagName + ' ' + name.trim().replaceAll(/\\s+/g, ' ').slice(0, 60) };
})()`;

/** What the keyboard must reach: of radio buttons the chosen one of each group. */
const REACHABLE = `(() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  return all.flatMap((each) => {
    const isOff = each.disabled || each.closest('[inert], [hidden], dialog:not([open])') !== null || !each.checkVisibility();
    const isOther = each.type === 'radio' && !each.checked;
    return isOff || isOther ? [] : [each.tagName + ' ' + (each.getAttribute('aria-label') ?? each.labels?.[0]?.textContent ?? each.textContent).trim().replaceAll(/\\s+/g, ' ').slice(0, 60)];
  });
})()`;

interface Stop {
  readonly seen: boolean;
  readonly name: string;
}

/** Every place where the focus stops, from the beginning of the page until it leaves it. */
async function stopsOf(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let i = 0; i < MOST_STOPS; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<Stop | null>(FOCUS);
    if (stop === null) return stops;
    stops.push(stop);
  }
  throw new Error(`the focus does not leave the page: ${stops.slice(-5).map(({ name }) => name)}`);
}

for (const name of PAGES) {
  test(`by keyboard alone every control on ${name} is reached, seen, and left`, async () => {
    const { page } = await openPage(browser, `${installation.url}/#${name}`, { reducedMotion: 'reduce' });
    await settled(page);
    const stops = await stopsOf(page);
    const unseen = stops.filter(({ seen }) => !seen).map((stop) => stop.name);
    assert.deepEqual(unseen, []);
    const reached = new Set(stops.map((stop) => stop.name));
    const missed = (await page.evaluate<string[]>(REACHABLE)).filter((each) => !reached.has(each));
    assert.deepEqual(missed, []);
    await page.context().close();
  });
}
