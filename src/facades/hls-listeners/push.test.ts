import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Receiver, startReceiver } from '../../../lab/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createLog } from '../../telemetry/log.ts';
import { Push } from './push.ts';

let folder: string;
let receiver: Receiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-push-'));
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

function begin(retries = 2) {
  const logged: string[] = [];
  const counters = new ScopedCounters();
  const waits: number[] = [];
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      return systemClock.sleep(5, signal);
    },
  };
  const files = { usernameFile: join(folder, 'user'), passwordFile: join(folder, 'password') };
  const push = new Push(
    { url: `${receiver.url}/api`, ...files, timeout: 5000, retries },
    {
      ...{ clock, counters, random: () => 0.5 },
      log: createLog({ level: 'info', write: (line) => logged.push(line), now: () => new Date(0) }),
    },
  );
  return { push, logged, counters, waits };
}

function writeSecrets(): void {
  writeFileSync(join(folder, 'user'), 'admin\n');
  writeFileSync(join(folder, 'password'), ' hackme ');
}

const never = new AbortController().signal;

test('what fails is tried again, so many times, with growing pauses', async () => {
  writeSecrets();
  const { push, logged, counters, waits } = begin();
  let left = 2;
  receiver.answer = (response) => response.writeHead(left-- > 0 ? 503 : 200).end();
  push.send('{"a":1}', never);
  await push.ended();
  assert.deepEqual(
    receiver.received.map(({ body }) => body),
    ['{"a":1}', '{"a":1}', '{"a":1}'],
  );
  assert.deepEqual(waits, [375, 750]);
  assert.deepEqual(counters.read(), { pushesFailed: 2, pushed: 1 });
  assert.equal(logged.length, 2, 'the trouble once, and its end');
});

test('it gives up after the last attempt, and says the same trouble once', async () => {
  writeSecrets();
  const { push, logged, counters } = begin(1);
  receiver.answer = 500;
  for (let i = 0; i < 3; i++) {
    push.send('{}', never);
    await push.ended();
  }
  assert.equal(receiver.received.length, 6);
  assert.deepEqual(counters.read(), { pushesFailed: 6, pushesGivenUp: 3 });
  assert.equal(logged.length, 1);
});

test('a newer one takes the place of one that has not been taken', async () => {
  const { push, counters } = begin();
  receiver.answer = () => {};
  push.send('"old"', never);
  await until('it is on its way', () => receiver.received.length === 1);
  receiver.answer = 200;
  push.send('"new"', never);
  await push.ended();
  assert.deepEqual(
    receiver.received.map(({ body }) => body),
    ['"old"', '"new"'],
  );
  assert.deepEqual(counters.read(), { pushesGivenUp: 1, pushed: 1 });
});

test('secrets that come late, or change, are used from then on', async () => {
  const { push, logged } = begin();
  const send = async () => {
    push.send('{}', never);
    await push.ended();
    return receiver.received.at(-1)!.headers.authorization;
  };
  assert.equal(await send(), undefined);
  assert.equal(logged.length, 2, 'one warning for each file');
  writeSecrets();
  assert.equal(await send(), `Basic ${Buffer.from('admin:hackme').toString('base64')}`);
  writeFileSync(join(folder, 'password'), 'changed');
  assert.equal(await send(), `Basic ${Buffer.from('admin:changed').toString('base64')}`);
  assert.doesNotMatch(logged.join(''), /admin|hackme|changed/);
});

test('at the end nothing is waited for', async () => {
  const { push } = begin();
  const stopping = new AbortController();
  receiver.answer = () => stopping.abort();
  push.send('{}', stopping.signal);
  await push.ended();
  assert.equal(receiver.received.length, 1);
});
