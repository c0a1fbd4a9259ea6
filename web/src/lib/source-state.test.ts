import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { SourceWire } from '../../../src/http/contract.ts';
import { byUrgency, sparkline, stateOf, usualLag, wordsOf } from './source-state.ts';

const NOON = '2026-11-21T12:00:00.000Z';
const LOG: SourceWire = {
  name: 'log',
  kind: 'access-log',
  audience: null,
  relays: false,
  status: 'running',
  statusSince: NOON,
  lastBatchAt: NOON,
  watermark: NOON,
  lagSeconds: 5,
  restarts: 0,
  lastError: null,
  sessions: 0,
  hasOutput: false,
  counters: {},
  gapSeconds: 40,
  latenessSeconds: 5,
  rates: [],
  rejects: [],
};
const FAILED = { code: 'LOG_MISSING', message: 'The log does not exist.', at: NOON };

test('a source is behind when it is so by more than its gap and lateness', () => {
  assert.equal(usualLag(LOG), 45);
  assert.equal(stateOf({ ...LOG, lagSeconds: 45 }), 'well');
  assert.equal(stateOf({ ...LOG, lagSeconds: 46 }), 'lagging');
  assert.equal(stateOf({ ...LOG, lagSeconds: null }), 'well');
});

test('whoever asks every five minutes is not behind in between', () => {
  const polled = { ...LOG, gapSeconds: 0, latenessSeconds: 0, rates: [{ counter: 'polls', perSecond: 1 / 300 }] };
  assert.equal(stateOf({ ...polled, lagSeconds: 300 }), 'well');
  assert.equal(stateOf({ ...polled, lagSeconds: 330 }), 'lagging');
});

test('what fails is failing, also while it is tried again; what has ended is not behind', () => {
  assert.equal(stateOf({ ...LOG, status: 'waiting', lastError: FAILED }), 'failing');
  assert.equal(stateOf({ ...LOG, status: 'starting', lastError: FAILED }), 'failing');
  assert.equal(stateOf({ ...LOG, status: 'starting' }), 'starting');
  assert.equal(stateOf({ ...LOG, status: 'finished', lagSeconds: 9000 }), 'over');
});

test('failing first, then behind, then well, each by name', () => {
  const sources: SourceWire[] = [
    { ...LOG, name: 'd' },
    { ...LOG, name: 'c', lagSeconds: 100 },
    { ...LOG, name: 'b' },
    { ...LOG, name: 'a', status: 'finished' },
    { ...LOG, name: 'e', status: 'waiting', lastError: FAILED },
  ];
  assert.deepEqual(
    byUrgency(sources).map(({ name }) => name),
    ['e', 'c', 'b', 'd', 'a'],
  );
});

test('counters as words', () => {
  assert.equal(wordsOf('unreadableListeners'), 'unreadable listeners');
  assert.equal(wordsOf('error401Again'), 'error401 again');
});

test('a line is as wide as its box, and as high as its greatest value', () => {
  assert.equal(sparkline([0, 2, 1], 100, 20), '0.0,20.0 50.0,0.0 100.0,10.0');
  assert.equal(sparkline([3], 100, 20), '0.0,0.0 100.0,0.0');
  assert.equal(sparkline([0, 0], 100, 20), '0.0,20.0 100.0,20.0');
});
