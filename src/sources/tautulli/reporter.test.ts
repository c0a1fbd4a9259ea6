import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { createLog } from '../../telemetry/log.ts';
import { progressLine, Reporter } from './reporter.ts';

function reporter() {
  const lines: string[] = [];
  const time = { elapsed: 0 };
  const log = createLog({ level: 'info', write: (line) => lines.push(line), now: () => new Date(0) });
  const counters = new ScopedCounters();
  const clock = { now: () => 0, elapsed: () => time.elapsed, sleep: async () => {} };
  return { lines, time, counters, told: new Reporter({ clock, counters, log }) };
}

test('a bar, what is read, and how long the rest takes', () => {
  assert.equal(
    progressLine(420_000, 1_000_000, 130_000),
    'history ████████░░░░░░░░░░░░ 42 %, 420,000 of 1,000,000 rows, 3 min left',
  );
});

test('a long history is told when it begins, every ten seconds, and at its end', () => {
  const { lines, time, counters, told } = reporter();
  for (let read = 2000; read <= 100_000; read += 2000) {
    time.elapsed += 1000;
    told.tell(read, 100_000);
  }
  assert.equal(counters.get('rowsLeft'), 0);
  assert.deepEqual(
    lines.map((line) => line.split('info  ')[1]!.slice(0, 24)),
    [
      'reading the history: 100',
      ...['22', '42', '62', '82'].map((percent) => {
        const bar = '█'.repeat(Math.floor(Number(percent) / 5)).padEnd(20, '░');
        return `history ${bar} ${percent} %`.slice(0, 24);
      }),
      'the history has been rea',
    ],
  );
});

test('of a short one only the counter tells', () => {
  const { lines, counters, told } = reporter();
  told.tell(2000, 5000);
  assert.equal(counters.get('rowsLeft'), 3000);
  told.tell(5000, 5000);
  assert.deepEqual([lines, counters.get('rowsLeft')], [[], 0]);
});
