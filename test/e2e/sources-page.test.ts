/** The page of the sources, in a real browser: what is wrong with each, what to do, and nothing of whom it is about. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { SourcesWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

/** What must not be on the page, in any form. */
const SECRETS = /198\.51\.100|2001:db8:7|hunter2|anna/i;

const line = (address: string, time: string) =>
  `${address} - anna [${time}] "GET /hls/rock/17.ts?token=hunter2 HTTP/1.1" 200 9000 "-" "VLC/3.0.20"\n`;

const NONSENSE = `<html><head><title>It works!</title></head><body><script>document.title='caught'</script>
  <a href="http://anna:hunter2@198.51.100.7/">198.51.100.7</a> 2001:db8:7::9</body></html>`;

async function nonsense(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(NONSENSE));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function withTroubles(t: TestContext): Promise<Installation> {
  const port = await nonsense(t);
  const installation = await install({});
  t.after(() => installation.remove());
  const log = join(installation.folder, 'access.log');
  const now = new Date();
  writeFileSync(log, line('198.51.100.7', logTime(now.getTime())).repeat(4));
  appendFileSync(log, line('198.51.100.8', '99/Nov/2026:99:99:99 +0000'));
  appendFileSync(log, `2001:db8:7::9 - - [${logTime(now.getTime())}] "GET /hls/ro\n`);
  installation.configure({
    sources: [
      { url: `log:${log}`, name: 'edge' },
      { url: `icecast://admin:hunter2@127.0.0.1:${port}?every=1s`, name: 'radio' },
      { url: 'icecast://admin:hunter2@127.0.0.1:1', name: 'gone' },
    ],
  });
  await installation.start();
  await eventually('all three have been tried', async () => {
    const { items } = await installation.ask<SourcesWire>('/sources');
    const [edge, radio, gone] = items;
    assert.ok(edge!.rejects.length >= 2 && edge!.rates.length > 0);
    assert.equal(radio!.lastError?.code, 'PEER_ANSWERED_BADLY');
    assert.equal(gone!.lastError?.code, 'PEER_UNREACHABLE');
  });
  return installation;
}

async function browserFor(t: TestContext): Promise<Browser> {
  const browser = await openBrowser();
  t.after(() => browser.close());
  return browser;
}

/** A source on the page, as text, opened. */
async function textOf(page: Page, name: string): Promise<string> {
  const item = page.locator(`li[data-source="${name}"]`);
  if ((await item.locator('details[open]').count()) === 0) await item.locator('summary').first().click();
  return item.innerText();
}

test('each source says what is wrong and what to do, and nothing of anybody', async (t) => {
  const installation = await withTroubles(t);
  const { page, errors, foreign } = await openPage(await browserFor(t), `${installation.url}/#sources`);
  await page.locator('li[data-source]').nth(2).waitFor();
  assert.deepEqual(
    await page.locator('li[data-source]').evaluateAll((items) => items.map((item) => item.getAttribute('data-source'))),
    ['gone', 'radio', 'edge'],
    'what fails comes first',
  );

  const gone = await textOf(page, 'gone');
  assert.match(gone, /Cannot be read/);
  assert.match(gone, /What to do:.*Check the address/s);

  const radio = await textOf(page, 'radio');
  assert.match(radio, /what is no statistics page of Icecast/);
  assert.match(radio, /Answers that are none of such a server/);
  assert.match(radio, /It works!/);

  const edge = await textOf(page, 'edge');
  assert.match(edge, /Lines without a time that can be read\s+1\s+17\s?% of all/);
  assert.match(edge, /Expected: combined\./);
  assert.match(edge, /192\.0\.2\.1 - user \[99\/Nov/);
  assert.match(edge, /token=…/);
  assert.match(edge, /lines\/(s|min)/);

  assert.doesNotMatch(await page.locator('body').innerText(), SECRETS);
  assert.doesNotMatch(JSON.stringify(await installation.ask('/sources')), SECRETS);
  assert.doesNotMatch(await page.title(), /caught/);
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
});

test('from the page of now one line a source leads to the source itself, which is open then', async (t) => {
  const installation = await withTroubles(t);
  const { page } = await openPage(await browserFor(t), installation.url);
  await page.getByRole('link', { name: 'edge', exact: true }).click();
  await page.waitForURL(/#sources\/edge$/);
  await page.locator('li[data-source="edge"] details[open]').waitFor();
  await page.locator('li[data-source="edge"] summary:focus').first().waitFor();
  // By the keyboard it closes, and opens again.
  await page.keyboard.press('Enter');
  await page.locator('li[data-source="edge"] details:not([open])').first().waitFor();
});

test('of a hundred sources one is found, on a phone as well', async (t) => {
  const installation = await install({});
  t.after(() => installation.remove());
  const names = [...Array(100).keys()].map((i) => `edge-${i + 1}`);
  installation.configure({
    sources: names.map((name) => {
      const log = join(installation.folder, `${name}.log`);
      writeFileSync(log, '');
      return { url: `log:${log}`, name };
    }),
  });
  await installation.start();
  const viewport = { width: 360, height: 760 };
  const { page, errors } = await openPage(await browserFor(t), `${installation.url}/#sources`, { viewport });
  await page.locator('li[data-source]').nth(99).waitFor();
  await page.getByRole('searchbox', { name: 'Find a source by name or kind' }).fill('edge-77');
  await page.locator('li[data-source]').nth(1).waitFor({ state: 'detached' });
  assert.equal(await page.locator('li[data-source]').getAttribute('data-source'), 'edge-77');
  assert.match(page.url(), /#sources\?find=edge-77$/);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= viewport.width, `${width} px wide`);
  assert.deepEqual(errors, []);
});
