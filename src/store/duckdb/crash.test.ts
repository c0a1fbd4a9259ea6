import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startChild } from '../../../lab/child.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Store } from '../store.ts';
import { freshFolder } from '../suite/store-under-test.ts';
import { commitNumber, OPEN, reportNumber, SINK, sessionsAfter } from './crash.ts';
import { openDuckDbStore } from './index.ts';

const KILLS = 30;
/** So many of the one stream are handed over. */
const MOST_REPORTS = 100;

/** The newest acknowledgement in what the child has printed. */
function acknowledged(output: string): number {
  return Number([...output.matchAll(/acknowledged (\d+)\n/g)].at(-1)?.[1] ?? 0);
}

async function assertConsistent(store: Store, sequence: number): Promise<void> {
  if (sequence === 0) return;
  const resumed = await store.resume();
  const expected = commitNumber(sequence);
  assert.deepEqual(
    resumed.open.map(({ record }) => record.id).sort(),
    [...expected.open].map(({ record }) => record.id).sort(),
  );
  assert.deepEqual(resumed.cursors, expected.cursors);
  assert.deepEqual(resumed.residue, expected.residue);
  const first = Math.max(sequence - MOST_REPORTS, 0) + 1;
  const reports = Array.from({ length: sequence - first + 1 }, (_, i) => reportNumber(first + i));
  assert.deepEqual(resumed.reports, reports);
  assert.equal((await store.size()).sessions, sessionsAfter(sequence));
  const samples = await store.samples('edge-1', 'radio', 'listeners', 0, sequence + 2);
  assert.deepEqual(
    samples.map(({ value }) => value),
    Array.from({ length: sequence }, (_, i) => i + 1),
  );
  const waiting = await store.outbox.waiting(SINK, sequence + 2);
  assert.deepEqual(
    waiting.map(({ event }) => event.id),
    Array.from({ length: sequence }, (_, i) => `event ${i + 1}`),
  );
  const [group] = await store.aggregate({ from: 0, to: Number.MAX_SAFE_INTEGER, by: null, filter: {}, limit: 1 });
  assert.equal(group!.uniqueClients, group!.sessions, 'no id is there twice');
  const newest = await store.sessions({ ...NEWEST, limit: 1 });
  assert.equal(newest.total, sequence === 1 ? 0 : sessionsAfter(sequence) - OPEN);
}

const NEWEST = {
  state: 'closed',
  filter: {},
  from: null,
  to: null,
  sort: 'bytes',
  descending: true,
  cursor: null,
} as const;

test(`killed ${KILLS} times in the middle of commits, the store has what was acknowledged, or one commit more`, async (t) => {
  const folder = await freshFolder(t);
  const program = join(import.meta.dirname, 'crash-child.ts');
  let last = 0;
  let killedWithin = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = startChild(process.execPath, [program, folder, 'commit']);
    // Every third is killed before its first commit has been acknowledged: while it opens, makes or recovers the file.
    if (kill % 3 !== 0) await child.printed(/acknowledged/);
    await wait(Math.random() * (kill % 3 === 0 ? 400 : 150));
    await child.stop('SIGKILL');
    const told = Math.max(acknowledged(child.output()), last);
    const store = await openDuckDbStore({ directory: folder, log: silentLog, logBytes: 2 ** 20 });
    const { sequence } = await store.resume();
    assert.ok(sequence === told || sequence === told + 1, `acknowledged ${told}, and there are ${sequence} commits`);
    if (sequence === told + 1) killedWithin++;
    await assertConsistent(store, sequence);
    await store.close();
    last = sequence;
  }
  t.diagnostic(`${last} commits; after ${killedWithin} of the kills there was one that had not been acknowledged`);
  // Two of three have waited for one, whatever the speed of the machine.
  assert.ok(last >= (KILLS * 2) / 3, `${last} commits are enough to be killed in`);
});
