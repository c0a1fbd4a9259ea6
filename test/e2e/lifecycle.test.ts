/** Headcount as its operator meets it: starts, mistakes, reloads, a full disk, being forgotten, stops. */

import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { type LabChild, until } from '../../lab/child.ts';
import type {
  AudienceWire,
  HistoryWire,
  ProgrammesWire,
  SourcesWire,
  StatusWire,
  StreamsWire,
} from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { mountTmpfs } from '../../src/store/duckdb/tmpfs.ts';
import { command, eventually, type Installation, install } from './process.ts';

const installations: Installation[] = [];
afterEach(async () => {
  for (const each of installations.splice(0)) await each.remove();
});

async function installed(config: Record<string, unknown> = { sources: [] }): Promise<Installation> {
  const installation = await install(config);
  installations.push(installation);
  return installation;
}

function request(at: number, address: string, agent = 'VLC/3.0.18', stream = 'rock', user = '-'): string {
  return `${address} - ${user} [${logTime(at)}] "GET /hls/${stream}/1.ts HTTP/1.1" 200 1000 "-" "${agent}"\n`;
}

const names = async ({ ask }: Installation) => (await ask<SourcesWire>('/sources')).items.map(({ name }) => name);
const sessionsNow = async ({ ask }: Installation) => (await ask<AudienceWire>('/audience')).total.sessions;

test('SIGHUP: what has changed stops or starts, the rest does not notice, and a mistake changes nothing', async () => {
  const installation = await installed();
  const log = (name: string) => join(installation.folder, `${name}.log`);
  for (const name of ['one', 'two']) writeFileSync(log(name), request(Date.now(), '192.0.2.1', 'VLC/3.0.18', name));
  const source = (name: string) => ({ url: `log:${log(name)}`, name });
  installation.configure({ sources: [source('one')] });
  const child = await installation.start();
  await eventually('somebody is there', async () => assert.equal(await sessionsNow(installation), 1));
  const before = (await installation.ask<SourcesWire>('/sources')).items[0]!;

  installation.configure({ sources: [source('one'), source('two')] });
  process.kill(child.pid, 'SIGHUP');
  await eventually('two are watched', async () => assert.deepEqual(await names(installation), ['one', 'two']));
  await eventually('both are there', async () => assert.equal(await sessionsNow(installation), 2));
  const now = (await installation.ask<SourcesWire>('/sources')).items[0]!;
  assert.deepEqual([now.statusSince, now.restarts], [before.statusSince, 0]);

  installation.configure({ sources: [{ ...source('one'), gap: 'soon' }] });
  process.kill(child.pid, 'SIGHUP');
  await child.printed(/the configuration stays as it was: .*sources\[0\]\.gap/);
  assert.deepEqual(await names(installation), ['one', 'two']);

  const others = { trustedProxies: ['192.0.2.0/24'], staleAfter: '5m', log: { level: 'debug' } };
  installation.configure({ sources: [source('two')], listen: '127.0.0.1:1', ...others });
  process.kill(child.pid, 'SIGHUP');
  await child.printed(/read again: 1 source; a restart is needed for: listen, staleAfter, log$/m);
  assert.deepEqual(await names(installation), ['two']);
  await eventually('whose source is gone is gone', async () => assert.equal(await sessionsNow(installation), 1));
  await endsWell(child);
});

