/** `/metrics`, read as strictly as Prometheus reads its text format 0.0.4, and compared with the audience. */

import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { clientFacts, FOREVER, presence } from '../core/observation.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { AudienceWire, SourcesWire } from './contract.ts';
import { HERE, isBot, listenerOf, NOW, OPEN, tallyOf } from './crowd.fixture.ts';
import { type Site, type SiteOptions, startSite, until } from './fixture.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Throws for anything that is not in the format: prometheus.io/docs/instrumenting/exposition_formats. */
function parseExposition(text: string): { samples: Sample[]; types: Map<string, string> } {
  assert.ok(text.endsWith('\n'), 'the last line must end');
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Set<string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\\\|\\n)+)$/s.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help !== null) {
      assert.ok(!helps.has(help[1]!), `two HELP lines of ${help[1]}`);
      helps.add(help[1]!);
    } else if (type !== null) {
      family = type[1]!;
      assert.ok(!types.has(family), `two TYPE lines of ${family}`);
      types.set(family, type[2]!);
    } else {
      const sample = parseSample(line);
      assert.equal(sample.name, family, 'the samples of a metric stand together, below their TYPE');
      assert.ok(helps.has(family), `${family} has no HELP`);
      samples.push(sample);
    }
  }
  const series = samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
  assert.equal(new Set(series).size, series.length, 'no series twice');
  return { samples, types };
}

