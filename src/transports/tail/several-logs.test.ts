/** Patterns: several logs at once, each with its own place, that come and go. */

import { strict as assert } from 'node:assert';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { until } from '../../../lab/child.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { type Following, follow, freshFolder, has, pack, pad, settled } from './tail.fixture.ts';

const fresh = freshFolder();
let pattern = '';
beforeEach(() => {
  pattern = join(fresh.path, '*.log');
});
const file = (name: string) => join(fresh.path, name);
const write = (name: string, ...lines: string[]) =>
  appendFileSync(file(name), lines.map((line) => `${line}\n`).join(''));

/** The lines of one of the logs, in the order in which they came. */
const of = (log: Following, name: string) => log.lines.filter((_, i) => log.paths[i] === file(name));
const names = (log: Following) => log.files.map(({ path }) => path.slice(fresh.path.length + 1)).sort();
const hasAll = (log: Following, count: number) =>
  until(`${count} lines of ${log.lines.join(', ')}`, () => log.error !== null || log.lines.length >= count);

test('every log that the pattern means is followed, also one that is made later; the others are not', async () => {
  write('a.log', 'a1');
  write('b.log', 'b1');
  write('c.txt', 'not meant');
  const log = follow(pattern);
  await hasAll(log, 2);
  write('c.log', 'c1');
  write('a.log', 'a2');
  await hasAll(log, 4);
  await settled(log);
  assert.deepEqual([of(log, 'a.log'), of(log, 'b.log'), of(log, 'c.log')], [['a1', 'a2'], ['b1'], ['c1']]);
  assert.equal(log.lines.length, 4);
  assert.equal(new Set(log.files.map(({ id }) => id)).size, 3);
  assert.ok(log.files.every(({ isAtEnd }) => isAtEnd));
});

test('a new log is noticed without waiting for the next look', async () => {
  const log = follow(pattern, { pollMs: 60_000 });
  await until('the end', () => log.ends > 0);
  assert.equal(log.isThere, false);
  write('a.log', 'a1');
  await has(log, 'a1');
  await until('the end, with a log', () => log.isThere);
});

test('reading begins where it is told in logs that are there, and at the beginning of new ones', async () => {
  write('a.log', 'a1');
  const log = follow(pattern, { start: 'end' });
  await until('the end', () => log.ends > 0);
  write('b.log', 'b1');
  write('a.log', 'a2');
  await hasAll(log, 2);
  assert.deepEqual([...log.lines].sort(), ['a2', 'b1']);
});

test('each log is gone on with where it was, found under other names and packed, and new ones are read', async () => {
  for (const name of ['a.log', 'b.log', 'c.log']) write(name, pad(`${name} 1`));
  const log = follow(pattern);
  await hasAll(log, 3);
  await settled(log);
  await log.stop();
  for (const name of ['a.log', 'b.log', 'c.log']) write(name, `${name} 2`);
  renameSync(file('a.log'), file('a.log.1'));
  pack(file('a.log.1'));
  write('a.log', 'a.log 3');
  // No log of this name is there any more, but what was rotated away is to be read.
  renameSync(file('b.log'), file('b.1.log'));
  write('d.log', 'd.log 1');
  const again = follow(pattern, { cursor: log.cursor, start: 'end' });
  await hasAll(again, 5);
  await settled(again);
  assert.deepEqual(of(again, 'a.log'), ['a.log 2', 'a.log 3']);
  assert.deepEqual(of(again, 'b.log'), ['b.log 2']);
  assert.deepEqual(of(again, 'c.log'), ['c.log 2']);
  assert.deepEqual(of(again, 'd.log'), ['d.log 1']);
  assert.equal(again.lines.length, 5);
});

test('what was rotated away is not read twice, whatever it is called', async () => {
  for (const [i, rotated] of ['x.log.1', 'x.1.log', 'x.log-20261121', 'x-20261121.log', 'x.old.log'].entries()) {
    mkdirSync(file(String(i)));
    const inFolder = (name: string) => join(fresh.path, String(i), name);
    writeFileSync(inFolder('x.log'), 'a\n');
    const log = follow(inFolder('*log*'), { lingerMs: 30 });
    await has(log, 'a');
    renameSync(inFolder('x.log'), inFolder(rotated));
    appendFileSync(inFolder(rotated), 'b\n');
    await has(log, 'a', 'b');
    writeFileSync(inFolder('x.log'), 'c\n');
    await has(log, 'a', 'b', 'c');
    await settled(log);
    await log.stop();
    const again = follow(inFolder('*log*'), { cursor: log.cursor });
    await settled(again);
    await has(again);
  }
});

