/** Signing in with a browser, over real connections. How long a session lasts is cookie-sessions.test.ts. */

import { strict as assert } from 'node:assert';
import { get } from 'node:http';
import { test } from 'node:test';
import { ALL_ACCESS } from '../core/access.ts';
import { parseCidrs } from '../lib/cidr.ts';
import { type Answer, errorOf, type Site, type SiteOptions, startSite, until } from './fixture.ts';

const EVERYTHING = { groups: [], access: ALL_ACCESS };
const OLGA = { name: 'olga', secret: 'päss:word', write: true, ...EVERYTHING };
const READER = { name: 'märta', secret: 'pass', write: false, ...EVERYTHING };
const SCRIPT = { name: 'script', secret: 'a-token', write: true, ...EVERYTHING };
const TRUST = { users: [OLGA, READER], tokens: [SCRIPT] };
const RIGHT = { name: 'olga', password: 'päss:word' };

async function withSite(options: SiteOptions, asking: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite({ isEmpty: true, ...options, trust: { ...TRUST, ...options.trust } });
  try {
    await asking(site);
  } finally {
    await site.close();
  }
}

const hostOf = (site: Site) => `127.0.0.1:${site.port}`;

function post(site: Site, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const own = { 'content-type': 'application/json', host: hostOf(site), origin: `http://${hostOf(site)}` };
  return site.ask(path, { method: 'POST', headers: { ...own, ...headers }, body: JSON.stringify(body) });
}

const signIn = (site: Site, body: unknown, headers = {}) => post(site, '/api/v1/sign-in', body, headers);
const setCookieOf = ({ headers }: Answer) => headers['set-cookie']?.[0] ?? '';
const cookieOf = (answer: Answer) => setCookieOf(answer).split(';')[0]!;

async function statusWith(site: Site, cookie: string, headers = {}): Promise<number> {
  return (await site.ask('/api/v1/status', { headers: { host: hostOf(site), cookie, ...headers } })).status;
}

test('a name and a password give a cookie that reads and writes; signing out ends it', async () => {
  await withSite({}, async (site) => {
    const answer = await signIn(site, RIGHT);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(JSON.parse(answer.text), { name: 'olga', allStreams: true, addresses: true, write: true });
    const attributes = `Path=/; HttpOnly; SameSite=Strict`;
    assert.match(setCookieOf(answer), new RegExp(`^headcount-${site.port}=[\\w-]{43}; ${attributes}$`));
    assert.equal(answer.headers['cache-control'], 'no-store');
    const cookie = cookieOf(answer);
    assert.equal(await statusWith(site, cookie), 200);
    assert.equal(await statusWith(site, `a=b; ${cookie}; c`), 200);
    assert.equal((await post(site, '/api/v1/forget', { user: 'nobody' }, { cookie })).status, 200);

    const out = await post(site, '/api/v1/sign-out', {}, { cookie });
    assert.equal(out.status, 200);
    assert.equal(setCookieOf(out), `headcount-${site.port}=; ${attributes}; Max-Age=0`);
    assert.equal(await statusWith(site, cookie), 401);
  });
});

test('a token signs a browser in, too, and staying signed in is 30 days', async () => {
  await withSite({}, async (site) => {
    const answer = await signIn(site, { token: 'a-token', stay: true });
    assert.equal(JSON.parse(answer.text).name, 'script');
    assert.match(setCookieOf(answer), /; Max-Age=2592000$/);
    assert.equal(await statusWith(site, cookieOf(answer)), 200);
  });
});

test('what is wrong is said, and sets no cookie', async () => {
  await withSite({}, async (site) => {
    const wrong = [
      { name: 'olga', password: 'pass' },
      { name: 'Olga', password: 'päss:word' },
      { name: 'script', password: 'a-token' },
      { token: 'päss:word' },
    ];
    for (const body of wrong) {
      const answer = await signIn(site, body);
      assert.equal(answer.status, 401);
      assert.equal(errorOf(answer).code, 'NOT_SIGNED_IN');
      assert.equal(setCookieOf(answer), '');
    }
    const bad = [
      {},
      { name: 'olga' },
      { ...RIGHT, token: 'a-token' },
      { ...RIGHT, stay: 'yes' },
      { ...RIGHT, x: 1 },
      [],
    ];
    for (const body of bad) assert.equal((await signIn(site, body)).status, 400, JSON.stringify(body));
    assert.match(errorOf(await signIn(site, {})).message, /must have a name and a password, or a token/);
    assert.equal((await signIn(site, { name: 'olga', password: 'x'.repeat(70_000) })).status, 413);
  });
});

test('another site signs nobody in or out, and does not write with the cookie', async () => {
  await withSite({}, async (site) => {
    const cookie = cookieOf(await signIn(site, RIGHT));
    const foreign = ['https://evil.example.com', 'null', `http://127.0.0.1:1`, `http://localhost:${site.port}`];
    for (const origin of foreign) {
      for (const path of ['/api/v1/sign-in', '/api/v1/sign-out', '/api/v1/forget']) {
        const answer = await post(site, path, RIGHT, { cookie, origin });
        assert.equal(answer.status, 403, `${path} from ${origin}`);
        assert.equal(errorOf(answer).code, 'ORIGIN_NOT_ALLOWED');
      }
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      assert.equal((await post(site, '/api/v1/forget', {}, { cookie, 'content-type': type })).status, 415);
      assert.equal((await signIn(site, RIGHT, { 'content-type': type })).status, 415);
    }
    const headers = { 'content-type': 'application/json', host: hostOf(site), cookie };
    const unsaid = await site.ask('/api/v1/forget', { method: 'POST', headers, body: '{"user":"x"}' });
    assert.equal(errorOf(unsaid).code, 'ORIGIN_NOT_ALLOWED', 'a browser says where it comes from');
    assert.equal(await statusWith(site, cookie), 200, 'nobody has signed it out');
  });
});

