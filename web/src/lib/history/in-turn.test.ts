import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { inTurn } from './in-turn.ts';

/** Answers when it is told to. */
function stage() {
  const asked: { question: number; signal: AbortSignal; answer: (text: string) => void; fail: () => void }[] = [];
  const shown: string[] = [];
  const turns = inTurn<number, string>({
    ask: (question, signal) =>
      new Promise((resolve, reject) =>
        asked.push({ question, signal, answer: resolve, fail: () => reject(new Error('no')) }),
      ),
    took: (question, answer) => shown.push(`${question} ${answer}`),
    failed: (question) => shown.push(`${question} failed`),
    rest: async () => {},
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { asked, shown, turns, settled };
}

test('one question at a time, and of those that wait only the newest', async () => {
  const { asked, shown, turns, settled } = stage();
  for (const question of [1, 2, 3]) turns.want(question);
  assert.deepEqual(
    asked.map(({ question }) => question),
    [1],
  );
  asked[0]!.answer('a');
  await settled();
  assert.deepEqual(
    asked.map(({ question }) => question),
    [1, 3],
  );
  asked[1]!.answer('c');
  await settled();
  assert.deepEqual(shown, ['1 a', '3 c']);
  turns.want(4);
  assert.equal(asked.at(-1)!.question, 4);
});

test('a question that fails is told, and the next is asked', async () => {
  const { asked, shown, turns, settled } = stage();
  turns.want(1);
  turns.want(2);
  asked[0]!.fail();
  await settled();
  asked[1]!.answer('b');
  await settled();
  assert.deepEqual(shown, ['1 failed', '2 b']);
});

test('what nobody wants any more is given up, and its answer is not shown', async () => {
  const { asked, shown, turns, settled } = stage();
  turns.want(1);
  turns.want(null);
  assert.ok(asked[0]!.signal.aborted);
  turns.want(2);
  asked[0]!.answer('a');
  asked[1]!.answer('b');
  await settled();
  assert.deepEqual(shown, ['2 b']);
});
