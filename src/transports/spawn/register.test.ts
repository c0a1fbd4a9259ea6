/** Real processes that an earlier run could have left behind, and some that only look like it. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type LabChild, startChild, until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createLog } from '../../telemetry/log.ts';
import { executableOf, factsOf } from './processes.ts';
import { MARK, openRegister } from './register.ts';
import { spawnLines } from './spawn.ts';

let folder = '';
let file = '';
let said: string[] = [];
const children: LabChild[] = [];
let close = () => {};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-register-'));
  file = join(folder, 'children.json');
  said = [];
});
afterEach(async () => {
  close();
  for (const child of children.splice(0)) await child.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  const log = createLog({ level: 'info', write: (line) => said.push(line), now: () => new Date() });
  close = await openRegister({ file, clock: systemClock, log });
}

const SLEEP = `console.log('up'); setInterval(() => {}, 1000)`;

/** One that leads a session of its own and is marked; and how it would have been written down. */
async function leftBehind(mark: string, script = SLEEP) {
  const child = startChild(process.execPath, ['-e', script], { env: { ...process.env, [MARK]: mark } });
  children.push(child);
  await child.printed(/up/);
  const { startedAt } = factsOf(child.pid)!;
  return { child, entry: { pid: child.pid, startedAt, mark, executable: executableOf(child.pid) } };
}

const isAlive = (pid: number) => {
  const facts = factsOf(pid);
  return facts !== null && !facts.isZombie;
};

const PARENT = `const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', ${JSON.stringify(SLEEP)}], { stdio: 'inherit' });
  console.log('child', child.pid)`;

test('what an earlier run has left behind is ended, with all that it has started', async () => {
  const { child, entry } = await leftBehind('one', PARENT);
  const [, grandchild] = await child.printed(/child (\d+)[\s\S]*up/);
  writeFileSync(file, JSON.stringify([entry]));
  await open();
  assert.deepEqual([isAlive(child.pid), isAlive(Number(grandchild))], [false, false]);
  assert.match(said.join(''), /ended 2 processes that an earlier run had left behind/);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), []);
});

test('what is in the session of one that has ended is ended, too', async () => {
  const { child, entry } = await leftBehind('one', PARENT);
  const [, grandchild] = await child.printed(/child (\d+)[\s\S]*up/);
  process.kill(child.pid, 'SIGKILL');
  await until('the leader has ended', () => !isAlive(child.pid));
  assert.ok(isAlive(Number(grandchild)));
  writeFileSync(file, JSON.stringify([entry]));
  await open();
  assert.equal(isAlive(Number(grandchild)), false);
});

test('nobody else is ended: not with another start time, executable or mark, and not without one', async () => {
  const { child, entry } = await leftBehind('one');
  const mistaken = [
    { ...entry, startedAt: entry.startedAt - 1 },
    { ...entry, startedAt: entry.startedAt + 1 },
    { ...entry, executable: '/opt/spyserver' },
    { ...entry, mark: 'two' },
  ];
  for (const each of mistaken) {
    writeFileSync(file, JSON.stringify([each]));
    await open();
    close();
    assert.ok(isAlive(child.pid), JSON.stringify(each));
  }
  assert.deepEqual(said, []);
  writeFileSync(file, JSON.stringify([{ ...entry, executable: null }]));
  await open();
  assert.equal(isAlive(child.pid), false, 'before its executable was certain, the rest is enough');
});

test('a file that cannot be read ends nobody and is said', async () => {
  for (const text of ['', '{}', '[{"pid":-1}]', '[{"pid":1,"startedAt":0,"mark":"","executable":null}]']) {
    writeFileSync(file, text);
    await open();
    close();
  }
  assert.equal(said.filter((line) => line.includes('cannot be read')).length, 4);
});

test('what runs is written down at once, as what it is, until it has ended', async () => {
  await open();
  const stopping = new AbortController();
  const steps = spawnLines({
    ...{ program: process.execPath, args: ['-e', `console.log(process.pid); setInterval(() => {}, 1000)`] },
    ...{ signal: stopping.signal, clock: { ...systemClock }, counters: new ScopedCounters() },
  });
  for await (const step of steps) {
    if (step.kind !== 'lines') continue;
    const pid = Number(step.lines[0]);
    const [entry, ...more] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...entry, mark: null },
      { pid, startedAt: factsOf(pid)!.startedAt, mark: null, executable: executableOf(process.pid) },
    );
    stopping.abort();
  }
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), []);
});
