/**
 * The dashboard as a visitor of the documentation sees it: every page in front of a crowd of the demo and a day of history.
 * `HEADCOUNT_PICTURES=docs/images` keeps what was taken; otherwise it is thrown away, and only looked at for being whole.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { drawAddresses } from '../../src/demo/addresses.ts';
import { type Demo, demoLog, startDemo } from '../../src/demo/demo.ts';
import { randomFrom } from '../../src/enrich/fixture.ts';
import { openGeo } from '../../src/enrich/geo/index.ts';
import type { AudienceWire, HistoryWire } from '../../src/http/contract.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { parseIp } from '../../src/lib/ip.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { ScopedCounters } from '../../src/telemetry/counters.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { openBrowser, openPage, sharesOf } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUR = 3_600_000;
const PAST_SESSIONS = 2500;
const CROWD = 160;
/** How many come beside the busiest hour, of the 26 before now. */
const BUSY = [40, 15, 5, 4, 3, 3, 4, 8, 25, 55, 62, 58, 55, 60, 64, 60, 57, 60, 70, 85, 96, 100, 92, 88, 96, 98];
const MOUNTS = ['/jazz.ogg', '/jazz.ogg', '/jazz.ogg', '/news.mp3', '/news.mp3', '/talk.mp3'];
const PLAYERS = ['VLC/3.0.21 LibVLC/3.0.21', 'Sonos/83.1-61240 (ZPS38)', 'foobar2000/2.1', 'RadioDroid/0.86'];

let browser: Browser;
let installation: Installation;
let demo: Demo;
let folder: string;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  folder = mkdtempSync(join(tmpdir(), 'headcount-pictures-'));
  installation = await install({}, { TZ: 'UTC' });
  const random = randomFrom(17);
  const geo = await openGeo({ database: null, log: silentLog, counters: new ScopedCounters() });
  const countryOf = (address: string) => geo.find(parseIp(address)!)?.countryCode ?? null;
  const archive = join(installation.folder, 'archive.log');
  writeFileSync(archive, pastLines(drawAddresses(700, countryOf, random), random));
  demo = await startDemo({ directory: installation.folder, clock: systemClock, random, size: CROWD, countryOf });
  await geo.close();
  const sources = [
    { url: `log:${demoLog(installation.folder)}`, name: 'edge' },
    { url: `log:${archive}`, format: 'icecast', name: 'radio' },
  ];
  // Nobody's address is to be seen, not even a made-up one.
  installation.configure({ sources, privacy: { addresses: 'truncated' } });
  [browser] = await Promise.all([openBrowser(), installation.start()]);
  await eventually(
    'all is read, and the crowd is there',
    async () => {
      const { groups } = await installation.ask<HistoryWire>(`/history?source=radio&from=${new Date(0).toISOString()}`);
      assert.equal(groups[0]?.sessions, PAST_SESSIONS);
      const { total } = await installation.ask<AudienceWire>('/audience');
      assert.ok(total.sessions > CROWD / 3, `${total.sessions} of the crowd are there`);
    },
    60_000,
  );
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  await installation?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** One connection a line, written when it is over; all of them within the day before. */
function pastLines(addresses: readonly string[], random: () => number): string {
  const now = Date.now();
  const rows: { readonly to: number; readonly line: string }[] = [];
  while (rows.length < PAST_SESSIONS) {
    const hour = random() * (BUSY.length - 0.1);
    if (random() * 100 > BUSY[Math.floor(hour)]!) continue;
    const from = Math.floor((now - (BUSY.length - hour) * HOUR) / 1000) * 1000;
    const seconds = Math.floor(60 + random() ** 2 * 5000);
    const to = Math.min(from + seconds * 1000, now - 60_000);
    const length = (to - from) / 1000;
    const draw = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]!;
    const line = `${draw(addresses)} - - [${logTime(to)}] "GET ${draw(MOUNTS)} HTTP/1.1" 200 ${Math.round(length * 16_000)} "-" "${draw(PLAYERS)}" ${Math.floor(length)}\n`;
    rows.push({ to, line });
  }
  return rows
    .sort((a, b) => a.to - b.to)
    .map(({ line }) => line)
    .join('');
}

interface Shot {
  readonly name: string;
  readonly address: string;
  readonly options?: BrowserContextOptions;
  /** Resolves when it shows what it is for. */
  readonly isReady: (page: Page) => Promise<unknown>;
}

const DESK = { viewport: { width: 1440, height: 1240 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

const shots: readonly Shot[] = [
  { name: 'dashboard', address: '', options: DESK, isReady: mapIsDrawn },
  { name: 'dashboard-dark', address: '', options: { ...DESK, colorScheme: 'dark' }, isReady: mapIsDrawn },
  { name: 'dashboard-phone', address: '', options: PHONE, isReady: (page) => page.getByTestId('now').waitFor() },
  { name: 'dashboard-german', address: '', options: { ...DESK, locale: 'de-DE' }, isReady: mapIsDrawn },
  { name: 'sessions', address: '#sessions?state=all&last=1d', isReady: sessionIsOpened },
  {
    name: 'history',
    address: `#history?last=1d&by=stream&at=${someHoursAgo()}`,
    options: { viewport: { width: 1440, height: 1560 } },
    isReady: momentIsShown,
  },
  {
    name: 'history-dark',
    address: '#history?last=1d&compare=before',
    options: { colorScheme: 'dark' },
    isReady: (page) => page.getByTestId('history-plot').waitFor(),
  },
  {
    name: 'history-phone',
    address: '#history?last=1d',
    options: PHONE,
    isReady: (page) => page.getByTestId('history-plot').waitFor(),
  },
  {
    name: 'sources',
    address: '#sources',
    isReady: (page) => page.getByText('radio', { exact: true }).first().waitFor(),
  },
  {
    name: 'kiosk',
    address: '?kiosk',
    options: { viewport: { width: 1920, height: 1080 }, colorScheme: 'dark' },
    isReady: mapIsDrawn,
  },
];

function someHoursAgo(): string {
  return new Date(Math.floor((Date.now() - 5 * HOUR) / HOUR) * HOUR).toISOString();
}

async function mapIsDrawn(page: Page): Promise<void> {
  const map = page.getByTestId('map');
  await map.locator('.mark').first().waitFor();
  await eventually('land is seen', async () => {
    const [land = 0] = await sharesOf(page, await map.locator('canvas').screenshot(), ['--map-land']);
    assert.ok(land > 0.05, `land: ${land}`);
  });
}

async function sessionIsOpened(page: Page): Promise<void> {
  await page.getByRole('grid').locator('[role="row"][aria-rowindex="4"]').click();
  await page.getByTestId('drawer').getByText('User agent', { exact: true }).first().waitFor();
}

async function momentIsShown(page: Page): Promise<void> {
  await page.getByTestId('history-plot').waitFor();
  await mapIsDrawn(page);
}

for (const { name, address, options = {}, isReady } of shots) {
  test(`a picture: ${name}`, async () => {
    const { page, errors, foreign } = await openPage(browser, `${installation.url}/${address}`, {
      reducedMotion: 'reduce',
      ...options,
    });
    page.setDefaultTimeout(60_000);
    await isReady(page);
    const widest = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    assert.ok(widest <= 0, `it is ${widest} pixels wider than the screen`);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    assert.deepEqual([errors, foreign], [[], []]);
    const kept = process.env['HEADCOUNT_PICTURES'];
    if (kept !== undefined) {
      mkdirSync(kept, { recursive: true });
      copyFileSync(path, join(kept, `${name}.png`));
    }
    await page.context().close();
  });
}