test('a link and the file that it leads to are one log', async () => {
  write('monday.log', 'a');
  symlinkSync(file('monday.log'), file('current.log'));
  const log = follow(pattern, { lingerMs: 30 });
  await has(log, 'a');
  write('tuesday.log', 'b');
  unlinkSync(file('current.log'));
  symlinkSync(file('tuesday.log'), file('current.log'));
  await has(log, 'a', 'b');
  write('monday.log', 'c');
  write('tuesday.log', 'd');
  await hasAll(log, 4);
  await settled(log);
  assert.deepEqual([...log.lines].sort(), ['a', 'b', 'c', 'd']);
});

test('a log that is removed is read to its end and forgotten; one of the same name is new', async () => {
  write('a.log', 'a1');
  write('b.log', 'b1');
  const openBefore = readdirSync('/proc/self/fd').length;
  const log = follow(pattern, { lingerMs: 30 });
  await hasAll(log, 2);
  const id = log.files.find(({ path }) => path === file('a.log'))!.id;
  unlinkSync(file('a.log'));
  await until('it is forgotten', () => names(log).join() === 'b.log');
  assert.equal(log.cursor!.length, 1);
  write('a.log', 'a1');
  await hasAll(log, 3);
  assert.deepEqual(of(log, 'a.log'), ['a1', 'a1']);
  assert.notEqual(log.files.find(({ path }) => path === file('a.log'))!.id, id);
  await log.stop();
  await until('nothing open', () => readdirSync('/proc/self/fd').length <= openBefore);
});

test('no more than 256 logs are followed, and the others are counted', async () => {
  for (let i = 0; i < 300; i++) write(`${i}.log`, String(i));
  const log = follow(pattern, { lingerMs: 30 });
  await hasAll(log, 256);
  await settled(log);
  assert.equal(log.lines.length, 256);
  assert.equal(log.counters.get('ignoredLogs'), 44);
  for (const { path } of log.files.slice(0, 50)) unlinkSync(path);
  await hasAll(log, 300);
  await until('none is ignored', () => log.counters.get('ignoredLogs') === 0);
});

test('the log that is the furthest behind is read first', async () => {
  const lines = (from: number, step: number) => Array.from({ length: 5000 }, (_, i) => pad(String(from + i * step)));
  write('a.log', ...lines(0, 2));
  write('b.log', ...lines(1, 2));
  write('later.log', ...lines(10_000, 1));
  const newest = new Map<string, number>();
  const log: Following = follow(pattern, {
    blockBytes: 1,
    follow: false,
    timeOf: ({ path }) => {
      const last = log.lines.filter((_, i) => log.paths[i] === path).at(-1);
      if (last !== undefined) newest.set(path, Number.parseInt(last, 10));
      return newest.get(path) ?? null;
    },
  });
  await until('its end', () => log.isOver);
  assert.equal(log.lines.length, 15_000);
  const order = log.paths
    .filter((path, i) => path !== log.paths[i - 1])
    .map((path) => path.slice(fresh.path.length + 1));
  assert.equal(order.at(-1), 'later.log');
  // One block of each to begin with, then those two in turn to their ends.
  assert.ok(order.length >= 5, order.join(', '));
  assert.ok(
    order.slice(3, -1).every((name) => name !== 'later.log'),
    order.join(', '),
  );
});

test('a log that cannot be read does not stop the others, and is read when it can be', async () => {
  mkdirSync(file('folder'));
  write('a.log', 'a1');
  write('b.log', pad('b1'));
  const log = follow(pattern);
  await hasAll(log, 2);
  await settled(log);
  await log.stop();
  // A link to itself can be read by nobody.
  renameSync(file('b.log'), file('folder/b'));
  symlinkSync(file('b.log'), file('b.log'));
  const again = follow(pattern, { cursor: log.cursor });
  write('a.log', 'a2');
  await has(again, 'a2');
  await until('it is counted', () => again.counters.get('unreadableLogs') === 1);
  await settled(again);
  unlinkSync(file('b.log'));
  renameSync(file('folder/b'), file('b.log'));
  write('b.log', 'b2');
  await has(again, 'a2', 'b2');
  assert.equal(again.counters.get('unreadableLogs'), 0);
  assert.equal(again.counters.get('lostFiles'), 0);
});

