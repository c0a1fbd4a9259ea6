import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { textOf } from './text.ts';

const read = (text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return textOf(bytes, 0, bytes.length);
};

const TABLE: readonly [string, string, string][] = [
  ['nginx escapes quotes and backslashes', 'hls.js \\x22q\\x22 \\x5Cx', 'hls.js "q" \\x'],
  ['nginx escapes every byte of a character', 'caf\\xC3\\xA9', 'café'],
  ['Apache escapes quotes and backslashes', '\\"q\\" \\\\x', '"q" \\x'],
  ['Apache names control characters', 'a\\tb\\nc', 'a\tb\nc'],
  ['an escape that is cut short is left as it is', 'a\\x2', 'a\\x2'],
  ['an escape with wrong digits is left as it is', 'a\\xzz', 'a\\xzz'],
  ['a last backslash is left as it is', 'a\\', 'a\\'],
  ['UTF-8 is understood', 'café', 'café'],
];

for (const [name, written, meant] of TABLE) test(name, () => assert.equal(read(written), meant));

test('what is no UTF-8 is Latin-1', () => {
  assert.equal(read(Buffer.from([0x63, 0x61, 0x66, 0xe9])), 'café');
  assert.equal(read('caf\\xE9'), 'café');
});

test('what nginx writes is read back, whatever it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // ngx_http_log_escape: everything below 0x20, `"`, `\` and above 0x7e as \xHH.
      const written = [...Buffer.from(text)].map((byte) =>
        byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
          ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
          : String.fromCharCode(byte),
      );
      assert.equal(read(written.join('')), Buffer.from(text).toString());
    }),
  );
});
