import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { clientFacts } from '../../core/observation.ts';
import type { Cmcd } from './cmcd.ts';
import { Measures } from './measures.ts';

const GAP = 40_000;
const CLIENTS = ['192.0.2.1', '192.0.2.2'].map((address) => clientFacts({ address }));
const STREAMS = ['rock', 'jazz'];

const said = (more: Partial<Cmcd>): Cmcd => ({ sid: null, bitrate: null, throughput: null, isStarved: false, ...more });

function told(measures: Measures) {
  return measures
    .cut(CLIENTS, STREAMS)
    .map(({ client, stream, from, requests, details }) => [client.address, stream, from, requests, details]);
}

test('the newest of each value is told, at its own time and without a request', () => {
  const measures = new Measures();
  measures.add(said({ bitrate: 1000, throughput: 9000 }), 0, 0, 1000, GAP);
  measures.add(said({ bitrate: 3000 }), 0, 0, 5000, GAP);
  measures.add(said({ bitrate: 2000, isStarved: true }), 0, 0, 4000, GAP);
  assert.equal(measures.size, 1);
  assert.deepEqual(told(measures), [
    ['192.0.2.1', 'rock', 5000, 0, { cmcdBitrate: 3000 }],
    ['192.0.2.1', 'rock', 1000, 0, { cmcdThroughput: 9000 }],
    ['192.0.2.1', 'rock', 4000, 0, { cmcdStarved: true }],
  ]);
});

test('clients, streams and stretches of a gap are told apart', () => {
  const measures = new Measures();
  for (const [client, stream, at] of [
    [0, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, GAP],
    [0, 0, GAP + 1],
  ] as const)
    measures.add(said({ bitrate: 1 }), client, stream, at, GAP);
  assert.equal(measures.size, 4);
  assert.equal(told(measures).length, 4);
});

test('nothing is kept of who says nothing, nor beyond a cut', () => {
  const measures = new Measures();
  measures.add(said({ sid: 'a' }), 0, 0, 0, GAP);
  assert.equal(measures.size, 0);
  measures.add(said({ bitrate: 1 }), 0, 0, 0, 0);
  assert.equal(told(measures).length, 1);
  assert.equal(told(measures).length, 0);
});
