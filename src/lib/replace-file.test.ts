import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { replaceFile } from './replace-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-replace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the file is new, then replaced, and nothing else is left', async () => {
  const path = join(folder, 'x.json');
  await replaceFile(path, 'one');
  assert.equal(readFileSync(path, 'utf8'), 'one');
  await replaceFile(path, 'two');
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.deepEqual(readdirSync(folder), ['x.json']);
});

test('whoever reads meanwhile finds the old or the new one, never a part', async () => {
  const path = join(folder, 'x.json');
  const content = (i: number) => JSON.stringify(Array.from({ length: 50_000 }, () => i));
  await replaceFile(path, content(0));
  let isWriting = true;
  const writing = (async () => {
    for (let i = 1; i <= 20; i++) await replaceFile(path, content(i));
    isWriting = false;
  })();
  const seen = new Set<number>();
  while (isWriting) {
    const numbers = JSON.parse(readFileSync(path, 'utf8')) as number[];
    assert.equal(numbers.length, 50_000);
    seen.add(numbers[0]!);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  assert.ok(seen.size > 1, 'it was read while it was replaced');
});

test('what a killed process has left is in nobody’s way, and a link is not written through', async () => {
  const path = join(folder, 'x.json');
  const victim = join(folder, 'victim');
  writeFileSync(victim, 'mine');
  symlinkSync(victim, `${path}.partial`);
  await replaceFile(path, 'new');
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
  writeFileSync(`${path}.partial`, 'half of a');
  await replaceFile(path, 'newer');
  assert.equal(readFileSync(path, 'utf8'), 'newer');
  assert.deepEqual(readdirSync(folder).sort(), ['victim', 'x.json']);
});

test('where it cannot be written it says so, and the old file stays', async () => {
  await assert.rejects(replaceFile(join(folder, 'none', 'x.json'), 'new'), /ENOENT/);
  const path = join(folder, 'taken');
  writeFileSync(path, 'old');
  await assert.rejects(replaceFile(`${path}/x.json`, 'new'), /ENOTDIR/);
  assert.equal(readFileSync(path, 'utf8'), 'old');
});
