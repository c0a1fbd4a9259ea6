/**
 * Shared accounts as an operator has them: the whole process in front of a Tautulli stand-in, its page in a real Chromium,
 * a webhook that is told, and `kill -9`.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { until } from '../../lab/child.ts';
import { cityDatabase } from '../../lab/mmdb.ts';
import { type Receiver, startReceiver } from '../../lab/receiver.ts';
import { addFamily, addLender, addTogether, SPOTS } from '../../lab/shared-accounts.ts';
import { type LabTautulli, startTautulli } from '../../lab/tautulli.ts';
import type { EventsWire, EventWire, SharedAccountsWire } from '../../src/http/contract.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whoever runs one of these has set `hacked`. */
const HOSTILE = '"><img src=x onerror=hacked=1>';
const LOGIN = { username: 'carla', password: 'carla of the tests' };
const SIGNED_IN = { authorization: `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}` };

let browser: Browser;
let server: LabTautulli;
let installation: Installation;
const cleaning: (() => Promise<unknown>)[] = [];

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  cleaning.push(() => browser.close());
  server = await startTautulli();
  cleaning.push(() => server.stop());
  addLender(server, { user: 'anna', friendlyName: 'Anna' });
  addLender(server, { user: 'evil', friendlyName: HOSTILE, title: HOSTILE });
  addFamily(server, 'ben', SPOTS.hamburg);
  addFamily(server, 'carl', SPOTS.porto);
  installation = await started({
    users: [
      { name: LOGIN.username, password: LOGIN.password, write: true },
      { name: 'dora', password: LOGIN.password, addresses: false },
    ],
  });
});

after(async () => {
  for (const clean of cleaning.reverse()) await clean();
});

async function started(config: Record<string, unknown>): Promise<Installation> {
  const made = await install({});
  cleaning.push(made.remove);
  const database = join(made.folder, 'city.mmdb');
  writeFileSync(database, cityDatabase(Object.values(SPOTS)));
  const url = `tautulli://${server.host}:${server.port}`;
  const source = { url, apiKey: server.apiKey, name: 'plex', every: '1s', historyEvery: '1s' };
  made.configure({ sources: [source], geo: { database }, ...config });
  await made.start();
  return made;
}

async function accounts(headers: Record<string, string>, { url } = installation): Promise<SharedAccountsWire> {
  return (await (await fetch(`${url}/api/v1/sharing`, { headers })).json()) as SharedAccountsWire;
}

async function opened(hash = '#sharing', more: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  return openPage(browser, `${installation.url}/${hash}`, { httpCredentials: LOGIN, ...more });
}

const scoreOf = async (page: Page) =>
  Number(await page.getByTestId('report').locator('.ring .number').first().innerText());

async function settled(): Promise<void> {
  await eventually('all accounts are judged by all of their sessions', async () => {
    const { items } = await accounts(SIGNED_IN);
    assert.deepEqual(items.map(({ user, plays }) => `${user} ${plays}`).sort(), [
      `${HOSTILE} 49`,
      'Anna 49',
      'ben 52',
      'carl 52',
    ]);
  });
}

test('who lends an account stands first, a family has no points, and names are text', async () => {
  await settled();
  const { page, errors, foreign } = await opened();
  await eventually('the ranking is shown', async () => {
    const rows = await page.locator('ol a').allInnerTexts();
    assert.equal(rows.length, 4);
    assert.deepEqual(
      rows.slice(0, 2).map((row) => row.includes('Anna') || row.includes(HOSTILE)),
      [true, true],
    );
    for (const row of rows.slice(2)) assert.match(row, /^0\s/);
  });
  await page.getByRole('link', { name: HOSTILE }).click();
  await page.getByTestId('report').getByText('At once').first().waitFor();
  assert.equal(await page.locator('#account').innerText(), HOSTILE);
  await page.getByText('Sessions in words').click();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.equal(await page.evaluate<boolean>('"hacked" in globalThis'), false);
  assert.deepEqual([errors, foreign], [[], []]);
  await page.context().close();
});

test('the report draws overlaps, places and journeys, and follows a finding into the timeline', async () => {
  await settled();
  const { page, errors } = await opened();
  await page.getByRole('link', { name: 'Anna' }).click();
  await eventually('the map has three places', async () => {
    const marks = await page.getByTestId('map').locator('.mark').allInnerTexts();
    assert.deepEqual(marks.sort(), ['21', '21', '7']);
  });
  await eventually('the newest overlap is drawn', async () => {
    assert.ok((await page.locator('svg rect.overlap').count()) >= 1);
    assert.ok((await page.locator('svg rect.bar-of').count()) >= 2);
  });
  await page.getByRole('button', { name: 'Show 20 more' }).click();
  await page.getByRole('button', { name: 'Show in the timeline' }).last().focus();
  await page.keyboard.press('Enter');
  await page.locator('svg rect.overlap.pointed').first().waitFor();
  await page.getByText('All', { exact: true }).last().click();
  await eventually('all evenings are drawn', async () =>
    assert.equal(await page.locator('svg rect.bar-of').count(), 49),
  );
  assert.deepEqual(errors, []);
  await page.context().close();
});

