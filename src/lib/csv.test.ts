import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvLine } from './csv.ts';

/** As RFC 4180 says it: what a program reads. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const line: string[] = [];
    for (;;) {
      const quoted = /"((?:[^"]|"")*)"/y;
      const plain = /[^",\r\n]*/y;
      const pattern = text[at] === '"' ? quoted : plain;
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      assert.ok(found !== null, `no cell at ${at}`);
      line.push(pattern === quoted ? found[1]!.replaceAll('""', '"') : found[0]);
      at = pattern.lastIndex;
      if (text[at] !== ',') break;
      at++;
    }
    assert.equal(text.slice(at, at + 2), '\r\n');
    at += 2;
    lines.push(line);
  }
  return lines;
}

const nasty = fc.string({
  unit: fc.oneof(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", ' ', '＝'), fc.string()),
});

test('what is read back is what was written, but for the apostrophe before a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.array(nasty, { minLength: 2, maxLength: 4 }), { maxLength: 4 }), (lines) => {
      const read = parse(lines.map(csvLine).join(''));
      assert.equal(read.length, lines.length);
      for (const [i, line] of lines.entries())
        for (const [j, cell] of line.entries()) assert.ok([cell, `'${cell}`].includes(read[i]![j]!));
    }),
  );
});

test('no cell that holds text is a formula', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      assert.doesNotMatch(parse(csvLine([text, 'end']))[0]![0]!, /^[=+\-@\t\r\n＝＋－＠]/);
    }),
  );
  assert.equal(csvLine(['=HYPERLINK("http://192.0.2.1")']), `"'=HYPERLINK(""http://192.0.2.1"")"\r\n`);
});

test('numbers and truths stay what they are; unknown is empty', () => {
  assert.equal(csvLine([-0.5, 12, true, null, Number.NaN, 'a', '']), '-0.5,12,true,,,a,\r\n');
});
