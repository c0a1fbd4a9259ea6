/** Who may ask what, asked over real connections. Whether to listen at all is config/trust.ts and test/config/. */

import { strict as assert } from 'node:assert';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ALL_ACCESS } from '../core/access.ts';
import { parseCidrs } from '../lib/cidr.ts';
import { hostName } from './auth.ts';
import type { StatusWire } from './contract.ts';
import { errorOf, type Question, type Site, type SiteOptions, startSite } from './fixture.ts';

const EVERYTHING = { groups: [], access: ALL_ACCESS };
const READER = { name: 'grafana', secret: 'read-token', write: false, ...EVERYTHING };
const WRITER = { name: 'admin-script', secret: 'write-token', write: true, ...EVERYTHING };
const USER = { name: 'märta', secret: 'pass:word', write: false, ...EVERYTHING };
const EDITOR = { name: 'olga', secret: 'päss', write: true, ...EVERYTHING };
const CREDENTIALS = { tokens: [READER, WRITER], users: [USER, EDITOR] };

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
const JSON_BODY = { 'content-type': 'application/json' };
const FORGET = '{"user":"nobody"}';

async function withSite(options: SiteOptions, asking: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite({ isEmpty: true, ...options });
  try {
    await asking(site);
  } finally {
    await site.close();
  }
}

async function refused(site: Site, path: string, question: Question, status: number, code: string): Promise<string> {
  const answer = await site.ask(path, question);
  assert.equal(answer.status, status, `${path} ${JSON.stringify(question)}: ${answer.text}`);
  const error = errorOf(answer);
  assert.equal(error.code, code);
  return error.message;
}

/** To those who may read. */
const PRIVATE = ['/docs', '/openapi.json', '/metrics', '/api/v1/status', '/api/v1/sessions'];
const READABLE = ['/', ...PRIVATE];

test('without credentials everything can be read, and nothing written', async () => {
  await withSite({}, async (site) => {
    for (const path of [...READABLE, '/healthz', '/readyz']) assert.equal((await site.ask(path)).status, 200, path);
    const write = { method: 'POST', headers: JSON_BODY, body: FORGET };
    assert.match(await refused(site, '/api/v1/forget', write, 403, 'FORBIDDEN'), /token/);
  });
});

test('a Host that is none of ours is refused, so that no other name leads a browser here', async () => {
  await withSite(
    { trust: { hosts: new Set(['127.0.0.1', 'localhost', '[::1]', 'audience.example.org']) } },
    async (site) => {
      const fine = [
        '127.0.0.1',
        `127.0.0.1:${site.port}`,
        'LOCALHOST:1',
        'localhost.',
        '[::1]:8700',
        'audience.example.org',
      ];
      for (const host of fine)
        assert.equal((await site.ask('/api/v1/status', { headers: { host } })).status, 200, host);
      const foreign = [
        'evil.example.com',
        '192.0.2.1',
        '127.0.0.1.evil.example.com',
        'audience.example.org.evil',
        'a b',
      ];
      for (const host of [...foreign, 'localhost@evil.example.com', 'localhost:99999999', '[::1', '::1']) {
        for (const path of ['/', '/api/v1/status', '/api/v1/live', '/healthz', '/nothing']) {
          assert.match(await refused(site, path, { headers: { host } }, 403, 'HOST_NOT_ALLOWED'), /publicUrl/);
        }
      }
    },
  );
});

test('a request without a Host is refused', async () => {
  await withSite({}, async (site) => {
    const answers = await Promise.all(
      ['HTTP/1.0', 'HTTP/1.1'].map((version) => raw(site.port, `GET /healthz ${version}\r\n\r\n`)),
    );
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 (403|400) /);
  });
});

test('what a proxy forwards is refused while there are no credentials, with what to do about it', async () => {
  await withSite({}, async (site) => {
    const headers = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'x-real-ip', 'via'];
    for (const name of headers) {
      const question = { headers: { [name]: 'for=192.0.2.1' } };
      const message = await refused(site, '/api/v1/status', question, 403, 'FORWARDED_WITHOUT_CREDENTIALS');
      assert.match(message, new RegExp(`${name} .*Add users or tokens`));
    }
  });
});

test('with credentials only health is told to strangers, and the empty page that asks who they are', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    for (const path of [...PRIVATE, '/api/v1/live', '/api/v1/places']) {
      await refused(site, path, {}, 401, 'NOT_SIGNED_IN');
      const { headers } = await site.ask(path);
      assert.match(String(headers['www-authenticate']), /^Basic realm="Headcount"/, 'programs are told how');
    }
    for (const path of ['/', '/healthz', '/readyz']) assert.equal((await site.ask(path)).status, 200, path);
  });
});

test('a browser is not made to open a dialog of its own', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    const browsers = [
      { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0' },
      { 'sec-fetch-mode': 'cors', accept: '*/*' },
      { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    ];
    for (const headers of browsers) {
      for (const path of [...PRIVATE, '/api/v1/live']) {
        const answer = await site.ask(path, { headers });
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], undefined, path);
      }
    }
    const page = await site.ask('/docs', { headers: { accept: 'text/html' } });
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(page.text, /Please <a href="\/">sign in<\/a>/);
  });
});

