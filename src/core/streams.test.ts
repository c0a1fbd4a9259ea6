import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { StreamReport } from './observation.ts';
import { Streams } from './streams.ts';

const up = (at: number, more: Partial<StreamReport> = {}): StreamReport => ({
  ...{ kind: 'report', stream: '/live', at, status: 'up' },
  ...more,
});

function told(...reports: StreamReport[]): Streams {
  const streams = new Streams((text) => text);
  for (const report of reports) streams.apply('radio', 'radio', report);
  return streams;
}

const titlesOf = (streams: Streams) =>
  streams
    .titles('radio', '/live')
    .map(({ at, title }) => `${title}@${at}`)
    .join(' ');

test('titles are remembered as they come; silence and an empty title are none', () => {
  const streams = told(
    up(10, { title: 'A' }),
    up(20, { title: 'A' }),
    up(30, { title: null }),
    up(40, { title: 'B' }),
    up(50),
    up(60, { status: 'unreachable' }),
    up(70, { title: 'A' }),
  );
  assert.equal(titlesOf(streams), 'A@10 B@40 A@70');
});

test('titles that the server remembers are merged in, and tell since when the newest plays', () => {
  const streams = told(up(10, { title: 'A' }));
  const titles = [
    { at: 35, title: 'C' },
    { at: 8, title: 'A' },
    { at: 20, title: 'B' },
  ];
  assert.equal(streams.apply('radio', 'radio', up(40, { title: 'C', titles })), true);
  assert.equal(titlesOf(streams), 'A@8 B@20 C@35');
  assert.equal(streams.get('radio', '/live')!.titleSince, 35);
  assert.equal(streams.apply('radio', 'radio', up(50, { title: 'C', titles })), false, 'nothing new');
});

test('a clock that is ahead tells of no title before its time', () => {
  const streams = told(up(10, { titles: [{ at: 99, title: 'Later' }] }));
  assert.equal(titlesOf(streams), '');
  streams.apply('radio', 'radio', up(99, { titles: [{ at: 99, title: 'Later' }] }));
  assert.equal(titlesOf(streams), 'Later@99');
});

test('of the titles in a report only what is new is worth keeping', () => {
  const streams = told(up(10, { titles: [{ at: 5, title: 'A' }] }));
  const known = { at: 5, title: 'A' };
  const report = up(20, { title: 'B', titles: [{ at: 15, title: 'B' }, known] });
  assert.deepEqual(streams.withNewTitles('radio', 'radio', report).titles, [{ at: 15, title: 'B' }]);
  assert.equal('titles' in streams.withNewTitles('radio', 'radio', up(20, { titles: [known] })), false);
});

test('the titles of several edges are one list', () => {
  const streams = new Streams((text) => text);
  streams.apply('cdn', 'edge-1', up(10, { title: 'A' }));
  streams.apply('cdn', 'edge-2', up(12, { title: 'A' }));
  streams.apply('cdn', 'edge-2', up(20, { title: 'B' }));
  assert.deepEqual(
    streams.titles('cdn', '/live').map(({ at }) => at),
    [10, 20],
  );
});

test('a stream is count-only while all its sources tell numbers only; a report that does not say leaves it so', () => {
  const streams = told(up(1, { listeners: 5, countOnly: true }));
  const countOnly = () => streams.get('radio', '/live')!.countOnly;
  assert.equal(countOnly(), true);
  streams.apply('radio', 'radio', up(2, { status: 'unreachable' }));
  assert.equal(countOnly(), true);
  streams.apply('radio', 'second', up(2, { listeners: 5 }));
  assert.equal(countOnly(), false);
  streams.forget('radio', 'second');
  streams.apply('radio', 'radio', up(3, { countOnly: false }));
  assert.equal(countOnly(), false);
});

test('after a restart nobody knows whether a stream is up, but what it played', () => {
  const streams = told(up(10, { title: 'A', name: 'Radio', listeners: 9 }), up(20, { status: 'down' }));
  streams.unsettle();
  const { status, statusSince, title, titleSince, name, reportedListeners } = streams.get('radio', '/live')!;
  assert.deepEqual([status, statusSince, title, titleSince, name], ['unknown', 20, 'A', 10, 'Radio']);
  assert.equal(reportedListeners, null);
});
