import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { AudienceEvent } from '../core/event.ts';
import { Streams } from '../core/streams.ts';
import { closedEvent } from '../store/suite/rows.ts';
import { COMMON, sinkContext } from './fixture.ts';
import { Sieve } from './sieve.ts';
import type { CommonSinkOptions } from './sink.ts';

const T0 = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

function begun(options: Partial<CommonSinkOptions>) {
  const { context } = sinkContext();
  const sieve = new Sieve({ ...COMMON, ...options }, context.counters);
  sieve.begin();
  return { sieve, counters: context.counters };
}

const closed = (at: number, stream = 'rock') => ({ ...closedEvent('x', { stream }), at }) as AudienceEvent;

function status(value: 'up' | 'down', at: number, held?: number): AudienceEvent {
  const state = { ...new Streams((text) => text).unspoken('radio', 'rock'), status: value };
  const event = { id: 'x', type: 'stream.status', at, stream: 'rock', state, count: { sessions: 0, bots: 0 } } as const;
  return held === undefined ? event : { ...event, held };
}

test('quiet hours go over midnight, by the clock of the time zone', () => {
  const { sieve } = begun({ quietHours: [{ from: 22 * 60, to: 7 * 60 }], timeZone: 'Europe/Berlin' });
  const letsAt = (iso: string) => sieve.lets(closed(Date.parse(iso)));
  assert.ok(letsAt('2026-11-21T20:59:59Z'));
  assert.ok(!letsAt('2026-11-21T21:00:00Z'));
  assert.ok(!letsAt('2026-11-22T05:59:59Z'));
  assert.ok(letsAt('2026-11-22T06:00:00Z'));
});

test('they are what the clock shows on the days on which it is changed', () => {
  const { sieve } = begun({ quietHours: [{ from: 60, to: 3 * 60 }], timeZone: 'Europe/Berlin' });
  const letsAt = (iso: string) => sieve.lets(closed(Date.parse(iso)));
  // 29 March 2026: 01:59:59 is followed by 03:00:00, at 01:00 UTC.
  assert.ok(!letsAt('2026-03-29T00:00:00Z'));
  assert.ok(!letsAt('2026-03-29T00:59:59Z'));
  assert.ok(letsAt('2026-03-29T01:00:00Z'));
  // 25 October 2026: 02:59:59 comes twice, at 00:59:59 and at 01:59:59 UTC.
  assert.ok(letsAt('2026-10-24T22:59:59Z'));
  assert.ok(!letsAt('2026-10-24T23:00:00Z'));
  assert.ok(!letsAt('2026-10-25T01:59:59Z'));
  assert.ok(letsAt('2026-10-25T02:00:00Z'));
});

test('a whole day may be quiet, and several times of it', () => {
  const all = begun({ quietHours: [{ from: 0, to: 1440 }] }).sieve;
  assert.ok(!all.lets(closed(T0)));
  const some = begun({
    quietHours: [
      { from: 12 * 60, to: 13 * 60 },
      { from: 15 * 60, to: 16 * 60 },
    ],
  }).sieve;
  assert.deepEqual(
    [0, 60, 120, 180, 240].map((minutes) => some.lets(closed(T0 + minutes * MINUTE))),
    [false, true, true, false, true],
  );
});

test('the same is not told again within the cooldown; another stream, type or status is not the same', () => {
  const { sieve } = begun({ cooldown: 10 * MINUTE });
  assert.ok(sieve.lets(closed(T0)));
  assert.ok(!sieve.lets(closed(T0 + 9 * MINUTE)));
  assert.ok(sieve.lets(closed(T0 + 9 * MINUTE, 'jazz')));
  assert.ok(sieve.lets(status('down', T0 + MINUTE)));
  assert.ok(sieve.lets(status('up', T0 + 2 * MINUTE)));
  assert.ok(!sieve.lets(status('down', T0 + 3 * MINUTE)));
  assert.ok(sieve.lets(closed(T0 + 10 * MINUTE)));
});

test('what was looked at counts only once it is done with', () => {
  const { sieve, counters } = begun({ cooldown: MINUTE, quietHours: [{ from: 0, to: 60 }] });
  const look = () => {
    sieve.begin();
    return [closed(T0), closed(T0 + 1), closed(T0 + 12 * 60 * MINUTE)].map((event) => sieve.lets(event));
  };
  assert.deepEqual(look(), [true, false, false]);
  assert.deepEqual(look(), [true, false, false], 'it was not taken: all of it comes again');
  assert.equal(counters.get('cooledDown'), 0);
  sieve.settle();
  assert.deepEqual([counters.get('cooledDown'), counters.get('quiet')], [1, 1]);
  assert.ok(!sieve.lets(closed(T0 + 2)));
});

test('statuses: which, and how long they have held', () => {
  const at = begun({ statuses: ['down'] }).sieve;
  assert.deepEqual(
    [status('down', T0), status('up', T0), status('down', T0, 5)].map((each) => at.lets(each)),
    [...[true, false, false]],
  );
  const held = begun({ statusFor: 5 }).sieve;
  assert.deepEqual(
    [status('down', T0), status('up', T0, 5)].map((each) => held.lets(each)),
    [false, true],
  );
});

test('thresholds: only those that the sink has set', () => {
  const limit = { above: 10, below: 5, readings: 3 };
  const { sieve } = begun({ thresholds: [limit] });
  const above = (of: typeof limit) => ({ ...status('up', T0), type: 'audience.above', limit: of }) as AudienceEvent;
  assert.ok(sieve.lets(above({ ...limit })));
  assert.ok(!sieve.lets(above({ ...limit, readings: 4 })));
});

test('streams by pattern, of one source, or by a name that has a slash itself', () => {
  const lets = (streams: string[], stream: string) => begun({ streams }).sieve.lets(closed(T0, stream));
  assert.ok(lets(['ro*'], 'rock') && !lets(['ro*'], 'jazz'));
  const { source } = (closedEvent('x') as { session: { source: string } }).session;
  assert.ok(lets([`${source}/*`], 'rock') && !lets(['elsewhere/*'], 'rock'));
  assert.ok(lets(['live/rock'], 'live/rock'));
  const superseded = { id: 'x', type: 'session.superseded', at: T0, sessionId: 'a', by: 'b' } as const;
  const { sieve } = begun({ streams: ['radio/rock'] });
  assert.ok(sieve.lets({ ...superseded, stream: null }) && sieve.lets({ ...superseded, stream: 'rock' }));
  assert.ok(!sieve.lets({ ...superseded, stream: 'jazz' }));
});