test('a right token or password reads, a wrong one does not', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    const right = [
      bearer('read-token'),
      { authorization: 'bearer  write-token' },
      basic('märta', 'pass:word'),
      basic('olga', 'päss'),
    ];
    for (const headers of right) {
      for (const path of READABLE) assert.equal((await site.ask(path, { headers })).status, 200, path);
    }
    const wrong = [
      bearer('Read-token'),
      bearer(''),
      bearer('pass:word'),
      basic('märta', 'pass'),
      basic('olga', 'pass:word'),
      basic('grafana', 'read-token'),
      basic('', ''),
      { authorization: 'Basic' },
      { authorization: 'Basic !!!' },
      { authorization: 'read-token' },
      { authorization: 'Digest username="olga"' },
    ];
    for (const headers of wrong) await refused(site, '/api/v1/status', { headers }, 401, 'NOT_SIGNED_IN');
  });
});

test('credentials that nobody configured are wrong, not ignored', async () => {
  await withSite({}, async (site) => {
    await refused(site, '/api/v1/status', { headers: bearer('x') }, 401, 'NOT_SIGNED_IN');
  });
});

test('only who has the right to write may write', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    const write = (headers: Record<string, string>) => ({
      method: 'POST',
      headers: { ...JSON_BODY, ...headers },
      body: FORGET,
    });
    await refused(site, '/api/v1/forget', write({}), 401, 'NOT_SIGNED_IN');
    for (const headers of [bearer('read-token'), basic('märta', 'pass:word')]) {
      assert.match(await refused(site, '/api/v1/forget', write(headers), 403, 'FORBIDDEN'), /may read, but not write/);
    }
    for (const headers of [bearer('write-token'), basic('olga', 'päss')]) {
      const answer = await site.ask('/api/v1/forget', write(headers));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(JSON.parse(answer.text), { sessions: 0 });
    }
  });
});

test('a write has to be JSON, and from no other site', async () => {
  const origins = new Set(['https://tools.example.org']);
  await withSite({ trust: { ...CREDENTIALS, origins } }, async (site) => {
    const write = (headers: Record<string, string>) => ({
      method: 'POST',
      headers: { ...bearer('write-token'), ...headers },
      body: FORGET,
    });
    const forms = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
    ];
    for (const type of forms) {
      await refused(site, '/api/v1/forget', write({ 'content-type': type }), 415, 'NOT_JSON');
    }
    await refused(site, '/api/v1/forget', write({}), 415, 'NOT_JSON');
    const host = `127.0.0.1:${site.port}`;
    for (const origin of [
      'https://evil.example.com',
      'null',
      'https://tools.example.org.evil.example.com',
      'http://127.0.0.1:1',
    ]) {
      await refused(site, '/api/v1/forget', write({ ...JSON_BODY, origin, host }), 403, 'ORIGIN_NOT_ALLOWED');
    }
    for (const origin of ['https://tools.example.org', `http://${host}`]) {
      const answer = await site.ask('/api/v1/forget', write({ ...JSON_BODY, origin, host }));
      assert.equal(answer.status, 200, `${origin}: ${answer.text}`);
    }
  });
});

test('no other site may read an answer either', async () => {
  await withSite({}, async (site) => {
    const { headers } = await site.ask('/api/v1/status', { headers: { origin: 'https://evil.example.com' } });
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  });
});

test('whoever guesses is refused for a minute, whatever they say where they come from', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    const guess = (i: number) => ({
      headers: { ...bearer(`guess-${i}`), 'x-forwarded-for': `198.51.100.${i}`, forwarded: `for=198.51.100.${i}` },
    });
    for (let i = 0; i < 20; i++) await refused(site, '/api/v1/status', guess(i), 401, 'NOT_SIGNED_IN');
    const answer = await site.ask('/api/v1/status', guess(20));
    assert.equal(answer.status, 429);
    assert.equal(errorOf(answer).code, 'TOO_MANY_ATTEMPTS');
    assert.equal(answer.headers['retry-after'], '60');
    await refused(site, '/api/v1/status', { headers: bearer('read-token') }, 429, 'TOO_MANY_ATTEMPTS');
    assert.equal((await site.ask('/healthz')).status, 200, 'health is still told: nothing can be guessed there');
    await refused(site, '/api/v1/status', {}, 401, 'NOT_SIGNED_IN');
    site.clock.pass(60_001);
    assert.equal((await site.ask('/api/v1/status', { headers: bearer('read-token') })).status, 200);
  });
});

