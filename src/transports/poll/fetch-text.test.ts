import { strict as assert } from 'node:assert';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { freePort } from '../../../lab/child.ts';
import { digestGate } from '../../../lab/digest-gate.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { answeredBadly, type FetchOptions, fetchText } from './fetch-text.ts';

const PLENTY = Buffer.alloc(100_000, 'x');
const answers: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  '/plain': (_, response) =>
    response.writeHead(200, { 'content-type': 'Text/XML; charset=utf-8' }).end('h\xe9', 'latin1'),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed')),
  '/deflate': (_, response) => response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateSync('packed')),
  '/raw': (_, response) => response.writeHead(200, { 'content-encoding': 'deflate' }).end(deflateRawSync('packed')),
  '/brotli': (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('packed'),
  '/broken': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all'),
  '/bomb': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(PLENTY)),
  '/large': (_, response) => response.end(PLENTY),
  '/400': (_, response) => response.writeHead(400).end('Source does not exist'),
  '/401': (_, response) => response.writeHead(401).end(),
  '/403': (_, response) => response.writeHead(403).end(),
  '/here': (_, response) => response.writeHead(302, { location: '/plain' }).end(),
  '/elsewhere': (_, response) => response.writeHead(302, { location: 'http://198.51.100.1/' }).end(),
  '/port': (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  '/circle': (_, response) => response.writeHead(301, { location: '/circle' }).end(),
  '/who': (request, response) => response.end(JSON.stringify(request.headers)),
  '/silence': () => {},
  '/half': (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setImmediate(() => response.destroy());
  },
};
const server = createServer((request, response) => answers[request.url!]!(request, response)).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as { port: number };
after(() => {
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;
const fetchFrom = (path: string, options: Partial<FetchOptions> = {}) =>
  fetchText(path.startsWith('/') ? `http://127.0.0.1:${port}${path}` : path, {
    auth: null,
    timeoutMs: 5000,
    maxBytes: 10_000,
    signal: never,
    ...options,
  });

const fails = async (promise: Promise<unknown>, code: string, sentence: RegExp) => {
  const error = await promise.then(
    () => assert.fail('it should not have succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HeadcountError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, sentence);
};

test('the body comes as bytes, the content type without its parameters', async () => {
  const { status, contentType, headers, body } = await fetchFrom('/plain');
  assert.deepEqual([status, contentType, body.toString('latin1')], [200, 'text/xml', 'hé']);
  assert.match(headers['content-type']!, /^text\/xml;/i);
});

test('gzip and both kinds of deflate are unpacked; anything else is refused', async () => {
  for (const path of ['/gzip', '/deflate', '/raw'])
    assert.equal((await fetchFrom(path)).body.toString(), 'packed', path);
  await fails(fetchFrom('/brotli'), 'PEER_ANSWERED_BADLY', /a body that is no br/);
  await fails(fetchFrom('/broken'), 'PEER_ANSWERED_BADLY', /a body that is no gzip/);
});

test('a body is bounded, as it comes and unpacked', async () => {
  await fails(fetchFrom('/large'), 'PEER_ANSWERED_BADLY', /more than 10000 bytes/);
  await fails(fetchFrom('/bomb'), 'PEER_ANSWERED_BADLY', /more than 10000 bytes/);
});

test('other statuses are for the caller to judge', async () => {
  const page = await fetchFrom('/400');
  assert.equal(page.status, 400);
  assert.equal(page.body.toString(), 'Source does not exist');
});

test('a refused login says so, and says no password', async () => {
  for (const path of ['/401', '/403']) {
    const login = fetchFrom(path, { auth: { user: 'admin', password: 'hunter2' } });
    await fails(login, 'PEER_REFUSED_LOGIN', new RegExp(`^127\\.0\\.0\\.1:${port} refused the login`));
    await login.catch((error: unknown) => assert.doesNotMatch(messageOf(error), /hunter2|admin/));
  }
});

test('credentials go by Basic, those in the URL nowhere', async () => {
  const headersOf = async (url: string, options: Partial<FetchOptions>) =>
    JSON.parse((await fetchFrom(url, options)).body.toString()) as Record<string, string>;
  const withAuth = await headersOf('/who', { auth: { user: 'a', password: 'b:c' }, headers: { accept: 'text/xml' } });
  assert.equal(withAuth['authorization'], `Basic ${Buffer.from('a:b:c').toString('base64')}`);
  assert.equal(withAuth['accept'], 'text/xml');
  assert.equal((await headersOf(`http://x:y@127.0.0.1:${port}/who`, {}))['authorization'], undefined);
});

test('a server that asks for Digest gets it, by itself or after Basic, with the query and again after a redirect', async () => {
  for (const options of [{}, { algorithm: 'SHA-256' }, { algorithm: 'MD5-sess' }, { qop: null }]) {
    const gate = digestGate({ user: 'mufasa', password: 'Circle: of "Life"', ...options });
    answers['/digest?a=b%20c'] = (request, response) => gate.lets(request, response) && response.end('in');
    answers['/digest'] = (request, response) =>
      gate.lets(request, response) && response.writeHead(302, { location: '/digest?a=b%20c' }).end();
    const auth = { user: 'mufasa', password: 'Circle: of "Life"' };
    for (const whenAsked of [true, false]) {
      gate.seen.length = 0;
      assert.equal((await fetchFrom('/digest', { auth: { ...auth, whenAsked } })).body.toString(), 'in');
      const schemes = gate.seen.map((authorization) => authorization.split(' ')[0]);
      const first = whenAsked ? '' : 'Basic';
      assert.deepEqual(schemes, [first, 'Digest', first, 'Digest'], JSON.stringify(options));
    }
    gate.seen.length = 0;
    await fails(fetchFrom('/digest', { auth: { ...auth, password: 'x' } }), 'PEER_REFUSED_LOGIN', /refused the login/);
    await fails(fetchFrom('/digest'), 'PEER_REFUSED_LOGIN', /refused the login/);
    assert.equal(gate.seen.length, 3, 'it is asked once more, and no further time');
  }
});

test('who waits to be asked sends Basic only to a server that wants it', async () => {
  const seen: (string | undefined)[] = [];
  const refuse = (challenge: string) => (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request.headers.authorization);
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  };
  answers['/basic'] = refuse('Basic realm="r"');
  answers['/other'] = refuse('Digest realm="r", nonce="n", algorithm=SHA-512-256, Negotiate');
  const auth = { user: 'a', password: 'b', whenAsked: true };
  for (const path of ['/basic', '/other', '/401'])
    await fails(fetchFrom(path, { auth }), 'PEER_REFUSED_LOGIN', /refused/);
  assert.deepEqual(seen, [undefined, 'Basic YTpi', undefined]);
});

test('redirects stay with the server', async () => {
  assert.equal((await fetchFrom('/here')).status, 200);
  await fails(fetchFrom('/elsewhere'), 'PEER_ANSWERED_BADLY', /a redirect to another server/);
  await fails(fetchFrom('/port'), 'PEER_ANSWERED_BADLY', /a redirect to another server/);
  await fails(fetchFrom('/circle'), 'PEER_ANSWERED_BADLY', /redirects in a circle/);
});

test('link-local addresses are never connected to, however they are written', async () => {
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '0xa9fea9fe', '2852039166']) {
    await fails(
      fetchFrom(`http://${host}/latest/`),
      'PEER_UNREACHABLE',
      /link-local address, to which Headcount never/,
    );
  }
});

test('nor are they when a name resolves to them; its other addresses are', async (context) => {
  const names: Record<string, string[]> = {
    'trap.example': ['169.254.169.254', 'fe80::1'],
    'mixed.example': ['169.254.1.1', '127.0.0.1'],
  };
  // No resolver on loopback would answer these names: the system's is put aside for this one test.
  context.mock.method(dns, 'lookup', ((name: string, _: unknown, callback: (...args: unknown[]) => void) => {
    callback(
      null,
      names[name]!.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as typeof dns.lookup);
  syncBuiltinESMExports();
  try {
    await fails(fetchFrom('http://trap.example/'), 'PEER_UNREACHABLE', /trap\.example:80: it is a link-local address/);
    assert.equal((await fetchFrom(`http://mixed.example:${port}/plain`)).status, 200);
  } finally {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test('a server that is not there, does not exist, or breaks off is said to be so', async () => {
  const closed = await freePort();
  await fails(fetchFrom(`http://127.0.0.1:${closed}/`), 'PEER_UNREACHABLE', new RegExp(`:${closed}: nobody listens`));
  await fails(fetchFrom(`http://localhost:${closed}/`), 'PEER_UNREACHABLE', /nobody listens/);
  await fails(fetchFrom('http://nowhere.invalid/'), 'PEER_UNREACHABLE', /nowhere\.invalid:80: (there is no|the name)/);
  await fails(fetchFrom('/half'), 'PEER_UNREACHABLE', /Cannot reach/);
  await fails(fetchFrom('/silence', { timeoutMs: 100 }), 'PEER_UNREACHABLE', /did not answer within 100 ms/);
});

test('what is not HTTP is said to be so', async () => {
  const sockets = new Set<Socket>();
  const other = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.end('220 ready\r\n');
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: at } = other.address() as { port: number };
  await fails(fetchFrom(`http://127.0.0.1:${at}/`), 'PEER_UNREACHABLE', /not HTTP/);
  for (const socket of sockets) socket.destroy();
  other.close();
});

test('an aborted signal ends it at once, with the reason of the signal', async () => {
  const stop = new AbortController();
  const waiting = fetchFrom('/silence', { signal: stop.signal });
  const reason = new Error('stopped');
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(fetchFrom('/plain', { signal: stop.signal }), reason);
});

test('what a caller finds wrong in an answer names the server only', () => {
  const error = answeredBadly('http://192.0.2.1:8181/api?apikey=secret', 'no JSON');
  assert.equal(error.message, '192.0.2.1:8181 answered with no JSON. Check that this is the right server and version.');
});