test('SIGHUP: users come, go and are limited at once; a mistake changes nothing', async () => {
  const installation = await installed();
  const log = join(installation.folder, 'access.log');
  const both = ['rock', 'jazz'].map((stream) => request(Date.now(), '192.0.2.1', 'VLC/3.0.18', stream));
  writeFileSync(log, both.join(''));
  const sources = [`log:${log}`];
  const tokens = [{ name: 'api', token: 'first' }];
  installation.configure({ sources, tokens });
  const child = await installation.start();
  const streams = async (token: string): Promise<string[] | number> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${installation.url}/api/v1/streams`, { headers });
    if (!answer.ok) return answer.status;
    return ((await answer.json()) as StreamsWire).items.map(({ stream }) => stream).sort();
  };
  await eventually('both are there', async () => assert.deepEqual(await streams('first'), ['jazz', 'rock']));

  const groups = [{ name: 'hosts', streams: ['rock'] }];
  installation.configure({ sources, groups, tokens: [{ name: 'api', token: 'second', groups: ['hosts'] }] });
  process.kill(child.pid, 'SIGHUP');
  await child.printed(/read again: 1 source$/m);
  assert.equal(await streams('first'), 401);
  assert.deepEqual(await streams('second'), ['rock']);

  installation.configure({ sources, groups, tokens: [{ name: 'api', token: 'third', groups: ['nobody'] }] });
  process.kill(child.pid, 'SIGHUP');
  await child.printed(/stays as it was: .*tokens\[0\]\.groups\[0\] is no group/);
  assert.deepEqual(await streams('second'), ['rock']);
  await endsWell(child);
});

test('SIGHUP: programmes are taken over, and count who is there already once', async () => {
  const installation = await installed();
  const logs = ['one', 'two'].map((name) => join(installation.folder, `${name}.log`));
  for (const log of logs) writeFileSync(log, request(Date.now(), '192.0.2.1', 'VLC/3.0.18', 'jazz'));
  const sources = logs.map((log, i) => ({ url: `log:${log}`, name: `edge${i}` }));
  installation.configure({ sources });
  const child = await installation.start();
  await eventually('both are there', async () => assert.equal(await sessionsNow(installation), 2));
  assert.deepEqual(await installation.ask<ProgrammesWire>('/programmes'), { items: [] });

  installation.configure({ sources, programmes: [{ name: 'Jazz', streams: ['edge*/jazz'] }] });
  process.kill(child.pid, 'SIGHUP');
  await child.printed(/read again: 2 sources$/m);
  const { items } = await installation.ask<ProgrammesWire>('/programmes');
  assert.deepEqual(
    items.map(({ name, sessions, listeners }) => [name, sessions, listeners]),
    [['Jazz', 2, 1]],
  );
  await eventually('the history has them, too', async () => {
    const { groups } = await installation.ask<HistoryWire>('/history?programme=Jazz');
    assert.deepEqual([groups[0]!.sessions, groups[0]!.uniqueClients], [2, 1]);
  });
  await endsWell(child);
});

test('it does not show everything to everybody on the network', async () => {
  const installation = await installed();
  const { code, err } = await command('--listen', '0.0.0.0:0', '--data', installation.data, 'log:access.log');
  assert.equal(code, 2);
  assert.match(err, /^Listening on 0\.0\.0\.0 would show everything to everybody .* add users or tokens/);
  installation.configure({ listen: '0.0.0.0:0' });
  assert.deepEqual(await command('check', join(installation.folder, 'headcount.yaml')), { code: 2, out: '', err });
});

test('a second one on the same data says so, and the first one goes on', async () => {
  const installation = await installed();
  const child = await installation.start();
  const second = await command('--listen', '127.0.0.1:0', '--data', installation.data, 'log:access.log');
  assert.equal(second.code, 1);
  assert.match(second.err, /in use|another/i);
  assert.equal(second.err.trim().split('\n').length, 1, second.err);
  assert.equal(await sessionsNow(installation), 0);
  await endsWell(child);
});

test('a port that is taken is an error that names it', async () => {
  const first = await installed();
  const child = await first.start();
  const second = await installed();
  const { port } = new URL(first.url);
  const { code, err } = await command('--listen', `127.0.0.1:${port}`, '--data', second.data, 'log:access.log');
  assert.equal(code, 1);
  assert.match(err, new RegExp(`127\\.0\\.0\\.1:${port}`));
  await endsWell(child);
});

test('wrong usage and wrong configurations end with 2 and one sentence', async () => {
  const installation = await installed({ sources: [{ url: 'gopher://example.org' }] });
  const file = join(installation.folder, 'headcount.yaml');
  for (const args of [['chekc'], ['--lisen', '127.0.0.1:1'], ['check', file], ['run', '-c', '/there/is/none.yaml']]) {
    const { code, err, out } = await command(...args);
    assert.equal(code, 2, `${args}: ${err}`);
    assert.equal(err.trim().split('\n').length, 1, err);
    assert.equal(out, '');
  }
  installation.configure({ sources: ['log:access.log'] });
  const checked = await command('check', file);
  assert.equal(checked.code, 0);
  assert.match(checked.out, /is right[\s\S]*access-log:access\.log \(access-log, gap 40s\)/);
});

test('a disk that is full: reading stops, it is said everywhere, and nothing is lost', async (t) => {
  const tmpfs = mountTmpfs(t, 'size=16m');
  if (tmpfs === null) return;
  const installation = await installed();
  const log = join(installation.folder, 'access.log');
  const data = join(tmpfs.folder, 'data');
  mkdirSync(data);
  writeFileSync(log, '');
  installation.configure({ data, sources: [{ url: `log:${log}?from=start`, name: 'log' }] });
  const child = await installation.start();
  // Everybody begins and ends long ago, so that all of it must be written.
  const start = Date.now() - 86_400_000;
  let lines = 0;
  const append = (count: number) => {
    const text = Array.from({ length: count }, () => {
      const n = lines++;
      const address = [10, n >> 16, (n >> 8) & 255, n & 255].join('.');
      // Nothing that could be compressed.
      return request(start + n * 10, address, 'VLC/3.0.18', 'rock', randomBytes(150).toString('hex'));
    });
    appendFileSync(log, text.join(''));
  };
  const status = () => installation.ask<StatusWire>('/status');
  await eventually(
    'it is full',
    async () => {
      if (lines < 400_000) append(15_000);
      assert.notEqual((await status()).stalled, null);
    },
    90_000,
  );
  const { stalled } = await status();
  assert.match(stalled!.message, /room|full|space/i);
  const ready = await fetch(`${installation.url}/readyz`);
  assert.equal(ready.status, 503);
  assert.equal((await fetch(`${installation.url}/healthz`)).status, 200);
  assert.match(await (await fetch(`${installation.url}/metrics`)).text(), /^headcount_store_stalled 1$/m);
  await child.printed(/Reading stops until there is room; nothing is lost/);

  tmpfs.remount('size=400m');
  await eventually('it is ready again', async () =>
    assert.equal((await fetch(`${installation.url}/readyz`)).status, 200),
  );
  // Two minutes later than the newest: then everybody has ended.
  appendFileSync(log, request(start + lines * 10 + 120_000, '203.0.113.1', 'the last one'));
  await eventually(
    'everybody is in the store',
    async () => assert.equal((await status()).store?.sessions, lines + 1),
    60_000,
  );
  await endsWell(child);
});

test('who asks to be forgotten is forgotten, asked of a running Headcount and of none', async () => {
  const installation = await installed();
  const log = join(installation.folder, 'access.log');
  const start = Date.now() - 600_000;
  const known = ['192.0.2.66', '192.0.2.67', '192.0.2.68'];
  // Only time that passes ends a session: here it is this one's.
  const last = request(start + 300_000, '203.0.113.1');
  writeFileSync(
    log,
    [...known.map((address, i) => request(start + i * 1000, address, `Secret-${i}/1`)), last].join(''),
  );
  installation.configure({ sources: [`log:${log}`] });
  let child = await installation.start();
  const kept = async () => (await installation.sessions()).filter(({ endedAt }) => endedAt !== null);
  await eventually('all are over', async () => assert.equal((await kept()).length, 3));
  const file = join(installation.folder, 'headcount.yaml');

  const asked = await command('forget', '--ip', known[0]!, '-c', file);
  assert.deepEqual([asked.code, asked.out], [0, 'Forgotten: who it was in 1 past sessions.\n']);
  const again = await command('forget', '--ip', known[0]!, '-c', file);
  assert.equal(again.out, 'No past session fits.\n');
  await endsWell(child);
  const here = await command('forget', '--ip', known[1]!, '-c', file);
  assert.equal(here.out, 'Forgotten: who it was in 1 past sessions.\n');

  child = await installation.start();
  const sessions = await kept();
  assert.equal(sessions.length, 3, 'the sessions stay');
  assert.deepEqual(sessions.map(({ client }) => client.ip).sort(), [known[2], null, null].sort());
  await endsWell(child);
});

/** SIGTERM ends it within five seconds, with nothing left: no process, no socket. */
async function endsWell(child: LabChild): Promise<void> {
  const begun = performance.now();
  process.kill(child.pid, 'SIGTERM');
  assert.equal(await child.ended, 0, child.output());
  assert.ok(performance.now() - begun < 5000);
  await until('nobody of its group is left', () => {
    try {
      process.kill(-child.pid, 0);
      return false;
    } catch {
      return true;
    }
  });
  assert.match(child.output(), /stopping/);
}
