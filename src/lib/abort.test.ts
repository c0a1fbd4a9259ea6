import { strict as assert } from 'node:assert';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { aborted, unlessAborted } from './abort.ts';

const never = new Promise<void>(() => {});

test('what is waited for comes, or fails, and no listener stays', async () => {
  const { signal } = new AbortController();
  await unlessAborted(Promise.resolve(), signal);
  await assert.rejects(unlessAborted(Promise.reject(new Error('no')), signal), /no/);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an abort ends the waiting, before or while', async () => {
  const stopping = new AbortController();
  const waiting = unlessAborted(never, stopping.signal);
  const told = aborted(stopping.signal);
  stopping.abort();
  await waiting;
  await told;
  await unlessAborted(never, stopping.signal);
  await aborted(stopping.signal);
  assert.equal(getEventListeners(stopping.signal, 'abort').length, 0);
});
