/** Real programs: Node itself with a few lines of script. */

import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startChild, until } from '../../../lab/child.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { RecentLines } from '../../telemetry/recent-lines.ts';
import { type Ending, type SpawnOptions, spawnLines } from './spawn.ts';

let folder = '';
const stops: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-spawn-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(folder, { recursive: true });
});

interface Spawned {
  readonly lines: string[];
  readonly counters: ScopedCounters;
  quiet: number;
  ending: Ending | null;
  endedAt: number;
  error: unknown;
  /** Resolves when the steps are over. */
  readonly over: Promise<void>;
  abort(): void;
}

/** Runs a script in Node and takes its lines. */
function run(script: string, more: Partial<SpawnOptions> = {}, take = async () => {}): Spawned {
  const stopping = new AbortController();
  const counters = new ScopedCounters();
  const steps = spawnLines({
    ...{
      program: process.execPath,
      args: ['-e', script],
      signal: stopping.signal,
      clock: { ...systemClock },
      counters,
    },
    ...more,
  });
  const consume = async () => {
    for await (const step of steps) {
      if (step.kind === 'lines') spawned.lines.push(...step.lines);
      else if (step.kind === 'quiet') spawned.quiet++;
      else {
        spawned.ending = step.ending;
        spawned.endedAt = step.at;
      }
      await take();
    }
  };
  const spawned: Spawned = {
    ...{
      lines: [] as string[],
      counters,
      quiet: 0,
      ending: null,
      endedAt: 0,
      error: null,
      abort: () => stopping.abort(),
    },
    over: Promise.resolve(),
  };
  const over = consume().catch((error: unknown) => {
    spawned.error = error;
  });
  stops.push(() => {
    stopping.abort();
    return over;
  });
  return Object.assign(spawned, { over });
}

