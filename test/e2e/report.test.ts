/** The HTML report in a real browser, from disk: it asks for nothing, breaks nothing, and shows hostile names as text. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { analysisOf, HOSTILE, UTC } from '../../src/cli/report/fixture.ts';
import { reportHtml } from '../../src/cli/report/html/page.ts';
import { sessionOf } from '../../src/insights/summary/fixture.ts';
import { openBrowser, openPage } from './browser.ts';

const START = Date.UTC(2025, 4, 12);
const folder = mkdtempSync(join(tmpdir(), 'headcount-report-'));
const path = join(folder, 'report.html');
let browser: Browser;

before(async () => {
  const sessions = HOSTILE.flatMap((name, i) =>
    Array.from({ length: 8 }, (_, j) =>
      sessionOf({
        from: START + (i * 8 + j) * 3_600_000,
        to: START + (i * 8 + j) * 3_600_000 + (HOSTILE.length - i) * 3_000_000,
        listener: `${j}`,
        stream: name,
        user: name,
        quality: name,
        player: { name, version: null, type: null, platform: name },
        geo: { city: name, countryCode: 'GB', latitude: 50 + i / 5, longitude: -(i + j) },
        bytes: 5_000_000,
      }),
    ),
  );
  const tally = {
    ...{ bytes: 1000, lines: 10, packets: null, unreadable: 1 },
    statuses: { '<b>200': { requests: 3, bytes: 4 } },
    more: {},
  };
  const analysis = analysisOf(sessions, { files: [`${HOSTILE[0]}.log`], tally, counters: { rejectedTime: 1 } });
  writeFileSync(path, reportHtml({ analysis, clock: UTC }));
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = (options = {}) => openPage(browser, pathToFileURL(path).href, options);

test('it opens from disk without asking for anything, and without an error', async () => {
  const { page, errors, foreign } = await open();
  await page.locator('details summary').first().click();
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
  assert.deepEqual(await page.evaluate('performance.getEntriesByType("resource").map(({ name }) => name)'), []);
  const headline = await page.locator('h1').innerText();
  assert.match(headline, /^At most \d+ listened at once, on \w+, \d+ May 2025 at \d\d:\d\d\.$/);
  await page.context().close();
});

test('names are text, whatever they hold', async () => {
  const { page } = await open();
  const asked: string[] = [];
  page.on('dialog', (dialog) => asked.push(dialog.message()));
  assert.equal(await page.locator('script, img, iframe, [onerror], [onload], b').count(), 0);
  const streams = await page.locator('table', { hasText: 'Streams' }).first().locator('tbody th').allInnerTexts();
  assert.ok(streams.includes('<script>alert(1)</script>'), streams.join('\n'));
  assert.ok(streams.includes('"><img src=x onerror=alert(1)>'));
  assert.deepEqual(asked, []);
  await page.context().close();
});

test('its policy would stop what got through nevertheless', async () => {
  const { page, errors } = await open();
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend',
    '<img src="https://192.0.2.1/x.png"><p id="styled" style="color: rgb(1, 2, 3)">x</p><div onclick="document.title = 1"></div>')`);
  await page.evaluate("document.querySelector('div[onclick]').click()");
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('#styled')).color"), 'rgb(26, 29, 31)');
  assert.notEqual(await page.title(), '1');
  assert.equal(errors.filter((error) => error.includes('Content Security Policy')).length, 3, errors.join('\n'));
  await page.context().close();
});

test('it fits a phone, a desk and a sheet of paper', async () => {
  for (const width of [320, 375, 768, 1440]) {
    const { page } = await open({ viewport: { width, height: 800 } });
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(wide <= width, `${wide} pixels on ${width}`);
    await page.context().close();
  }
  const { page } = await open();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)');
  await page.context().close();
});

test('light and dark follow the system', async () => {
  const colours = await Promise.all(
    (['light', 'dark'] as const).map(async (colorScheme) => {
      const { page } = await open({ colorScheme });
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      await page.context().close();
      return colour;
    }),
  );
  assert.deepEqual(colours, ['rgb(245, 244, 240)', 'rgb(16, 19, 20)']);
});

test('pointing at the chart shows the numbers of that moment', async () => {
  const { page } = await open();
  const step = page.locator('.steps g').nth(40);
  const seen = () =>
    page.evaluate<string>(
      "getComputedStyle(document.querySelectorAll('.steps g')[40].querySelector('text')).visibility",
    );
  assert.equal(await seen(), 'hidden');
  await step.locator('rect').hover();
  assert.equal(await seen(), 'visible');
  assert.match(await step.locator('text').nth(1).innerHTML(), /^\d+\.\d on average, \d+ at most$/);
  await page.context().close();
});

test('who cannot see it is told what is drawn', async () => {
  const { page } = await open();
  assert.equal(await page.locator('h1').count(), 1);
  assert.equal(await page.locator('table:not(:has(caption))').count(), 0);
  assert.equal(await page.getByRole('img', { name: 'Sessions at once' }).count(), 1);
  assert.equal(await page.getByRole('img', { name: 'Where they were' }).count(), 1);
  assert.equal(await page.locator('svg:not([role="img"]):not([aria-hidden]):not(svg svg)').count(), 0);
  const monday = page.locator('.week tbody tr').first().locator('td').nth(5);
  assert.match(await monday.innerText(), /^\d+\.\d$/);
  await page.context().close();
});
