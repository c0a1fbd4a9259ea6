/** Against real programs: `tail`, `sh`, and a stand-in for journalctl that this machine may not have. */

import { strict as assert } from 'node:assert';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { type Watched, watchSource } from '../../../lab/watch.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { SourceKind } from '../source.ts';
import { createDaemon, type Daemon, PATTERNS } from './fixture.ts';
import { processSource } from './index.ts';

function daemonOf(t: TestContext): Daemon {
  const daemon = createDaemon();
  t.after(() => daemon.stop());
  return daemon;
}

function watch(t: TestContext, options: Record<string, unknown>, after?: Watched): Watched {
  const watched = watchSource(processSource, options, after === undefined ? {} : { after });
  t.after(() => watched.stop().catch(() => {}));
  return watched;
}

const open = (watched: Watched) => watched.sessions().filter(({ endedAt }) => endedAt === null);
const count = (watched: Watched, sessions: number, opened: number) =>
  until(`${sessions} sessions, ${opened} open`, () => {
    return watched.sessions().length === sessions && open(watched).length === opened;
  });

test('who comes and goes by what a program prints', async (t) => {
  const daemon = daemonOf(t);
  const watched = watch(t, { ...daemon.options, ...PATTERNS, stream: 'daemon' });
  daemon.print('debug: nothing', 'client 1 from 192.0.2.7:40001 as anna with SDR++ 1.2', 'nonsense');
  daemon.print('client 2 from [2001:db8::7]:40002 as bert with x', 'client 1 left', 'client 9 left');
  await count(watched, 2, 1);
  const [anna, bert] = watched.sessions();
  assert.deepEqual(
    [anna!.stream, anna!.address, anna!.port, anna!.user, anna!.userAgent, anna!.reason],
    ['daemon', '192.0.2.7', 40_001, 'anna', 'SDR++ 1.2', 'left'],
  );
  assert.deepEqual([bert!.address, bert!.identity], ['2001:db8::7', 'connection']);
  const { opened, closed, unknownCloses, unknownLines } = watched.counters.read();
  assert.deepEqual([opened, closed, unknownCloses, unknownLines], [2, 1, 1, 1]);
});

test('an id that comes again is another session; a stream that begins or ends is empty', async (t) => {
  const daemon = daemonOf(t);
  const watched = watch(t, { ...daemon.options, ...PATTERNS, stream: 'daemon' });
  for (const agent of ['one', 'two']) daemon.print(`client 1 from 192.0.2.7:40001 as anna with ${agent}`);
  await count(watched, 2, 1);
  daemon.print('shutting down');
  await count(watched, 2, 0);
  assert.equal(watched.reports.get('daemon')?.status, 'down');
  daemon.print('listening on main');
  await until('it is up', () => watched.reports.get('main')?.status === 'up');
});

test('where every line names its stream, two streams may have clients of one id', async (t) => {
  const daemon = daemonOf(t);
  const patterns = { open: '(?<stream>\\w+) open (?<id>\\d+)', close: '(?<stream>\\w+) close (?<id>\\d+)' };
  const watched = watch(t, { ...daemon.options, ...patterns });
  daemon.print('a open 1', 'b open 1', 'a close 1');
  await count(watched, 2, 1);
  assert.equal(open(watched)[0]!.stream, 'b');
});

test('a program that ends takes everybody with it, and its code is told', async (t) => {
  const script = 'echo "client 1 from 192.0.2.7:40001 as anna with x"; exit 3';
  const watched = watch(t, { program: 'sh', arguments: ['-c', script], ...PATTERNS });
  const error = await watched.ended;
  assert.ok(error instanceof HeadcountError && error.code === 'CHILD_ENDED');
  assert.match(error.message, /The program sh ended with code 3\./);
  assert.deepEqual(
    watched.sessions().map(({ stream, reason }) => [stream, reason]),
    [['sh', 'left']],
  );
  assert.equal(watched.reports.get('sh')?.status, 'down');
});

test('lines of more than 8 KiB are skipped', async (t) => {
  const daemon = daemonOf(t);
  const watched = watch(t, { ...daemon.options, ...PATTERNS });
  daemon.print(
    `client 1 from 192.0.2.7:1 as anna with ${'x'.repeat(9000)}`,
    'client 2 from 192.0.2.7:2 as bert with y',
  );
  await count(watched, 1, 1);
  assert.equal(watched.counters.get('longLines'), 1);
});

