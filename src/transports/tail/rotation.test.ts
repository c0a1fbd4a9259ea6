/** One test for each thing that becomes of a log: packed, linked, copied, truncated, replaced. */

import { strict as assert } from 'node:assert';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { type Following, follow, freshFolder, has, pack, pad, settled } from './tail.fixture.ts';
import { tail } from './tail.ts';

const fresh = freshFolder();
let path = '';
beforeEach(() => {
  path = join(fresh.path, 'access.log');
});

/** Reads what there is, and stops. */
async function readAndStop(...lines: string[]): Promise<Following> {
  const log = follow(path);
  await has(log, ...lines);
  await settled(log);
  await log.stop();
  return log;
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => pad(String(i)));

test('a file that was packed while we were away is gone on with, and what followed it is read, packed or not', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const { cursor } = await readAndStop(pad('a'));
  appendFileSync(path, 'b\n');
  renameSync(path, `${path}.3`);
  pack(`${path}.3`);
  writeFileSync(`${path}.2`, `${pad('c')}\n`);
  pack(`${path}.2`);
  writeFileSync(`${path}.1`, 'd\n');
  writeFileSync(path, 'e\n');
  writeFileSync(`${path}.4.gz`, 'this is broken, and older');
  const log = follow(path, { cursor });
  await has(log, 'b', pad('c'), 'd', 'e');
  await settled(log);
  assert.deepEqual([log.counters.get('lostFiles'), log.counters.get('damagedArchives')], [0, 0]);
});

const DATED: Readonly<Record<string, (day: number) => string>> = {
  'behind the name': (day) => `${path}-202611${day}`,
  'before the extension': (day) => path.replace('.log', `-202611${day}.log`),
};

for (const [where, name] of Object.entries(DATED)) {
  test(`also with dates ${where}`, async () => {
    writeFileSync(path, `${pad('a')}\n`);
    const { cursor } = await readAndStop(pad('a'));
    renameSync(path, name(19));
    pack(name(19));
    writeFileSync(name(20), 'b\n');
    pack(name(20));
    writeFileSync(path, 'c\n');
    await has(follow(path, { cursor }), 'b', 'c');
  });
}

test('a packed file of which little or nothing had been read is known by its turn', async () => {
  for (const read of [[], ['a']]) {
    writeFileSync(path, read.map((line) => `${line}\n`).join(''));
    const { cursor } = await readAndStop(...read);
    appendFileSync(path, 'b\n');
    renameSync(path, `${path}.2`);
    pack(`${path}.2`);
    writeFileSync(`${path}.1`, 'c\n');
    writeFileSync(path, 'd\n');
    writeFileSync(`${path}.3`, 'a\nolder\n');
    utimesSync(`${path}.3`, 1, 1);
    await has(follow(path, { cursor }), 'b', 'c', 'd');
  }
});

test('while there is much to read, what is rotated and packed meanwhile is not missed', async () => {
  const lines = numbered(20_000);
  const text = (from: number, to: number) =>
    lines
      .slice(from, to)
      .map((line) => `${line}\n`)
      .join('');
  writeFileSync(path, text(0, 10_000));
  const steps = tail({
    ...{ path, start: 'start', follow: true, cursor: null, signal: new AbortController().signal },
    ...{ clock: systemClock, counters: new ScopedCounters(), blockBytes: 1024 * 1024, pollMs: 20 },
  });
  const taken: string[] = [];
  for (let block = 0; taken.length < lines.length; block++) {
    const step = (await steps.next()).value!;
    if (step.kind === 'lines') taken.push(...step.bytes.toString().trimEnd().split('\n'));
    if (block !== 0) continue;
    renameSync(path, `${path}.1`);
    pack(`${path}.1`);
    renameSync(`${path}.1.gz`, `${path}.2.gz`);
    writeFileSync(`${path}.1`, text(10_000, 15_000));
    pack(`${path}.1`);
    writeFileSync(path, text(15_000, 20_000));
  }
  await steps.return();
  assert.deepEqual(taken, lines);
});

test('a packed file that is cut is read as far as it goes, counted, and passed', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const { cursor } = await readAndStop(pad('a'));
  renameSync(path, `${path}.2`);
  const lines = Array.from({ length: 2000 }, (_, i) => `${i} ${(i * 7919) % 10_007}`);
  const packed = gzipSync(`${lines.join('\n')}\n`);
  writeFileSync(`${path}.1.gz`, packed.subarray(0, packed.length / 2));
  writeFileSync(path, 'z\n');
  const log = follow(path, { cursor });
  await until('the last line', () => log.lines.at(-1) === 'z');
  assert.deepEqual(log.lines.slice(0, -1), lines.slice(0, log.lines.length - 1));
  assert.ok(log.lines.length > 500);
  assert.equal(log.counters.get('damagedArchives'), 1);
  assert.equal(log.counters.get('unfinishedLines'), 1);
});

