import { strict as assert } from 'node:assert';
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { PagedFile } from './paged-file.ts';

const PAGE = 8192;

async function fileOf(t: TestContext, bytes: Buffer) {
  const directory = await mkdtemp(join(tmpdir(), 'headcount-paged-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, bytes);
  return { path, directory };
}

function open(t: TestContext, path: string): PagedFile {
  const file = new PagedFile(path);
  t.after(() => file.close());
  return file;
}

/** Every four bytes say where they are. */
const numbered = (size: number) => Buffer.from(Uint32Array.from({ length: size / 4 }, (_, i) => i).buffer);

test('what was asked for is there, wherever it lies', async (t) => {
  const whole = Buffer.concat([numbered(5 * PAGE), Buffer.from('the end')]);
  const { path } = await fileOf(t, whole);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length), fc.nat(3 * PAGE)), { minLength: 1, maxLength: 6 }),
      (pieces) => {
        const file = new PagedFile(path);
        for (const [from, length] of pieces) {
          file.need(from, from + length);
          assert.ok(file.buffer.subarray(from, from + length).equals(whole.subarray(from, from + length)));
        }
        file.close();
      },
    ),
    { numRuns: 100 },
  );
});

test('a page is read once; a file that is replaced stays what it was', async (t) => {
  const { path, directory } = await fileOf(t, Buffer.alloc(2 * PAGE, 'a'));
  const file = open(t, path);
  file.need(0, 10);
  await writeFile(join(directory, 'new'), Buffer.alloc(2 * PAGE, 'b'));
  await rename(join(directory, 'new'), path);
  file.need(PAGE, PAGE + 10);
  assert.equal(file.buffer.toString('latin1', PAGE - 0, PAGE + 10), 'a'.repeat(10));
});

test('a file that has become shorter is an error, and not silence', async (t) => {
  const { path } = await fileOf(t, Buffer.alloc(3 * PAGE, 'a'));
  const file = open(t, path);
  await truncate(path, PAGE);
  file.need(0, 10);
  assert.throws(() => file.need(2 * PAGE, 2 * PAGE + 1), /shorter/);
});

test('a file that is not there', () => {
  assert.throws(() => new PagedFile(join(tmpdir(), 'headcount-nowhere')), { code: 'ENOENT' });
});
