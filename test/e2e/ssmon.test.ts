/**
 * Headcount in the place of spyserver_monitor: it runs two spyservers (lab/spyserver.ts), takes what a monitor elsewhere posts, and
 * tells of both as the original does, also after it was killed.
 */

import { strict as assert } from 'node:assert';
import { after, test } from 'node:test';
import { freePort, until } from '../../lab/child.ts';
import { createSpyServer } from '../../lab/spyserver.ts';
import { install } from './process.ts';

const servers = ['hf.config', 'vhf.config'].map((name) => createSpyServer(name));
const port = await freePort();
const facade = `http://127.0.0.1:${port}`;
const headcount = await install({
  sources: [
    ...servers.map(({ config, exe }, i) => ({ url: `spyserver:${config}`, exe, name: `server-${i}` })),
    { url: 'ssmon:', ignore: ['192.168.0.0/16'] },
  ],
  facades: [{ kind: 'ssmon', listen: `127.0.0.1:${port}`, public: true }],
  tokens: [{ name: 'roof', token: 'token-of-the-roof', write: true }],
});
after(async () => {
  await headcount.remove();
  for (const server of servers) await server.stop();
});

interface Counts {
  readonly server_instance: readonly (readonly [string, number])[];
  readonly TOTAL: number;
  readonly ACTIVE: { readonly TOTAL: number; readonly SERVER: Record<string, { readonly ip: string }[]> };
}
const get = async <T>(name: string) => (await (await fetch(`${facade}/ssmon/api/v1/${name}`)).json()) as T;
const counts = () => get<Counts>('GetConnectionCounts');
/** The facade may not be there yet. */
const becomes = (what: string, is: (counts: Counts) => boolean) =>
  until(what, async () =>
    is(await counts().catch((): Counts => ({ server_instance: [], TOTAL: -1, ACTIVE: { TOTAL: -1, SERVER: {} } }))),
  );

const post = (name: string, connection: Record<string, unknown>) =>
  fetch(`${facade}/ssmon/api/v1/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer token-of-the-roof' },
    body: JSON.stringify(connection),
  });
const text = (at: number) => new Date(at).toISOString().replace('T', ' ').replace('Z', '000');
const begun = Date.now() - 5000;
const REMOTE = {
  ...{ ip: '198.51.100.7', port: '40001', server_instance: 'roof.config', sdr_version: '1700', os: 'Windows' },
  ...{ start: text(begun), end: null },
};

test('spyservers that it runs and connections that are posted are counted alike, also over kill -9', async () => {
  let child = await headcount.start();
  await servers[0]!.connect('192.0.2.40', 5678, 'SDR# 1700.0.0.1 on Windows');
  await servers[1]!.connect('192.0.2.40', 5678, 'SDR++');
  await until('it takes posts', async () => (await post('open', REMOTE)).status === 200);
  const ignored = await post('open', { ...REMOTE, ip: '192.168.1.2' });
  assert.deepEqual([ignored.status, await ignored.text()], [200, '']);
  await becomes('three are there', ({ TOTAL, ACTIVE }) => TOTAL === 3 && ACTIVE.TOTAL === 3);
  const before = await counts();
  assert.deepEqual(before.server_instance, [
    ['hf.config', 1],
    ['roof.config', 1],
    ['vhf.config', 1],
  ]);
  const [hash] = before.ACTIVE.SERVER['roof.config']!.map(({ ip }) => ip);
  assert.ok(Number.isSafeInteger(Number(hash)));

  await servers[0]!.disconnect('192.0.2.40', 5678);
  await becomes('one has gone', ({ TOTAL, ACTIVE }) => TOTAL === 3 && ACTIVE.TOTAL === 2);
  await child.stop('SIGKILL');
  child = await headcount.start();
  // Its children have ended with it; the monitor elsewhere has not.
  await becomes('the remote one is there', ({ ACTIVE }) => ACTIVE.TOTAL === 1);
  const again = await counts();
  assert.equal(again.TOTAL, 3);
  assert.deepEqual(
    again.ACTIVE.SERVER['roof.config']!.map(({ ip }) => ip),
    [hash],
  );

  const end = Date.now();
  await until(
    'the end is taken',
    async () => (await post('close', { ...REMOTE, end: text(end), duration: 5 })).status === 200,
  );
  await becomes('nobody is there', ({ TOTAL, ACTIVE }) => TOTAL === 3 && ACTIVE.TOTAL === 0);
  const [session] = (await sessionsOf('roof.config')).items;
  assert.equal(Date.parse(session!.startedAt), begun);
  assert.ok(Date.parse(session!.endedAt) >= begun + 5000);
  const page = await (await fetch(facade)).text();
  assert.match(page, /<b>0<\/b> active.*<b>3<\/b> in total/s);
});

/** By the API of Headcount itself. */
async function sessionsOf(stream: string) {
  const response = await fetch(`${headcount.url}/api/v1/sessions?state=closed&stream=${stream}`, {
    headers: { authorization: 'Bearer token-of-the-roof' },
  });
  return (await response.json()) as { items: { startedAt: string; endedAt: string }[] };
}
