/** Trying a server that somebody has typed into a page: what it must not reach, and what it must not show. */

import { strict as assert } from 'node:assert';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { after, test } from 'node:test';
import { readTrial } from '../config/trial.ts';
import { systemClock } from '../lib/clock.ts';
import { KINDS } from './index.ts';
import { type TrialResult, tryOnce } from './trial.ts';

const SECRET = 'what the body says';

async function serve(listener: RequestListener): Promise<{ host: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as { port: number }).port}`, asked };
}

const tried = (url: string, deadline?: number): Promise<TrialResult> =>
  tryOnce(readTrial(url, KINDS).source, systemClock, deadline);
const ALL = KINDS.filter(({ trial }) => trial !== undefined);
const urlsTo = (host: string) =>
  ALL.map(({ schemes: [scheme] }) => {
    if (scheme === 'json') return `json:http://${host}/page?items=a&fields=id:id`;
    const login = ['icecast', 'shoutcast', 'wowza', 'owncast'].includes(scheme!) ? 'admin:pw@' : '';
    return `${scheme}://${scheme === 'tautulli' ? 'key@' : login}${host}`;
  });

test('every kind that can be tried is one of those that are polled over HTTP', () => {
  assert.deepEqual(
    ALL.map(({ kind }) => kind),
    ['azuracast', 'icecast', 'json', 'mediamtx', 'nginx-rtmp', 'owncast', 'shoutcast', 'srs', 'tautulli', 'wowza'],
  );
});

test('what a server is called and how many are there is told', async () => {
  const stats = { icestats: { source: { listenurl: 'http://radio.example/jazz', listeners: 7 } } };
  const { host } = await serve((_, response) => {
    response.writeHead(200, { server: 'Icecast 2.4.4', 'content-type': 'application/json' });
    response.end(JSON.stringify(stats));
  });
  assert.deepEqual(await tried(`icecast://${host}`), {
    ...{ kind: 'icecast', status: 200, server: 'Icecast 2.4.4', error: null },
    found: { streams: 1, listeners: 7, isCountOnly: true },
  });
});

test('no kind follows a redirect, not even to the same server', async () => {
  for (const location of ['/elsewhere', 'http://169.254.169.254/latest/meta-data/', '//radio.example/']) {
    const { host, asked } = await serve((_, response) => response.writeHead(302, { location }).end());
    for (const url of urlsTo(host)) {
      const { found, error } = await tried(url);
      assert.equal(found, null, url);
      assert.match(error!.message, /redirect \(HTTP 302\), which is not followed/, url);
    }
    assert.ok(!asked.includes('/elsewhere'));
  }
});

