import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { randomFrom } from '../fixture.ts';
import { RangeFile } from './range-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'headcount-ranges-'));
after(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'ranges.csv');

function open(text: string, stretch: number) {
  writeFileSync(path, text);
  const told = { unreadable: 0 };
  const file = new RangeFile(path, 4, (lines) => (told.unreadable += lines), stretch);
  return { file, told };
}

const bytesOf = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

test('however long the stretches are, every address finds its range and its name', () => {
  const random = randomFrom(1);
  const ranges: { start: number; end: number; asn: number; name: string }[] = [];
  for (let at = 5; ranges.length < 400; ) {
    const end = at + Math.floor(random() * 10);
    const asn = 1 + Math.floor(random() * 1000);
    ranges.push({ start: at, end, asn, name: `Net ${asn}${'x'.repeat(asn % 60)}` });
    at = end + 1 + Math.floor(random() * 3);
  }
  const text = ranges.map(({ start, end, asn, name }) => `${start},${end},${asn},${name}`).join('\n');
  const last = ranges.at(-1)!.end + 5;
  for (const stretch of [120, 200, 1000, 100_000]) {
    const { file, told } = open(`${text}\n`, stretch);
    for (let value = 0; value <= last; value++) {
      const expected = ranges.find(({ start, end }) => start <= value && value <= end);
      const found = file.find(bytesOf(value));
      assert.equal(found?.asn, expected?.asn, `${value} in stretches of ${stretch}`);
      if (found !== null) assert.equal(file.nameOf(found), expected!.name);
    }
    assert.equal(file.find(new Uint8Array(16)), null);
    assert.equal(told.unreadable, 0);
    file.close();
  }
});

test('lines that are no range, or say nothing new, are told of when an address leads to them', () => {
  const { file, told } = open('1,5,7,a\n2,3,8,b\nnonsense\n10,12,9,c', 100_000);
  assert.equal(told.unreadable, 0);
  assert.equal(file.find(bytesOf(2))?.asn, 7);
  assert.equal(file.find(bytesOf(11))?.asn, 9);
  assert.equal(told.unreadable, 2);
  file.close();
});

test('a file that is empty, in no order or something else is refused at once', () => {
  assert.throws(() => open('', 64), /it is empty/);
  assert.throws(() => open('nonsense\n', 64), /no range at byte 0/);
  const lines = Array.from({ length: 20 }, (_, i) => `${1000 - 10 * i},${1005 - 10 * i},7,some name`);
  assert.throws(() => open(lines.join('\n'), 64), /not in order/);
  assert.throws(() => open(`1,2,3,${'x'.repeat(9000)}\n4,5,6,y\n`, 64), /a line has no end/);
});
