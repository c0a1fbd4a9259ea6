import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { clockTime, type EventName, FIELDS, TEXTS, valuesOf } from './event-text.ts';
import { eventsOfAllTypes, HOSTILE } from './fixture.ts';
import { fillTemplate, parseTemplate } from './template.ts';

test('every event has just the fields that are promised, and every field of every event is told', () => {
  const events = eventsOfAllTypes();
  assert.deepEqual(events.map(({ type }) => type).sort(), Object.keys(FIELDS).sort());
  for (const event of events) {
    const values = valuesOf(event);
    assert.deepEqual(Object.keys(values).sort(), [...FIELDS[event.type]].sort(), event.type);
    for (const [name, value] of Object.entries(values)) assert.ok(value !== '' && value !== 'null', name);
  }
});

test('what is said if nobody says otherwise is made of fields that there are', () => {
  for (const [name, text] of Object.entries(TEXTS)) parseTemplate(text, FIELDS[name as EventName]);
});

test('sessions are told in the words of spyserver_monitor', () => {
  const said = (type: EventName, hours: number) => {
    const event = eventsOfAllTypes({ durationSeconds: hours * 3600 + 61 }).find((each) => each.type === type)!;
    return fillTemplate(parseTemplate(TEXTS[type], FIELDS[type]), valuesOf(event), (value) => value);
  };
  assert.equal(said('session.opened', 0), 'Open 100.200.30.40#hf.config Chicago/United States');
  assert.equal(said('session.closed', 2), 'Close 100.200.30.40#hf.config Chicago/United States @02:01:01');
  assert.equal(said('session.closed', 25), 'Close 100.200.30.40#hf.config Chicago/United States @25:01:01');
});

test('hours go on beyond a day', () => {
  assert.deepEqual([0, 59.9, 3600, 90_061, 360_000].map(clockTime), [
    ...['00:00:00', '00:00:59', '01:00:00', '25:01:01', '100:00:00'],
  ]);
});

test('line ends, control characters and turned text become spaces; what is long is cut', () => {
  const [event] = eventsOfAllTypes({ userAgent: 'a\r\nb\u0000c\u202Ed\u2028e', title: 'x'.repeat(5000) });
  const values = valuesOf(event!);
  assert.equal(values['userAgent'], 'a b c d e');
  assert.equal(values['title']?.length, 300);
  for (const text of HOSTILE) {
    const [hostile] = eventsOfAllTypes({ userAgent: text });
    assert.doesNotMatch(valuesOf(hostile!)['userAgent']!, /[\p{Cc}\u202E]/u);
  }
});
