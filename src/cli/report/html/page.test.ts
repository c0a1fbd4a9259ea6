import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { sessionOf } from '../../../insights/summary/fixture.ts';
import { wallClockOf } from '../../../insights/summary/wall-clock.ts';
import { markup } from '../../../lib/markup.ts';
import { HEIGHT, project, WIDTH } from '../../../lib/world/projection.ts';
import { analysisOf, HOSTILE, UTC } from '../fixture.ts';
import { reportHtml } from './page.ts';
import { roundTicks, timeTicks } from './ticks.ts';

const DAY = 86_400_000;
const START = Date.UTC(2025, 4, 12);
const LONDON = { countryCode: 'GB', latitude: 51.5, longitude: -0.1 };

/** A report in which every name that a stranger can choose is one of these. */
function pageWith(names: readonly string[]): string {
  const sessions = names.map((name, i) =>
    sessionOf({
      from: START,
      // One after the other, so that names do not decide the order.
      to: START + 2 * DAY - i * 1000,
      stream: name,
      user: name,
      quality: name,
      player: { name, version: name, type: name, platform: name },
      geo: { ...LONDON, city: name, region: name },
    }),
  );
  const statuses = { [`${names[0]}!`]: { requests: 1, bytes: 1 } };
  const tally = { bytes: 1, lines: 1, packets: null, unreadable: 1, statuses, more: { [`${names[0]}!`]: names[0]! } };
  return reportHtml({
    analysis: analysisOf(sessions, { files: [names[0]!], tally, counters: { rejectedTime: 1 } }),
    clock: UTC,
  });
}

const countsOf = (page: string) => ['<', '>', '"', "'"].map((char) => page.split(char).length);

test('no name can add an element or leave an attribute', () => {
  const nasty = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '`', '=', '/', '\0', 'script', ' ', '--', '\u2028') }),
    fc.string({ unit: 'binary' }),
  );
  const names = fc.uniqueArray(nasty, {
    minLength: 3,
    maxLength: 3,
    // None is empty, and they are cut in the same way or not at all.
    selector: (name) => name.slice(0, 20),
  });
  const harmless = countsOf(pageWith(['a', 'b', 'c']));
  fc.assert(
    fc.property(names, (all) => {
      assert.deepEqual(countsOf(pageWith(all.map((name) => `x${name}`.slice(0, 23)))), harmless);
    }),
    { numRuns: 60 },
  );
});

test('what a template is given is text, unless a template made it', () => {
  const bold = markup`<b>${'<&>"\''}</b>`;
  assert.equal(
    markup`<p title="${'"'}">${[bold, null, 5]}</p>`.text,
    '<p title="&quot;"><b>&lt;&amp;&gt;&quot;&#39;</b>5</p>',
  );
});

test('the page asks for nothing: its policy allows its own style, by its hash, and pictures that it has in it', () => {
  const page = pageWith(['rock']);
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!;
  const style = /<style>([\s\S]*)<\/style>/.exec(page)![1]!;
  const hash = createHash('sha256').update(style).digest('base64');
  assert.equal(
    policy,
    `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  assert.doesNotMatch(page, /<script|\sstyle="|\son\w+="|@import|url\(/i);
  for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g))
    assert.match(address!, /^(data:image|https:\/\/)/);
  assert.doesNotMatch(page, /<(?:img|link rel="(?!icon)|iframe|object|embed|use|image)\b/);
});

test('the places are attributed', () => {
  assert.match(pageWith(['rock']), /<a href="https:\/\/db-ip\.com"[^>]*>IP Geolocation by DB-IP<\/a>/);
});

test('the same analysis is the same page, to the byte', () => {
  assert.equal(pageWith(['rock', 'jazz']), pageWith(['rock', 'jazz']));
});

test('ten thousand values make no endless page', () => {
  const sessions = Array.from({ length: 10_000 }, (_, i) =>
    sessionOf({
      from: START,
      to: START + 1000 + i,
      stream: `stream ${i}`,
      user: `user ${i}`,
      geo: { city: `city ${i}`, countryCode: 'GB', latitude: (i % 150) - 60, longitude: (i % 360) - 180 },
    }),
  );
  assert.ok(reportHtml({ analysis: analysisOf(sessions), clock: UTC }).length < 900_000);
});

test('the map holds the whole world but the far south', () => {
  assert.deepEqual(project(0, 0)[0], WIDTH / 2);
  for (const [longitude, latitude] of [
    [-180, 0],
    [180, 0],
    [-180, 83.6],
    [180, -55],
  ] as const) {
    const [x, y] = project(longitude, latitude);
    assert.ok(x >= -1e-6 && x <= WIDTH + 1e-6 && y >= 0 && y <= HEIGHT, `${longitude} ${latitude}: ${x} ${y}`);
  }
});

test('an axis is marked at round numbers that hold all of it', () => {
  assert.deepEqual(roundTicks(37, 4), [0, 10, 20, 30, 40]);
  assert.deepEqual(roundTicks(1, 4), [0, 1]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (top) => {
      const ticks = roundTicks(top, 4);
      assert.ok(ticks.at(-1)! >= top && ticks.length <= 5 && ticks.every(Number.isInteger));
    }),
  );
});

test('times are marked by the clock on the wall, also when it has been set', () => {
  const berlin = wallClockOf('Europe/Berlin')!;
  const ticks = timeTicks(Date.UTC(2025, 9, 24, 9), Date.UTC(2025, 9, 29, 9), 7, berlin);
  assert.deepEqual(
    ticks.map(({ at, label }) => `${label} ${new Date(at).toISOString()}`),
    [
      '25 Oct 2025-10-24T22:00:00.000Z',
      '26 Oct 2025-10-25T22:00:00.000Z',
      '27 Oct 2025-10-26T23:00:00.000Z',
      '28 Oct 2025-10-27T23:00:00.000Z',
      '29 Oct 2025-10-28T23:00:00.000Z',
    ],
  );
});
