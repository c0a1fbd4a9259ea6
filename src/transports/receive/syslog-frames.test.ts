/** Messages in a stream, whatever the pieces in which it comes. */

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { LONGEST_MESSAGE, syslogFrames } from './syslog-frames.ts';

function read(pieces: readonly Buffer[]) {
  const messages: string[] = [];
  let tooLong = 0;
  const frames = syslogFrames(
    (message) => messages.push(message.toString()),
    () => {
      tooLong++;
    },
  );
  for (const piece of pieces) {
    const copy = Buffer.from(piece);
    frames.take(copy);
    // As a socket does it with its memory.
    copy.fill(0);
  }
  return { messages, tooLong, isCut: frames.end() };
}

const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`;

test('messages with their length before them, and messages with a line feed behind them', () => {
  const stream = `${counted('<1>a\nb')}${counted('<2>é')}<3>c\n<4>d\r\n\n${counted('<5>e')}\n${counted('<6>f')}`;
  assert.deepEqual(read([Buffer.from(stream)]), {
    messages: ['<1>a\nb', '<2>é', '<3>c\n', '<4>d\r\n', '<5>e', '<6>f'],
    tooLong: 0,
    isCut: false,
  });
});

test('a stream that ends within a message was cut', () => {
  for (const stream of ['<1>a', '12 <1>a', '12', '<1>a\n7'])
    assert.equal(read([Buffer.from(stream)]).isCut, true, stream);
});

test('a message that is too long is skipped, and what comes after it is read', () => {
  const long = 'x'.repeat(LONGEST_MESSAGE);
  for (const stream of [`<1>${long}\n<2>b\n`, `${counted(`<1>${long}`)}<2>b\n`, `99999999 <1>${long}`]) {
    const bytes = Buffer.from(`<0>a\n${stream}`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 5000) }, (_, i) =>
      bytes.subarray(5000 * i, 5000 * (i + 1)),
    );
    for (const each of [[bytes], pieces]) {
      const { messages, tooLong, isCut } = read(each);
      assert.equal(tooLong, 1);
      assert.equal(isCut, stream.startsWith('9'));
      assert.deepEqual(messages, isCut ? ['<0>a\n'] : ['<0>a\n', '<2>b\n']);
    }
  }
});

test('it makes no difference in which pieces it comes', () => {
  const messages = fc.array(fc.tuple(fc.boolean(), fc.string({ minLength: 1, unit: 'binary' })), { maxLength: 20 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(40)), (all, cuts) => {
      const texts = all.map(([isCounted, text]) => (isCounted ? `<1>${text}` : `<1>${text.replaceAll('\n', '')}\n`));
      const stream = Buffer.from(texts.map((text, i) => (all[i]![0] ? counted(text) : text)).join(''));
      const pieces: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        pieces.push(stream.subarray(at, at + cut));
        at += cut;
      }
      const { messages: got, tooLong, isCut } = read([...pieces, stream.subarray(at)]);
      assert.deepEqual(got, texts);
      assert.deepEqual([tooLong, isCut], [0, false]);
    }),
  );
});

test('nothing that is sent makes it throw, or keep more than a message', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
      const { messages } = read(pieces.map((piece) => Buffer.from(piece)));
      assert.ok(messages.every((message) => message.length <= LONGEST_MESSAGE * 3));
    }),
  );
});