test('behind a trusted proxy each client guesses for itself, and a name is held for all', async () => {
  const isTrustedProxy = parseCidrs(['127.0.0.1']);
  await withSite({ trust: { ...CREDENTIALS, isTrustedProxy } }, async (site) => {
    const from = (address: string, headers: Record<string, string>) => ({
      headers: { ...headers, 'x-forwarded-for': `203.0.113.1, ${address}` },
    });
    for (let i = 0; i < 20; i++) {
      await refused(site, '/api/v1/status', from('198.51.100.1', bearer(`guess-${i}`)), 401, 'NOT_SIGNED_IN');
    }
    await refused(site, '/api/v1/status', from('198.51.100.1', bearer('read-token')), 429, 'TOO_MANY_ATTEMPTS');
    assert.equal((await site.ask('/api/v1/status', from('198.51.100.2', bearer('read-token')))).status, 200);

    const right = basic('olga', 'päss');
    assert.equal((await site.ask('/api/v1/status', from('192.0.2.1', right))).status, 200);
    for (let i = 0; i < 20; i++) {
      await refused(site, '/api/v1/status', from(`198.51.100.${i + 10}`, basic('olga', 'x')), 401, 'NOT_SIGNED_IN');
    }
    await refused(site, '/api/v1/status', from('198.51.100.99', right), 429, 'TOO_MANY_ATTEMPTS');
    assert.equal((await site.ask('/api/v1/status', from('192.0.2.1', right))).status, 200, 'she was here before');
    const other = basic('märta', 'pass:word');
    assert.equal((await site.ask('/api/v1/status', from('198.51.100.99', other))).status, 200);
  });
});

test('a sign-in that is right clears those that were wrong', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 19; i++)
        await refused(site, '/api/v1/status', { headers: bearer('x') }, 401, 'NOT_SIGNED_IN');
      assert.equal((await site.ask('/api/v1/status', { headers: bearer('read-token') })).status, 200);
    }
  });
});

test('forwarding headers change nothing for who has signed in', async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    const headers = {
      'x-forwarded-for': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host=localhost',
      'x-forwarded-host': 'x',
    };
    await refused(site, '/api/v1/status', { headers }, 401, 'NOT_SIGNED_IN');
    const answer = await site.ask('/api/v1/status', { headers: { ...headers, ...bearer('read-token') } });
    assert.equal(answer.status, 200);
    const foreign = { ...bearer('read-token'), host: 'evil.example.com', 'x-forwarded-host': 'localhost' };
    await refused(site, '/api/v1/status', { headers: foreign }, 403, 'HOST_NOT_ALLOWED');
  });
});

test("the owner's socket is the owner's alone, and may do everything", async () => {
  await withSite({ trust: CREDENTIALS }, async (site) => {
    assert.equal(statSync(site.socket).mode & 0o777, 0o600);
    const socketPath = site.socket;
    for (const path of READABLE) assert.equal((await site.ask(path, { socketPath })).status, 200, path);
    const write = { method: 'POST', headers: { host: 'anything', ...JSON_BODY }, body: FORGET, socketPath };
    assert.equal((await site.ask('/api/v1/forget', write)).status, 200);
  });
  await withSite({}, async (site) => {
    const write = { method: 'POST', headers: JSON_BODY, body: FORGET, socketPath: site.socket };
    assert.equal((await site.ask('/api/v1/forget', write)).status, 200, 'also without any credentials');
  });
});

test('every answer forbids what a page of ours does not need', async () => {
  await withSite({}, async (site) => {
    const paths = ['/', '/docs', '/api/v1/status', '/metrics', '/healthz', '/nothing', '/api/v1/sessions?limit=x'];
    for (const path of paths) {
      const { headers } = await site.ask(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /default-src 'self'/, path);
      assert.match(policy, /script-src 'self'(;|$)/, path);
      assert.match(policy, /object-src 'none'/, path);
      assert.match(policy, /frame-ancestors 'self'/, path);
      assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/, path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      assert.equal(headers['referrer-policy'], 'no-referrer', path);
    }
    assert.equal(
      (await site.ask('/api/v1/sessions')).headers['cache-control'],
      'no-store',
      'who was here is kept nowhere',
    );
  });
});

test('browsers may ask the server of map tiles, and no other', async () => {
  const mapTiles = {
    tiles: 'https://tile.example.org:8443/{z}/{x}/{y}.png',
    attribution: { text: '© somebody', url: null },
  };
  await withSite({ mapTiles }, async (site) => {
    const policy = String((await site.ask('/')).headers['content-security-policy']);
    assert.match(policy, /connect-src 'self' https:\/\/tile\.example\.org:8443(;|$)/);
    assert.deepEqual(policy.match(/https?:[^ ;]*/g), ['https://tile.example.org:8443']);
    assert.deepEqual((await site.get<StatusWire>('/api/v1/status')).map, mapTiles);
  });
});

test('a Host header is a name or an address, with or without a port', () => {
  assert.equal(hostName('Example.ORG:80'), 'example.org');
  assert.equal(hostName('[2001:DB8::1]:8700'), '[2001:db8::1]');
  for (const text of [undefined, '', ':80', 'a:b', 'user@host', 'a/b', '[::1]x', 'ä'])
    assert.equal(hostName(text), null);
});

/** What comes back for exactly these bytes, until the peer closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