test('a file is followed through its rotation, from its end', async (t) => {
  const { file, print } = daemonOf(t);
  print('client 1 from 192.0.2.7:40001 as anna with x');
  const watched = watch(t, { file, ...PATTERNS });
  await until('it follows', () => watched.batches.length > 2);
  print('client 2 from 192.0.2.8:40002 as bert with x');
  await count(watched, 1, 1);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'client 2 left\r\nclient 3 from 192.0.2.9:40003 as carl with x\n');
  await count(watched, 2, 1);
  assert.equal(open(watched)[0]!.user, 'carl');
});

test('from its start, a file tells who is there; the same sessions go on after a restart', async (t) => {
  const { file, print } = daemonOf(t);
  print(
    'client 1 from 192.0.2.7:40001 as anna with x',
    'client 2 from 192.0.2.8:40002 as bert with x',
    'client 1 left',
  );
  const first = watch(t, { file, from: 'start', ...PATTERNS });
  await count(first, 1, 1);
  await first.stop();
  const second = watch(t, { file, from: 'start', ...PATTERNS }, first);
  await until('it follows', () => second.batches.length > 2);
  await count(second, 1, 1);
  print('client 2 left');
  await count(second, 1, 0);
});

test('activity without an end: one session while it goes on', async (t) => {
  const { file, print } = daemonOf(t);
  assert.throws(() => watchSource(processSource, { file, open: 'hit (?<address>\\S+)' }), { code: 'BAD_CONFIG' });
  const traits = { ...processSource.traits, gap: 60_000 };
  const active = { ...processSource, traits } as unknown as SourceKind;
  const watched = watchSource(active, { file, open: 'hit (?<address>\\S+)', stream: 'web' });
  t.after(() => watched.stop());
  await until('it follows', () => watched.batches.length > 2);
  print('hit 192.0.2.7', 'hit 192.0.2.8', 'hit 192.0.2.7');
  await count(watched, 2, 2);
  assert.equal(watched.sessions().find(({ address }) => address === '192.0.2.7')!.requests, 2);
  assert.equal(watched.counters.get('activities'), 3);
});

test('the journal of a unit: since boot to know who is there, and on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-journal-'));
  const [past, live, asked] = ['past', 'live', 'asked'].map((name) => join(folder, name)) as [string, string, string];
  const entry = (cursor: number, message: unknown, at = Date.now()) =>
    `${JSON.stringify({ __CURSOR: `s=${cursor}`, __REALTIME_TIMESTAMP: `${at}000`, MESSAGE: message })}\n`;
  writeFileSync(
    past,
    entry(1, 'client 1 from 192.0.2.7:1 as anna with x') + entry(2, 'client 2 from 192.0.2.8:2 as bert with x'),
  );
  appendFileSync(past, entry(3, 'client 1 left'));
  writeFileSync(live, '');
  writeFileSync(
    join(folder, 'journalctl'),
    `#!/bin/sh\necho "$@" >> ${asked}\ncase "$*" in *--follow*) exec tail -n +1 -f ${live} ;; *) exec cat ${past} ;; esac\n`,
  );
  chmodSync(join(folder, 'journalctl'), 0o755);
  const { PATH } = process.env;
  process.env['PATH'] = `${folder}:${PATH}`;
  t.after(() => {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  });

  const watched = watch(t, { journal: 'radio.service', from: 'start', ...PATTERNS });
  await count(watched, 1, 1);
  assert.deepEqual([open(watched)[0]!.user, open(watched)[0]!.stream], ['bert', 'radio.service']);
  const at = Date.now();
  appendFileSync(live, `no entry\n${entry(4, [...Buffer.from('client 3 from 192.0.2.9:3 as carl with x')], at)}`);
  await count(watched, 2, 2);
  appendFileSync(live, entry(5, 'client 2 left'));
  await count(watched, 2, 1);
  assert.equal(watched.counters.get('unreadableEntries'), 1);
  const [first, second] = readFileSync(asked, 'utf8').trimEnd().split('\n');
  assert.match(first!, /--output=json .*--boot --lines=all --unit=radio\.service$/);
  assert.match(second!, /--follow --after-cursor=s=3 --unit=radio\.service$/);
});
