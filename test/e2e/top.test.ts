/** `headcount top` in a pseudo-terminal, in front of a real Headcount: what is seen, what keys do, what it leaves behind. */

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../lab/child.ts';
import type { AudienceWire } from '../../src/http/contract.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';
import { command, eventually, type Installation, install } from './process.ts';
import { runInTerminal, type SeenProgram, type TerminalOptions } from './pseudo-terminal.ts';

const BIN = fileURLToPath(new URL('../../bin/headcount.js', import.meta.url));
/** Clears the screen, rings, names the window, turns the line around, and is very tall and very wide. */
const HOSTILE = `\u001b[2J\u0007\u001b]0;hacked\u0007\u009b31m\u202egnp.exe e${'\u0301'.repeat(60)}東京👨‍👩‍👧‍👦`;
const HOSTILE_STREAM = '/東京👍\u202e/live';

let site: Installation;
let log: string;
let folder: string;

function line(address: string, path: string, agent: string): string {
  return `${address} - - [${logTime(Date.now())}] "GET ${path} HTTP/1.1" 200 1000000 "-" "${agent}"\n`;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-top-'));
  log = join(folder, 'access.log');
  writeFileSync(log, '');
  site = await install({ sources: [{ url: `log:${log}`, name: 'web', gap: '1h', from: 'start' }] });
  await site.start();
  appendFileSync(
    log,
    [
      line('192.0.2.1', '/jazz/seg-1.ts', 'VLC/3.0.20 LibVLC/3.0.20'),
      line('192.0.2.2', '/jazz/seg-1.ts', 'Winamp/5.9'),
      line('198.51.100.7', '/rock/seg-1.ts', 'VLC/3.0.20 LibVLC/3.0.20'),
      line('198.51.100.8', `${encodeURI(HOSTILE_STREAM)}/seg-1.ts`, HOSTILE),
    ].join(''),
  );
  await eventually('four are here', async () => {
    assert.equal((await site.ask<AudienceWire>('/audience')).total.sessions, 4);
  });
});

after(async () => {
  await site?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const SIZE: TerminalOptions = { columns: 110, rows: 30 };

function open(t: TestContext, args: readonly string[] = [site.url], size: TerminalOptions = SIZE): SeenProgram {
  const seen = runInTerminal(process.execPath, [BIN, 'top', ...args], { ...size, cwd: folder });
  t.after(async () => {
    try {
      seen.kill('SIGKILL');
    } catch {
      // It has ended already, as it should.
    }
    await seen.ended;
  });
  return seen;
}

/** The terminal is as it was. */
function assertGivenBack({ emulator }: SeenProgram): void {
  const { isAlternate, hasCursor, wraps } = emulator;
  assert.deepEqual({ isAlternate, hasCursor, wraps }, { isAlternate: false, hasCursor: true, wraps: true });
}

/** The table of sessions alone. */
function sessionsSeen({ emulator }: SeenProgram): string[] {
  const { lines } = emulator;
  const labels = lines.findIndex((each) => /^Stream\S*\s+Place/.test(each));
  return lines.slice(labels + 1, -1).filter((each) => each !== '');
}

async function showsSessions(seen: SeenProgram, check: (rows: string[]) => boolean): Promise<void> {
  try {
    await until('the sessions', () => check(sessionsSeen(seen)), 20_000);
  } catch (cause) {
    throw new Error(`the sessions are not as expected:\n${seen.emulator.text}`, { cause });
  }
}

test('through the socket of the data directory: how many, streams, sessions; a new listener is seen', async (t) => {
  const seen = open(t, ['--data', site.data]);
  await seen.shows(/● live/);
  await seen.shows(/^4 listening now · 4 listeners/m);
  await seen.shows(/^\/?jazz\S* +2 +. \w+ .*web$/m);
  await showsSessions(seen, (rows) => rows.length === 4 && rows.some((row) => /VLC 3\.0\.20.*192\.0\.2\.1/.test(row)));
  appendFileSync(log, line('192.0.2.99', '/rock/seg-1.ts', 'Winamp/5.9'));
  await seen.shows(/^5 listening now/m);
  await seen.shows(/\+1 −0/);
  await seen.shows(/192\.0\.2\.99/);
  seen.type('q');
  assert.equal((await seen.ended).code, 0);
  assertGivenBack(seen);
  assert.deepEqual(seen.emulator.strange, []);
});

test('keys: sort, reverse, find, only one stream, hold still, help', async (t) => {
  const { sessions: here } = (await site.ask<AudienceWire>('/audience')).total;
  const seen = open(t);
  await showsSessions(seen, (rows) => rows.length === here);
  seen.type('sp');
  await showsSessions(seen, (rows) => / Winamp/.test(rows.at(-2)!) && / – /.test(rows.at(-1)!));
  seen.type('r');
  await showsSessions(seen, (rows) => / Winamp/.test(rows[0]!));
  seen.type('/winamp jazz');
  await showsSessions(seen, (rows) => rows.length === 1 && /192\.0\.2\.2 /.test(rows[0]!));
  await seen.shows(new RegExp(` Sessions 1 of ${here}$`, 'm'));
  seen.type('\u001b');
  await showsSessions(seen, (rows) => rows.length === here);
  // The streams stand above, the greatest first, and by their names where they are equal: jazz before rock.
  seen.type('\u001b[Z\u001b[H\u001b[B');
  seen.type('f');
  await showsSessions(seen, (rows) => rows.length > 0 && rows.every((row) => /rock/.test(row)));
  await seen.shows(/Only \/?rock/);
  seen.type('f');
  await showsSessions(seen, (rows) => rows.length === here);
  seen.type('p');
  await seen.shows(/‖ paused/);
  appendFileSync(log, line('192.0.2.98', '/rock/seg-1.ts', 'Winamp/5.9'));
  await eventually('one more is here', async () => {
    assert.equal((await site.ask<AudienceWire>('/audience')).total.sessions, here + 1);
  });
  assert.match(seen.emulator.text, new RegExp(`^${here} listening now`, 'm'));
  seen.type('p');
  await seen.shows(new RegExp(`^${here + 1} listening now`, 'm'));
  seen.type('?');
  await seen.shows(/s and a letter/);
  seen.type('x\t');
  await seen.shows(/^Source\s+State/m);
  seen.type('\u0003');
  assert.equal((await seen.ended).code, 0);
  assertGivenBack(seen);
});

test('what strangers wrote is text: nothing of it is obeyed, and columns stay where they are', async (t) => {
  const seen = open(t);
  await seen.shows(/東京👍�/);
  await showsSessions(seen, (rows) => rows.length >= 4);
  const { lines, strange } = seen.emulator;
  const labels = lines.findIndex((each) => /^Stream\S*\s+Place/.test(each));
  assert.ok(labels > 0);
  const source = lines.find((each) => /東京👍.* web$/.test(each));
  assert.ok(source !== undefined, seen.emulator.text);
  assert.deepEqual(strange, []);
  // Neither bell nor title of the window, and no control of eight bits or of direction.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there are to be none.
  assert.doesNotMatch(seen.written(), /[\u0007\u0080-\u009f\u202a-\u202e\u2066-\u2069]|\u001b\]/);
  seen.type('q');
  await seen.ended;
});

test('any size, also one that changes', async (t) => {
  const seen = open(t);
  await seen.shows(/● live/);
  for (const [columns, rows] of [
    [40, 10],
    [300, 80],
    [60, 19],
    [80, 24],
  ] as const) {
    seen.resize(columns, rows);
    const last = await until('the last line is drawn', () => {
      const { lines } = seen.emulator;
      return /^\? help/.test(lines.at(-1)!) && /● live/.test(lines[0]!) && lines.length === rows ? lines : false;
    });
    assert.ok(last[0]!.length <= columns);
    assert.ok(last.some((each) => /^Stream/.test(each)));
  }
  assert.deepEqual(seen.emulator.strange, []);
  seen.type('q');
  await seen.ended;
});

test('a Headcount that goes away and comes back', async (t) => {
  const own = await install({ sources: [`log:${log}`] });
  t.after(() => own.remove());
  await own.start();
  const seen = open(t, [own.url]);
  await seen.shows(/● live/);
  await own.stopAll('SIGTERM');
  await seen.shows(/✕ lost/);
  await seen.shows(/No connection for .*trying again/);
  await own.start();
  await seen.shows(/● live/, 40_000);
  assert.doesNotMatch(seen.emulator.text, /No connection/);
  seen.type('q');
  await seen.ended;
});

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  test(`told to end by ${signal}, it gives the terminal back`, async (t) => {
    const seen = open(t);
    await seen.shows(/● live/);
    assert.ok(seen.emulator.isAlternate);
    seen.kill(signal);
    await seen.ended;
    assertGivenBack(seen);
  });
}

