import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Connections } from './connections.ts';
import type { Listener } from './parse.ts';

/** The beginning of a stamp. */
const NOW = Date.UTC(2026, 10, 21, 1, 20, 0);

const listener = (uid: string, seconds: number | null, more: Partial<Listener> = {}): Listener => ({
  uid,
  address: '192.0.2.1',
  userAgent: 'vlc',
  seconds,
  referer: null,
  ...more,
});

/** What is told of the only listener. */
function tell(connections: Connections, at: number, who: Listener) {
  const [told] = connections.present('1', [who], at);
  return { name: told!.client.connection!, since: told!.since };
}

test('a start is reckoned once, however late later answers come', () => {
  const connections = new Connections();
  const first = tell(connections, NOW, listener('7', 60));
  assert.equal(first.since, NOW - 60_000);
  for (const [at, seconds] of [
    [NOW + 10_000, 71],
    [NOW + 20_000, 75],
    [NOW + 30_000, 98],
  ] as const) {
    assert.deepEqual(tell(connections, at, listener('7', seconds)), first);
  }
  assert.equal(connections.reused, 0);
});

test('clocks that drift apart make no other connections', () => {
  const connections = new Connections();
  const first = tell(connections, NOW, listener('7', 60));
  for (let hour = 1; hour <= 48; hour++) {
    const told = tell(connections, NOW + hour * 3_600_000, listener('7', 60 + hour * 3599));
    assert.deepEqual(told, first);
  }
});

test('a UID whose seconds go down, or grow less than time does, is another connection', () => {
  const connections = new Connections();
  const first = tell(connections, NOW, listener('7', 60));
  const second = tell(connections, NOW + 10_000, listener('7', 3));
  assert.notEqual(second.name, first.name);
  assert.equal(second.since, NOW + 7000);
  assert.deepEqual(tell(connections, NOW + 20_000, listener('7', 13)), second);
  const third = tell(connections, NOW + 60_000, listener('7', 20));
  assert.notEqual(third.name, second.name);
  assert.equal(connections.reused, 2);
});

test('so is a UID whose address or user agent has changed, within one stamp, too', () => {
  const connections = new Connections();
  const names = [
    listener('7', 1),
    listener('7', 2, { address: '192.0.2.2' }),
    listener('7', 3, { userAgent: null }),
    listener('7', null),
    listener('7', null, { userAgent: 'other' }),
  ].map((who, i) => tell(connections, NOW + 60_000 + i * 1000, who).name);
  assert.equal(new Set(names).size, names.length, names.join(' '));
});

test('a UID that was missing for a while and given again is another one', () => {
  const connections = new Connections();
  const first = tell(connections, NOW + 20_000, listener('7', 10));
  assert.deepEqual(connections.present('1', [], NOW + 40_000), []);
  const second = tell(connections, NOW + 60_000, listener('7', 5));
  assert.notEqual(second.name, first.name);
  assert.equal(second.since, NOW + 55_000);
});

test('the same UID on another stream, or after the stream was gone, is another one', () => {
  const connections = new Connections();
  const [one] = connections.present('1', [listener('7', 5)], NOW);
  const [two] = connections.present('2', [listener('7', 5)], NOW);
  assert.notEqual(one!.client.connection, two!.client.connection);
  connections.keep(new Set(['2']));
  connections.present('1', [listener('7', 900)], NOW);
  assert.equal(connections.reused, 0, 'the first is forgotten');
});

test('who reckons anew and is a second off finds the same name', () => {
  const at = NOW + 90_000;
  const before = tell(new Connections(), at, listener('7', 60)).name;
  assert.equal(tell(new Connections(), at + 10_000, listener('7', 69)).name, before);
});

test('it is not known when somebody began who has no seconds', () => {
  const connections = new Connections();
  const first = tell(connections, NOW, listener('7', null));
  assert.equal(first.since, null);
  assert.deepEqual(tell(connections, NOW + 60_000, listener('7', null)), first);
});

test('no start is before time began', () => {
  assert.equal(tell(new Connections(), NOW, listener('7', 999_999_999_999_999)).since, 0);
});