test('a path that ends in .gz is read once, with all its members and a last line without its end', async () => {
  const archive = `${path}.gz`;
  writeFileSync(path, 'another file\n');
  writeFileSync(archive, Buffer.concat([gzipSync('a\nb\n'), gzipSync('c\nd')]));
  const log = follow(archive);
  await until('its end', () => log.isOver);
  await has(log, 'a', 'b', 'c', 'd');
  const again = follow(archive, { cursor: log.cursor });
  await until('its end', () => again.isOver);
  await has(again);
  assert.equal(again.counters.get('lostFiles'), 0);
});

test('an archive is gone on with in its middle', async () => {
  const archive = `${path}.gz`;
  const lines = numbered(10_000);
  writeFileSync(archive, gzipSync(`${lines.join('\n')}\n`));
  const begun = tail({
    ...{ path: archive, start: 'start', follow: true, cursor: null, signal: new AbortController().signal },
    ...{ clock: systemClock, counters: new ScopedCounters(), blockBytes: 1024 * 1024 },
  });
  const step = (await begun.next()).value!;
  assert.ok(step.kind === 'lines');
  const first = step.bytes.toString().trimEnd().split('\n');
  const cursor = step.cursor();
  await begun.return();
  assert.ok(first.length > 1000 && first.length < 5000);
  const rest = follow(archive, { cursor });
  await until('its end', () => rest.isOver);
  assert.deepEqual([...first, ...rest.lines], lines);
});

test('in an archive, too, reading begins where it is told to', async () => {
  const archive = `${path}.gz`;
  const numbers = Array.from({ length: 50_000 }, (_, i) => (i % 7 === 3 ? 'garbage' : `${i} ${'.'.repeat(i % 50)}`));
  numbers[20_000] = 'x'.repeat(200_000);
  writeFileSync(archive, gzipSync(`${numbers.join('\n')}\n`));
  for (const wanted of [0, 777, 25_000, 49_990]) {
    const isBefore = (line: Buffer) => {
      const number = Number.parseInt(line.toString(), 10);
      return Number.isNaN(number) ? null : number < wanted;
    };
    const log = follow(archive, { start: { isBefore } });
    await until('its end', () => log.isOver);
    const first = wanted % 7 === 3 ? wanted + 1 : wanted;
    assert.equal(Number.parseInt(log.lines[0]!, 10), first);
    assert.equal(log.lines.length, 50_000 - first);
  }
  const atEnd = follow(archive, { start: 'end' });
  await until('its end', () => atEnd.isOver);
  await has(atEnd);
});

test('if the file itself is not there any more, what was written after it is read, packed or not', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  writeFileSync(`${path}.1`, 'older\n');
  utimesSync(`${path}.1`, 1, 1);
  const { cursor } = await readAndStop(pad('a'));
  unlinkSync(path);
  for (const [file, at] of [
    [`${path}.2`, 1],
    [`${path}.1`, 2],
    [path, 3],
  ] as const) {
    writeFileSync(file, `${at}\n`);
    utimesSync(file, Date.now() / 1000 + at, Date.now() / 1000 + at);
  }
  pack(`${path}.2`);
  const log = follow(path, { cursor });
  await has(log, '1', '2', '3');
  assert.equal(log.counters.get('lostFiles'), 1);
});

test('a link is followed from folder to folder, also if it was turned and the file packed while we were away', async () => {
  const file = (day: string) => join(fresh.path, day, 'access');
  for (const day of ['19', '20', '21']) mkdirSync(join(fresh.path, day));
  const turn = (day: string) => {
    unlinkSync(path);
    symlinkSync(file(day), path);
  };
  writeFileSync(file('19'), `${pad('a')}\n`);
  symlinkSync(file('19'), path);
  const log = follow(path);
  await has(log, pad('a'));
  writeFileSync(file('20'), `${pad('c')}\n`);
  turn('20');
  appendFileSync(file('19'), 'b\n');
  await until('both', () => log.lines.length === 3);
  assert.deepEqual([...log.lines].sort(), [pad('a'), 'b', pad('c')]);
  await settled(log);
  await log.stop();
  appendFileSync(file('20'), 'd\n');
  pack(file('20'));
  writeFileSync(file('21'), 'e\n');
  turn('21');
  await has(follow(path, { cursor: log.cursor }), 'd', 'e');
});

