import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { clientFacts, presence } from '../../core/observation.ts';
import { beginPass, MAX_TOLD, type Progress, progressFrom, takePage } from './history.ts';
import type { HistoryPage } from './parse.ts';

const OVERLAP = 3600;
const NOON = 1_790_000_000;
const client = clientFacts({});

function page(...starts: readonly (readonly [id: number, started: number])[]): HistoryPage {
  const rows = starts.map(([id, started]) => ({
    key: `${id}:${started}`,
    started,
    presence: presence({ stream: 's', client, from: started * 1000 }),
  }));
  return { filtered: rows.length, length: rows.length, rows, active: 0, unreadable: 0 };
}

/** A pass of one page. */
const take = (progress: Progress, rows: HistoryPage) => takePage(progress, beginPass(progress, OVERLAP), rows, OVERLAP);

const keys = (rows: readonly { key: string }[]) => rows.map(({ key }) => key.split(':')[0]).join(' ');

test('each row is told once, also one that was overtaken by a later one', () => {
  const first = take(progressFrom(null, 0), page([1, NOON], [3, NOON + 60]));
  assert.equal(keys(first.fresh), '1 3');
  const second = take(first.progress, page([1, NOON], [2, NOON - 600], [3, NOON + 60]));
  assert.equal(keys(second.fresh), '2');
  assert.equal(second.progress.newest, NOON + 60);
  assert.equal(take(second.progress, page([1, NOON], [2, NOON - 600], [3, NOON + 60])).fresh.length, 0);
});

test('keys are kept for as long as a pass may meet them again', () => {
  const first = take(progressFrom(null, 0), page([1, NOON], [2, NOON + 10]));
  const later = take(first.progress, page([3, NOON + OVERLAP + 5]));
  assert.deepEqual(later.progress.told, [`2:${NOON + 10}`, `3:${NOON + OVERLAP + 5}`]);
  // The server's days are longer than the overlap: what is older than that comes too, and is known.
  assert.equal(take(later.progress, page([1, NOON], [2, NOON + 10], [3, NOON + OVERLAP + 5])).fresh.length, 0);
});

test('a row that moved to the next page while we read is told once, in whatever order pages come', () => {
  for (const pages of [
    [page([1, NOON], [2, NOON + 9]), page([2, NOON + 9], [3, NOON + 99_999])],
    [page([3, NOON + 99_999], [2, NOON + 9]), page([1, NOON])],
  ]) {
    const pass = beginPass(progressFrom(null, 0), OVERLAP);
    let progress = progressFrom(null, 0);
    let told = 0;
    for (const each of pages) {
      const taken = takePage(progress, pass, each, OVERLAP);
      progress = taken.progress;
      told += taken.fresh.length;
    }
    assert.equal(told, 3);
    assert.equal(pass.start, pages[0]!.length + pages[1]!.length);
  }
});

test('a pass begins a day and the overlap before the newest row: no time zone hides one', () => {
  const progress = { ...progressFrom(null, 0), newest: Date.UTC(2026, 4, 10, 0, 30) / 1000 };
  assert.equal(beginPass(progress, OVERLAP).after, '2026-05-08');
  assert.equal(beginPass(progressFrom(null, 0), OVERLAP).after, null);
});

test('where it began is kept: what was played while we were away is not lost', () => {
  const began = progressFrom(null, NOON);
  const { fresh, progress } = take(began, page([1, NOON - 1], [2, NOON]));
  assert.equal(keys(fresh), '2');
  assert.deepEqual(progressFrom(JSON.parse(JSON.stringify(progress)), NOON + 999), progress);
});

test('a cursor of another shape is a fresh start', () => {
  for (const cursor of [{}, { version: 2 }, { version: 1, newest: 'x', begin: 0, told: [] }, 'x', 5]) {
    assert.deepEqual(progressFrom(cursor, NOON), { version: 1, begin: NOON, newest: NOON, told: [] });
  }
});

test('the cursor is bounded, and what it forgets is counted', () => {
  const many = Array.from({ length: MAX_TOLD + 5 }, (_, i) => [i, NOON] as const);
  const { progress, forgotten } = take(progressFrom(null, 0), page(...many));
  assert.deepEqual([progress.told.length, forgotten], [MAX_TOLD, 5]);
});
