/**
 * The page of the past in a real Chromium, in front of a process that has read a log of four days, on one of which the
 * clocks went forward. What the page says is compared with what was written.
 */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { HistoryWire, StatusWire } from '../../src/http/contract.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { BEGIN, END, type Listening, listenings, writePast, ZONE } from './past.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUR = 3_600_000;
/** Midnights in Berlin. */
const SATURDAY = BEGIN + 24 * HOUR;
const SUNDAY = BEGIN + 48 * HOUR;
const MONDAY = SUNDAY + 23 * HOUR;
const ALL = listenings();

let browser: Browser;
let installation: Installation;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  browser = await openBrowser();
  installation = await install({}, { TZ: ZONE });
  const log = join(installation.folder, 'access.log');
  writePast(log);
  const source = { url: `log:${log}`, format: 'icecast', name: 'radio' };
  installation.configure({ sources: [source], geo: { enabled: false } });
  await installation.start();
  await eventually('the log is read', async () => {
    const { groups } = await installation.ask<HistoryWire>(`/history?${between(BEGIN, END)}`);
    assert.equal(groups[0]?.sessions, ALL.length);
  });
});

after(async () => {
  await browser?.close();
  await installation?.remove();
});

const iso = (at: number) => new Date(at).toISOString();
const between = (from: number, to: number) => String(new URLSearchParams({ from: iso(from), to: iso(to) }));

/** By the clocks of Berlin, unless the viewer is elsewhere. */
function opened(query: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  return openPage(browser, `${installation.url}/#history?${query}`, { timezoneId: ZONE, ...options });
}

const plotOf = (page: Page) => page.getByTestId('history-plot');
const drawn = (page: Page) => page.locator('section[aria-labelledby="history-chart"][aria-busy="false"]').waitFor();
/** What the address asks for, as the API names it. */
const asked = (page: Page) => new URLSearchParams(new URL(page.url()).hash.split('?')[1] ?? '');
const periodOf = (page: Page) => [asked(page).get('from'), asked(page).get('to')];
const figure = (page: Page, term: string) => page.getByTestId(term).innerText();

/** Hours that these were there within a period. */
function hoursOf(all: readonly Listening[], from: number, to: number): number {
  return all.reduce((sum, each) => sum + Math.max(Math.min(each.to, to) - Math.max(each.from, from), 0), 0) / HOUR;
}

async function finished({ page, errors, foreign }: WatchedPage): Promise<void> {
  assert.deepEqual([errors, foreign], [[], []]);
  await page.context().close();
}

test('the station says its time zone', async () => {
  assert.equal((await installation.ask<StatusWire>('/status')).timeZone, ZONE);
});

test('a day of 23 hours: its numbers are those of the log, beside those of the day before', async () => {
  const watched = await opened(`${between(SUNDAY, MONDAY)}&compare=before`);
  const { page } = watched;
  const [hours, hoursBefore] = [hoursOf(ALL, SUNDAY, MONDAY), hoursOf(ALL, SATURDAY, SUNDAY)];
  await eventually('the numbers are shown', async () => assert.equal(await figure(page, 'tlh'), hours.toFixed(1)));
  assert.equal(await figure(page, 'aas'), (hours / 23).toFixed(1));
  assert.equal(await figure(page, 'starts'), String(ALL.filter(({ from }) => from >= SUNDAY && from < MONDAY).length));
  assert.equal(await figure(page, 'cume'), '7');
  assert.equal(await figure(page, 'periodPeak'), '7');
  const section = await page.getByRole('region', { name: 'The period in numbers' }).innerText();
  assert.ok(section.includes(`before ${hoursBefore.toFixed(1)}`), section);
  assert.match(section, /-5%/);
  await finished(watched);
});

test('steps go by days of the zone, and back undoes them', async () => {
  const watched = await opened(between(SUNDAY, MONDAY));
  const { page } = watched;
  const name = page.getByRole('button', { name: /^Period: / });
  await page.getByText('Sun, 30 Mar 2025').waitFor();
  await page.getByRole('button', { name: 'The period before' }).click();
  await page.getByText('Sat, 29 Mar 2025').waitFor();
  assert.deepEqual(periodOf(page), [iso(SATURDAY), iso(SUNDAY)]);
  for (const day of ['Sun, 30 Mar 2025', 'Mon, 31 Mar 2025']) {
    await page.getByRole('button', { name: 'The period after' }).click();
    await page.getByText(day).waitFor();
  }
  assert.deepEqual(periodOf(page), [iso(MONDAY), iso(MONDAY + 24 * HOUR)]);
  await page.goBack();
  await eventually('back is', async () => assert.match(await name.innerText(), /30 Mar/));
  await finished(watched);
});

