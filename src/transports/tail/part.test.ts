import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readPart } from './part.ts';

const folder = mkdtempSync(join(tmpdir(), 'headcount-part-'));
after(() => rmSync(folder, { recursive: true }));

function parts(content: string | Buffer, cuts: readonly number[]): { lines: string[]; longLines: number } {
  const path = join(folder, 'log');
  writeFileSync(path, content);
  const size = Buffer.byteLength(content);
  const bounds = [0, ...cuts.map((cut) => cut % (size + 1)).sort((a, b) => a - b), size];
  const lines: string[] = [];
  let longLines = 0;
  for (let i = 1; i < bounds.length; i++) {
    longLines += readPart({ path, from: bounds[i - 1]!, to: bounds[i]! }, (block) => {
      lines.push(...block.toString('latin1').split(/(?<=\n)/));
    });
  }
  return { lines, longLines };
}

test('however a file is cut into parts, each line is in just one', () => {
  const line = fc.oneof(fc.constantFrom('', 'a', '\r'), fc.stringMatching(/^[a-z ]{0,40}$/));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.boolean(),
      fc.array(fc.nat(1500), { maxLength: 5 }),
      (all, hasEnd, cuts) => {
        const content = all.join('\n') + (hasEnd ? '\n' : '');
        const expected = content === '' ? [] : content.split(/(?<=\n)/);
        assert.deepEqual(parts(content, cuts).lines, expected);
      },
    ),
  );
});

test('blocks and parts may end anywhere in a large file', () => {
  const all = Array.from({ length: 60_000 }, (_, i) => `${i} ${'x'.repeat(i % 97)}\n`);
  const size = all.reduce((sum, each) => sum + each.length, 0);
  for (const cuts of [[], [1024 * 1024], [size - 1], [1024 * 1024 - 1, 1024 * 1024 + 1, size - 2], [7, 8, 9, 10]]) {
    assert.deepEqual(parts(all.join(''), cuts).lines, all);
  }
});

test('lines of more than 1 MiB are skipped and counted, wherever they are cut', () => {
  const long = 'y'.repeat(3 * 1024 * 1024);
  const content = `first\n${long}\nmiddle\n${long}\nlast`;
  for (const cuts of [[], [100], [1024 * 1024 + 10], [3 * 1024 * 1024, 4 * 1024 * 1024]]) {
    assert.deepEqual(parts(content, cuts).lines, ['first\n', 'middle\n', 'last']);
  }
  assert.equal(parts(content, []).longLines, 2);
});

test('a file that is not there is told', () => {
  assert.throws(() => readPart({ path: join(folder, 'none'), from: 0, to: 1 }, () => {}), { code: 'ENOENT' });
});