/** One that has ended and that nobody has asked for yet (a zombie) is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('what it prints comes line by line, and at last how it ended', async () => {
  const spawned = run(`console.log('a\\r'); console.error('b'); process.stdout.write('c'); process.exitCode = 3`);
  await spawned.over;
  assert.deepEqual([...spawned.lines].sort(), ['a', 'b', 'c']);
  assert.deepEqual(spawned.ending, { code: 3, signal: null });
});

test('a signal that ends it is told', async () => {
  const spawned = run(`process.kill(process.pid, 'SIGSEGV')`);
  await spawned.over;
  assert.deepEqual(spawned.ending, { code: null, signal: 'SIGSEGV' });
});

test('while it prints nothing there is a step now and then', async () => {
  const spawned = run('setInterval(() => {}, 1000)', { beatMs: 10 });
  await until('three quiet steps', () => spawned.quiet >= 3);
});

test('it sees PATH, HOME and LANG of our environment, a terminal without abilities, its mark, and nothing else', async () => {
  process.env['HEADCOUNT_TEST_SECRET'] = 'secret';
  const spawned = run('console.log(JSON.stringify(Object.keys(process.env)))');
  await spawned.over;
  delete process.env['HEADCOUNT_TEST_SECRET'];
  const names = JSON.parse(spawned.lines[0]!) as string[];
  assert.ok(names.includes('PATH'));
  assert.deepEqual(
    names.filter((name) => !['PATH', 'HOME', 'LANG', 'TERM', 'HEADCOUNT_CHILD'].includes(name)),
    [],
  );
});

test('arguments are given as they are: there is no shell', async () => {
  const args = ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '; touch x', '$(id)', "'", '*'];
  const spawned = run('', { args });
  await spawned.over;
  assert.deepEqual(JSON.parse(spawned.lines[0]!), args.slice(2));
});

for (const program of ['/there/is/no/such/program', tmpdir()]) {
  test(`${program} is refused with a code`, async () => {
    const spawned = run('', { program });
    await spawned.over;
    assert.ok(spawned.error instanceof HeadcountError);
    assert.equal(spawned.error.code, 'CHILD_NOT_STARTED');
    assert.match(spawned.error.message, new RegExp(`^The program ${program} cannot be started\\.$`));
  });
}

test('aborted, it is interrupted, and what it prints to the last is still taken', async () => {
  const spawned = run(`process.on('SIGINT', () => { console.log('bye'); process.exit(0); }); console.log('up');
    setInterval(() => {}, 1000)`);
  await until('it is up', () => spawned.lines.length === 1);
  spawned.abort();
  await spawned.over;
  assert.deepEqual(spawned.lines, ['up', 'bye']);
  assert.deepEqual(spawned.ending, { code: 0, signal: null });
});

test('one that does not heed an interruption is terminated, and one that heeds nothing is killed', async () => {
  const hearing = (...signals: string[]) =>
    run(`for (const s of ${JSON.stringify(signals)}) process.on(s, () => console.log(s)); console.log('up');
      setInterval(() => {}, 1000)`);
  const stubborn = hearing('SIGINT');
  const deaf = hearing('SIGINT', 'SIGTERM');
  await until('both are up', () => stubborn.lines.length + deaf.lines.length === 2);
  stubborn.abort();
  deaf.abort();
  await stubborn.over;
  assert.deepEqual([stubborn.lines, stubborn.ending?.signal], [['up', 'SIGINT'], 'SIGTERM']);
  await deaf.over;
  assert.deepEqual([deaf.lines, deaf.ending?.signal], [['up', 'SIGINT', 'SIGTERM'], 'SIGKILL']);
});

test('what it has started itself ends with it, also if it holds its output open', async () => {
  const spawned = run(`const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid); setTimeout(() => process.exit(0), 50)`);
  await spawned.over;
  assert.equal(spawned.ending?.code, 0);
  await until('the child of the child is gone', () => !isAlive(Number(spawned.lines[0])));
});

test('what does not heed the hang-up of its terminal does not outlive it either', async () => {
  const script = `process.on('SIGHUP', () => {}); console.log('up'); setInterval(() => {}, 1000)`;
  const spawned = run(`const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.once('data', () => { console.log(child.pid); process.exit(0); })`);
  await spawned.over;
  await until('the child of the child is gone', () => !isAlive(Number(spawned.lines[0])));
});

test('left early, it has ended when the steps are over', async () => {
  const steps = spawnLines({
    ...{ program: process.execPath, args: ['-e', 'console.log(process.pid); setInterval(() => console.log(1), 1)'] },
    ...{ signal: new AbortController().signal, clock: { ...systemClock }, counters: new ScopedCounters() },
  });
  let pid = 0;
  for await (const step of steps) {
    if (step.kind !== 'lines') continue;
    pid = Number(step.lines[0]);
    break;
  }
  assert.ok(pid > 0 && !isAlive(pid));
});

test('while nobody takes its lines it is held back, and none is lost, also if it ends meanwhile', async () => {
  const progress = join(folder, 'progress');
  let mayTake = () => {};
  const gate = new Promise<void>((resolve) => {
    mayTake = resolve;
  });
  const script = `const { writeFileSync, writeSync } = require('node:fs');
    for (let i = 0; i < 40000; i++) {
      try { writeSync(1, i + ' ' + 'x'.repeat(40) + '\\n'); } catch { i--; }
      if (i === 100 || i === 39999) writeFileSync(${JSON.stringify(progress)}, String(i));
    }`;
  const spawned = run(script, {}, () => gate);
  await until('it has begun', () => existsSync(progress));
  await until('a step', () => spawned.lines.length > 0);
  assert.equal(readFileSync(progress, 'utf8'), '100');
  mayTake();
  await spawned.over;
  assert.equal(spawned.lines.length, 40_000);
  assert.deepEqual(
    spawned.lines.map((line) => Number.parseInt(line, 10)),
    Array.from({ length: 40_000 }, (_, i) => i),
  );
});

test('a line of more than 64 KiB is skipped and counted', async () => {
  const spawned = run(`console.log('x'.repeat(65537)); console.log('y'.repeat(65536)); console.log('z')`);
  await spawned.over;
  assert.deepEqual(
    spawned.lines.map((line) => line.length),
    [65_536, 1],
  );
  assert.equal(spawned.counters.get('longLines'), 1);
});

for (const output of ['terminal', 'pipe'] as const) {
  test(`what it has printed is read to the last line when it has ended long ago: a ${output}`, async () => {
    let mayTake = () => {};
    const gate = new Promise<void>((resolve) => {
      mayTake = resolve;
    });
    const script = `console.log(process.pid); for (let i = 1; i < 4000; i++) console.log(String(i))`;
    const spawned = run(script, { output }, () => gate);
    await until('a step', () => spawned.lines.length > 0);
    // Gone altogether, not only a zombie: then we have been told.
    await until('it has ended', () => !existsSync(`/proc/${spawned.lines[0]}`));
    assert.equal(spawned.ending, null);
    const takenAt = Date.now();
    mayTake();
    await spawned.over;
    assert.deepEqual(
      spawned.lines.slice(1).map(Number),
      Array.from({ length: 3999 }, (_, i) => i + 1),
    );
    assert.deepEqual(spawned.ending, { code: 0, signal: null });
    assert.ok(spawned.endedAt <= takenAt, 'it is told when it ended, not when that was noticed');
  });

  test(`ten megabytes without a line end are skipped and counted, in bounded room: a ${output}`, async () => {
    const script = `const { writeSync } = require('node:fs'); const piece = Buffer.alloc(65536, 'x');
      for (let i = 0; i < 160; i++) for (let at = 0; at < piece.length; ) {
        try { at += writeSync(1, piece, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
      }
      console.log(); console.log('next')`;
    const before = process.memoryUsage().rss;
    const spawned = run(script, { output });
    await spawned.over;
    assert.deepEqual(spawned.lines, ['next']);
    assert.equal(spawned.counters.get('longLines'), 1);
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  });
}

test('its output is a terminal that echoes nothing of ours and breaks no lines; or a pipe, if asked for', async () => {
  const script = `console.log(process.stdout.isTTY === true, process.stderr.isTTY === true, process.stdout.columns)`;
  const terminal = run(script);
  const pipe = run(script, { output: 'pipe' });
  await Promise.all([terminal.over, pipe.over]);
  assert.deepEqual([terminal.lines, pipe.lines], [['true true 65535'], ['false false undefined']]);
});

test('a C program that does not flush its lines is heard at once', async () => {
  const heard = run('', { program: 'awk', args: ['BEGIN { print "up"; while (1) { } }'] });
  await until('it is heard', () => heard.lines.length === 1);
  heard.abort();
  await heard.over;
});

test('text that is no UTF-8 is read', async () => {
  const spawned = run(`require('node:fs').writeSync(1, Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x62, 0x0a]))`);
  await spawned.over;
  assert.deepEqual(spawned.lines, ['a\ufffd\ufffd', 'b']);
});

test('it has its own terminal and no other descriptor of ours, also beside others', async () => {
  const first = run(`console.log('up'); setInterval(() => {}, 1000)`);
  await until('one is up', () => first.lines.length === 1);
  const spawned = run('', { program: 'ls', args: ['-l', '/proc/self/fd'] });
  await spawned.over;
  assert.ok(spawned.lines.filter((line) => line.includes('/dev/pts/')).length >= 3);
  assert.equal(spawned.lines.filter((line) => line.includes('ptmx')).length, 0);
});

test('programs are started a second apart, by the clock that they are given', async () => {
  let elapsed = 0;
  const naps: { due: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => elapsed,
    elapsed: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        naps.push({ due: elapsed + ms, wake: resolve });
        signal.addEventListener('abort', () => resolve());
      }),
  };
  const pass = (ms: number) => {
    elapsed += ms;
    for (const nap of naps) if (nap.due <= elapsed) nap.wake();
  };
  const all = ['a', 'b', 'c'].map((name) => run(`console.log('${name}')`, { clock, beatMs: 10_000 }));
  await all[0]!.over;
  assert.deepEqual(
    all.map(({ lines }) => lines),
    [['a'], [], []],
  );
  pass(1000);
  await all[1]!.over;
  assert.deepEqual(
    all.map(({ lines }) => lines),
    [['a'], ['b'], []],
  );
  pass(999);
  all[2]!.abort();
  await all[2]!.over;
  assert.deepEqual(
    all.map(({ lines }) => lines),
    [['a'], ['b'], []],
    'whoever is stopped in the queue is never started',
  );
});

test('its newest lines are kept to be shown', async () => {
  const recent = new RecentLines();
  const spawned = run(`console.log('a'); console.log('b')`, { recent });
  await spawned.over;
  assert.deepEqual(
    recent.list().map(({ text }) => text),
    ['a', 'b'],
  );
});

for (const [how, end] of [
  ['ends without stopping it', 'process.exit(1)'],
  ['is killed', "process.kill(process.pid, 'SIGKILL')"],
]) {
  test(`if our own process ${how}, it is killed`, async () => {
    const spawn = JSON.stringify(fileURLToPath(new URL('spawn.ts', import.meta.url)));
    const clock = JSON.stringify(fileURLToPath(new URL('../../lib/clock.ts', import.meta.url)));
    const counters = JSON.stringify(fileURLToPath(new URL('../../telemetry/counters.ts', import.meta.url)));
    const owner = startChild(process.execPath, [
      '--input-type=module',
      '-e',
      `import { spawnLines } from ${spawn}; import { systemClock as clock } from ${clock};
     import { ScopedCounters } from ${counters};
     const script = 'console.log(process.pid); setInterval(() => {}, 1000)';
     const { signal } = new AbortController();
     const program = process.execPath;
     for await (const { lines } of spawnLines({ program, args: ['-e', script], signal, clock, counters: new ScopedCounters() })) {
       console.log('pid', lines[0]); ${end};
     }`,
    ]);
    const [, pid] = await owner.printed(/pid (\d+)/);
    await owner.ended;
    await until('it is gone', () => !isAlive(Number(pid)));
  });
}

test('without a binary for terminals it is a pipe, and that is said once', async () => {
  const from = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
  const owner = startChild(process.execPath, [
    '--input-type=module',
    '-e',
    `import { registerHooks } from 'node:module';
     registerHooks({ resolve: (name, context, next) => {
       if (name.startsWith('@lydell/')) throw new Error('there is no binary');
       return next(name, context);
     } });
     const { spawnLines } = await import(${from('spawn.ts')});
     const { openRegister } = await import(${from('register.ts')});
     const { systemClock } = await import(${from('../../lib/clock.ts')});
     const { ScopedCounters } = await import(${from('../../telemetry/counters.ts')});
     const { createLog } = await import(${from('../../telemetry/log.ts')});
     const log = createLog({ level: 'info', write: (line) => process.stdout.write(line), now: () => new Date() });
     await openRegister({ file: ${JSON.stringify(join(folder, 'children.json'))}, clock: systemClock, log });
     for (let i = 0; i < 2; i++) {
       const args = ['-e', 'console.log(process.stdout.isTTY === true)'];
       const { signal } = new AbortController();
       const options = { program: process.execPath, args, signal, clock: { ...systemClock }, counters: new ScopedCounters() };
       for await (const { lines } of spawnLines(options)) if (lines) console.log('terminal', lines[0]);
     }`,
  ]);
  assert.equal(await owner.ended, 0, owner.output());
  assert.equal(owner.output().match(/terminal false/g)?.length, 2, owner.output());
  assert.equal(
    owner.output().match(/programs are run without a terminal: there is no binary/g)?.length,
    1,
    owner.output(),
  );
});
