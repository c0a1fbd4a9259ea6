/** What is told of the changes of a real tracker. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Audience } from '../core/audience.ts';
import type { AudienceEvent } from '../core/event.ts';
import { type Client, identify } from '../core/identity.ts';
import { clientFacts, presence, type StreamReport } from '../core/observation.ts';
import type { SourceTraits } from '../core/spaces.ts';
import { Streams } from '../core/streams.ts';
import { Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
import { Alarms, type AlarmsOptions } from './alarms.ts';
import { Events, type EventsOptions } from './events.ts';

const T0 = Date.UTC(2026, 10, 21, 12);
const SECOND = 1000;
const hash = (text: string) => text;
const LOG: SourceTraits = { name: 'log', audience: null, gap: 40_000, departures: 'never', provisional: false };

function client(address: string): Client {
  const facts = clientFacts({ address, userAgent: 'VLC/3' });
  return createClient({
    ...{ identity: identify(facts, address, true, hash), address, facts, place: null },
    player: null,
    bot: false,
  });
}

function begun(more: Partial<EventsOptions> = {}, watch: Partial<Pick<AlarmsOptions, 'holds' | 'limits'>> = {}) {
  const tracker = new Tracker({ hash });
  tracker.attach(LOG);
  const audience = new Audience();
  const streams = new Streams(hash);
  const count = (source: string, stream: string) => audience.countOfStream(source, stream);
  const events = new Events({
    ...{ hash, streams, wants: () => true },
    find: (id) => audience.sessions.get(id),
    describe: (session) => tracker.describe(session),
    count,
    alarms: new Alarms({ holds: [], limits: [], ...watch, streams, count, listened: () => audience.streams() }),
    ...more,
  });
  const settle = () => {
    const changes = tracker.changes();
    events.take(changes);
    audience.apply(changes);
  };
  const seen = (address: string, from: number, to = from, stream = 'rock') => {
    tracker.observe('log', presence({ stream, client: client(address), from, to }));
    settle();
  };
  const advance = (to: number) => {
    tracker.advance('log', to);
    settle();
  };
  const report = (fields: Partial<StreamReport>) => {
    const told: StreamReport = { kind: 'report', stream: 'rock', at: T0, status: 'up', ...fields };
    if (streams.apply('log', 'log', told)) events.streamChanged('log', told.stream, told.at);
  };
  return { tracker, audience, events, seen, advance, report };
}

const told = (events: readonly AudienceEvent[]) => events.map(({ type, at, stream }) => [type, at - T0, stream]);

test('who comes and who has gone, with the session as it was then', () => {
  const { events, seen, advance } = begun();
  seen('192.0.2.1', T0);
  seen('192.0.2.1', T0 + 10 * SECOND);
  advance(T0 + 60 * SECOND);
  const all = events.cut(1).events;
  assert.deepEqual(told(all), [
    ['session.opened', 0, 'rock'],
    ['session.closed', 10 * SECOND, 'rock'],
  ]);
  const [opened, closed] = all as [
    AudienceEvent & { type: 'session.opened' },
    AudienceEvent & { type: 'session.closed' },
  ];
  assert.equal(opened.session.endedAt, null);
  assert.equal(opened.session.requests, closed.session.requests);
  assert.equal(closed.session.endedAt, T0 + 10 * SECOND);
  assert.deepEqual(events.cut(2).events, [], 'once');
});

test('ids are of the commit, the place in it and what it is about: none is there twice', () => {
  const { events, seen } = begun();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= 5; sequence++) {
    for (let i = 0; i < 4; i++) seen(`192.0.2.${i}`, T0 + sequence * 100 * SECOND);
    ids.push(...events.cut(sequence).events.map(({ id }) => id));
  }
  assert.equal(ids.length, 20);
  assert.equal(new Set(ids).size, 20);
});

test('when a late presence joins two sessions, the one that is gone is named', () => {
  const { audience, events, seen } = begun();
  seen('192.0.2.1', T0);
  seen('192.0.2.1', T0 + 70 * SECOND);
  assert.equal(audience.total.sessions, 2);
  events.cut(1);
  seen('192.0.2.1', T0 + 35 * SECOND);
  const all = events.cut(2).events;
  assert.deepEqual(told(all), [['session.superseded', 70 * SECOND, 'rock']]);
  const [superseded] = all as [AudienceEvent & { type: 'session.superseded' }];
  assert.deepEqual([...audience.sessions.keys()], [superseded.by]);
  assert.notEqual(superseded.sessionId, superseded.by);
});

test('a stream tells its status when it changes, and nothing else', () => {
  const { events, seen, report } = begun();
  seen('192.0.2.1', T0);
  events.cut(1);
  report({});
  report({ at: T0 + 1, title: 'One' });
  report({ at: T0 + 2, status: 'down' });
  const all = events.cut(2).events as (AudienceEvent & { type: 'stream.status' })[];
  assert.deepEqual(told(all), [
    ['stream.status', 0, 'rock'],
    ['stream.status', 2, 'rock'],
  ]);
  assert.deepEqual(
    all.map(({ state }) => state.status),
    ['up', 'down'],
  );
  assert.deepEqual(all[0]!.count, { sessions: 1, bots: 0 });
});

test('after a restart the same status is no news', () => {
  const { events, report } = begun();
  const before: StreamReport = { kind: 'report', stream: 'rock', at: T0 - 5, status: 'up' };
  events.resume([{ source: 'log', report: before }], (source) => source, null);
  report({});
  assert.deepEqual(events.cut(1).events, []);
  report({ at: T0 + 1, status: 'unreachable' });
  assert.equal(events.cut(2).events.length, 1);
});

test('what nobody wants is not written', () => {
  const { events, seen, advance, report } = begun({
    wants: ({ type, stream }) => type === 'session.closed' && stream === 'rock',
  });
  seen('192.0.2.1', T0);
  seen('192.0.2.1', T0, T0, 'jazz');
  report({});
  advance(T0 + 60 * SECOND);
  assert.deepEqual(told(events.cut(1).events), [['session.closed', 0, 'rock']]);
});

test('a status that has to hold is told once it has, with the time at which it had; one that passes is not told', () => {
  const { events, report } = begun(
    { wants: ({ type, held = 0 }) => type === 'stream.status' && held === 120_000 },
    { holds: [120_000] },
  );
  const tick = (at: number) => events.tick(at, () => true);
  report({});
  tick(T0 + 119 * SECOND);
  assert.deepEqual(events.cut(1).events, []);
  tick(T0 + 121 * SECOND);
  const [up] = events.cut(2).events as (AudienceEvent & { type: 'stream.status' })[];
  assert.deepEqual([up!.at, up!.held, up!.state.status], [T0 + 120 * SECOND, 120_000, 'up']);
  report({ at: T0 + 200 * SECOND, status: 'down' });
  tick(T0 + 300 * SECOND);
  report({ at: T0 + 301 * SECOND, status: 'up' });
  tick(T0 + 900 * SECOND);
  assert.deepEqual(events.cut(3).events, [], 'it was down for a moment, and is up as before');
  report({ at: T0 + 1000 * SECOND, status: 'down' });
  tick(T0 + 1120 * SECOND);
  assert.deepEqual(told(events.cut(4).events), [['stream.status', 1120 * SECOND, 'rock']]);
  tick(T0 + 2000 * SECOND);
  assert.deepEqual(events.cut(5).events, [], 'once');
});

test('what has to hold goes on holding over a restart, once its source has said so again', () => {
  const wants: EventsOptions['wants'] = ({ held = 0 }) => held === 120_000;
  const before = begun({ wants }, { holds: [120_000] });
  before.report({ status: 'down' });
  const { kept } = before.events.cut(1);
  const { events, report } = begun({ wants }, { holds: [120_000] });
  events.resume([], (source) => source, JSON.parse(JSON.stringify(kept)));
  events.tick(T0 + 300 * SECOND, () => true);
  assert.deepEqual(events.cut(2).events, [], 'nobody has said anything yet');
  report({ at: T0, status: 'down' });
  events.tick(T0 + 300 * SECOND, () => true);
  assert.equal(events.cut(3).events.length, 1);
});

const LIMIT = { above: 2, below: 1, readings: 3 };

/** An audience of so many, read every ten seconds. */
function reading(kept: unknown = null) {
  const limited = begun({ wants: ({ limit }) => limit !== undefined }, { limits: [LIMIT] });
  limited.events.resume([], (source) => source, kept);
  let now = T0;
  let sequence = 0;
  const read = (listeners: number, isCurrent = true) => {
    now += 10 * SECOND;
    limited.advance(now - 41 * SECOND);
    const there = [...limited.audience.sessions.values()].length;
    for (let i = 0; i < Math.max(listeners, 0); i++) limited.seen(`192.0.2.${i}`, now);
    if (there > listeners) limited.advance(now + 60 * SECOND);
    if (there > listeners) now += 100 * SECOND;
    if (there > listeners) for (let i = 0; i < listeners; i++) limited.seen(`192.0.2.${i}`, now);
    limited.events.tick(now, () => isCurrent);
    const cut = limited.events.cut(++sequence);
    return { types: cut.events.map(({ type }) => type), ...cut };
  };
  return { read, ...limited };
}

