/** The truth about a crowd, by examples counted by hand. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Answer } from './perform.ts';
import { type CrowdPlan, type Script, writeScripts } from './script.ts';
import { concurrency, peakOf, type Told, trueSessions } from './truth.ts';

const PLAN: CrowdPlan = {
  ...{ seed: 1, players: 60, streams: ['rock'], qualities: ['360p'] },
  ...{ length: 40_000, quiet: { from: 16_000, to: 28_000 }, gap: 5000 },
};
const SCRIPTS = writeScripts(PLAN);
const scriptWith = (cmcd: 'query' | 'headers' | null): Script =>
  SCRIPTS.find(({ device }) => device.cmcd === cmcd && device.urlId === 'everything')!;

const START = Date.UTC(2026, 10, 21, 12);
const GAP = 5000;

/** `at` in seconds. */
function answer(script: Script, at: number, more: Partial<Answer> = {}): Answer {
  const facts = { script, playback: 'a', stream: 'rock', quality: null, status: 200, bytes: 100, measured: null };
  return { ...facts, at: START + at * 1000, ...more };
}

function sessionsOf(answers: readonly Answer[], ...told: Told[]): string[] {
  return trueSessions(answers, new Set(told), GAP).map(
    ({ from, to, requests, bytes, stream, quality }) =>
      `${stream} ${(from - START) / 1000}–${(to - START) / 1000} ${requests} requests ${bytes} bytes ${quality}`,
  );
}

const script = scriptWith(null);

test('requests no further apart than the gap are one session; a lone one counts a second', () => {
  const answers = [0, 1, 6, 12].map((at) => answer(script, at));
  assert.deepEqual(sessionsOf(answers), ['rock 0–6 3 requests 300 bytes null', 'rock 12–13 1 requests 100 bytes null']);
});

test('the order in which answers come is nothing', () => {
  const answers = [12, 1, 6, 0].map((at) => answer(script, at));
  assert.deepEqual(sessionsOf(answers), sessionsOf(answers.toReversed()));
});

test('what is not there keeps nobody present', () => {
  const answers = [answer(script, 0), answer(script, 4, { status: 404 }), answer(script, 8)];
  assert.equal(sessionsOf(answers).length, 2);
});

test('each stream has a session of its own', () => {
  const answers = [answer(script, 0), answer(script, 1, { stream: 'jazz' })];
  assert.equal(sessionsOf(answers).length, 2);
});

test('the newest quality stays; of several in one second the greatest name', () => {
  const asked = (at: number, quality: string | null) => answer(script, at, { quality });
  assert.match(sessionsOf([asked(0, '720p'), asked(1, '360p'), asked(2, null)])[0]!, / 360p$/);
  assert.match(sessionsOf([asked(0, '360p'), asked(1, '720p'), asked(1, '360p')])[0]!, / 720p$/);
});

test('two playbacks of one client are two sessions where the log tells their ids', () => {
  const both = (who: Script) => [answer(who, 0), answer(who, 1, { playback: 'b' }), answer(who, 2)];
  const counts = (who: Script, ...told: Told[]) => sessionsOf(both(who), ...told).length;
  assert.equal(counts(scriptWith(null)), 1);
  assert.equal(counts(scriptWith(null), 'urlId'), 2);
  assert.equal(counts(scriptWith(null), 'cmcdQuery', 'cmcdHeaders'), 1);
  assert.equal(counts(scriptWith('query'), 'cmcdQuery'), 2);
  assert.equal(counts(scriptWith('query'), 'cmcdHeaders'), 1);
  assert.equal(counts(scriptWith('headers'), 'cmcdHeaders'), 2);
});

test('what a player said last of its playback stays, where the log tells it', () => {
  const who = scriptWith('query');
  const said = (at: number, bitrate: number, isStarved = false) =>
    answer(who, at, { measured: { bitrate, throughput: bitrate * 4, isStarved } });
  const answers = [said(0, 720, true), said(1, 360), said(2, 720), said(2, 360), answer(who, 3)];
  const measuresOf = (...told: Told[]) =>
    trueSessions(answers, new Set(), GAP, new Set(told)).map(({ bitrate, throughput, isStarved }) => [
      ...[bitrate, throughput, isStarved],
    ]);
  assert.deepEqual(measuresOf('cmcdQuery'), [[720, 2880, true]]);
  assert.deepEqual(measuresOf('cmcdHeaders'), [[null, null, false]]);
});

test('a session is there from its first second up to its last, not in it', () => {
  const answers = [answer(script, 0), answer(script, 3), answer(script, 3, { stream: 'jazz' })];
  const sessions = trueSessions(answers, new Set(), GAP);
  assert.deepEqual(concurrency(sessions, START, START + 5000), [1, 1, 1, 1, 0]);
  assert.equal(peakOf(sessions), 1);
});
