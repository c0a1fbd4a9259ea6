/** What `headcount top` prints once, in front of a real server. What a person sees is test/e2e/top.test.ts. */

import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { ALL_ACCESS } from '../core/access.ts';
import { HERE } from '../http/crowd.fixture.ts';
import { type Site, startSite } from '../http/fixture.ts';
import { keptTerminal } from './terminal.fixture.ts';
import { top } from './top.ts';

const EVERYTHING = { write: false, groups: [], access: ALL_ACCESS };
const USER = { name: 'märta', secret: 'pass:wörd', ...EVERYTHING };
const TOOL = { name: 'desk', secret: 'read-token', ...EVERYTHING };

let site: Site;
const folder = mkdtempSync(join(tmpdir(), 'headcount-top-'));
before(async () => {
  site = await startSite();
});
after(async () => {
  await site?.close();
  rmSync(folder, { recursive: true });
});

async function printed(...args: string[]): Promise<string> {
  const terminal = keptTerminal();
  assert.equal(await top.run(args, terminal), 0);
  return terminal.written().out;
}

const urlOf = ({ port }: { port: number }) => `http://127.0.0.1:${port}`;

/** Answers the same to everybody. */
async function startOther(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { location: urlOf(site) }).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return urlOf(server.address() as { port: number });
}

test('as text: how many, streams with what they play, sessions; no line is wider than it may be', async () => {
  const out = await printed(urlOf(site));
  const lines = out.split('\n');
  assert.match(lines[1]!, new RegExp(`^${HERE.length} listening now · \\d+ listeners`));
  assert.match(out, /^Streams: [1-9]\d*\nStream /m);
  assert.match(out, new RegExp(`^Sessions: ${HERE.length}\nStream .*Place .*Player`, 'm'));
  for (const line of lines) assert.ok(line.length <= 120, line);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there are to be none.
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('as JSON: what the API answers, also through the socket of the data directory', async () => {
  const expected = {
    audience: await site.get('/api/v1/audience'),
    sessions: await site.get('/api/v1/sessions'),
    streams: await site.get('/api/v1/streams'),
  };
  for (const where of [[urlOf(site)], ['--data', dirname(site.socket)]]) {
    const { audience, sessions, streams, ...more } = JSON.parse(await printed('--json', ...where));
    assert.deepEqual({ audience, sessions, streams }, expected);
    assert.deepEqual(Object.keys(more), ['status', 'sources']);
  }
});

test('credentials come from files; without them it says how they are given', async (t) => {
  const closed = await startSite({ isEmpty: true, trust: { users: [USER], tokens: [TOOL] } });
  t.after(() => closed.close());
  const [password, token, wrong] = [join(folder, 'password'), join(folder, 'token'), join(folder, 'wrong')];
  writeFileSync(password, `${USER.secret}\n`);
  writeFileSync(token, `${TOOL.secret}\n`);
  writeFileSync(wrong, 'guessed\n');
  assert.match(await printed(urlOf(closed), '--user', USER.name, '--password-file', password), /^0 listening now/m);
  assert.match(await printed(urlOf(closed), '--token-file', token), /^0 listening now/m);
  await assert.rejects(printed(urlOf(closed)), /--user and --password-file, or with --token-file/);
  await assert.rejects(
    printed(urlOf(closed), '--user', USER.name, '--password-file', wrong),
    (error: Error & { code?: string }) => error.code === 'NOT_SIGNED_IN' && !error.message.includes('guessed'),
  );
});

test('where nobody answers, or something else does, it says so; a redirect is not followed', async (t) => {
  await assert.rejects(printed('--data', folder), { code: 'NOT_RUNNING', message: /--data DIR/ });
  await assert.rejects(printed('http://127.0.0.1:1/'), { code: 'NOT_RUNNING', message: /ECONNREFUSED/ });
  const badly = (message: RegExp) => ({ code: 'PEER_ANSWERED_BADLY', message });
  await assert.rejects(printed(await startOther(t, 200, '<html>Welcome</html>')), badly(/is no Headcount/));
  await assert.rejects(printed(await startOther(t, 404, '{"error":"nothing"}')), badly(/is no Headcount/));
  await assert.rejects(printed(await startOther(t, 404, 'null')), badly(/is no Headcount/));
  await assert.rejects(printed(await startOther(t, 302, '')), badly(/that it is elsewhere/));
});
