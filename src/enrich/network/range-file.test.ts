import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { IpBytes } from '../../lib/ip.ts';
import { randomFrom } from '../fixture.ts';
import { RangeFile } from './range-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'headcount-ranges-'));
after(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'ranges.csv');

function open(text: string): RangeFile {
  writeFileSync(path, text);
  return new RangeFile(path);
}

const bytesOf = (value: bigint, family: 4 | 6): IpBytes =>
  Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
const ipv4 = (value: number) => bytesOf(BigInt(value), 4);

function found(file: RangeFile, address: IpBytes) {
  const range = file.find(address);
  return range === null ? null : [range.asn, file.nameOf(range)];
}

for (const family of [4, 6] as const) {
  test(`IPv${family}: every address at the edges of ranges finds its own, in files of all sizes`, () => {
    const random = randomFrom(family);
    const most = 2n ** (family === 4 ? 32n : 128n);
    for (const count of [1, 2, 3, 50, 2000]) {
      // From small numbers to the greatest: those with fewer digits come first.
      const edges = new Set<bigint>();
      while (edges.size < 2 * count) {
        edges.add((BigInt(Math.floor(random() * 1e4)) * most) / 10_000n / 10n ** BigInt(Math.floor(random() * 8)));
      }
      const sorted = [...edges].sort((a, b) => (a < b ? -1 : 1));
      const ranges: (readonly [start: bigint, end: bigint, asn: number])[] = [];
      for (let i = 0; i + 1 < sorted.length; i += 2) ranges.push([sorted[i]!, sorted[i + 1]!, i + 1] as const);
      const text = ranges.map(([start, end, asn]) => `${start},${end},${asn},Net ${asn}${'x'.repeat(asn % 70)}`);
      const file = open(text.join('\n') + (count % 2 === 0 ? '\n' : ''));
      for (const [start, end] of ranges) {
        for (const value of [start - 1n, start, (start + end) / 2n, end, end + 1n]) {
          if (value < 0n || value >= most) continue;
          const expected = ranges.find(([from, to]) => from <= value && value <= to);
          const [asn, name] = found(file, bytesOf(value, family)) ?? [];
          assert.equal(asn, expected?.[2], String(value));
          if (expected !== undefined) assert.equal(name, `Net ${asn}${'x'.repeat(expected[2] % 70)}`);
        }
      }
      file.close();
    }
  });
}

test('organizations with and without quotes, or with nothing', () => {
  const lines = ['1,2,3,', '4,5,6,Ærø "Net" A/S', '7,8,4294967295,"LLC ""SPUTNIK"""', '9,10,13335,"Cloudflare, Inc."'];
  for (const end of ['\n', '\r\n']) {
    const file = open(lines.join(end) + end);
    assert.deepEqual(found(file, ipv4(1)), [3, null]);
    assert.deepEqual(found(file, ipv4(5)), [6, 'Ærø "Net" A/S']);
    assert.deepEqual(found(file, ipv4(7)), [4294967295, 'LLC "SPUTNIK"']);
    assert.deepEqual(found(file, ipv4(10)), [13335, 'Cloudflare, Inc.']);
    for (const nowhere of [0, 11, 2 ** 32 - 1]) assert.equal(file.find(ipv4(nowhere)), null);
    file.close();
  }
});

test('a file that is empty or something else is refused at once', () => {
  assert.throws(() => open(''), /it is empty/);
  for (const text of ['nonsense\n', '1,2\n', '1,2,3', 'a,2,3,x', '1.5,2,3,x', '-1,2,3,x', '1,2,4294967296,x', '\n'])
    assert.throws(() => open(text), /there is no/, JSON.stringify(text));
  assert.throws(() => open('1,2,3,x\nnonsense\n'), /no number at byte 8/);
  assert.throws(() => open(`1,2,3,${'x'.repeat(9000)}`), /no beginning/);
});

test('a file that is damaged further in never ends in a hang or a crash', () => {
  const text = Array.from({ length: 200 }, (_, i) => `${10 * i},${10 * i + 5},${i + 1},Net ${i}`).join('\n');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { maxLength: 40 }), (damages) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of damages) bytes[at] = byte;
      writeFileSync(path, bytes);
      let file: RangeFile;
      try {
        file = new RangeFile(path);
      } catch {
        return;
      }
      for (let value = 0; value < 2010; value += 7) {
        try {
          found(file, ipv4(value));
        } catch (error) {
          assert.match((error as Error).message, /there is no|no beginning/);
        }
      }
      file.close();
    }),
    { numRuns: 100 },
  );
});
