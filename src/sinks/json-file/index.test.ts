import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../lab/child.ts';
import { SnapshotWire } from '../../http/contract.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { sinkContext } from '../fixture.ts';
import { jsonFile } from './index.ts';
import { LineFile } from './line-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headcount-json-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Runs the snapshots of a sink, on a clock that notes how long it is to sleep. */
async function whileRunning(options: Record<string, unknown>, check: (bench: Running) => Promise<void>): Promise<void> {
  const sleeps: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => {
      sleeps.push(ms);
      return systemClock.sleep(5, signal);
    },
  };
  const { context, logged } = sinkContext({ clock });
  const sink = jsonFile.create(jsonFile.config.parse(options), context);
  const stopping = new AbortController();
  const running = sink.run!(stopping.signal);
  try {
    await check({ sleeps, logged, counters: context.counters });
  } finally {
    stopping.abort();
    await running;
  }
}

interface Running {
  readonly sleeps: readonly number[];
  readonly logged: readonly string[];
  readonly counters: { get(name: string): number };
}

test('the snapshot says who is here now, as the API does', async () => {
  const snapshot = join(folder, 'audience.json');
  await whileRunning({ snapshot, every: '3s' }, async ({ sleeps, counters }) => {
    await until('it is written twice', () => counters.get('snapshots') >= 2);
    assert.equal(sleeps[0], 3000);
    const { total, streams, sessions } = SnapshotWire.parse(JSON.parse(read('audience.json')));
    assert.deepEqual(total, { sessions: 2, listeners: 2, bots: 1 });
    assert.deepEqual(
      streams.map(({ stream, sessions: count, bots }) => [stream, count, bots]),
      [
        ['jazz', 1, 0],
        ['rock', 1, 1],
      ],
    );
    // The newest first, and no bots among them.
    assert.deepEqual(
      sessions.map(({ client }) => client.ip),
      ['192.0.2.2', '192.0.2.0'],
    );
  });
  assert.deepEqual(readdirSync(folder), ['audience.json']);
});

test('it names as many sessions as it is asked for', async () => {
  for (const count of [0, 1]) {
    const snapshot = join(folder, `${count}.json`);
    await whileRunning({ snapshot, sessions: count }, async ({ counters }) => {
      await until('it is written', () => counters.get('snapshots') > 0);
      const { total, sessions } = SnapshotWire.parse(JSON.parse(read(`${count}.json`)));
      assert.equal(sessions.length, count);
      assert.equal(total.sessions, 2);
    });
  }
});

test('a snapshot that cannot be written is said once, and tried again', async () => {
  const snapshot = join(folder, 'audience.json');
  mkdirSync(snapshot);
  await whileRunning({ snapshot }, async ({ logged, counters }) => {
    await until('it has failed often', () => counters.get('snapshotsFailed') >= 3);
    rmSync(snapshot, { recursive: true });
    await until('it is written', () => counters.get('snapshots') > 0);
    assert.equal(logged.filter((line) => /cannot be written/.test(line)).length, 1, logged.join(''));
    assert.match(logged.join(''), /can be written again/);
  });
});

test('lines are appended; one that a crash has left half-written is cut off', async () => {
  const lines = new LineFile(join(folder, 'x.jsonl'), 1e6);
  await lines.append('1\n2\n');
  writeFileSync(join(folder, 'x.jsonl'), `1\n2\n${'x'.repeat(200_000)}`);
  await lines.append('3\n');
  assert.equal(read('x.jsonl'), '1\n2\n3\n');
  writeFileSync(join(folder, 'x.jsonl'), 'half');
  await lines.append('4\n');
  assert.equal(read('x.jsonl'), '4\n');
});

test('a file that has grown too large is put aside, one of them', async () => {
  const lines = new LineFile(join(folder, 'x.jsonl'), 10);
  for (const line of ['first line\n', 'second line\n', 'third line\n']) await lines.append(line);
  assert.equal(read('x.jsonl'), 'third line\n');
  assert.equal(read('x.jsonl.1'), 'second line\n');
  assert.deepEqual(readdirSync(folder).sort(), ['x.jsonl', 'x.jsonl.1']);
});

test('a file that somebody has moved away is begun anew', async () => {
  const lines = new LineFile(join(folder, 'x.jsonl'), 1e6);
  await lines.append('1\n');
  renameSync(join(folder, 'x.jsonl'), join(folder, 'old'));
  await lines.append('2\n');
  assert.equal(read('old') + read('x.jsonl'), '1\n2\n');
});
