/** Streams that come in one answer, as long as somebody listens. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Presence } from '../../core/observation.ts';
import { combinedLine, jsonLine, presencesOf, T0 } from './reader.fixture.ts';

const told = (presences: readonly Presence[]) =>
  presences.map(({ stream, from, to, bytes, over }) => [stream, (from - T0) / 1000, (to - T0) / 1000, bytes, over]);
const asked = (request: string, more: Record<string, unknown> = {}) => jsonLine({ at: 100, request, sent: 9 }, more);

test('whoever has listened for a minute when the answer ends was there for that minute', () => {
  assert.deepEqual(told(presencesOf([asked('GET /live.mp3', { request_time: '60.500' })])), [
    ['/live.mp3', 39.5, 100, 9, false],
  ]);
});

test('a log that does not say how long it took tells of its end alone', () => {
  assert.deepEqual(told(presencesOf([combinedLine({ at: 100, request: 'GET /live.mp3', sent: 9 })])), [
    ['/live.mp3', 100, 100, 9, false],
  ]);
});

test('a segment that takes its time is a request like any other', () => {
  for (const request of ['GET /hls/rock/17.ts', 'GET /hls/rock/720p.m3u8']) {
    assert.deepEqual(told(presencesOf([asked(request, { request_time: '30' })])), [['rock', 100, 100, 9, false]]);
  }
});

test('nobody has listened for longer than a year', () => {
  const [presence] = presencesOf([asked('GET /live.mp3', { request_time: '999999999' })]);
  assert.equal(presence!.to - presence!.from, 366 * 86_400_000);
});

test('whoever sends a progressive stream by PUT is a publisher', () => {
  const [publisher, listener] = presencesOf([
    combinedLine({ request: 'PUT /live.mp3' }),
    combinedLine({ request: 'GET /live.mp3' }),
  ]);
  assert.deepEqual([publisher!.client.isPublisher, listener!.client.isPublisher], [true, false]);
});
