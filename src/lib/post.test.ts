import { strict as assert } from 'node:assert';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, test } from 'node:test';
import { freePort } from '../../lab/child.ts';
import { type Receiver, startReceiver } from '../../lab/receiver.ts';
import { HeadcountError } from './errors.ts';
import { type PostOptions, postJson } from './post.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const never = new AbortController().signal;
const post = (url: string, options: Partial<PostOptions> = {}) =>
  postJson(new URL(url), { body: '{"é":1}', timeoutMs: 5000, signal: never, ...options });

async function unreachable(promise: Promise<unknown>, sentence: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof HeadcountError && error.code === 'PEER_UNREACHABLE', String(error));
    assert.match(error.message, sentence);
    return true;
  });
}

test('what is sent arrives as it is, with its length, its headers and the credentials', async () => {
  const auth = { user: 'radio', password: 'a:b ü' };
  const answer = await post(`${receiver.url}/api?x=1`, { auth, headers: { 'X-Thing': 'yes' } });
  assert.deepEqual(answer, { status: 200, retryAfterMs: null, text: 'thanks' });
  const [got] = receiver.received;
  assert.equal(`${got!.method} ${got!.path}`, 'POST /api?x=1');
  assert.equal(got!.body, '{"é":1}');
  assert.equal(got!.headers['content-type'], 'application/json');
  assert.equal(got!.headers['content-length'], '8');
  assert.equal(got!.headers['x-thing'], 'yes');
  assert.equal(Buffer.from(got!.headers.authorization!.slice(6), 'base64').toString(), 'radio:a:b ü');
});

test('without credentials there is no header for them', async () => {
  await post(receiver.url, { auth: null });
  assert.equal(receiver.received[0]!.headers.authorization, undefined);
});

test('a redirect is an answer, and is not followed', async () => {
  receiver.answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
  assert.equal((await post(receiver.url)).status, 307);
  assert.equal(receiver.received.length, 1);
});

test('when to come again is understood in seconds and as a date of the server', async () => {
  const asked = async (headers: Record<string, string>) => {
    receiver.answer = (response) => response.writeHead(503, headers).end();
    return (await post(receiver.url)).retryAfterMs;
  };
  assert.equal(await asked({ 'retry-after': '120' }), 120_000);
  const date = 'Sat, 21 Nov 2026 12:00:00 GMT';
  assert.equal(await asked({ date, 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }), 30_000);
  assert.equal(await asked({ date, 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }), 0);
  assert.equal(await asked({ 'retry-after': 'soon' }), null);
  assert.equal(await asked({ 'retry-after': '-5' }), null);
});

test('an answer that never ends is not read to its end', async () => {
  receiver.answer = (response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  assert.equal((await post(receiver.url)).status, 200);
});

test('who is not there, says nothing or breaks off is said to be so', async () => {
  await unreachable(
    post(`http://127.0.0.1:${await freePort()}/`),
    /Cannot reach 127\.0\.0\.1:\d+: nobody listens there/,
  );
  receiver.answer = () => {};
  await unreachable(post(receiver.url, { timeoutMs: 50 }), /did not answer within 50 ms/);
  receiver.answer = (response) => response.destroy();
  await unreachable(post(receiver.url), /it closed the connection/);
  receiver.answer = (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  };
  await unreachable(post(receiver.url), /Cannot reach/);
});

test('an aborted signal ends it, with the reason of the signal', async () => {
  receiver.answer = () => stopping.abort(new Error('enough'));
  const stopping = new AbortController();
  await assert.rejects(post(receiver.url, { signal: stopping.signal }), /enough/);
});

test('no link-local address is ever connected to, also not by name', async (t) => {
  for (const url of ['http://169.254.169.254/latest', 'http://[fe80::1]/', 'http://[::ffff:169.254.169.254]/']) {
    await unreachable(post(url), /link-local/);
  }
  const { lookup } = dns;
  t.after(() => {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  });
  // A name server of somebody else's may say anything.
  dns.lookup = ((_: string, __: object, callback: (error: null, list: object[]) => void) =>
    callback(null, [{ address: '169.254.169.254', family: 4 }])) as unknown as typeof dns.lookup;
  syncBuiltinESMExports();
  await unreachable(post('http://metadata.example/'), /link-local/);
});