test('Ctrl-Z gives the terminal back to the shell, and fg goes on', async (t) => {
  const seen = runInTerminal('/bin/bash', ['--norc', '--noprofile', '-i'], { ...SIZE, env: { PS1: 'shell> ' } });
  t.after(async () => {
    seen.type('\u0003\u0003exit\rexit\r');
    await seen.ended;
  });
  await seen.shows(/shell>/);
  seen.type(`${process.execPath} ${BIN} top ${site.url}\r`);
  await seen.shows(/● live/);
  seen.type('\u001a');
  await until('it is given back', () => !seen.emulator.isAlternate && seen.emulator.hasCursor);
  await seen.shows(/Stopped/);
  seen.type('fg\r');
  await until('it is taken again', () => seen.emulator.isAlternate);
  await seen.shows(/● live/);
  seen.type('q');
  await until('it is given back', () => !seen.emulator.isAlternate);
});

test('no terminal, TERM=dumb, --once: everything once, as text', async (t) => {
  const { total } = await site.ask<AudienceWire>('/audience');
  const { code, out } = await command('top', site.url);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`^${total.sessions} listening now · ${total.listeners} listeners`, 'm'));
  assert.match(out, new RegExp(`^Sessions: ${total.sessions}\\n(.*\\n){${total.sessions + 1}}$`, 'm'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there are to be none.
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  for (const [args, env] of [
    [[site.url, '--once'], {}],
    [[site.url], { TERM: 'dumb' }],
  ] as const) {
    const seen = open(t, args, { ...SIZE, env });
    assert.equal((await seen.ended).code, 0);
    assert.match(seen.written(), new RegExp(`${total.sessions} listening now`));
    assert.ok(!seen.written().includes('\u001b'));
  }
});

test('NO_COLOR: no colour, and all that is said', async (t) => {
  const seen = open(t, [site.url], { ...SIZE, env: { NO_COLOR: '1' } });
  await seen.shows(/● live/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are sequences.
  assert.doesNotMatch(seen.written(), /\u001b\[[0-9;]*(3[0-7]|9[0-7])[0-9;]*m/);
  seen.type('q');
  await seen.ended;
});
