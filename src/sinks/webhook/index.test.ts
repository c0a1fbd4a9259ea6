import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { type Receiver, startReceiver } from '../../../lab/receiver.ts';
import { EventsWire } from '../../http/contract.ts';
import { systemClock } from '../../lib/clock.ts';
import { sinkContext, told } from '../fixture.ts';
import { Later, Refused } from '../sink.ts';
import { signature, webhook } from './index.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0, 999);
const never = new AbortController().signal;

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

function hook(options: Record<string, unknown> = {}) {
  const { context } = sinkContext({ clock: { ...systemClock, now: () => NOW } });
  return webhook.create(webhook.config.parse({ url: `${receiver.url}/in?x=1`, ...options }), context);
}

/** What it rejects with. */
async function failure(options: Record<string, unknown> = {}): Promise<unknown> {
  return hook(options)
    .deliver(told('a'), never)
    .then(
      () => assert.fail('it should not have been taken'),
      (error: unknown) => error,
    );
}

test('the signature is HMAC-SHA256 of time and body', () => {
  // RFC 4231, test case 2: the key "Jefe", the data "what do ya want for nothing?".
  const [timestamp, body] = ['what do ya want for nothing?', ''];
  const own = createHmac('sha256', 'Jefe').update(`${timestamp}.${body}`).digest('hex');
  assert.equal(signature('Jefe', timestamp, body), `sha256=${own}`);
  assert.equal(
    createHmac('sha256', 'Jefe').update(timestamp).digest('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('a receiver can check from whom it is, when it was sent, and what it has seen before', async () => {
  await hook({ secret: 'open sesame' }).deliver(told('a', 'b'), never);
  const [{ method, path, headers, body }] = receiver.received as [(typeof receiver.received)[number]];
  assert.equal(`${method} ${path}`, 'POST /in?x=1');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-headcount-timestamp'], String(Math.floor(NOW / 1000)));
  assert.equal(headers['x-headcount-event-id'], 'a');
  const expected = createHmac('sha256', 'open sesame')
    .update(`${headers['x-headcount-timestamp']}.${body}`)
    .digest('hex');
  assert.equal(headers['x-headcount-signature'], `sha256=${expected}`);
  const { events } = EventsWire.parse(JSON.parse(body));
  assert.deepEqual(
    events.map(({ id, type }) => [id, type]),
    [
      ['a', 'session.closed'],
      ['b', 'session.closed'],
    ],
  );
});

test('without a secret nothing is signed', async () => {
  await hook().deliver(told('a'), never);
  assert.equal(receiver.received[0]!.headers['x-headcount-signature'], undefined);
});

test('2xx is taken, 4xx is refused, and everything else may be tried again', async () => {
  for (const status of [200, 201, 202, 204, 299]) {
    receiver.answer = status;
    await hook().deliver(told('a'), never);
  }
  for (const status of [400, 401, 403, 404, 405, 410, 413, 422, 499]) {
    receiver.answer = status;
    const error = await failure();
    assert.ok(error instanceof Refused, `${status}`);
    assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:\\d+ answered with HTTP ${status}$`));
  }
  for (const status of [301, 307, 308, 408, 425, 429, 500, 502, 503, 504]) {
    receiver.answer = status;
    const error = await failure();
    assert.ok(!(error instanceof Refused), `${status}`);
  }
});

test('how long it is to wait is told, within reason', async () => {
  const asked = async (status: number, seconds: string) => {
    receiver.answer = (response) => response.writeHead(status, { 'retry-after': seconds }).end();
    const error = await failure();
    assert.ok(error instanceof Later);
    return error.afterMs;
  };
  assert.equal(await asked(429, '17'), 17_000);
  assert.equal(await asked(503, '86400'), 3_600_000);
  assert.equal(await asked(503, 'soon'), 0);
});

test('a redirect is not followed, a slow receiver is not waited for, and no error says where exactly', async () => {
  receiver.answer = (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end();
  assert.match(String(await failure()), /redirects are not followed/);
  assert.equal(receiver.received.length, 1);
  receiver.answer = () => {};
  const error = await failure({ timeout: '100ms' });
  assert.match(String(error), /did not answer within 100 ms/);
  assert.doesNotMatch(String(error), /in\?x=1/, 'a path may be a secret');
});

test('a link-local address is never told anything', async () => {
  const error = await failure({ url: 'http://169.254.169.254/latest/meta-data' });
  assert.match(String(error), /link-local/);
});
