import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HeadcountError } from '../../../lib/errors.ts';
import { FeedbackBook } from './feedback.ts';

const ANNA = { source: 'plex', user: 'anna' };
const BEN = { source: 'radio', user: 'ben' };
const given = { at: 1, by: 'carla', about: 'in words' };

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-feedback-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'feedback.json');
}

const isCode = (code: string) => (error: HeadcountError) => error.code === code;

test('what is fine stays so over restarts, of one account alone, until it is taken back', async (t) => {
  const path = fileOf(t);
  const book = FeedbackBook.open(path);
  await Promise.all([
    book.add(ANNA, { kind: 'device', value: 'tv', ...given }),
    book.add(ANNA, { kind: 'finding', value: 'f1', ...given }),
    book.add(BEN, { kind: 'user', value: '', ...given }),
  ]);
  await book.add(ANNA, { kind: 'device', value: 'tv', ...given, at: 2 });
  const again = FeedbackBook.open(path);
  assert.deepEqual(again.of(ANNA), [
    { kind: 'device', value: 'tv', ...given },
    { kind: 'finding', value: 'f1', ...given },
  ]);
  await again.remove(ANNA, { kind: 'device', value: 'tv' });
  assert.deepEqual(
    FeedbackBook.open(path)
      .of(ANNA)
      .map(({ kind }) => kind),
    ['finding'],
  );
  assert.deepEqual(again.of({ source: 'radio', user: 'anna' }), []);
});

test('who is forgotten is in the file no more', async (t) => {
  const path = fileOf(t);
  const book = FeedbackBook.open(path);
  await book.add(ANNA, { kind: 'user', value: '', ...given });
  await book.add(BEN, { kind: 'user', value: '', ...given });
  await book.forget('anna');
  assert.doesNotMatch(readFileSync(path, 'utf8'), /anna/);
  assert.equal(FeedbackBook.open(path).of(BEN).length, 1);
  await book.forget('ben');
  assert.doesNotMatch(readFileSync(path, 'utf8'), /ben/);
});

test('there is a limit for each account', async (t) => {
  const book = FeedbackBook.open(fileOf(t));
  for (let i = 0; i < 200; i++) await book.add(ANNA, { kind: 'finding', value: `f${i}`, ...given });
  await assert.rejects(book.add(ANNA, { kind: 'finding', value: 'one more', ...given }), isCode('FEEDBACK_FULL'));
  await book.add(BEN, { kind: 'user', value: '', ...given });
  assert.equal(book.of(ANNA).length, 200);
});

test('a damaged file is not thrown away, and what cannot be kept is not fine', async (t) => {
  const path = fileOf(t);
  writeFileSync(path, '[{"source":"plex"');
  assert.throws(() => FeedbackBook.open(path), isCode('FEEDBACK_DAMAGED'));
  rmSync(path);
  const book = FeedbackBook.open(path);
  mkdirSync(`${path}.partial`);
  await assert.rejects(book.add(ANNA, { kind: 'user', value: '', ...given }), isCode('FEEDBACK_UNWRITABLE'));
  assert.deepEqual(book.of(ANNA), []);
  rmSync(`${path}.partial`, { recursive: true });
  await book.add(ANNA, { kind: 'user', value: '', ...given });
  assert.equal(book.of(ANNA).length, 1);
});
