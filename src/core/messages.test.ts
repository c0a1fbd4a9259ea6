import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type Message, Messages, MOST_MESSAGES } from './messages.ts';

function message(at: number, characters = 0): Message {
  const attributes = characters === 0 ? [] : [{ type: 6, length: characters / 2, value: 'a'.repeat(characters) }];
  return { at, address: '192.0.2.1', port: 5000, type: 'stun', header: {}, attributes };
}

test('nothing is kept until somebody wants it', () => {
  const messages = new Messages();
  const sink = messages.of('relay');
  sink.add(message(1));
  assert.deepEqual([sink.isWanted, messages.list()], [false, []]);
  messages.want();
  sink.add(message(2));
  assert.equal(sink.isWanted, true);
  assert.deepEqual(
    messages.list().map(({ at, source }) => [at, source]),
    [[2, 'relay']],
  );
});

test('the newest thousand are kept, oldest first', () => {
  const messages = new Messages();
  messages.want();
  const sink = messages.of('relay');
  for (let at = 0; at < 2 * MOST_MESSAGES + 500; at++) sink.add(message(at));
  const kept = messages.list();
  assert.equal(kept.length, MOST_MESSAGES);
  assert.deepEqual([kept[0]!.at, kept.at(-1)!.at, messages.total], [1500, 2499, 2500]);
});

test('many great ones are fewer', () => {
  const messages = new Messages();
  messages.want();
  const sink = messages.of('relay');
  for (let at = 0; at < 100; at++) sink.add(message(at, 1024 * 1024));
  assert.deepEqual(
    messages.list().map(({ at }) => at),
    [96, 97, 98, 99],
  );
});
