import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { EventWire } from '../http/contract.ts';
import { closedEvent } from '../store/suite/rows.ts';
import { digestOf, Pacer } from './digest.ts';
import { COMMON } from './fixture.ts';

const pacer = () => new Pacer({ ...COMMON, digestAfter: 3, digestWithin: 1000 });

test('without a limit there is none', () => {
  const free = new Pacer(COMMON);
  free.told(1e6, 0);
  assert.deepEqual(free.pace(1), { kind: 'single', most: Number.POSITIVE_INFINITY });
});

test('so many are told one by one; then it waits until the time is over, and sums up', () => {
  const paced = pacer();
  assert.deepEqual(paced.pace(0), { kind: 'single', most: 3 });
  paced.told(2, 0);
  assert.deepEqual(paced.pace(400), { kind: 'single', most: 1 });
  paced.told(1, 400);
  assert.deepEqual(paced.pace(500), { kind: 'wait', ms: 500 });
  assert.deepEqual(paced.pace(1000), { kind: 'sum', after: 3 });
  paced.summed(true, 1000);
  assert.deepEqual(paced.pace(1500), { kind: 'wait', ms: 500 }, 'as long as many come, there is one at a time');
  assert.deepEqual(paced.pace(2000), { kind: 'sum', after: 3 });
});

test('when few have come it is as before, and so it is after a rest', () => {
  const paced = pacer();
  paced.told(3, 0);
  assert.deepEqual(paced.pace(1000), { kind: 'sum', after: 3 });
  paced.told(2, 1000);
  assert.deepEqual(paced.pace(1100), { kind: 'single', most: 1 });
  paced.told(1, 1100);
  assert.deepEqual(paced.pace(3100), { kind: 'single', most: 3 });
});

test('who has more to catch up with than a digest holds does not wait', () => {
  const paced = pacer();
  paced.told(3, 0);
  paced.summed(false, 1000);
  assert.equal(paced.pace(1000).kind, 'sum');
});

test('a digest says how many of what, since when, and is the same for the same events', () => {
  const events = [
    ...['a', 'b', 'c'].map((id, i) => ({ ...closedEvent(id, { stream: 'rock' }), at: 3000 - i })),
    { ...closedEvent('d', { stream: 'jazz' }), at: 9000 },
  ];
  const digest = EventWire.parse(digestOf(events));
  assert.deepEqual(digest, {
    id: digest.id,
    ...{ type: 'digest', events: 4, from: '1970-01-01T00:00:02.998Z', at: '1970-01-01T00:00:09.000Z' },
    counts: [
      { type: 'session.closed', stream: 'rock', events: 3 },
      { type: 'session.closed', stream: 'jazz', events: 1 },
    ],
  });
  assert.equal(digestOf(events).id, digest.id);
  assert.notEqual(digestOf(events.slice(1)).id, digest.id);
  const many = Array.from({ length: 80 }, (_, i) => closedEvent(`e${i}`, { stream: `s${i}` }));
  const { counts, events: count } = digestOf(many) as Extract<EventWire, { type: 'digest' }>;
  assert.deepEqual([counts.length, count], [50, 80]);
});
