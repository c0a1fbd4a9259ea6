/** `/reports/audience`: the golden example told to a running service, and the crowd, counted by hand. */

import { strict as assert } from 'node:assert';
import { after, type TestContext, test } from 'node:test';
import { clientFacts, FOREVER, type Observation, presence } from '../../core/observation.ts';
import type { AudienceReportWire, SessionPageWire } from '../contract.ts';
import { CROWD, isBot, listenerOf, NOW, PEOPLE, type Visit } from '../crowd.fixture.ts';
import { errorOf, type Site, startSite } from '../fixture.ts';

const site = await startSite();
after(() => site.close());
const report = (query: string, of: Site = site) => of.get<AudienceReportWire>(`/api/v1/reports/audience?${query}`);
const iso = (at: number) => new Date(at).toISOString();
const DAY = 86_400_000;

interface Connection {
  readonly user: string;
  readonly from: string;
  readonly to: string;
}

/** An empty site whose radio has told of these connections of three days ago. */
async function radioOf(t: TestContext, connections: readonly Connection[]): Promise<Site> {
  const radio = await startSite({ isEmpty: true });
  t.after(() => radio.close());
  const on = (clock: string) => Date.parse(`2026-02-26T${clock}Z`);
  const told = connections.flatMap(({ user, from, to }, i): { at: number; observation: Observation }[] => {
    const client = clientFacts({ address: `192.0.2.${i + 1}`, user, connection: `c${i}` });
    const began = presence({ stream: '/jazz', client, from: on(from), to: on(from), until: FOREVER });
    return [
      { at: on(from), observation: began },
      { at: on(from) + 0.5, observation: { kind: 'departure', stream: '/jazz', client, at: on(to) } },
    ];
  });
  const inOrder = told.sort((a, b) => a.at - b.at).map(({ observation }) => observation);
  await radio.tell('radio', inOrder);
  await radio.settle();
  return radio;
}

test('the golden example', async (t) => {
  const radio = await radioOf(t, [
    { user: 'A', from: '11:50:00', to: '12:20:00' },
    { user: 'B', from: '12:10:00', to: '12:10:59' },
    { user: 'C', from: '12:15:00', to: '12:16:00' },
    { user: 'A', from: '12:30:00', to: '14:00:00' },
    { user: 'D', from: '12:59:30', to: '13:05:00' },
  ]);
  const answer = await report('from=2026-02-26T12:00:00Z&to=2026-02-26T13:00:00Z', radio);
  assert.deepEqual(answer, {
    from: '2026-02-26T12:00:00.000Z',
    to: '2026-02-26T13:00:00.000Z',
    hours: 1,
    timeZone: 'UTC',
    step: null,
    provisionalFrom: null,
    rules: { minSessionSeconds: 60, cumeRule: 'session', bot: 'false' },
    totals: {
      ...{ tlhHours: 3090 / 3600, tlhSeconds: 3090, aas: 3090 / 3600, ss: 3, as: 4, cume: 3 },
      ...{ tslSeconds: 1030, atslSeconds: 772.5, aqh: 1, quarterHours: 4 },
      ...{ peak: { count: 2, at: '2026-02-26T12:15:00.000Z' }, grossSessions: 5 },
    },
    steps: [],
  });
  const strict = await report('from=2026-02-26T12:00:00Z&to=2026-02-26T13:00:00Z&cumeRule=quarter-hour', radio);
  assert.deepEqual([strict.totals.cume, strict.totals.tslSeconds, strict.rules.cumeRule], [1, 3090, 'quarter-hour']);
});

test('a listener who leaves before having come, since the clock was set back, makes no negative time', async (t) => {
  const radio = await radioOf(t, [
    { user: 'A', from: '12:30:00', to: '12:29:00' },
    { user: 'B', from: '12:40:00', to: '12:50:00' },
  ]);
  const { totals, steps } = await report('from=2026-02-26&to=2026-02-27&step=hour&minSession=0', radio);
  const { items } = await radio.get<SessionPageWire>('/api/v1/sessions?state=all');
  assert.equal(items.length, 2);
  const durations = items.map(({ durationSeconds }) => durationSeconds);
  assert.ok(durations.every((seconds) => seconds > 0));
  assert.equal(
    totals.tlhSeconds,
    durations.reduce((sum, seconds) => sum + seconds, 0),
  );
  assert.ok(steps.every(({ tlhSeconds, aas }) => tlhSeconds >= 0 && aas >= 0));
});