test('a link that was turned several times: what lies between by its date is read, too', async () => {
  const file = (day: number) => join(fresh.path, `access.2026-11-${day}.log`);
  writeFileSync(file(18), 'older\n');
  writeFileSync(file(19), `${pad('a')}\n`);
  symlinkSync(file(19), path);
  const { cursor } = await readAndStop(pad('a'));
  writeFileSync(file(20), 'b\n');
  pack(file(20));
  writeFileSync(file(21), 'c\n');
  writeFileSync(file(22), 'd\n');
  writeFileSync(file(23), 'not yet\n');
  unlinkSync(path);
  symlinkSync(file(22), path);
  await has(follow(path, { cursor }), 'b', 'c', 'd');
});

test('an empty file that was packed while it was open hides none that came after it', async () => {
  writeFileSync(path, '');
  utimesSync(path, 1, 1);
  const log = follow(path, { pollMs: 600_000 });
  await until('the end', () => log.ends > 0);
  renameSync(path, `${path}.2`);
  pack(`${path}.2`);
  writeFileSync(`${path}.1`, 'a\n');
  writeFileSync(path, 'b\n');
  await has(log, 'a', 'b');
});

test('a link that leads nowhere is waited for', async () => {
  symlinkSync(join(fresh.path, 'later'), path);
  const log = follow(path);
  await until('the end', () => log.ends > 0);
  assert.equal(log.isThere, false);
  writeFileSync(join(fresh.path, 'later'), 'a\n');
  await has(log, 'a');
});

test('a file that is written anew, as long as it was and with the same end, is read anew', async () => {
  const end = `"GET / HTTP/1.1" 200 2 "-" "${'-'.repeat(80)}"`;
  writeFileSync(path, `at noon ${end}\n`);
  const log = follow(path);
  await has(log, `at noon ${end}`);
  await settled(log);
  writeFileSync(path, `at nine ${end}\n`);
  await has(log, `at noon ${end}`, `at nine ${end}`);
  writeFileSync(path, `at five ${end}\nmore\n`);
  await has(log, `at noon ${end}`, `at nine ${end}`, `at five ${end}`, 'more');
  assert.equal(log.counters.get('truncations'), 2);
});

test('what was not read when the log was copied and truncated is read from the copy', async () => {
  for (const first of ['short', pad('long')]) {
    writeFileSync(path, `${first}\n`);
    const log = follow(path, { pollMs: 600_000 });
    await has(log, first);
    await until('the end', () => log.ends > 0);
    appendFileSync(path, 'b\n');
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'c\n');
    renameSync(`${path}.1`, `${path}.2`);
    pack(`${path}.2`);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    appendFileSync(path, 'd\n');
    await has(log, first, 'b', 'c', 'd');
    assert.equal(log.counters.get('truncations'), 1);
    await log.stop();
    unlinkSync(`${path}.1`);
    unlinkSync(`${path}.2.gz`);
  }
});

test('stopped before it has read what it has found, it reads that the next time', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const log = follow(path, { lingerMs: 0 });
  await has(log, pad('a'));
  await settled(log);
  const { counters } = log;
  counters.add = (name, more) => {
    ScopedCounters.prototype.add.call(counters, name, more);
    if (name === 'truncations') void log.stop();
  };
  appendFileSync(path, 'b\n');
  writeFileSync(`${path}.1`, readFileSync(path));
  pack(`${path}.1`);
  truncateSync(path);
  await until('the truncation is seen', () => counters.get('truncations') === 1);
  await log.stop();
  assert.deepEqual(log.lines, [pad('a')]);
  appendFileSync(path, 'c\n');
  await has(follow(path, { cursor: log.cursor }), 'b', 'c');
});

test('a new file with the inode of the one that was read is not taken for it', async () => {
  writeFileSync(path, 'a\n');
  const { ino } = statSync(path);
  const { cursor } = await readAndStop('a');
  appendFileSync(path, 'b\n');
  renameSync(path, `${path}.1`);
  pack(`${path}.1`);
  // File systems give inodes away again, often at once.
  for (let i = 0; i < 50; i++) {
    writeFileSync(path, 'a\nof the new one\n');
    if (statSync(path).ino === ino) break;
    renameSync(path, `${path}-not-${i}`);
  }
  await has(follow(path, { cursor }), 'b', 'a', 'of the new one');
});

test('what was stored by the first version is understood', async () => {
  writeFileSync(path, `${pad('a')}\n`);
  const { cursor } = await readAndStop(pad('a'));
  const old = cursor!.map(({ head, headBytes, inode, offset, tail: before, isInLongLine }) => ({
    ...{ head, headBytes, inode, offset, tail: before, isInLongLine },
  }));
  appendFileSync(path, 'b\n');
  pack(path);
  assert.ok(readFileSync(`${path}.gz`).length > 0);
  renameSync(`${path}.gz`, `${path}.1.gz`);
  writeFileSync(path, 'c\n');
  await has(follow(path, { cursor: old }), 'b', 'c');
});