test('a period is chosen by keyboard, by the clocks of the station or of the viewer', async () => {
  const watched = await opened('', { timezoneId: 'America/New_York' });
  const { page } = watched;
  await page.getByRole('button', { name: 'Period: Last day. Choose another' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('The station’s').check();
  await eventually('the address says so', async () => assert.equal(asked(page).get('zone'), 'station'));
  await page.keyboard.press('Escape');
  assert.equal(await page.getByLabel('From').count(), 0);
  await page.keyboard.press('Enter');
  await page.getByLabel('From').fill('2025-03-30T00:00');
  await page.getByLabel('To', { exact: true }).fill('2025-03-30T00:00');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText('From must be a time before to.').waitFor();
  await page.getByLabel('To', { exact: true }).fill('2025-03-31T00:00');
  await page.keyboard.press('Enter');
  await page.getByText('Sun, 30 Mar 2025').waitFor();
  assert.deepEqual(periodOf(page), [iso(SUNDAY), iso(MONDAY)]);
  await page.getByRole('button', { name: /^Period: / }).click();
  await page.getByLabel('Yours').check();
  await page.getByText('29 Mar 2025, 19:00 – 30 Mar 2025, 18:00').first().waitFor();
  await finished(watched);
});

test('all there is begins with the first session', async () => {
  const watched = await opened('last=all');
  await eventually('every session is counted', async () =>
    assert.equal(await figure(watched.page, 'starts'), String(ALL.length)),
  );
  await finished(watched);
});

test('a drag zooms in and back undoes it; a click takes a moment, which can be dragged', async () => {
  const watched = await opened(between(BEGIN, END));
  const { page } = watched;
  await drawn(page);
  const box = (await page.locator('.u-over').boundingBox())!;
  const middle = box.y + box.height / 2;
  const x = (share: number) => box.x + box.width * share;
  const at = (share: number) => BEGIN + (END - BEGIN) * share;
  const isNear = (written: string | null, expected: number) =>
    assert.ok(Math.abs(Date.parse(written ?? '') - expected) < HOUR / 2, `${written}, not ${iso(expected)}`);

  await page.mouse.move(x(0.25), middle);
  await page.mouse.down();
  await page.mouse.move(x(0.4), middle);
  await page.mouse.move(x(0.5), middle);
  await page.mouse.up();
  await eventually('it has zoomed', async () => {
    const [from, to] = periodOf(page);
    isNear(from ?? null, at(0.25));
    isNear(to ?? null, at(0.5));
  });
  await page.goBack();
  await eventually('it is undone', async () => assert.deepEqual(periodOf(page), [iso(BEGIN), iso(END)]));
  await drawn(page);

  await page.mouse.click(x(0.6), middle);
  await eventually('a moment is taken', async () => isNear(asked(page).get('at'), at(0.6)));
  await page.mouse.move(x(0.6), middle);
  await page.mouse.down();
  await page.mouse.move(x(0.7), middle);
  await page.mouse.move(x(0.8), middle);
  await page.mouse.up();
  await eventually('it has moved', async () => isNear(asked(page).get('at'), at(0.8)));
  assert.deepEqual(periodOf(page), [iso(BEGIN), iso(END)], 'that was no zoom');
  await finished(watched);
});

test('keys do the same: arrows, Enter, plus and minus, Escape', async () => {
  const watched = await opened(between(SUNDAY, MONDAY));
  const { page } = watched;
  await drawn(page);
  await plotOf(page).focus();
  await page.keyboard.press('Home');
  const told = () => plotOf(page).getAttribute('aria-valuetext');
  await eventually('the first step is told', async () =>
    assert.match((await told()) ?? '', /30 Mar 2025, 00:00 .*peak 7/),
  );
  await page.keyboard.press('Enter');
  await eventually('a moment is taken', async () => assert.ok(asked(page).has('at')));
  const first = Date.parse(asked(page).get('at')!);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  await eventually('it moves by steps', async () =>
    assert.equal(Date.parse(asked(page).get('at')!), first + 11 * 300_000),
  );
  await page.keyboard.press('+');
  await eventually('half as long', async () => {
    const [from, to] = periodOf(page).map((each) => Date.parse(each ?? ''));
    assert.equal(to! - from!, 11.5 * HOUR);
  });
  await page.keyboard.press('-');
  await eventually('as long as it was', async () => {
    const [from, to] = periodOf(page).map((each) => Date.parse(each ?? ''));
    assert.equal(to! - from!, 23 * HOUR);
  });
  const [begin] = periodOf(page);
  await page.keyboard.press('PageUp');
  await eventually('the period before', async () => assert.equal(periodOf(page)[1], begin));
  await finished(watched);
});

test('a period that ends now moves on by itself', async () => {
  const watched = await opened('last=1h');
  const { page } = watched;
  const isTimeline = (address: string) => address.includes('/api/v1/timeline?');
  const toOf = (address: string) => Date.parse(new URL(address).searchParams.get('to')!);
  const first = toOf((await page.waitForRequest((request) => isTimeline(request.url()), { timeout: 100_000 })).url());
  const later = (address: string) => isTimeline(address) && toOf(address) > first;
  await page.waitForRequest((request) => later(request.url()), { timeout: 100_000 });
  await finished(watched);
});

test('Escape lets go of the moment', async () => {
  const watched = await opened(`${between(SUNDAY, MONDAY)}&at=${iso(SUNDAY + HOUR)}`);
  await drawn(watched.page);
  await plotOf(watched.page).focus();
  await watched.page.keyboard.press('Escape');
  await eventually('it is gone', async () => assert.equal(asked(watched.page).get('at'), null));
  await finished(watched);
});

test('divided by stream: lines can be switched off, words say the same, and a name limits the page', async () => {
  const watched = await opened(`${between(SUNDAY, MONDAY)}&by=stream`);
  const { page } = watched;
  await drawn(page);
  const legend = page.getByRole('list', { name: 'Lines of the chart' });
  const mean = (stream: string) =>
    (
      hoursOf(
        ALL.filter((each) => each.stream === stream),
        SUNDAY,
        MONDAY,
      ) / 23
    ).toFixed(1);
  await eventually('both lines are there', async () =>
    assert.deepEqual(
      (await legend.getByRole('button').allInnerTexts()).map((text) => text.split(/\s+/)),
      ['/music.ogg', '/talk.mp3'].map((stream) => [stream, mean(stream)]),
    ),
  );
  await page.getByText('The chart in words').click();
  const rows = page.getByRole('region', { name: 'The chart in words' }).locator('tbody tr');
  await eventually('all steps are there', async () => assert.equal(await rows.count(), (23 * HOUR) / 300_000));
  assert.deepEqual(await rows.first().locator('td').allInnerTexts(), ['5.0', '2.0']);
  // After 01:55 by winter time it is 03:00 by summer time.
  const times = await rows.locator('th').allInnerTexts();
  const change = times.findIndex((time) => time.includes('03:00'));
  assert.match(times[change - 1]!, /01:55/);
  assert.match(times[change]!, /(CEST|GMT\+2)$/);

  await legend.getByRole('button', { name: /talk/ }).click();
  await eventually('one is off', async () => assert.equal(asked(page).get('without'), '/talk.mp3'));
  assert.equal(await legend.getByRole('button', { name: /talk/ }).getAttribute('aria-pressed'), 'false');
  await page.getByLabel('Shown').selectOption('peak');
  await page.getByTestId('groups').getByRole('button', { name: '/talk.mp3' }).click();
  await eventually('it is limited', async () => assert.equal(asked(page).get('stream'), '/talk.mp3'));
  await eventually('the numbers are of it alone', async () =>
    assert.equal(
      await figure(page, 'tlh'),
      hoursOf(
        ALL.filter(({ stream }) => stream === '/talk.mp3'),
        SUNDAY,
        MONDAY,
      ).toFixed(1),
    ),
  );
  await finished(watched);
});

test('the table is sorted by its headers', async () => {
  const watched = await opened(between(BEGIN, END));
  const { page } = watched;
  const names = () => page.getByTestId('groups').locator('tbody th').allInnerTexts();
  await eventually('most hours first', async () => assert.deepEqual(await names(), ['/music.ogg', '/talk.mp3']));
  await page.getByTestId('groups').getByRole('button', { name: 'Sessions' }).click();
  await page.getByTestId('groups').getByRole('button', { name: 'Sessions' }).click();
  await eventually('fewest sessions first', async () => assert.deepEqual(await names(), ['/talk.mp3', '/music.ogg']));
  assert.equal(asked(page).get('sort'), 'sessions');
  await finished(watched);
});

test('nobody there, and a question that is refused, are said in words', async () => {
  const watched = await opened(between(BEGIN - 48 * HOUR, BEGIN - 24 * HOUR));
  await watched.page.getByText('Nobody was there in this period. Choose').waitFor();
  await finished(watched);

  const refused = await opened(`${between(SUNDAY, MONDAY)}&programme=none`);
  await refused.page
    .getByText(/The history cannot be read: There is no programme/)
    .first()
    .waitFor();
  await refused.page.getByRole('button', { name: 'Try now' }).first().waitFor();
  await refused.page.context().close();
});

test('on a phone nothing is wider than the screen, and a finger chooses a span', async () => {
  const watched = await opened(between(BEGIN, END), {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = watched;
  await drawn(page);
  assert.equal(await page.evaluate<number>('document.documentElement.scrollWidth'), 360);
  const over = page.locator('.u-over');
  await over.scrollIntoViewIfNeeded();
  const box = (await over.boundingBox())!;
  const client = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + box.width * share, y: box.y + 60 }],
    });
  await touch('touchStart', 0.2);
  for (const share of [0.3, 0.4, 0.5]) await touch('touchMove', share);
  await touch('touchEnd', 0.5);
  await eventually('it has zoomed', async () => assert.ok(Date.parse(periodOf(page)[1]!) < END - 24 * HOUR));
  await finished(watched);
});