/** What a period has of these visits, by the rule of one minute. */
function counted(visits: readonly Visit[], from: number, to: number) {
  const gross = visits.filter((each) => each.from < to && each.to > from);
  const active = gross.filter((each) => each.to - each.from >= 60_000);
  const clipped = active.map((each) => Math.min(each.to, to) - Math.max(each.from, from));
  return {
    grossSessions: gross.length,
    as: active.length,
    ss: active.filter((each) => each.from >= from).length,
    cume: new Set(active.map(listenerOf)).size,
    tlhSeconds: clipped.reduce((sum, ms) => sum + ms, 0) / 1000,
  };
}

function figuresOf({ grossSessions, as, ss, cume, tlhSeconds }: AudienceReportWire['totals']) {
  return { grossSessions, as, ss, cume, tlhSeconds };
}

test('by default it is the last day of people, open sessions as they stand', async () => {
  const answer = await report('');
  assert.deepEqual([answer.from, answer.to, answer.hours], [iso(NOW - DAY), iso(NOW), 24]);
  const expected = counted(PEOPLE, NOW - DAY, NOW);
  assert.deepEqual(figuresOf(answer.totals), expected);
  assert.ok(expected.grossSessions > expected.as, 'some are too short');
  assert.ok(Math.abs(answer.totals.aas - expected.tlhSeconds / 86_400) < 1e-9);
  assert.equal(answer.totals.quarterHours, 96);
});

test('bots count when they are asked for, and filters hold', async () => {
  const all = await report('bot=all');
  assert.deepEqual(figuresOf(all.totals), counted(CROWD, NOW - DAY, NOW));
  assert.equal(all.rules.bot, 'all');
  const bots = CROWD.filter(isBot);
  assert.deepEqual(figuresOf((await report('bot=true')).totals), counted(bots, NOW - DAY, NOW));
  const news = PEOPLE.filter(({ stream, space }) => stream === '/news' && space === 'cdn');
  const { totals } = await report('stream=/news&source=cdn');
  assert.deepEqual(figuresOf(totals), counted(news, NOW - DAY, NOW));
});

test('dates and steps are those of the time zone, and every step has its own numbers', async () => {
  const answer = await report('from=2026-03-01&to=2026-03-02&timeZone=Asia/Kathmandu&step=hour');
  assert.equal(answer.timeZone, 'Asia/Kathmandu');
  assert.equal(answer.from, '2026-02-28T18:15:00.000Z');
  assert.equal(answer.steps[1]!.from, '2026-02-28T19:15:00.000Z');
  for (const step of answer.steps) {
    assert.deepEqual(figuresOf(step), counted(PEOPLE, Date.parse(step.from), Date.parse(step.to)), step.from);
  }
  const sum = answer.steps.reduce((total, { tlhSeconds }) => total + tlhSeconds, 0);
  assert.ok(Math.abs(sum - answer.totals.tlhSeconds) < 1e-6);
});

test('what is still to come is no part of the period', async () => {
  const answer = await report('from=2026-02-28&to=2026-04-01&step=day');
  assert.equal(answer.to, iso(NOW));
  assert.deepEqual(
    answer.steps.map(({ from, to, hours }) => [from, to, hours]),
    [
      ['2026-02-28T00:00:00.000Z', '2026-03-01T00:00:00.000Z', 24],
      ['2026-03-01T00:00:00.000Z', '2026-03-01T12:00:00.000Z', 12],
    ],
  );
  assert.equal(answer.hours, 36);
  assert.equal(answer.totals.quarterHours, 36 * 4);
});

test('a day has as many hours as it has there', async () => {
  const october = await report('from=2025-10-25&to=2025-10-28&timeZone=Europe/Berlin&step=day');
  assert.deepEqual(
    october.steps.map(({ hours, quarterHours }) => [hours, quarterHours]),
    [
      [24, 96],
      [25, 100],
      [24, 96],
    ],
  );
  const march = await report('from=2025-03-01&to=2025-04-01&timeZone=Europe/Berlin&step=month');
  assert.deepEqual([march.hours, march.steps.length, march.steps[0]!.hours], [743, 1, 743]);
});