test('saying that a device is fine lowers the score, is kept, and can be taken back', async () => {
  await settled();
  const { page, errors } = await opened();
  await page.getByRole('link', { name: 'Anna' }).click();
  await page.getByRole('button', { name: 'Device is fine' }).first().waitFor();
  const before = await scoreOf(page);
  assert.ok(before >= 50, `${before}`);
  for (const name of ['Salon', 'Stue']) {
    const row = page.locator('section[aria-labelledby="devices"] li', { hasText: name });
    await row.getByRole('button').click();
    await row.getByText('✓ fine').waitFor();
  }
  await eventually('nothing is left', async () => assert.equal(await scoreOf(page), 0));
  await page.reload();
  await page.getByRole('button', { name: 'Take back' }).first().waitFor();
  assert.equal(await scoreOf(page), 0);
  for (let left = 2; left > 0; left--) {
    await page.getByRole('button', { name: 'Take back' }).first().click();
    await eventually('it is taken back', async () =>
      assert.equal(await page.getByRole('button', { name: 'Take back' }).count(), left - 1),
    );
  }
  await eventually('the score is as it was', async () => assert.equal(await scoreOf(page), before));
  assert.deepEqual(errors, []);
  await page.context().close();
  const audit = readFileSync(join(installation.data, 'sharing-audit.jsonl'), 'utf8');
  assert.match(audit, /"who":"carla","what":"report","source":"plex","user":"Anna"/);
  assert.match(audit, /"what":"feedback".*"value":"anna box","isFine":true/);
});

test('on a phone it is the ranking or a report, in both themes, and nothing is wider than the screen', async () => {
  await settled();
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, errors } = await opened('#sharing', { viewport: { width: 360, height: 740 }, colorScheme });
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
    await page.getByRole('link', { name: 'Anna' }).click();
    await page.getByRole('heading', { name: 'Evidence' }).waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Shared accounts' }).isVisible(), false);
    assert.equal(await width(), 360);
    await page.getByRole('link', { name: 'All accounts' }).click();
    await page.getByRole('heading', { name: 'Shared accounts' }).waitFor();
    assert.equal(await width(), 360);
    assert.deepEqual(errors, []);
    await page.context().close();
  }
});

test('who may not see addresses is not led there, and is told why', async () => {
  const { page } = await opened('', { httpCredentials: { ...LOGIN, username: 'dora' } });
  await page.getByTestId('you').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Shared accounts' }).count(), 0);
  await page.goto(`${installation.url}/#sharing`);
  await page.getByText('You may not see this').waitFor();
  await page.context().close();
});

test('switched off, the page says how to switch it on, and nothing is judged', async () => {
  const off = await started({ sharing: { enabled: false } });
  assert.equal((await fetch(`${off.url}/api/v1/sharing`)).status, 404);
  const { page } = await openPage(browser, `${off.url}/#sharing`);
  await page.getByText('Shared accounts are not looked for').waitFor();
  await page.context().close();
});

test('what is found anew is told to a webhook and to live events, also over kill -9', async () => {
  const receiver = await startReceiver();
  cleaning.push(() => receiver.stop());
  const told = await started({ sinks: [{ kind: 'webhook', url: receiver.url, events: ['sharing.found'] }] });
  await until('all are judged', async () => {
    const { items } = await accounts({}, told);
    return items.some(({ user, plays }) => user === 'Anna' && plays === 49);
  });
  const live = await fetch(`${told.url}/api/v1/live`);
  const now = Math.floor(Date.now() / 1000);
  addTogether(server, { user: 'anna', friendlyName: 'Anna' }, now - 3 * 3600);
  const isNew = ({ id }: EventWire, i: number, all: readonly EventWire[]) =>
    all.findIndex((each) => each.id === id) === i;
  const newest = () => foundIn(receiver).filter(({ at }) => Date.parse(at) >= (now - 4 * 3600) * 1000);
  await until('it is told', () => newest().length > 0, 40_000);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of live.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.includes('event: sharing\n')) break;
  }
  const [event] = newest();
  assert.equal(event!.account.user, 'Anna');
  assert.ok(event!.account.score >= 50);
  const { items } = await accounts({}, told);
  assert.equal(items.find(({ user }) => user === 'Anna')!.id, event!.account.id);

  const before = foundIn(receiver).filter(isNew).length;
  await told.stopAll('SIGKILL');
  await told.start();
  await until('all are judged again', async () => {
    const { items: again } = await accounts({}, told);
    return again.some(({ user, plays }) => user === 'Anna' && plays === 51);
  });
  addTogether(server, { user: 'evil', friendlyName: HOSTILE }, now - 3 * 3600);
  await until('the next one is told', () => newest().some(({ account }) => account.user === HOSTILE), 40_000);
  const all = foundIn(receiver);
  assert.ok(all.filter(isNew).length > before);
  // At least once: what was under way when it was killed may come again, under the same id.
  const sessions = new Set(all.map(({ finding }) => `${finding.kind} ${finding.plays}`));
  assert.equal(all.filter(isNew).length, sessions.size, 'one finding has one id');
});

type Found = Extract<EventWire, { type: 'sharing.found' }>;

function foundIn({ received }: Receiver): Found[] {
  return received.flatMap(({ body }) => (JSON.parse(body) as EventsWire).events as Found[]);
}
