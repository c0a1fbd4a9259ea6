import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Gaps } from './gaps.ts';
import { combinedLine, readerOf, taken } from './reader.fixture.ts';

const MINUTE = 60_000;
const given = (isAuto: boolean, gaps: [string, number][] = []) => ({ gap: 40_000, isAuto, gaps: new Map(gaps) });

/** So many new segments, one every `step` milliseconds; answers how many were needed. */
function watch(gaps: Gaps, stream: string, step: number, folder = 'a'): number {
  for (let n = 0; n < 100; n++) if (gaps.see(stream, `/${stream}/${folder}/${n}.ts`, n * step)) return n + 1;
  return -1;
}

test('a stream has its own gap where the configuration says so, and else that of all', () => {
  const gaps = new Gaps(given(false, [['rock', 2 * MINUTE]]));
  assert.deepEqual([gaps.of('rock'), gaps.of('jazz')], [2 * MINUTE, 40_000]);
  assert.deepEqual([gaps.told('rock'), gaps.told('jazz')], [2 * MINUTE, null]);
  assert.equal(gaps.isOpen('jazz'), false);
});

test('three times the target duration, and never less than thirty seconds', () => {
  for (const [step, gap] of [
    [2000, 30_000],
    [10_000, 30_000],
    [15_000, 45_000],
    [60_000, 180_000],
  ] as const) {
    const gaps = new Gaps(given(true));
    assert.equal(watch(gaps, 'rock', step), 20);
    assert.equal(gaps.of('rock'), gap, `${step} ms`);
    assert.equal(gaps.isOpen('rock'), false);
  }
});

test('many listeners of a segment are one sight of it; a pause and a rendition beside it change nothing', () => {
  const gaps = new Gaps(given(true));
  for (let n = 0; n < 20; n++) {
    const at = n * 15_000 + (n > 10 ? 10 * MINUTE : 0);
    for (let listener = 0; listener < 5; listener++) gaps.see('rock', `/rock/720p/${n}.ts`, at + listener * 400);
    gaps.see('rock', `/rock/360p/${n * 7}.ts`, at + 7000);
  }
  assert.equal(gaps.of('rock'), 45_000);
});

test('what the configuration says of a stream is not found out; what was found out is known after a restart', () => {
  const said = new Gaps(given(true, [['rock', MINUTE]]));
  assert.equal(said.isOpen('rock'), false);
  const gaps = new Gaps(given(true));
  watch(gaps, 'rock', 20_000);
  const mark = JSON.parse(JSON.stringify(gaps.mark)) as typeof gaps.mark;
  assert.equal(new Gaps(given(true), mark).of('rock'), MINUTE);
  assert.equal(new Gaps(given(false), mark).of('rock'), 40_000);
});

test('streams that are never done do not grow without bound', () => {
  const gaps = new Gaps(given(true));
  for (let n = 0; n < 5000; n++) for (const at of [0, 1]) gaps.see(`s${n}`, `/s${n}/${at}.ts`, at * 15_000);
  // The first ones were given up: of them nineteen more are not enough.
  for (let n = 2; n < 20; n++) assert.equal(gaps.see('s0', `/s0/${n}.ts`, n * 15_000), false);
});

test('presences are folded by the gap of their stream, and the tracker is told', () => {
  const lines = [
    ...[0, 100, 250].map((at) => combinedLine({ at })),
    ...[0, 30, 71].map((at) => combinedLine({ at, request: 'GET /jazz/1.ts' })),
  ];
  const reader = readerOf({ options: { gaps: 'rock=2m' }, lateness: 600_000 });
  const presences = taken(reader, lines);
  const counted = (stream: string) =>
    presences.filter((each) => each.stream === stream).map(({ requests }) => requests);
  assert.deepEqual(
    [counted('rock'), counted('jazz')],
    [
      [2, 1],
      [2, 1],
    ],
  );
});

test('gap: auto: from its twentieth segment on the stream has its own', () => {
  const reader = readerOf({ autoGap: true });
  const lines = Array.from({ length: 20 }, (_, n) => combinedLine({ at: n * 20, request: `GET /rock/720p/${n}.ts` }));
  reader.take(Buffer.from(lines.map((line) => `${line}\n`).join('')), Number.POSITIVE_INFINITY);
  const reports = reader.cut().observations.filter((each) => each.kind === 'report');
  assert.deepEqual(
    reports.map(({ stream, gap }) => [stream, gap]),
    [
      ['rock', undefined],
      ['rock', 60_000],
    ],
  );
  assert.deepEqual(reader.mark.gaps, [['rock', 60_000]]);
  const later = readerOf({ autoGap: true, from: reader.mark });
  const presences = taken(later, [combinedLine({ at: 1000 }), combinedLine({ at: 1055 })]);
  assert.deepEqual(
    presences.map(({ requests }) => requests),
    [2],
  );
});
