/**
 * Time travel: a log of years ago is read by a real process, the API says at any moment who was there, to the
 * millisecond, and the page of the past shows it: counters, places, lists, table, playing.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { randomFrom } from '../../src/enrich/fixture.ts';
import type { AudienceWire, PlacesWire, SessionPageWire, StreamsWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { openBrowser, openPage, type WatchedPage } from './browser.ts';
import { eventually, type Installation, install } from './process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUR = 3_600_000;
const BEGIN = Date.parse('2024-10-27T00:00:00Z');
const END = BEGIN + 6 * HOUR;

interface Visit {
  readonly stream: string;
  readonly address: string;
  readonly agent: string;
  readonly from: number;
  readonly to: number;
}

const BOT = 'Googlebot/2.1 (+http://www.google.com/bot.html)';

/** Sixty of half an hour at most, a crawler, and one that began a year before and was there for all of it. */
const VISITS: readonly Visit[] = [
  ...Array.from({ length: 60 }, (_, i) => visit(i)),
  { stream: '/jazz.mp3', address: '8.8.8.8', agent: BOT, from: BEGIN, to: END },
  { stream: '/jazz.mp3', address: '192.0.2.250', agent: 'mpv 0.38', from: BEGIN - 365 * 24 * HOUR, to: END },
];

function visit(i: number): Visit {
  const random = randomFrom(i + 1);
  const from = BEGIN + Math.floor(random() * 330) * 60_000;
  return {
    stream: i % 3 === 0 ? '/jazz.mp3' : '/news.mp3',
    address: i % 4 === 0 ? `8.8.${i}.8` : `192.0.2.${i}`,
    agent: i % 2 === 0 ? 'VLC/3.0.20 LibVLC/3.0.20' : 'mpv 0.38',
    from,
    to: from + (60 + Math.floor(random() * 1740)) * 1000,
  };
}

const present = (at: number) => VISITS.filter(({ from, to }) => from <= at && at < to);
const people = (at: number) => present(at).filter(({ agent }) => agent !== BOT);
const iso = (at: number) => new Date(at).toISOString();

/** The fullest moment, and the edges of somebody. */
const FULL = VISITS.map(({ from }) => from).toSorted((a, b) => people(b).length - people(a).length)[0]!;
const SOMEBODY = VISITS[7]!;

let headcount: Installation;
let browser: Browser;
let desk: WatchedPage;

before(async () => {
  execFileSync(process.execPath, [join(ROOT, 'web/build.ts'), '--if-stale'], { cwd: ROOT });
  headcount = await install({ sources: [] });
  const log = join(headcount.folder, 'icecast.log');
  // A connection is a line, written when it is over.
  const lines = VISITS.toSorted((a, b) => a.to - b.to).map(({ stream, address, agent, from, to }) => {
    const seconds = (to - from) / 1000;
    return `${address} - - [${logTime(to)}] "GET ${stream} HTTP/1.1" 200 ${seconds * 16_000} "-" "${agent}" ${seconds}\n`;
  });
  writeFileSync(log, lines.join(''));
  headcount.configure({ sources: [{ url: `log:${log}?format=icecast`, name: 'radio' }] });
  await headcount.start();
  await eventually('all are read', async () => assert.equal((await headcount.sessions()).length, VISITS.length));
  browser = await openBrowser();
  const period = `from=${iso(BEGIN)}&to=${iso(END)}`;
  desk = await openPage(browser, `${headcount.url}/#history?${period}&at=${iso(FULL)}`, {
    timezoneId: 'Europe/Berlin',
  });
});

after(async () => {
  await browser?.close();
  await headcount?.remove();
});

test('the API says who was there at any moment, also at the edges of a session', async () => {
  const { from, to } = SOMEBODY;
  for (const at of [FULL, from - 1, from, to - 1, to, BEGIN, END - 1, END, BEGIN - 1000 * HOUR]) {
    const { total, groups } = await headcount.ask<AudienceWire>(`/audience?at=${iso(at)}&by=stream`);
    const listeners = new Set(people(at).map(({ address, agent }) => `${address} ${agent}`)).size;
    const bots = present(at).length - people(at).length;
    assert.deepEqual(total, { sessions: people(at).length, listeners, bots }, iso(at));
    const counts = Object.fromEntries(groups.map(({ value, sessions }) => [value, sessions]));
    for (const stream of ['/jazz.mp3', '/news.mp3']) {
      assert.equal(counts[stream] ?? 0, people(at).filter((each) => each.stream === stream).length, iso(at));
    }
    const page = await headcount.ask<SessionPageWire>(`/sessions?at=${iso(at)}&limit=1000`);
    assert.deepEqual(
      page.items.map(({ client }) => client.ip).sort(),
      people(at)
        .map(({ address }) => address)
        .sort(),
    );
    const { places, unplaced } = await headcount.ask<PlacesWire>(`/places?at=${iso(at)}`);
    assert.equal(
      places.reduce((sum, { count }) => sum + count, unplaced),
      people(at).length,
    );
  }
  const counts = [from - 1, from, to - 1, to].map((at) => present(at).includes(SOMEBODY));
  assert.deepEqual(counts, [false, true, true, false]);
  assert.ok(people(FULL).length > 3);
});

