/** Real files in a fresh folder: every line once, whatever becomes of the file and of us. */

import { strict as assert } from 'node:assert';
import {
  appendFileSync,
  copyFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { follow as followPath, freshFolder, has, pad, settled } from './tail.fixture.ts';
import { type TailOptions, tail } from './tail.ts';

const fresh = freshFolder();
let folder = '';
let path = '';
beforeEach(() => {
  folder = fresh.path;
  path = join(folder, 'access.log');
});

/** Follows the log. */
const follow = (more: Partial<TailOptions> = {}) => followPath(more.path ?? path, more);

test('lines are given as they are written; an unfinished one waits for its end', async () => {
  writeFileSync(path, 'a\nb\nunfin');
  const log = follow();
  await has(log, 'a', 'b');
  await settled(log);
  appendFileSync(path, 'ished\nc');
  await has(log, 'a', 'b', 'unfinished');
  await log.stop();
  assert.equal(log.error, null);
});

test('a file that is not there yet is waited for', async () => {
  const log = follow();
  await until('the end', () => log.ends > 0);
  assert.equal(log.isThere, false);
  writeFileSync(path, 'a\n');
  await has(log, 'a');
  await settled(log);
  assert.equal(log.isThere, true);
});

test('a change is noticed without waiting for the next look', async () => {
  writeFileSync(path, 'a\n');
  const log = follow({ pollMs: 600_000 });
  await until('the end', () => log.ends > 0);
  appendFileSync(path, 'b\n');
  await has(log, 'a', 'b');
});

test('a renamed file is read to its end, also what is still written to it, before and beside its successor', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const log = follow();
  await has(log, pad('a'));
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'b\n');
  await has(log, pad('a'), 'b');
  writeFileSync(path, 'd\n');
  appendFileSync(`${path}.1`, 'c\n');
  await until('all lines', () => log.lines.length === 4);
  await settled(log);
  // The writer was told late.
  appendFileSync(`${path}.1`, 'e\n');
  await until('all lines', () => log.lines.length === 5);
  assert.deepEqual([...log.lines].sort(), [pad('a'), 'b', 'c', 'd', 'e']);
  assert.equal(log.counters.get('rotations'), 1);
});

test('a removed file is read to its end, and then the one that was made in its place', async () => {
  writeFileSync(path, 'a\n');
  const log = follow();
  await has(log, 'a');
  unlinkSync(path);
  writeFileSync(path, 'b\n');
  await has(log, 'a', 'b');
});

test('a truncated file is read from its beginning, also if it has grown longer than it was', async () => {
  writeFileSync(path, 'one\ntwo\nthree\n');
  const log = follow();
  await has(log, 'one', 'two', 'three');
  truncateSync(path);
  appendFileSync(path, 'four\n');
  await has(log, 'one', 'two', 'three', 'four');
  writeFileSync(path, 'five, which is longer\nthan everything before\n');
  await has(log, 'one', 'two', 'three', 'four', 'five, which is longer', 'than everything before');
  assert.equal(log.counters.get('truncations'), 2);
});

test('a file that is written anew with as many bytes is read anew', async () => {
  writeFileSync(path, 'one\ntwo\n');
  const log = follow();
  await has(log, 'one', 'two');
  writeFileSync(path, 'six\nten\n');
  await has(log, 'one', 'two', 'six', 'ten');
});

test('a line of more than a megabyte is skipped and counted, however it is written', async () => {
  const long = 'x'.repeat(1024 * 1024 + 1);
  const longest = 'y'.repeat(1024 * 1024);
  writeFileSync(path, `a\n${long}\n${longest}\nb\n${long}`);
  const log = follow({ blockBytes: 3 * 1024 * 1024 });
  await has(log, 'a', longest, 'b');
  await settled(log);
  appendFileSync(path, `${long}\nc\n`);
  await has(log, 'a', longest, 'b', 'c');
  assert.equal(log.counters.get('longLines'), 2);
});

