import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { QuietStreams } from './quiet-streams.ts';

const counts = (instances: string[], streams: string[]) => ({
  instances: new Set(instances),
  streams: streams.map((stream) => ({ stream, instance: stream.split('/')[0]!, listeners: 1 })),
});

test('what was played is quiet while its instance is there, and is not told of when that has gone', () => {
  const quiet = new QuietStreams();
  const statuses = (instances: string[], streams: string[]) =>
    quiet.reportsOf(counts(instances, streams), 7).map(({ stream, status, listeners }) => [stream, status, listeners]);
  assert.deepEqual(statuses(['a', 'b'], ['a/1', 'b/1']), [
    ['a/1', 'up', 1],
    ['b/1', 'up', 1],
  ]);
  assert.deepEqual(statuses(['a', 'b'], ['b/1']), [
    ['b/1', 'up', 1],
    ['a/1', 'unknown', 0],
  ]);
  assert.deepEqual(statuses(['b'], []), [['b/1', 'unknown', 0]]);
  assert.deepEqual(statuses(['a', 'b'], []), [['b/1', 'unknown', 0]], 'the other was forgotten');
});

test('of very many the ones played last are remembered', () => {
  const quiet = new QuietStreams();
  const streams = Array.from({ length: 1500 }, (_, index) => `a/${index}`);
  assert.equal(quiet.reportsOf(counts(['a'], streams), 7).length, 1500);
  const later = quiet.reportsOf(counts(['a'], []), 8);
  assert.deepEqual([later.length, later[0]!.stream], [1000, 'a/500']);
});