const counter = async (page: Page, name: string) => await page.getByTestId(`moment-${name}`).innerText();

async function showsMoment(page: Page, at: number): Promise<void> {
  assert.equal(await page.getByTestId('moment').getAttribute('data-at'), String(at));
  assert.equal(await counter(page, 'sessions'), String(people(at).length));
  assert.equal(await counter(page, 'bots'), String(present(at).length - people(at).length));
}

test('the page shows the moment: when it was, counters, streams, places, and who was there', async () => {
  const { page } = desk;
  await eventually('the moment is shown', () => showsMoment(page, FULL));
  const moment = page.getByTestId('moment');
  assert.match(await moment.locator('time').first().innerText(), /^Sunday,? 27 October 2024/);
  assert.match(await moment.innerText(), /Europe\/Berlin/);
  const jazz = people(FULL).filter(({ stream }) => stream === '/jazz.mp3').length;
  const streams = moment.getByRole('region', { name: 'Streams' });
  const row = await streams.getByRole('button', { name: /jazz/ }).innerText();
  assert.match(row.replaceAll(/\s+/g, ' '), new RegExp(`% ${jazz}$`));
  assert.equal(await moment.locator('tbody tr', { hasText: 'mp3' }).count(), people(FULL).length);
  await eventually('the map is drawn', async () => assert.ok((await moment.locator('.mark').count()) > 0));
  const all = await moment.getByRole('link', { name: 'All of them' }).getAttribute('href');
  const query = new URLSearchParams(all!.split('?')[1]);
  const answer = await headcount.ask<SessionPageWire>(`/sessions?${query}`);
  assert.equal(answer.total, people(FULL).length, 'the link asks for just these');
});

test('what was on is told beside its stream, and is text only', async () => {
  const { page } = desk;
  const title = '<img src=x onerror=hacked=1> So What';
  // An access log knows no titles: they are put into the answer.
  await page.route('**/api/v1/streams?at=*', async (route) => {
    const response = await route.fetch();
    const { items } = (await response.json()) as StreamsWire;
    await route.fulfill({ response, json: { items: items.map((stream) => ({ ...stream, title })) } });
  });
  await page.reload();
  const jazz = page.getByTestId('moment').getByRole('button', { name: /jazz/ });
  await eventually('it is told', async () => assert.ok((await jazz.innerText()).includes(`Playing: ${title}`)));
  assert.equal(await page.evaluate('"hacked" in window'), false);
  await page.unroute('**/api/v1/streams?at=*');
});

test('a value of a list is a filter of the moment', async () => {
  const { page } = desk;
  const moment = page.getByTestId('moment');
  await moment.getByRole('region', { name: 'Streams' }).getByRole('button', { name: /jazz/ }).click();
  const jazz = people(FULL).filter(({ stream }) => stream === '/jazz.mp3').length;
  await eventually('only jazz', async () => assert.equal(await counter(page, 'sessions'), String(jazz)));
  await page.goBack();
  await eventually('all again', () => showsMoment(page, FULL));
});

test('steps by keyboard move the moment, and the slider does; the newest is what is shown in the end', async () => {
  const { page } = desk;
  const slider = page.getByRole('slider', { name: 'Moment', exact: true });
  const forward = page.getByRole('button', { name: /forward$/ });
  await forward.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('Enter');
  const step =
    Number(
      await page
        .evaluate('new URLSearchParams(location.hash.split("?")[1]).get("at")')
        .then((at) => Date.parse(String(at))),
    ) - FULL;
  assert.ok(step > 0 && step % 5 === 0);
  await eventually('five steps on', () => showsMoment(page, FULL + step));
  // Faster than answers come.
  for (let i = 0; i < 20; i++) await slider.press('ArrowRight');
  await slider.press('Home');
  await eventually('the beginning', () => showsMoment(page, BEGIN));
  assert.match((await slider.getAttribute('aria-valuetext'))!, /27 October 2024/);
});

test('it plays to the end of the period, and stops there', async () => {
  const { page } = desk;
  const shortOfEnd = page.url().replace(/&at=.*$/, `&at=${encodeURIComponent(iso(END - HOUR))}`);
  await page.goto(shortOfEnd);
  await eventually('an hour before the end', () => showsMoment(page, END - HOUR));
  await page.getByLabel('Speed').selectOption({ index: 2 });
  await page.getByRole('button', { name: 'Play the period' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await eventually('the end', () => showsMoment(page, END), 90_000);
  await page.getByRole('button', { name: 'Play the period' }).waitFor();
  assert.deepEqual([desk.errors, desk.foreign], [[], []]);
});

test('leaving the moment leaves the period; no moment at all is told in words', async () => {
  const { page } = desk;
  await page.getByRole('button', { name: 'Leave this moment' }).click();
  await page.getByTestId('moment').waitFor({ state: 'detached' });
  assert.match(page.url(), /#history\?from=/);
  await page.goto(`${headcount.url}/#history?at=yesterday`);
  await page.getByText('The address names no moment').waitFor();
  await page.goto(`${headcount.url}/#history?at=2199-01-01T00:00:00.000Z`);
  await page.getByRole('alert').getByText('still to come').waitFor();
});