test('an audience is above when so many readings agree, and not before', () => {
  const { read } = reading();
  assert.deepEqual(
    [read(3), read(3)].flatMap(({ types }) => types),
    [],
  );
  const { events } = read(3);
  const [above] = events as (AudienceEvent & { type: 'audience.above' })[];
  assert.equal(above!.type, 'audience.above');
  assert.deepEqual(above!.limit, LIMIT);
  assert.deepEqual(above!.count, { sessions: 3, bots: 0 });
  assert.deepEqual(
    [read(3), read(4), read(3), read(3)].flatMap(({ types }) => types),
    [],
    'once',
  );
});

test('one reading that does not agree begins anew; what lies between the limits changes nothing', () => {
  const { read } = reading();
  const types = [3, 3, 2, 3, 3].flatMap((listeners) => read(listeners).types);
  assert.deepEqual(types, []);
  assert.deepEqual(read(3).types, ['audience.above']);
  assert.deepEqual(
    [2, 1, 1, 2, 1].flatMap((listeners) => read(listeners).types),
    [],
  );
  assert.deepEqual(
    [0, 0].flatMap((listeners) => read(listeners).types),
    [],
  );
  assert.deepEqual(read(0).types, ['audience.below']);
});

test('a source that tells of long ago says nothing of now', () => {
  const { read } = reading();
  assert.deepEqual(
    [3, 3, 3, 3].flatMap((listeners) => read(listeners, false).types),
    [],
  );
  assert.deepEqual(
    [3, 3, 3].flatMap((listeners) => read(listeners).types),
    ['audience.above'],
  );
  assert.deepEqual(
    [0, 0, 0, 0].flatMap((listeners) => read(listeners, false).types),
    [],
  );
});