test('no kind tells any of a body, of whatever status', async () => {
  for (const status of [200, 400, 401, 403, 404, 500]) {
    const { host } = await serve((_, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end(`<${SECRET.replaceAll(' ', '')}>${SECRET}</a>`),
    );
    for (const url of urlsTo(host)) {
      const answer = await tried(url);
      assert.equal(answer.found, null, url);
      assert.equal(answer.status, status);
      assert.doesNotMatch(JSON.stringify(answer), /what ?the ?body/i, url);
    }
  }
  const told = `{"error":"${SECRET}","response":{"result":"error","message":"${SECRET}"}}`;
  const { host } = await serve((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(told),
  );
  for (const url of urlsTo(host)) assert.doesNotMatch(JSON.stringify(await tried(url)), /what the body/, url);
});

test('an answer that is huge, or unpacks to be, is broken off', async () => {
  const { host } = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  const { error } = await tried(`icecast://${host}`);
  assert.match(error!.message, /or with more than is read here/);
});

test('an answer that never comes, or drips, ends with the deadline', async () => {
  const silent = await serve(() => {});
  const slow = await serve((_, response) => {
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  for (const { host } of [silent, slow]) {
    const { found, error } = await tried(`icecast://${host}`, 200);
    assert.equal(found, null);
    assert.equal(error!.code, 'PEER_UNREACHABLE');
  }
});

test('link-local and metadata addresses are not connected to, however they are written', async () => {
  const hosts = [
    ...['169.254.169.254', '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[fe80::1]', '2852039166', '0xa9fea9fe'],
    ...['[fd00:ec2::254]', '100.100.100.200', '192.0.0.192', '[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::1]'],
    ...['[::169.254.169.254]', '0.0.0.0'],
  ];
  for (const host of hosts) {
    const { status, error } = await tried(`json:http://${host}/?fields=id:id`);
    assert.equal(status, null, host);
    assert.match(error!.message, /link-local address|does not connect here/, host);
  }
});

test('a name is not followed to such an address, nor to another one the second time', async () => {
  const { host, asked } = await serve((_, response) => response.writeHead(200).end('{"a":[]}'));
  const resolve = dns.lookup;
  let answers: { address: string; family: number }[][] = [];
  const fake = (_: string, __: unknown, callback: (...args: unknown[]) => void) => callback(null, answers.shift());
  Object.assign(dns, { lookup: fake });
  syncBuiltinESMExports();
  try {
    const url = `json:http://rebinding.example:${host.split(':')[1]}/?items=a&fields=id:id`;
    answers = [[{ address: '169.254.169.254', family: 4 }]];
    assert.match((await tried(url)).error!.message, /link-local/);
    // Resolved once for one connection: what was checked is what is connected to.
    answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '169.254.169.254', family: 4 }]];
    assert.equal((await tried(url)).error, null);
    assert.equal(answers.length, 1);
    assert.match((await tried(url)).error!.message, /link-local/);
  } finally {
    Object.assign(dns, { lookup: resolve });
    syncBuiltinESMExports();
  }
  assert.equal(asked.length, 1);
});

test('what a server calls itself is printable, and not long', async () => {
  const { host } = await serve((_, response) =>
    response.writeHead(200, { server: `\u009b31m${'x'.repeat(500)}` }).end(),
  );
  const { server } = await tried(`icecast://${host}`);
  assert.match(server!, /^[\x20-\x7e\u00a0-\uffff]{1,80}$/);
});

test('no file of this machine is read, and no program run', () => {
  const urls = [
    ...['icecast://h?password-file=/etc/passwd', 'icecast://h?passwordFile=/etc/passwd', 'icecast://h?accessLog=/x'],
    ...['json:http://h/?fields=id:id&token-file=/etc/passwd', 'tautulli://h?api-key-file=/etc/passwd'],
    ...['log:/etc/passwd', '/etc/passwd', 'turn:eth0', 'spyserver:/etc/passwd', 'process:/bin/sh', 'coturn-cli://h'],
    ...['http://h', 'file:///etc/passwd', '', 'icecast:', 'icecast://', 'json:file:///etc/passwd?fields=id:id'],
  ];
  for (const url of urls) assert.throws(() => readTrial(url, KINDS), { code: 'BAD_URL' }, url);
});

test('how to write it leaves secrets to files', () => {
  const lineOf = (url: string) => {
    const { line, secretFiles } = readTrial(url, KINDS);
    return [line, ...secretFiles];
  };
  assert.deepEqual(lineOf('icecast://admin:p%40ss@radio.example:8000/x'), [
    'icecast://admin@radio.example:8000/x?password-file=/etc/headcount/icecast-password',
    '/etc/headcount/icecast-password',
  ]);
  assert.deepEqual(lineOf('shoutcast://:pw@radio.example:8000/1'), [
    'shoutcast://radio.example:8000/1?password-file=/etc/headcount/shoutcast-password',
    '/etc/headcount/shoutcast-password',
  ]);
  assert.deepEqual(lineOf('tautulli://KEY@plex.example:8181'), [
    'tautulli://plex.example:8181?api-key-file=/etc/headcount/tautulli-api-key',
    '/etc/headcount/tautulli-api-key',
  ]);
  assert.deepEqual(lineOf('icecast://radio.example'), ['icecast://radio.example']);
  assert.deepEqual(lineOf('json:https://radio.example/x?items=a&fields=stream:room,id:id&token=T'), [
    'json:https://radio.example/x?items=a&fields=stream:room,id:id&token-file=/etc/headcount/json-token',
    '/etc/headcount/json-token',
  ]);
  // What is written can be read.
  for (const url of ['icecast://admin:pw@[2001:db8::1]:8000', 'azuracasts://:a:b@radio.example/1']) {
    assert.ok(readTrial(url, KINDS).line.length > 0);
  }
});
