/** `/history` and `/timeline`, compared with what can be counted by hand from the crowd. */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import type { HistoryWire, TimelineWire } from '../contract.ts';
import { CROWD, listenerOf, NOW, PEOPLE, VALUE, type Visit } from '../crowd.fixture.ts';
import { errorOf, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());
const history = (query: string) => site.get<HistoryWire>(`/api/v1/history?${query}`);
const timeline = (query: string) => site.get<TimelineWire>(`/api/v1/timeline?${query}`);
const iso = (at: number) => new Date(at).toISOString();

interface Period {
  readonly from: number;
  readonly to: number;
}

const overlap = ({ from, to }: Period, period: Period): number =>
  Math.max(Math.min(to, period.to) - Math.max(from, period.from), 0);

/** How many were there at once, at most: somebody must have come just then, or have been there at its beginning. */
function peakOf(visits: readonly Visit[], period: Period): number {
  const moments = [period.from, ...visits.map(({ from }) => from)].filter((at) => at >= period.from && at < period.to);
  return Math.max(...moments.map((at) => visits.filter(({ from, to }) => from <= at && to > at).length));
}

function counted(visits: readonly Visit[], period: Period) {
  const there = visits.filter(({ from, to }) => from < period.to && to > period.from);
  return {
    sessions: there.length,
    uniqueClients: new Set(there.map(listenerOf)).size,
    listeningSeconds: there.reduce((sum, each) => sum + overlap(each, period), 0) / 1000,
    bytes: there.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

test('history by default is the last day of people, as one group', async () => {
  const period = { from: NOW - 86_400_000, to: NOW };
  assert.deepEqual(await history(''), {
    from: iso(period.from),
    to: iso(NOW),
    by: null,
    groups: [{ value: null, label: null, ...counted(PEOPLE, period) }],
  });
});

for (const [by, facetOf] of Object.entries(VALUE)) {
  test(`history by ${by} is clipped to the period, the longest listened to first`, async () => {
    const period = { from: NOW - 40 * 60_000, to: NOW - 10 * 60_000 };
    const { groups } = await history(`by=${by}&bot=all&from=${iso(period.from)}&to=${iso(period.to)}`);
    const values = [...new Set(CROWD.filter((each) => overlap(each, period) > 0).map(facetOf))];
    assert.ok(values.length > 1);
    assert.equal(groups.length, values.length);
    for (const { value, label: _, ...numbers } of groups) {
      const own = CROWD.filter((each) => facetOf(each) === value);
      assert.deepEqual(numbers, counted(own, period), String(value));
    }
    const listened = groups.map(({ listeningSeconds }) => listeningSeconds);
    assert.deepEqual(
      listened,
      [...listened].sort((a, b) => b - a),
    );
  });
}

test('filters and limit hold for history', async () => {
  const period = { from: NOW - 86_400_000, to: NOW };
  const french = PEOPLE.filter((each) => VALUE['country']!(each) === 'FR' && each.stream === '/news');
  const { groups } = await history('country=FR&stream=/news');
  assert.deepEqual(groups, [{ value: null, label: null, ...counted(french, period) }]);
  assert.equal((await history('by=stream&limit=2')).groups.length, 2);
  assert.deepEqual(
    (await history('by=country&country=NO')).groups.map(({ label }) => label),
    ['Norway'],
  );
});

test('a period without anybody has one group of nothing, and no group of a dimension', async () => {
  const never = 'from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z';
  assert.deepEqual((await history(never)).groups, [
    { value: null, label: null, sessions: 0, uniqueClients: 0, listeningSeconds: 0, bytes: 0 },
  ]);
  assert.deepEqual((await history(`${never}&by=city`)).groups, []);
});

test('every step of a timeline has its average and its exact peak', async () => {
  const period = { from: NOW - 3_600_000, to: NOW };
  const answer = await timeline(`from=${iso(period.from)}&to=${iso(NOW)}&step=90`);
  assert.equal(answer.stepSeconds, 90);
  assert.equal(answer.steps.length, 40);
  assert.equal(answer.series.length, 1);
  const [{ average, peak }] = answer.series as [TimelineWire['series'][number]];
  for (const [i, start] of answer.steps.entries()) {
    const step = { from: Date.parse(start), to: Date.parse(start) + 90_000 };
    assert.equal(step.from, period.from + i * 90_000);
    const expected = PEOPLE.reduce((sum, each) => sum + overlap(each, step), 0) / 90_000;
    assert.ok(Math.abs(average[i]! - expected) < 1e-6, `${start}: ${average[i]} is ${expected}`);
    assert.equal(peak[i], peakOf(PEOPLE, step), start);
  }
});

test('series of a dimension add up to the whole, the small ones as one', async () => {
  const period = `from=${iso(NOW - 3_600_000)}&to=${iso(NOW)}&step=300`;
  const whole = await timeline(period);
  const split = await timeline(`${period}&by=stream&limit=2`);
  assert.equal(split.series.length, 3);
  assert.equal(split.series.at(-1)?.value, '(others)');
  for (const i of whole.steps.keys()) {
    const sum = split.series.reduce((total, { average }) => total + average[i]!, 0);
    assert.ok(Math.abs(sum - whole.series[0]!.average[i]!) < 1e-6);
  }
  const countries = await timeline(`${period}&by=country`);
  assert.deepEqual(
    countries.series.map(({ value, label }) => [value, label]).sort(),
    [
      ['DE', 'Germany'],
      ['FR', 'France'],
      ['NO', 'Norway'],
      [null, null],
    ].sort(),
  );
});

test('a timeline says from when on it may still change: the slowest source, less its gap', async () => {
  const edge = NOW - 5000 - 40_000;
  assert.equal((await timeline('')).provisionalFrom, iso(edge));
  assert.equal((await timeline(`from=${iso(NOW - 10_000)}`)).provisionalFrom, iso(NOW - 10_000));
  assert.equal((await timeline(`to=${iso(NOW - 60_000)}`)).provisionalFrom, null);
});

test('a step that nobody asked for is a round one', async () => {
  for (const [minutes, step] of [
    [1, 1],
    [10, 2],
    [60, 15],
    [24 * 60, 300],
    [30 * 24 * 60, 10_800],
  ] as const) {
    const { stepSeconds, steps } = await timeline(`from=${iso(NOW - minutes * 60_000)}`);
    assert.equal(stepSeconds, step, `${minutes} minutes`);
    assert.equal(steps.length, Math.ceil((minutes * 60) / step));
  }
  const years = await timeline('from=1990-01-01T00:00:00Z');
  assert.equal(years.stepSeconds % 86_400, 0);
  assert.ok(years.steps.length <= 300);
});

test('the last step may be a short one', async () => {
  const { steps, series } = await timeline(`from=${iso(NOW - 3_600_000)}&to=${iso(NOW - 3_590_000)}&step=60`);
  assert.equal(steps.length, 1);
  assert.equal(series[0]?.average.length, 1);
});

test('questions that make no sense are refused with a sentence', async () => {
  const wrong: [string, RegExp][] = [
    ['history?from=2026-03-02T00:00:00Z', /"from" must be before "to"/],
    ['history?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', /"from" must be before "to"/],
    ['history?by=colour', /"by"/],
    ['history?limit=-1', /"limit"/],
    ['history?from=2026-13-01T00:00:00Z', /"from"/],
    ['history?state=open', /state/],
    ['timeline?step=0', /"step"/],
    ['timeline?step=0.5', /"step"/],
    ['timeline?step=Infinity', /"step"/],
    ['timeline?step=1e99', /"step"/],
    ['timeline?step=1', /10000 steps/],
    ['timeline?step=8.6', /10000 steps/],
    ['timeline?step=1.0004&from=2026-03-01T09:13:17Z', /10000 steps/],
    ['timeline?limit=51', /"limit"/],
    ['timeline?step=60&step=60', /"step"/],
  ];
  for (const [path, message] of wrong) {
    const answer = await site.ask(`/api/v1/${path}`);
    assert.equal(answer.status, 400, path);
    assert.match(errorOf(answer).message, message, path);
  }
});

test('the ends of time are times, or are refused', async () => {
  for (const query of [
    'to=0000-01-01T00:00:00Z',
    'from=0000-01-01T00:00:00%2B23:59&to=2026-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00Z&to=9999-12-31T23:59:59-23:59',
    'from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z',
  ]) {
    for (const route of ['history', 'timeline', 'sessions']) {
      const answer = await site.ask(`/api/v1/${route}?${query}`);
      assert.ok([200, 400].includes(answer.status), `${route} ${query}: ${answer.status} ${answer.text}`);
    }
  }
  assert.deepEqual(site.logged, []);
});

test('81: what the series of spyserver-rrdtool held: the greatest of every 120 seconds, by stream, an hour, a day and a week back', async () => {
  for (const hours of [1, 24, 168]) {
    const from = NOW - hours * 3_600_000;
    const { series, steps, stepSeconds } = await timeline(
      `by=stream&step=120&limit=50&from=${iso(from)}&to=${iso(NOW)}`,
    );
    assert.deepEqual([stepSeconds, steps.length], [120, hours * 30]);
    for (const { value, peak } of series) {
      const own = PEOPLE.filter(({ stream }) => stream === value);
      const expected = steps.map((at) => {
        const begin = Math.max(Date.parse(at), from);
        return peakOf(own, { from: begin, to: Math.min(Date.parse(at) + 120_000, NOW) });
      });
      assert.deepEqual(peak, expected, value ?? 'others');
    }
  }
});
