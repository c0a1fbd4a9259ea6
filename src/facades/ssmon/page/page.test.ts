/** The page: what is on it, and that what strangers typed is text in it. */

import { strict as assert } from 'node:assert';
import { afterEach, test } from 'node:test';
import { type Stage, stage, type Visit } from '../stage.fixture.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const each of stages.splice(0)) await each.close();
});

async function begun(visits: readonly Visit[] = [], options: Record<string, unknown> = {}): Promise<Stage> {
  const made = await stage(options);
  stages.push(made);
  if (visits.length > 0) await made.visit(...visits);
  return made;
}

const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(1)</script>\u202e`;

test('72: totals, a map with a point for every place, the open connections, countries and cities', async () => {
  const { ask } = await begun([
    { from: 100, to: 50 },
    { from: 60, ip: '192.0.2.41' },
    { from: 30, ip: '198.51.100.7', stream: 'vhf.config' },
    { from: 20, ip: '203.0.113.9' },
  ]);
  const { status, headers, text } = await ask('/');
  assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=UTF-8']);
  assert.match(text, /<b>3<\/b> active.*<b>4<\/b> in total/s);
  assert.equal(text.match(/<circle /g)?.length, 2);
  assert.match(text, /<title>Chicago, United States: 2<\/title>/);
  assert.match(text, /<td>United States<\/td><td class="number">2<\/td>/);
  assert.match(text, /<td>Kraków<\/td><td class="number">1<\/td>/);
  assert.match(text, /<td>vhf\.config<\/td><td>2026-03-01 11:59:30<\/td><td>Kraków<\/td><td>Poland<\/td>/);
  assert.ok(!/192\.0\.2|198\.51\.100|203\.0\.113/.test(text), 'no address is on it');
});

test('72: with nobody there it says so', async () => {
  const { text } = await (await begun()).ask('/');
  assert.match(text, /<b>0<\/b> active.*Nobody is connected.*None yet/s);
});

test('it is the same where connections are JSON texts', async () => {
  const visits = [{ from: 30, ip: '198.51.100.7' }];
  const page = async (options: Record<string, unknown>) => (await (await begun(visits, options)).ask('/')).text;
  assert.equal(await page({ nestedJson: true }), await page({}));
});

test('72: its files are beside it, wherever it is, and no other host is asked', async () => {
  const { ask } = await begun([{ from: 10 }]);
  for (const path of ['/', '/ssmon', '/ssmon/']) {
    const { text, headers } = await ask(path);
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; style-src 'self'; img-src 'self'/);
    const links = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, file]) => file!);
    // An empty picture, so that none is asked for.
    const files = links.filter((link) => link !== 'data:,');
    assert.equal(files.length, 2);
    for (const file of files) {
      assert.ok(!/^(\w+:|\/)/.test(file), file);
      const found = await ask(new URL(file, `http://radio.example${path}`).pathname);
      assert.equal(found.status, 200, file);
      assert.match(String(found.headers['content-type']), file.endsWith('.css') ? /^text\/css/ : /^image\/svg\+xml/);
    }
  }
  for (const name of ['nothing', '..%2findex.ts', 'constructor', '__proto__', 'page.css%00']) {
    assert.equal((await ask(`/static/${name}`)).status, 404, name);
  }
});

test('whatever clients call themselves is text', async () => {
  const details = { software: HOSTILE, version: HOSTILE, os: HOSTILE };
  const { ask } = await begun([{ from: 10, stream: HOSTILE, details, ip: '2001:db8::7' }]);
  const { text } = await ask('/');
  assert.ok(text.includes('&lt;b&gt;Tokyo&lt;/b&gt;'));
  assert.ok(!/<img|<script|<b>Tokyo|\u202e/.test(text));
  const tags = new Set([...text.matchAll(/<([a-z!]\w*)/g)].map(([, tag]) => tag));
  assert.ok(!tags.has('img') && !tags.has('script'));
});

test('of very many connections the first are listed, and the rest is a number', async () => {
  const visits = Array.from({ length: 260 }, (_, i): Visit => ({ from: 300 - i, port: 40_000 + i }));
  const { text } = await (await begun(visits)).ask('/');
  assert.match(text, /<b>260<\/b> active/);
  assert.match(text, /And 10 more\./);
});
