import { strict as assert } from 'node:assert';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Receiver, startReceiver } from '../../../lab/receiver.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { sinkContext } from '../fixture.ts';
import type { SinkContext } from '../sink.ts';
import { influxdb } from './index.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0, 999);

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  receiver.answer = 204;
});
afterEach(() => receiver.stop());

interface Running {
  readonly context: SinkContext;
  readonly sleeps: readonly number[];
  readonly logged: readonly string[];
}

/** On a clock that stands still for points, and notes how long it is to sleep. */
async function whileRunning(
  options: Record<string, unknown>,
  more: Partial<SinkContext>,
  check: (running: Running) => Promise<void>,
): Promise<void> {
  const sleeps: number[] = [];
  const sleep = (ms: number, signal: AbortSignal) => {
    sleeps.push(ms);
    return systemClock.sleep(5, signal);
  };
  const clock: Clock = { ...systemClock, now: () => NOW, sleep };
  const { context, logged } = sinkContext({ clock, ...more });
  const sink = influxdb.create(influxdb.config.parse({ url: receiver.url, ...options }), context);
  const stopping = new AbortController();
  const running = sink.run!(stopping.signal);
  try {
    await check({ context, sleeps, logged });
  } finally {
    stopping.abort();
    await running;
  }
}

const SECOND = { token: 't0ken', org: 'my radio', bucket: 'Spyserver' };

test('version 2: the users of each stream, by name, with the token', async () => {
  await whileRunning({ ...SECOND, names: { rock: '40m' }, every: '90s' }, {}, async ({ sleeps, context }) => {
    await until('it has written twice', () => context.counters.get('points') >= 4);
    assert.equal(sleeps[0], 90_000);
    const [{ method, path, headers, body }] = receiver.received as [(typeof receiver.received)[number]];
    assert.equal(`${method} ${path}`, 'POST /api/v2/write?org=my+radio&bucket=Spyserver&precision=s');
    assert.equal(headers.authorization, 'Token t0ken');
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    const at = Math.floor(NOW / 1000);
    assert.equal(body, `spyserver_status,name=jazz users=1i ${at}\nspyserver_status,name=40m users=1i ${at}\n`);
  });
});

test('version 1: a database, with user and password', async () => {
  const options = { database: 'radio', user: 'u', password: 'p:w', measurement: 'spyserver_users' };
  await whileRunning(options, {}, async ({ context }) => {
    await until('it has written', () => context.counters.get('points') > 0);
    const [{ path, headers, body }] = receiver.received as [(typeof receiver.received)[number]];
    assert.equal(path, '/write?db=radio&precision=s');
    assert.equal(Buffer.from(headers.authorization!.slice(6), 'base64').toString(), 'u:p:w');
    assert.match(body, /^spyserver_users,name=jazz users=1i /);
  });
});

test('streams of equal name are added up', async () => {
  const names = { rock: 'all', jazz: 'all' };
  await whileRunning({ ...SECOND, names }, {}, async ({ context }) => {
    await until('it has written', () => context.counters.get('points') > 0);
    assert.match(receiver.received[0]!.body, /^spyserver_status,name=all users=2i \d+\n$/);
  });
});

test('only the streams that are wanted are written', async () => {
  const wantsStream = (_: string, stream: string) => stream === 'jazz';
  await whileRunning(SECOND, { wantsStream }, async ({ context }) => {
    await until('it has written', () => context.counters.get('points') > 0);
    assert.match(receiver.received[0]!.body, /^spyserver_status,name=jazz users=1i \d+\n$/);
  });
});

test('a stream that nobody listens to any more is 0', async () => {
  const { live } = sinkContext().context;
  await whileRunning(SECOND, { live }, async () => {
    await until('it has written', () => receiver.received.length > 0);
    const closed = [...live.audience.sessions.values()];
    for (const session of closed) session.end = session.seen;
    live.audience.apply({ opened: [], updated: [], regrouped: [], closed, superseded: [] });
    await until('they are 0', () =>
      /name=jazz users=0i.*\n.*name=rock users=0i/.test(receiver.received.at(-1)?.body ?? ''),
    );
  });
});

test('what cannot be written is kept, and comes with the next; the trouble is said once', async () => {
  receiver.answer = 503;
  await whileRunning(SECOND, {}, async ({ context, logged }) => {
    await until('it has failed often', () => context.counters.get('writesFailed') >= 3);
    const kept = receiver.received.at(-1)!.body.trim().split('\n').length;
    assert.ok(kept >= 6);
    receiver.answer = 204;
    await until('all is written', () => context.counters.get('points') >= kept);
    assert.match(logged.join(''), /info .*written again/);
    assert.equal(logged.filter((line) => /points wait, and are written later: .*HTTP 503/.test(line)).length, 1);
  });
});

test('what is refused is given up and said, and the token is not', async () => {
  receiver.answer = 401;
  await whileRunning(SECOND, {}, async ({ context, logged }) => {
    await until('it is given up', () => context.counters.get('pointsGivenUp') >= 4);
    assert.match(logged.join(''), /points are given up: 127\.0\.0\.1:\d+ answered with HTTP 401: check the token/);
    assert.doesNotMatch(logged.join(''), /t0ken/);
    assert.equal(receiver.received.at(-1)!.body.trim().split('\n').length, 2, 'the next are tried all the same');
  });
});