test('it says from when on it may still change: the slowest source, less its gap', async () => {
  const edge = NOW - 5000 - 40_000;
  assert.equal((await report('')).provisionalFrom, iso(edge));
  assert.equal((await report(`from=${iso(NOW - 10_000)}`)).provisionalFrom, iso(NOW - 10_000));
  assert.equal((await report(`to=${iso(NOW - 60_000)}`)).provisionalFrom, null);
});

test('a period without anybody has zeros, and no ratio of nothing', async () => {
  const { totals } = await report('from=2020-01-01&to=2020-01-02');
  assert.deepEqual(totals, {
    ...{ tlhHours: 0, tlhSeconds: 0, aas: 0, ss: 0, as: 0, cume: 0, tslSeconds: null, atslSeconds: null, aqh: 0 },
    ...{ quarterHours: 96, peak: { count: 0, at: null }, grossSessions: 0 },
  });
  const short = await report('from=2020-01-01T00:01:00Z&to=2020-01-01T00:10:00Z&cumeRule=quarter-hour');
  assert.deepEqual([short.totals.cume, short.totals.aqh, short.totals.quarterHours], [null, null, 0]);
});

test('questions that make no sense are refused with a sentence', async () => {
  const wrong: [string, string, RegExp][] = [
    ['timeZone=Nowhere/City', 'BAD_REQUEST', /"timeZone" must name a time zone/],
    ['timeZone=%2B05:17', 'BAD_REQUEST', /"timeZone"/],
    [`timeZone=${'x'.repeat(65)}`, 'BAD_REQUEST', /"timeZone" must have at most 64 characters/],
    ['from=2026-02-30', 'BAD_REQUEST', /"from" must be a time such as/],
    ['from=2026-02-28T12:00:00', 'BAD_REQUEST', /"from" must be a time such as/],
    ['from=1969-12-31T23:59:59Z', 'BAD_REQUEST', /"from" must be .*, from 1980 on/],
    ['from=yesterday', 'BAD_REQUEST', /"from" must be a time such as/],
    ['from=2026-02-03&to=2026-02-03', 'BAD_REQUEST', /"from" must be before "to"/],
    ['from=2026-02-03&to=2026-02-02', 'BAD_REQUEST', /"from" must be before "to"/],
    ['from=2026-03-02&to=2026-03-03', 'BAD_REQUEST', /has not begun yet/],
    ['from=1979-12-31&to=1981-01-01', 'BAD_REQUEST', /begin in 1980/],
    ['from=0000-01-01&to=1981-01-01', 'BAD_REQUEST', /begin in 1980/],
    ['step=minute', 'BAD_REQUEST', /"step" must be one of hour, day, week, month/],
    ['from=2020-01-01&step=hour', 'BAD_QUERY', /more than 10000 steps/],
    ['from=1980-01-01&step=day', 'BAD_QUERY', /more than 10000 steps/],
    ['minSession=60', 'BAD_REQUEST', /"minSession" must be a duration such as 60s/],
    ['minSession=2d', 'BAD_REQUEST', /"minSession".*at most 1d/],
    ['minSession=-1s', 'BAD_REQUEST', /"minSession"/],
    ['cumeRule=day', 'BAD_REQUEST', /"cumeRule" must be one of session, quarter-hour/],
    ['by=country', 'BAD_REQUEST', /by/],
  ];
  for (const [query, code, message] of wrong) {
    const answer = await site.ask(`/api/v1/reports/audience?${query}`);
    assert.equal(answer.status, 400, query);
    const error = errorOf(answer);
    assert.equal(error.code, code, query);
    assert.match(error.message, message, query);
  }
  assert.deepEqual(site.logged, []);
});

test('ten thousand steps are an answer', async () => {
  const { steps } = await report(`from=${iso(NOW - 10_000 * 3_600_000)}&step=hour`);
  assert.equal(steps.length, 10_000);
});
