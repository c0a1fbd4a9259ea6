/** What is told of the changes of a real tracker. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Audience } from '../core/audience.ts';
import type { AudienceEvent } from '../core/event.ts';
import { type Client, identify } from '../core/identity.ts';
import { clientFacts, presence, type StreamReport } from '../core/observation.ts';
import { Streams } from '../core/streams.ts';
import { type SourceTraits, Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
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

function begun(more: Partial<EventsOptions> = {}) {
  const tracker = new Tracker({ hash });
  tracker.attach(LOG);
  const audience = new Audience();
  const streams = new Streams(hash);
  const events = new Events({
    ...{ hash, streams, wants: () => true },
    find: (id) => audience.sessions.get(id),
    describe: (session) => tracker.describe(session),
    count: (source, stream) => audience.countOfStream(source, stream),
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
  const all = events.cut(1);
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
  assert.deepEqual(events.cut(2), [], 'once');
});

test('ids are of the commit, the place in it and what it is about: none is there twice', () => {
  const { events, seen } = begun();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= 5; sequence++) {
    for (let i = 0; i < 4; i++) seen(`192.0.2.${i}`, T0 + sequence * 100 * SECOND);
    ids.push(...events.cut(sequence).map(({ id }) => id));
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
  const all = events.cut(2);
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
  const all = events.cut(2) as (AudienceEvent & { type: 'stream.status' })[];
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
  events.resume([{ source: 'log', report: before }], (source) => source);
  report({});
  assert.deepEqual(events.cut(1), []);
  report({ at: T0 + 1, status: 'unreachable' });
  assert.equal(events.cut(2).length, 1);
});

test('what nobody wants is not written', () => {
  const { events, seen, advance, report } = begun({
    wants: (type, stream) => type === 'session.closed' && stream === 'rock',
  });
  seen('192.0.2.1', T0);
  seen('192.0.2.1', T0, T0, 'jazz');
  report({});
  advance(T0 + 60 * SECOND);
  assert.deepEqual(told(events.cut(1)), [['session.closed', 0, 'rock']]);
});
