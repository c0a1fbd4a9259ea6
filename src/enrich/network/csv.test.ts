import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { nameAt, readRanges } from './csv.ts';

type Line = readonly [start: string, end: string, asn: number, name: string | null];

function read(words: number, text: string): { lines: Line[]; unreadable: number } {
  const start = new Uint32Array(words);
  const end = new Uint32Array(words);
  const lines: Line[] = [];
  const bytes = Buffer.from(text);
  const textOf = (address: Uint32Array) => [...address].join('.');
  const unreadable = readRanges(bytes, start, end, (asn, name) =>
    lines.push([textOf(start), textOf(end), asn, nameAt(bytes, name)]),
  );
  return { lines, unreadable };
}

const FILE = [
  '16777216,16777471,13335,"Cloudflare, Inc."',
  '4294967040,4294967295,4294967295,"LLC ""SPUTNIK"""',
  '1,2,3,',
  '4,5,6,Ærø "Net" A/S',
].join('\n');

const EXPECTED: Line[] = [
  ['16777216', '16777471', 13335, 'Cloudflare, Inc.'],
  ['4294967040', '4294967295', 4294967295, 'LLC "SPUTNIK"'],
  ['1', '2', 3, null],
  ['4', '5', 6, 'Ærø "Net" A/S'],
];

test('lines with and without quotes, with and without an end', () => {
  assert.deepEqual(read(1, FILE), { lines: EXPECTED, unreadable: 0 });
  assert.deepEqual(read(1, `${FILE}\n`).lines, EXPECTED);
  assert.deepEqual(read(1, `${FILE.replaceAll('\n', '\r\n')}\r\n\r\n`), { lines: EXPECTED, unreadable: 0 });
});

test('numbers of 128 bits are four words', () => {
  const { lines } = read(
    4,
    '0,340282366920938463463374607431768211455,1,x\n42540488161975842760550356425300246528,42540488161975842760550356425300246529,2,y',
  );
  assert.deepEqual(lines, [
    ['0.0.0.0', '4294967295.4294967295.4294967295.4294967295', 1, 'x'],
    ['536936448.0.0.0', '536936448.0.0.1', 2, 'y'],
  ]);
});

test('what is no range is counted and skipped', () => {
  const wrong = [
    'a,2,3,x',
    '1,,3,x',
    '1,2',
    '1,2,3',
    ',,,',
    '4294967296,4294967297,1,x',
    '00000000001,2,1,x',
    '-1,2,3,x',
    '1,2,4294967296,x',
    '1.5,2,3,x',
  ];
  assert.deepEqual(read(1, `${wrong.join('\n')}\n7,8,9,fine\n`), {
    lines: [['7', '8', 9, 'fine']],
    unreadable: wrong.length,
  });
  const wide = ['340282366920938463463374607431768211456,1,1,x', 'x,1,1,x', '1,1', ',1,1,x'];
  assert.deepEqual(read(4, wide.join('\n')), { lines: [], unreadable: wide.length });
});