test('a long line is still being skipped after a restart', async () => {
  writeFileSync(path, `a\n${'x'.repeat(3_000_000)}`);
  const log = follow();
  await until('the long line', () => log.counters.get('longLines') === 1);
  await settled(log);
  await log.stop();
  appendFileSync(path, 'rest of it\nb\n');
  await has(follow({ cursor: log.cursor }), 'b');
});

test('reading begins at the end, behind the last whole line, if it is told to', async () => {
  writeFileSync(path, 'a\nb\nhal');
  const log = follow({ start: 'end' });
  await until('the end', () => log.ends > 0);
  appendFileSync(path, 'f\nc\n');
  await has(log, 'half', 'c');
});

test('what comes after the end was looked for is read, also after a restart', async () => {
  writeFileSync(path, 'a\n');
  const log = follow({ start: 'end' });
  await until('the end', () => log.ends > 0);
  await log.stop();
  appendFileSync(path, 'b\n');
  await has(follow({ start: 'end', cursor: log.cursor }), 'b');
});

test('reading begins at the first line that is not before', async () => {
  const numbers = Array.from({ length: 50_000 }, (_, i) => (i % 7 === 3 ? 'garbage' : `${i} ${'.'.repeat(i % 50)}`));
  writeFileSync(path, `${numbers.join('\n')}\n`);
  const isBefore = (wanted: number) => (line: Buffer) => {
    const number = Number.parseInt(line.toString(), 10);
    return Number.isNaN(number) ? null : number < wanted;
  };
  for (const wanted of [0, 1, 777, 25_000, 49_990]) {
    const log = follow({ start: { isBefore: isBefore(wanted) }, follow: false });
    await until('the first line', () => log.lines.length > 0);
    assert.equal(Number.parseInt(log.lines[0]!, 10), wanted % 7 === 3 ? wanted + 1 : wanted);
    await until('the last line', () => log.lines.at(-1)?.startsWith('49999'));
  }
  const log = follow({ start: { isBefore: isBefore(50_000) } });
  await until('the end', () => log.ends > 0);
  assert.deepEqual(log.lines, []);
});

test('without following, the last line is read although it has no end, and then all is done', async () => {
  writeFileSync(path, 'a\nb');
  const log = follow({ follow: false });
  await has(log, 'a', 'b');
  await until('the cursor', () => log.cursor);
  await log.stop();
  const again = follow({ follow: false, cursor: log.cursor });
  await again.stop();
  assert.deepEqual(again.lines, []);
});

test('after a restart the file is found again under the name that it has by then, with what followed it', async () => {
  writeFileSync(path, `${pad('a')}\n${pad('b')}\n`);
  const log = follow();
  await has(log, pad('a'), pad('b'));
  await log.stop();
  appendFileSync(path, 'c\n');
  renameSync(path, `${path}.3`);
  writeFileSync(`${path}.2`, 'd\n');
  writeFileSync(`${path}.1`, 'e\n');
  writeFileSync(`${path}.4`, 'older\n');
  writeFileSync(`${path}.1.gz`, 'not looked at\n');
  writeFileSync(path, 'f\n');
  await has(follow({ cursor: log.cursor }), 'c', 'd', 'e', 'f');
});

test('names with dates are understood, too', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const log = follow();
  await has(log, pad('a'));
  await log.stop();
  renameSync(path, `${path}-20261119`);
  appendFileSync(`${path}-20261119`, 'b\n');
  writeFileSync(`${path}-20261121`, 'd\n');
  writeFileSync(`${path}-20261120`, 'c\n');
  writeFileSync(`${path}-20261118`, 'older\n');
  writeFileSync(path, 'e\n');
  await has(follow({ cursor: log.cursor }), 'b', 'c', 'd', 'e');
});

test('a copy of the file is known by what stands in it, though its inode is another', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const log = follow();
  await has(log, pad('a'));
  await log.stop();
  copyFileSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'b\n');
  unlinkSync(path);
  writeFileSync(path, 'c\n');
  await has(follow({ cursor: log.cursor }), 'b', 'c');
});