function parseSample(line: string): Sample {
  const [, name, list, value] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/s.exec(line) ??
    assert.fail(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = list ?? '';
  while (rest !== '') {
    const [all, key, text] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(?:,|$)/.exec(rest) ?? assert.fail(`no label: ${rest}`);
    assert.ok(!(key! in labels), `${key} twice`);
    labels[key!] = text!.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  return { name: name!, labels, value: Number(value) };
}

async function siteOf(t: TestContext, options?: SiteOptions): Promise<Site> {
  const site = await startSite(options);
  t.after(() => site.close());
  return site;
}

async function scrape(site: Site) {
  const answer = await site.ask('/metrics');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const { samples, types } = parseExposition(answer.text);
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const one = (name: string) => {
    assert.equal(of(name).length, 1, name);
    return of(name)[0]!.value;
  };
  return { of, one, types, samples };
}

test('its numbers are those of the audience', async (t) => {
  const site = await siteOf(t);
  const { of, one } = await scrape(site);
  assert.equal(one('headcount_sessions'), HERE.length);
  assert.equal(one('headcount_listeners'), new Set(HERE.map(listenerOf)).size);
  assert.equal(one('headcount_bot_sessions'), OPEN.filter(isBot).length);
  const { total } = await site.get<AudienceWire>('/api/v1/audience');
  assert.equal(one('headcount_sessions'), total.sessions);

  const streams = of('headcount_stream_sessions').map(({ labels, value }) => [labels['stream'], value]);
  assert.deepEqual(
    streams.sort(),
    tallyOf(OPEN, ({ stream }) => stream)
      .map((each) => [each.value, each.sessions])
      .sort(),
  );
  const countries = of('headcount_country_sessions').map(({ labels, value }) => [labels['country'], value]);
  const { groups } = await site.get<AudienceWire>('/api/v1/audience?by=country');
  assert.deepEqual(
    countries,
    groups.map(({ value, sessions }) => [value ?? '', sessions]),
  );
});

test('of streams that a source speaks of it says whether they are up, and what their servers count', async (t) => {
  const site = await siteOf(t);
  const report = { kind: 'report', at: NOW, status: 'up' } as const;
  await site.tell('radio', [{ ...report, stream: '/count', listeners: 4, maxListeners: 50, countOnly: true }]);
  const { of } = await scrape(site);
  const seriesOf = (name: string) => of(name).map(({ labels, value }) => [labels['source'], labels['stream'], value]);
  assert.deepEqual(seriesOf('headcount_stream_up'), [
    ['radio', '/jazz', 1],
    ['radio', '/count', 1],
    ['radio', '/silent', 0],
  ]);
  assert.deepEqual(seriesOf('headcount_stream_reported_listeners'), [
    ['radio', '/jazz', 17],
    ['radio', '/count', 4],
  ]);
  assert.deepEqual(seriesOf('headcount_stream_max_listeners'), [['radio', '/count', 50]]);
  assert.deepEqual(
    of('headcount_stream_sessions').filter(({ labels }) => labels['stream'] === '/count'),
    [],
  );
});

test('programmes have the union of their listeners', async (t) => {
  const site = await siteOf(t);
  site.audience.defineProgrammes([{ name: 'Radio', streams: ['radio/*'] }]);
  const { of, one } = await scrape(site);
  const own = HERE.filter(({ space }) => space === 'radio');
  assert.deepEqual(of('headcount_programme_sessions')[0]?.labels, { programme: 'Radio' });
  assert.equal(one('headcount_programme_sessions'), own.length);
  assert.equal(one('headcount_programme_listeners'), new Set(own.map(listenerOf)).size);
});

test('it says how the sources and the process are', async (t) => {
  const site = await siteOf(t);
  const { of, one } = await scrape(site);
  const { items } = await site.get<SourcesWire>('/api/v1/sources');
  assert.deepEqual(
    of('headcount_source_up').map(({ labels, value }) => [labels['source'], labels['kind'], value]),
    items.map(({ name, kind }) => [name, kind, 1]),
  );
  assert.deepEqual(
    of('headcount_source_lag_seconds').map(({ value }) => value),
    [5, 5, 1],
  );
  assert.deepEqual(of('headcount_build_info')[0]?.labels, { version: '1.2.3-test' });
  assert.equal(one('process_start_time_seconds'), (NOW - 86_400_000) / 1000);
  assert.ok(one('process_resident_memory_bytes') > 10_000_000);
  assert.equal(one('headcount_live_readers'), 0);
});

test('everything that is counted is there, and only grows', async (t) => {
  const site = await siteOf(t);
  const before = await scrape(site);
  assert.equal(before.types.get('headcount_events_total'), 'counter');
  const counted = (await scrape(site)).of('headcount_events_total');
  const value = (scope: string, name: string) =>
    counted.find(({ labels }) => labels['scope'] === scope && labels['name'] === name)?.value;
  assert.equal(value('radio', 'observations'), 24);
  assert.equal(value('tracker', 'late'), 0);
  assert.ok(value('collector', 'commits')! >= 1);
  for (const [name, type] of before.types) {
    assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
  }
});

test('a store without room shows', async (t) => {
  const site = await siteOf(t, { isEmpty: true });
  assert.equal((await scrape(site)).one('headcount_store_stalled'), 0);
  site.refusal = { commits: new HeadcountError('STORE_FULL', 'There is no room.') };
  const settling = site.settle();
  await until('the stall', async () => (await scrape(site)).one('headcount_store_stalled') === 1);
  site.refusal = {};
  await settling;
  assert.equal((await scrape(site)).one('headcount_store_stalled'), 0);
});

test('whatever a stream is called stays within its label', async (t) => {
  const site = await siteOf(t, { isEmpty: true });
  const names = ['a"b\nc\\', '\\n', '"} 1\nevil 1', '\r\n', '{}', '', '\u0000\u2028', 'ä🎵', 'x'.repeat(10_000)];
  const client = (i: number) => clientFacts({ address: '203.0.113.5', connection: `c${i}` });
  await site.tell(
    'radio',
    names.map((stream, i) => presence({ stream, client: client(i), from: NOW - 5000, until: FOREVER })),
  );
  await site.settle();
  const { of, one } = await scrape(site);
  assert.deepEqual(
    of('headcount_stream_sessions')
      .map(({ labels }) => labels['stream'])
      .sort(),
    [...names].sort(),
  );
  assert.equal(one('headcount_sessions'), names.length);
  assert.equal(of('evil').length, 0);
});

test('names that are the same in UTF-8 are one series: what cannot be written makes no other', async (t) => {
  const site = await siteOf(t, { isEmpty: true });
  const client = (i: number) => clientFacts({ address: '203.0.113.5', connection: `c${i}` });
  await site.tell(
    'radio',
    ['x\ud800', 'x\udc01', 'x\ufffd'].map((stream, i) =>
      presence({ stream, client: client(i), from: NOW - 5000, until: FOREVER }),
    ),
  );
  await site.settle();
  assert.deepEqual((await scrape(site)).of('headcount_stream_sessions'), [
    { name: 'headcount_stream_sessions', labels: { source: 'radio', stream: 'x\ufffd' }, value: 3 },
  ]);
});

test('two hundred streams have a series, and the others are one', async (t) => {
  const site = await siteOf(t, { isEmpty: true });
  const visits = Array.from({ length: 260 }, (_, i) =>
    // The first ones have two listeners, so that it shows that the greatest are kept.
    (i < 100 ? [0, 1] : [0]).map((copy) =>
      presence({
        stream: `/s${i}`,
        client: clientFacts({ address: '203.0.113.5', connection: `c${i} ${copy}` }),
        from: NOW - 5000,
        until: FOREVER,
      }),
    ),
  ).flat();
  await site.tell('radio', visits);
  await site.settle();
  const samples = (await scrape(site)).of('headcount_stream_sessions');
  assert.equal(samples.length, 201);
  assert.deepEqual(samples.at(-1), {
    name: 'headcount_stream_sessions',
    labels: { source: '', stream: '(others)' },
    value: 60,
  });
  assert.equal(samples.filter(({ value }) => value === 2).length, 100);
});

test('nothing there is about one client', async (t) => {
  const site = await siteOf(t);
  const { samples } = await scrape(site);
  const known = new Set(OPEN.flatMap(({ address, user, userAgent }) => [address, user, userAgent]));
  for (const { labels } of samples) for (const value of Object.values(labels)) assert.ok(!known.has(value), value);
});
