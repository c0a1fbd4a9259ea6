/** Lines that somebody writes into a pipe. */

import { strict as assert } from 'node:assert';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { startChild, until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { readStandardInput } from './standard-input.ts';

function reading() {
  const stream = new PassThrough();
  const stopping = new AbortController();
  const counters = new ScopedCounters();
  const steps = readStandardInput({ stream, signal: stopping.signal, clock: systemClock, counters, beatMs: 10 });
  const seen = { text: '', ends: 0, isOver: false, error: null as unknown };
  const ended = (async () => {
    for await (const step of steps) {
      assert.equal(step.cursor(), null);
      if (step.kind === 'end') {
        seen.ends++;
      } else {
        assert.ok(step.bytes.buffer.byteLength - step.bytes.byteOffset - step.bytes.length >= 8);
        assert.deepEqual(step.file, { id: 0, path: '-' });
        seen.text += step.bytes.toString();
      }
    }
    seen.isOver = true;
  })().catch((error: unknown) => {
    seen.error = error;
  });
  return { stream, stopping, counters, seen, ended };
}

test('whole lines are given as they come, and every pause is told', async () => {
  const { stream, seen, ended } = reading();
  await until('pauses', () => seen.ends > 3);
  stream.write('a\nunfin');
  await until('a line', () => seen.text === 'a\n');
  const before = seen.ends;
  await until('pauses', () => seen.ends > before + 3);
  stream.write('ished\nb\n');
  await until('lines', () => seen.text === 'a\nunfinished\nb\n');
  stream.end('the last has no end');
  await ended;
  assert.equal(seen.text, 'a\nunfinished\nb\nthe last has no end');
  assert.deepEqual([seen.isOver, seen.error, stream.destroyed], [true, null, true]);
});

test('it ends when it is told so, while it waits', async () => {
  const { stream, stopping, seen, ended } = reading();
  stream.write('a\nb');
  await until('a line', () => seen.text === 'a\n');
  stopping.abort();
  await ended;
  assert.deepEqual([seen.isOver, seen.error, stream.destroyed], [true, null, true]);
});

test('a stream that breaks is an error that a person can read', async () => {
  const { stream, seen, ended } = reading();
  stream.destroy(new Error('EIO'));
  await ended;
  assert.ok(seen.error instanceof HeadcountError);
  assert.equal(seen.error.code, 'LOG_UNREADABLE');
});

test('a writer that is faster waits until its lines are taken', async () => {
  const stream = new PassThrough();
  const stopping = new AbortController();
  const steps = readStandardInput({
    ...{ stream, signal: stopping.signal, clock: systemClock, counters: new ScopedCounters(), beatMs: 10 },
  });
  let written = 0;
  const line = Buffer.from(`${'x'.repeat(1023)}\n`);
  while (stream.write(line)) written++;
  assert.equal((await steps.next()).value?.kind, 'lines');
  for (let i = 0; i < 1000 && stream.write(line); i++) written++;
  assert.ok(written < 1000, `${written} KiB`);
  await steps.return();
});

test('the standard input of a process is such a stream', async () => {
  const program = `
    import { readStandardInput } from '${import.meta.dirname}/standard-input.ts';
    import { ScopedCounters } from '${import.meta.dirname}/../../telemetry/counters.ts';
    import { systemClock } from '${import.meta.dirname}/../../lib/clock.ts';
    const signal = new AbortController().signal;
    const options = { stream: process.stdin, signal, clock: systemClock, counters: new ScopedCounters() };
    let lines = 0;
    for await (const step of readStandardInput(options)) if (step.kind === 'lines') lines += step.bytes.toString().split('\\n').length - 1;
    process.stdout.write('lines: ' + lines);
  `;
  const child = startChild(process.execPath, ['--input-type=module', '-e', program], {
    input: 'line\n'.repeat(100_000),
  });
  await child.printed(/lines: 100000$/);
  assert.equal(await child.ended, 0);
});