test('a cookie that is wrong is nobody; credentials that are sent go before it', async () => {
  await withSite({}, async (site) => {
    const cookie = cookieOf(await signIn(site, RIGHT));
    const [name] = cookie.split('=');
    const others = [
      `${name}=`,
      `${name}=${'A'.repeat(43)}`,
      `${name}="x`,
      `other=${cookie.split('=')[1]}`,
      `${cookie}x`,
    ];
    for (const wrong of others) assert.equal(await statusWith(site, wrong), 401, wrong);
    assert.equal((await site.ask('/', { headers: { cookie: others[1] } })).status, 200, 'the page is there');
    assert.equal(await statusWith(site, cookie, { authorization: 'Bearer wrong' }), 401);
    for (let i = 0; i < 40; i++) assert.equal(await statusWith(site, `${name}=${i}`), 401, 'no guess that counts');
    assert.equal(await statusWith(site, cookie), 200);
  });
});

test('who guesses has to wait, as with every other way to sign in', async () => {
  await withSite({}, async (site) => {
    for (let i = 0; i < 20; i++) assert.equal((await signIn(site, { name: 'olga', password: `${i}` })).status, 401);
    const held = await signIn(site, RIGHT);
    assert.equal(held.status, 429);
    assert.equal(held.headers['retry-after'], '60');
    assert.equal(await statusWith(site, '', { authorization: 'Bearer a-token' }), 429, 'they are counted together');
    site.clock.pass(60_001);
    assert.equal((await signIn(site, RIGHT)).status, 200);
  });
});

test('over TLS the cookie goes nowhere else, and no other place can set it', async () => {
  const hosts = new Set(['127.0.0.1', 'radio.example']);
  const isTrustedProxy = parseCidrs(['127.0.0.1']);
  const told = { host: 'radio.example', origin: 'https://radio.example', 'x-forwarded-proto': 'https' };
  await withSite({ trust: { hosts, isTrustedProxy } }, async (site) => {
    const secure = await signIn(site, RIGHT, told);
    assert.match(setCookieOf(secure), /^__Host-headcount=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    const value = cookieOf(secure).split('=')[1];
    assert.equal(await statusWith(site, cookieOf(secure), told), 200);
    assert.equal(await statusWith(site, `headcount=${value}`, told), 401, 'one that plain HTTP could have set');
    assert.match(setCookieOf(await signIn(site, RIGHT, { ...told, 'x-forwarded-proto': 'http' })), /SameSite=Strict$/);
  });
  await withSite({ trust: { hosts }, basePath: '/count/' }, async (site) => {
    const answer = await post(site, '/count/api/v1/sign-in', RIGHT, told);
    assert.match(setCookieOf(answer), /^headcount=.*SameSite=Strict$/, 'whoever is no trusted proxy is not believed');
  });
  const origins = new Set(['https://radio.example']);
  await withSite({ trust: { hosts, origins }, basePath: '/count/' }, async (site) => {
    const headers = { host: 'radio.example', origin: 'https://radio.example' };
    const answer = await post(site, '/count/api/v1/sign-in', RIGHT, headers);
    assert.match(setCookieOf(answer), /^__Secure-headcount=[\w-]{43}; Path=\/count\/; .*; Secure$/);
    assert.doesNotMatch(setCookieOf(await post(site, '/count/api/v1/sign-in', RIGHT)), /Secure/, 'by its address');
  });
});

test('a changed password ends the session, and so do a removed user and a restart without them', async () => {
  await withSite({}, async (site) => {
    const cookies = [
      cookieOf(await signIn(site, RIGHT)),
      cookieOf(await signIn(site, { name: 'märta', password: 'pass' })),
    ];
    const trust = { ...TRUST, hosts: new Set(['127.0.0.1']), origins: new Set<string>(), isTrustedProxy: () => false };
    site.http.trust({ ...trust, users: [OLGA, { ...READER, secret: 'another' }] });
    assert.deepEqual(await Promise.all(cookies.map((each) => statusWith(site, each))), [200, 401]);
    site.http.trust({ ...trust, users: [READER] });
    assert.deepEqual(await Promise.all(cookies.map((each) => statusWith(site, each))), [401, 401]);
  });
});

test('live events come with the cookie, and end with the session', async () => {
  await withSite({}, async (site) => {
    const cookie = cookieOf(await signIn(site, RIGHT));
    const events = { text: '', isOver: false };
    const asking = get(
      { host: '127.0.0.1', port: site.port, path: '/api/v1/live', headers: { cookie, host: hostOf(site) } },
      (response) => {
        response.setEncoding('utf8').on('data', (chunk: string) => {
          events.text += chunk;
        });
        response.on('end', () => {
          events.isOver = true;
        });
      },
    );
    await until('an event', () => events.text.includes('event: audience'));
    await post(site, '/api/v1/sign-out', {}, { cookie });
    await until('the end of the events', () => events.isOver);
    asking.destroy();
  });
});

test('where nobody has to sign in, nobody can', async () => {
  await withSite({ trust: { users: [], tokens: [] } }, async (site) => {
    assert.equal((await signIn(site, RIGHT)).status, 401);
    assert.equal(await statusWith(site, `headcount-${site.port}=${'A'.repeat(43)}`), 200, 'an old cookie is in no way');
  });
});
