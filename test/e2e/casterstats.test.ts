/**
 * A proxy.xml of CasterStats Proxy, converted and run by its own process, in front of a server that gives the recorded
 * answers of an Icecast 2.4.4 and counts how often it is asked.
 */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, startChild, until } from '../../lab/child.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));
const RECORDED = new URL('../../src/sources/icecast/testdata/icecast-2.4.4/', import.meta.url);
const STATS = readFileSync(new URL('stats_mount.xml', RECORDED));
const LISTENERS = readFileSync(new URL('listclients.xml', RECORDED));

const folder = mkdtempSync(join(tmpdir(), 'headcount-casterstats-'));
const asked = new Map<string, number>();
/** It answers late, so that questions come before the first answer. */
const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
let icecast: Server;
let facade = '';
let main = '';
let proxyPort = 0;

before(async () => {
  icecast = createServer(async (request, response) => {
    const page = request.url!.split('?')[0]!;
    asked.set(page, (asked.get(page) ?? 0) + 1);
    await mayAnswer;
    response.setHeader('content-type', 'text/xml').end(page === '/admin/stats' ? STATS : LISTENERS);
  }).listen(0, '127.0.0.1');
  await once(icecast, 'listening');
  proxyPort = await freePort();
  const { port } = icecast.address() as { port: number };
  const file = join(folder, 'proxy.xml');
  writeFileSync(
    file,
    `<proxyConfig>
  <Server Caching="60" Port="${proxyPort}" acceptedIpAddresses="127.0.0.1" disableTicks="true"/>
  <Streams><Stream Name="radio1" Host="127.0.0.1" Port="${port}" Type="Icecast" Username="admin" Password="hackme"
    Mount="live.mp3" UserAccesses="staff"/></Streams>
  <Users><User Name="marco" Password="hU5lD5f" MemberOf="staff"/></Users><Groups><Group Name="staff"/></Groups>
</proxyConfig>`,
  );
  const converted = await printed('convert', file);
  // The original listens on every interface.
  const config = converted.replace('0.0.0.0', '127.0.0.1');
  assert.notEqual(config, converted);
  writeFileSync(join(folder, 'headcount.yaml'), config);
  const mainPort = await freePort();
  [main, facade] = [`http://127.0.0.1:${mainPort}`, `http://127.0.0.1:${proxyPort}`];
  const child = startChild(
    process.execPath,
    [BIN, 'run', '-c', 'headcount.yaml', '--data', 'data', '--listen', `127.0.0.1:${mainPort}`],
    { cwd: folder },
  );
  running.push(child);
  await child.printed(/serving on/, 30_000);
});

const running: { stop(): Promise<void> }[] = [];

after(async () => {
  for (const each of running) await each.stop();
  icecast.closeAllConnections();
  icecast.close();
  rmSync(folder, { recursive: true, force: true });
});

async function printed(...args: string[]): Promise<string> {
  const child = startChild(process.execPath, [BIN, ...args]);
  assert.equal(await child.ended, 0, child.output());
  return child.output();
}

const LOGIN = 'username=marco&password=hU5lD5f';

test('104: a hundred questions, some before the first answer, and the server is asked once', async () => {
  const early = Array.from({ length: 20 }, () => fetch(`${facade}/stats/radio1/userlist?${LOGIN}`));
  await until('the server has been asked', () => asked.get('/admin/stats') === 1);
  answer();
  for (const response of await Promise.all(early)) assert.equal(response.status, 200);
  await until('the listeners are there', async () => {
    const { Streams } = (await (await fetch(`${facade}/status/radio1?${LOGIN}`)).json()) as {
      Streams: { Status: string; CurrentUsers: number }[];
    };
    return Streams[0]!.Status === 'Up' && Streams[0]!.CurrentUsers === 3;
  });
  for (let i = 0; i < 80; i++) {
    const { TotalUsers } = (await (
      await fetch(`${facade}/stats/userlist/?${LOGIN}&page=1&pagesize=${1 + i}`)
    ).json()) as {
      TotalUsers: number;
    };
    assert.equal(TotalUsers, 3);
  }
  assert.deepEqual(
    [...asked],
    [
      ['/admin/stats', 1],
      ['/admin/listclients', 1],
    ],
  );
});

test('what the recorded server said is what is told, and the old signature is good', async () => {
  const ticks = BigInt(Date.now()) * 10_000n + 621_355_968_000_000_000n;
  const sign = createHash('md5').update(`marcohU5lD5f${ticks}`).digest('hex');
  const response = await fetch(
    `${facade}/stats/userlist/radio1/?username=marco&ticks=${ticks}&sign=${sign}&showproperties=yes`,
  );
  const { Streams } = (await response.json()) as {
    Streams: { Properties: Record<string, unknown>; Users: { IpAddress: string; Player: { Name: string } | null }[] }[];
  };
  const [radio] = Streams;
  assert.equal(radio!.Properties['CurrentMedia'], 'Artist - Title');
  assert.deepEqual([radio!.Properties['PeakUsers'], radio!.Properties['ContentType']], [3, 'audio/mpeg']);
  assert.deepEqual(
    radio!.Users.map(({ IpAddress }) => IpAddress),
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  );
  assert.ok(radio!.Users.some(({ Player }) => /VLC/.test(Player?.Name ?? '')));
});

test('it is below the main server, too, where its own credentials are enough; there the rest needs a login', async () => {
  assert.equal((await fetch(`${main}/stats/userlist/radio1/?${LOGIN}`)).status, 200);
  assert.equal((await fetch(`${main}/stats/userlist/radio1/`)).status, 401);
  assert.equal((await fetch(`${main}/api/v1/sessions`)).status, 401);
  const authorization = `Basic ${Buffer.from('marco:hU5lD5f').toString('base64')}`;
  assert.equal((await fetch(`${main}/api/v1/sessions`, { headers: { authorization } })).status, 200);
  assert.equal((await fetch(`${facade}/api/v1/sessions`)).status, 404);
});