test('another file under the old name and inode is not taken for the one that was read', async () => {
  writeFileSync(path, `${pad('a')}\n${pad('b')}\n`);
  const log = follow();
  await has(log, pad('a'), pad('b'));
  await log.stop();
  writeFileSync(path, `${pad('c')}\n${pad('d')}\n${pad('e')}\n`);
  const again = follow({ cursor: log.cursor });
  await has(again, pad('c'), pad('d'), pad('e'));
  assert.equal(again.counters.get('lostFiles'), 1);
});

test('a file that was empty when we stopped and renamed afterwards is read', async () => {
  writeFileSync(path, '');
  const log = follow();
  await until('the end', () => log.ends > 0);
  await log.stop();
  appendFileSync(path, 'a\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'b\n');
  await has(follow({ cursor: log.cursor }), 'a', 'b');
});

test('a file behind a symbolic link is followed, and the link may turn to another', async () => {
  writeFileSync(join(folder, 'monday'), 'a\n');
  writeFileSync(join(folder, 'tuesday'), 'b\n');
  symlinkSync(join(folder, 'monday'), path);
  const log = follow();
  await has(log, 'a');
  unlinkSync(path);
  symlinkSync(join(folder, 'tuesday'), path);
  await has(log, 'a', 'b');
});

test('it stops at once while it waits, and leaves nothing open', async () => {
  writeFileSync(path, 'a\n');
  const openBefore = readdirSync('/proc/self/fd').length;
  const log = follow({ pollMs: 600_000 });
  await has(log, 'a');
  await until('the end', () => log.ends > 0);
  const startedAt = performance.now();
  await log.stop();
  assert.ok(performance.now() - startedAt < 5000);
  await until('nothing open', () => readdirSync('/proc/self/fd').length <= openBefore);
});

test('the next block is read only when it is asked for', async () => {
  writeFileSync(path, `${pad('a')}\n`.repeat(40_000));
  const steps = tail({
    ...{ path, start: 'start', follow: true, cursor: null, signal: new AbortController().signal },
    ...{ clock: systemClock, counters: new ScopedCounters(), blockBytes: 1024 * 1024 },
  });
  const first = await steps.next();
  assert.equal(first.value?.kind, 'lines');
  const [mark] = first.value!.cursor();
  assert.ok(mark!.offset < 1024 * 1024 + 2000);
  await steps.return();
});

const REFUSED: readonly [string, string, () => string][] = [
  ['a folder that does not exist', 'LOG_FOLDER_MISSING', () => join(folder, 'nowhere', 'access.log')],
  ['a folder', 'LOG_NOT_A_FILE', () => folder],
  ['a device', 'LOG_NOT_A_FILE', () => '/dev/null'],
  ['a file that is in the way of a folder', 'LOG_UNREADABLE', () => join(path, 'access.log')],
];

for (const [what, code, where] of REFUSED) {
  test(`${what} is refused: ${code}`, async () => {
    writeFileSync(path, '');
    const log = follow({ path: where() });
    await until('the error', () => log.error !== null);
    assert.ok(log.error instanceof HeadcountError);
    assert.equal(log.error.code, code);
    assert.match(log.error.message, /^The .*\.$/);
  });
}

test('without following, a file that does not exist is an error', async () => {
  const log = follow({ follow: false });
  await until('the error', () => log.error !== null);
  assert.equal((log.error as HeadcountError).code, 'LOG_MISSING');
});

test('a log that is rotated several times while nobody reads is read in order', async () => {
  writeFileSync(path, 'a\n');
  const log = follow({ pollMs: 600_000 });
  await has(log, 'a');
  for (const [i, text] of ['b', 'c', 'd'].entries()) {
    for (let n = i; n > 0; n--) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, `${text}\n`);
  }
  await has(log, 'a', 'b', 'c', 'd');
});
