/** Places that come later, and who is no audience, from the configuration to the API and the history. */

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../lab/child.ts';
import { addressOf, ipApiAnswer, sendJson, startGeoServer } from '../../src/enrich/geo/web/fixture.ts';
import type { AudienceWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { eventually, install } from './process.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));

const request = (at: number, address: string, agent: string) =>
  `${address} - - [${logTime(at)}] "GET /hls/rock/1.ts HTTP/1.1" 200 1000 "-" "${agent}"\n`;

async function installed(t: TestContext, config: Record<string, unknown>, lines: string) {
  const installation = await install({ sources: [] });
  t.after(() => installation.remove());
  const log = join(installation.folder, 'access.log');
  writeFileSync(log, lines);
  installation.configure({ sources: [{ url: `log:${log}`, name: 'edge', gap: '1h' }], ...config });
  return { ...installation, log };
}

test('a place from a web service reaches the audience, survives a restart, and its answer is never stored', async (t) => {
  const server = await startGeoServer(t, '/json/', (asked, response) =>
    sendJson(response, { ...ipApiAnswer(addressOf(asked)), isp: 'Unmistakable Carrier' }),
  );
  const geo = { provider: 'ip-api', url: server.url };
  const now = Date.now();
  const lines =
    request(now, '8.8.8.8', 'VLC/3.0') + request(now, '8.8.8.8', 'mpv 0.38') + request(now, '10.0.0.1', 'mpv');
  const installation = await installed(t, { geo }, lines);
  const child = await installation.start();
  const cities = async () => {
    const { groups } = await installation.ask<AudienceWire>('/audience?by=city');
    return Object.fromEntries(groups.map(({ value, sessions }) => [value ?? 'nowhere', sessions]));
  };
  await eventually('two are in Berlin', async () => assert.deepEqual(await cities(), { 'Berlin, DE': 2, nowhere: 1 }));
  assert.deepEqual(server.asked, ['/json/8.8.8.8']);
  await child.stop('SIGTERM');
  assert.ok(!child.output().includes('8.8.8.8'));
  server.answer = (_, response) => response.writeHead(500).end();
  await installation.start();
  await eventually('they still are', async () => assert.deepEqual(await cities(), { 'Berlin, DE': 2, nowhere: 1 }));
  const stored = readdirSync(installation.data, { withFileTypes: true }).filter((each) => each.isFile());
  const holds = (text: string) =>
    stored.filter(({ name }) => readFileSync(join(installation.data, name)).includes(text)).length > 0;
  assert.deepEqual([holds('Berlin'), holds('Unmistakable')], [true, false]);
});

test('who is excluded is kept and counted with the bots, in run and in analyze', async (t) => {
  const now = Date.now();
  const lines =
    request(now, '192.0.2.1', 'VLC/3.0') +
    request(now, '198.51.100.1', 'HouseRadio/1.0') +
    request(now, '203.0.113.1', 'mpv');
  const exclude = ['192.0.2.0/24', 'agent:houseradio'];
  const installation = await installed(t, { exclude, privacy: { addresses: 'hashed' } }, lines);
  await installation.start();
  await eventually('all are there', async () => assert.equal((await installation.sessions()).length, 3));
  const { total } = await installation.ask<AudienceWire>('/audience');
  assert.deepEqual(total, { sessions: 1, listeners: 1, bots: 2 });

  const analyze = async (...args: string[]) => {
    const child = startChild(process.execPath, [BIN, 'analyze', '--format', 'json', ...args, installation.log]);
    const code = await child.ended;
    return { code, output: child.output() };
  };
  const all = JSON.parse((await analyze()).output) as { sessions: number };
  const { output } = await analyze('--exclude', '192.0.2.0/24', '--exclude', 'agent:HOUSEradio');
  const people = JSON.parse(output) as { sessions: number };
  assert.deepEqual([all.sessions, people.sessions], [3, 1]);
  const wrong = await analyze('--exclude', '10.0.0.0/33');
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /"10\.0\.0\.0\/33" is neither an address/);
});
