/** What the writer of logs says that it has written is what stands in the file. */

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { MARKER, startLogWriter } from './log-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'headcount-log-writer-'));
after(() => rmSync(folder, { recursive: true }));

const LINE = /^(\S+) - (\S+) \[[^\]]+\] "GET (\S+) HTTP\/1\.1" (\d+) (\d+) "-" "([^"]+)"$/;

test('lines, requests, bytes, sessions and steps', async () => {
  const path = join(folder, 'access.log');
  const load = { path, linesPerSecond: 4000, players: 300, arriveSeconds: 0.5, seconds: 1, stepMs: 20, seed: 3 };
  const writer = startLogWriter(load);
  const written = await writer.ended;

  const text = readFileSync(path, 'latin1');
  assert.ok(text.endsWith('\n'));
  const lines = text
    .slice(0, -1)
    .split('\n')
    .map((line) => LINE.exec(line)!);
  assert.ok(lines.every((match) => match !== null));
  const audience = lines.filter(([, , , target, status]) => /\.(m3u8|ts)$/.test(target!) && status !== '404');
  const people = new Set(
    audience.map(([, address, , target, , , agent]) => `${address} ${agent} ${target!.split('/')[2]}`),
  );
  assert.deepEqual(written, {
    lines: lines.length,
    requests: audience.length,
    bytes: audience.reduce((sum, [, , , , , bytes]) => sum + Number(bytes), 0),
    sessions: people.size,
  });
  assert.ok(people.size > load.players, 'all have come, and some instead of others');
  assert.ok(audience.length < lines.length, 'some lines are no audience');

  assert.equal(writer.steps.at(-1)!.lines, lines.length);
  for (const { lines: end } of writer.steps) assert.equal(lines[end - 1]![2], MARKER);
  assert.equal(lines.filter(([, , user]) => user === MARKER).length, writer.steps.length);
});

test('one that is stopped ends', async () => {
  const path = join(folder, 'stopped.log');
  const load = { path, linesPerSecond: 100, players: 10, arriveSeconds: 1, seconds: 3600, stepMs: 10, seed: 3 };
  const writer = startLogWriter(load);
  writer.stop();
  await assert.rejects(writer.ended, /ended/);
});