test('after a restart what is above is known to be', () => {
  const first = reading();
  const cuts = [3, 3, 3].map((listeners) => first.read(listeners));
  const kept = cuts.map((cut) => cut.kept).findLast((each) => each !== null);
  assert.ok(kept !== undefined);
  const second = reading(JSON.parse(JSON.stringify(kept)));
  assert.deepEqual(
    [3, 3, 3, 3].flatMap((listeners) => second.read(listeners).types),
    [],
  );
  assert.deepEqual(
    [0, 0, 0].flatMap((listeners) => second.read(listeners).types),
    ['audience.below'],
  );
});

test('who may be new is asked for once, and told if the history does not know him', () => {
  const { events, seen } = begun({ wants: ({ type }) => type === 'listener.new' });
  seen('192.0.2.1', T0);
  seen('192.0.2.1', T0, T0, 'jazz');
  seen('192.0.2.2', T0);
  const cut = events.cut(1);
  assert.equal(cut.candidates.length, 2);
  const [first] = cut.candidates;
  const newcomers = events.newcomers(1, cut, new Set([first!.listener]));
  assert.deepEqual(
    newcomers.map(({ type, at }) => [type, at]),
    [['listener.new', T0]],
  );
  assert.deepEqual(events.cut(2).candidates, []);
});

test('what an insight has found is in the next commit, under its own id, if it is wanted', () => {
  const { events } = begun({ wants: ({ type }) => type === 'sharing.found' });
  const finding = { kind: 'travel', points: 1, plays: [], devices: [], places: [] } as const;
  const words = { distanceKm: null, gapSeconds: null, why: '', whyNotSuppressed: '' };
  const event: AudienceEvent = {
    ...{ id: 'own', type: 'sharing.found', at: T0, stream: null, listener: 'l' },
    account: { id: 'a', source: 'plex', user: 'anna', score: 80 },
    finding: { ...finding, ...words },
  };
  assert.equal(events.addFound([event]), true);
  assert.deepEqual(events.cut(7).events, [event]);
  assert.deepEqual(events.cut(8).events, []);
  const deaf = begun({ wants: () => false });
  assert.equal(deaf.events.addFound([event]), false);
  assert.deepEqual(deaf.events.cut(7).events, []);
});