test('if none can be read, that is an error; if there is none, that is not', async () => {
  symlinkSync(file('a.log'), file('a.log'));
  const log = follow(pattern);
  await until('the error', () => log.error !== null);
  assert.equal((log.error as HeadcountError).code, 'LOG_UNREADABLE');
  const none = follow(join(fresh.path, '*.txt'), { follow: false });
  await until('the error', () => none.error !== null);
  assert.equal((none.error as HeadcountError).code, 'LOG_MISSING');
  const nowhere = follow(join(fresh.path, 'nowhere', '*.log'));
  await until('the error', () => nowhere.error !== null);
  assert.ok(nowhere.error instanceof HeadcountError);
  assert.equal(nowhere.error.code, 'LOG_FOLDER_MISSING');
});

test('archives that the pattern means are read once each', async () => {
  for (const name of ['1', '2']) writeFileSync(file(`${name}.log.gz`), gzipSync(`${name}\n`));
  const log = follow(join(fresh.path, '*.gz'));
  await hasAll(log, 2);
  await settled(log);
  await log.stop();
  assert.deepEqual([...log.lines].sort(), ['1', '2']);
  assert.ok(log.cursor!.every(({ isWhole }) => isWhole));
  writeFileSync(file('3.log.gz'), gzipSync('3\n'));
  const again = follow(join(fresh.path, '*.gz'), { cursor: log.cursor });
  await has(again, '3');
  await settled(again);
  await has(again, '3');
});

test('a path may become a pattern, and a pattern a path', async () => {
  write('a.log', pad('a1'));
  const one = follow(file('a.log'));
  await has(one, pad('a1'));
  await one.stop();
  write('a.log', 'a2');
  write('b.log', 'b1');
  const many = follow(pattern, { cursor: one.cursor });
  await hasAll(many, 2);
  await settled(many);
  assert.deepEqual([...many.lines].sort(), ['a2', 'b1']);
  await many.stop();
  write('a.log', 'a3');
  const again = follow(file('a.log'), { cursor: many.cursor });
  await has(again, 'a3');
  assert.equal(again.counters.get('lostFiles'), 0);
});

const NAMES = ['a.log', 'b.log', 'c.log'];
const happenings = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), which: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('rotate' as const), which: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pack' as const), which: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'read' as const }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'restart' as const }) },
  ),
  { maxLength: 40 },
);

test('whatever is written to which, rotated and restarted when: every line of each once, in order', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      const folder = String(++run);
      mkdirSync(file(folder));
      const at = (name: string) => join(fresh.path, folder, name);
      const written = NAMES.map((): string[] => []);
      const append = (which: number) => {
        const line = `${NAMES[which]} ${written[which]!.length}`;
        written[which]!.push(line);
        appendFileSync(at(NAMES[which]!), `${line}\n`);
      };
      const isThere = (name: string) => statSync(at(name), { throwIfNoEntry: false }) !== undefined;
      const taken: string[] = [];
      append(0);
      let log = follow(at('*.log'), { pollMs: 10 });
      // What has come and gone before it was ever seen is not known to have been there.
      const seen = new Set<number>();
      await settled(log);
      for (const each of all) {
        if (each.kind === 'write') append(each.which);
        if (each.kind === 'read') await settled(log);
        if (each.kind === 'restart') {
          await log.stop();
          taken.push(...log.lines);
          log = follow(at('*.log'), { pollMs: 10, cursor: log.cursor });
        }
        for (const { path } of log.files) seen.add(NAMES.findIndex((name) => path.endsWith(name)));
        const name = 'which' in each ? NAMES[each.which]! : '';
        if (each.kind === 'pack' && isThere(`${name}.1`)) pack(at(`${name}.1`));
        if (each.kind !== 'rotate' || !isThere(name) || !seen.has(each.which)) continue;
        for (let n = 30; n > 0; n--) {
          for (const suffix of ['', '.gz']) {
            if (isThere(`${name}.${n}${suffix}`))
              renameSync(at(`${name}.${n}${suffix}`), at(`${name}.${n + 1}${suffix}`));
          }
        }
        renameSync(at(name), at(`${name}.1`));
      }
      for (const which of [0, 1, 2]) append(which);
      const count = written.flat().length;
      await until(`${count} lines`, () => taken.length + log.lines.length >= count);
      await settled(log);
      await log.stop();
      assert.equal(log.error, null);
      taken.push(...log.lines);
      assert.deepEqual(
        NAMES.map((name) => taken.filter((line) => line.startsWith(name))),
        written,
      );
      assert.equal(taken.length, count);
    }),
    { numRuns: 20 },
  );
});
