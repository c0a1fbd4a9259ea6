/** Archives as gzip writes them, and as they are when a disk was full or a machine went down. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Content, contentOf, readRange } from './content.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} ${(i * 7919) % 10_007}\n`).join(''));

async function withContent<T>(bytes: Buffer, use: (content: Content, damages: () => number) => Promise<T>): Promise<T> {
  const path = join(folder, 'access.log.1.gz');
  writeFileSync(path, bytes);
  let damages = 0;
  const content = contentOf(await open(path, 'r'), path, () => {
    damages++;
  });
  try {
    return await use(content, () => damages);
  } finally {
    await content.close();
  }
}

const wholeOf = (content: Content) => readRange(content, 0, 2 * TEXT.length + 1);

test('an archive of several members is read to the end of the last', async () => {
  const members = [TEXT.subarray(0, 1000), Buffer.alloc(0), TEXT.subarray(1000, 100_000), TEXT.subarray(100_000)];
  await withContent(Buffer.concat(members.map((each) => gzipSync(each))), async (content, damages) => {
    assert.ok((await wholeOf(content)).equals(TEXT));
    assert.equal(damages(), 0);
    assert.equal(await content.bytesBehind(TEXT.length), 0);
  });
});

test('any place can be read, forward or back', async () => {
  await withContent(gzipSync(TEXT), async (content) => {
    const places = fc.array(fc.tuple(fc.nat(TEXT.length + 100), fc.nat(50_000)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(places, async (all) => {
        for (const [at, length] of all) {
          assert.ok((await readRange(content, at, at + length)).equals(TEXT.subarray(at, at + length)));
        }
      }),
      { numRuns: 20 },
    );
  });
});

test('an archive that was cut gives what is in it, wherever it was cut, and says so once', async () => {
  const whole = gzipSync(TEXT);
  for (const cut of [0, 1, 9, 10, 500, 17_000, whole.length - 9, whole.length - 1]) {
    await withContent(whole.subarray(0, cut), async (content, damages) => {
      const bytes = await wholeOf(content);
      assert.ok(bytes.equals(TEXT.subarray(0, bytes.length)), `cut at ${cut}`);
      if (cut > whole.length - 10) assert.ok(bytes.length > TEXT.length - 300, `cut at ${cut}`);
      await readRange(content, 0, 100);
      assert.equal(damages(), 1, `cut at ${cut}`);
    });
  }
});

test('what is broken in the middle, or no archive at all, ends there and is damage', async () => {
  const broken = gzipSync(TEXT);
  broken.fill(0xff, 40_000, 40_100);
  await withContent(broken, async (content, damages) => {
    const bytes = await wholeOf(content);
    assert.ok(bytes.length > 10_000 && bytes.length < TEXT.length);
    assert.equal(damages(), 1);
  });
  await withContent(TEXT, async (content, damages) => {
    assert.equal((await wholeOf(content)).length, 0);
    assert.equal(damages(), 1);
  });
});

test('zeros behind the last member are nothing; anything else is damage', async () => {
  await withContent(Buffer.concat([gzipSync(TEXT), Buffer.alloc(100_000)]), async (content, damages) => {
    assert.ok((await wholeOf(content)).equals(TEXT));
    assert.equal(damages(), 0);
  });
  await withContent(Buffer.concat([gzipSync(TEXT), Buffer.from('remains')]), async (content, damages) => {
    const bytes = await wholeOf(content);
    assert.ok(bytes.equals(TEXT.subarray(0, bytes.length)));
    assert.equal(damages(), 1);
  });
});

test('what is packed a thousand times smaller takes no more memory than what is asked for', async () => {
  const bytes = 256 * 1024 * 1024;
  await withContent(gzipSync(Buffer.alloc(bytes, 'x')), async (content) => {
    const before = process.memoryUsage().arrayBuffers;
    const buffer = Buffer.alloc(1024 * 1024);
    let most = 0;
    for (let at = 0; at < bytes; at += buffer.length) {
      assert.equal(await content.read(buffer, buffer.length, at), buffer.length);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    assert.ok(most < 128 * 1024 * 1024, `${most} bytes`);
  });
});
