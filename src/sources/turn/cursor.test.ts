import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import { systemClock } from '../../lib/clock.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { Batch } from '../source.ts';
import { Allocations } from './allocations.ts';
import { MAX_SAVED, restoreState, savedState, saveState } from './cursor.ts';
import { filterFor, runLive } from './live-capture.ts';
import { TurnReader } from './reader.ts';

const NOW = Date.now();
const SERVER = { address: '2001:db8::1', port: 3478 };

/** Clients that have allocated, one after the other, each for so many seconds. */
function allocated(clients: number, seconds = 600): Allocations {
  const options = { ports: [3478], maxAllocations: 100_000, foldMs: 500, counters: new ScopedCounters(), seed: 5 };
  const reader = new TurnReader(options);
  const packet = (from: write.At, to: write.At, datagram: Buffer) => {
    const bytes = write.frame(from, to, datagram);
    reader.onPacket(bytes, 0, bytes.length, bytes.length, NOW, 1);
  };
  for (let i = 0; i < clients; i++) {
    const client = { address: '2001:db8::2', port: 1000 + i };
    packet(
      client,
      SERVER,
      write.stun('allocate', 'request', i, write.username(`user-${i}`), write.realm('example.org')),
    );
    packet(
      SERVER,
      client,
      write.stun('allocate', 'success', i, write.relayed({ ...SERVER, port: i + 1 }, i), write.lifetime(seconds)),
    );
  }
  reader.cut();
  return reader.allocations;
}

const restored = (state: unknown, now: number) => {
  const allocations = new Allocations({ most: 100_000, seed: 9 });
  restoreState(allocations, savedState.parse(JSON.parse(JSON.stringify(state))), now);
  return allocations;
};
const users = (allocations: Allocations) => [...allocations.values()].map(({ client }) => client.user);

test('what was saved is put back, in the order in which it was seen', () => {
  const before = allocated(5);
  const after = restored(saveState(before), NOW);
  assert.deepEqual(
    [...after.values()].map(({ from: _, to: __, ...rest }) => rest),
    [...before.values()].map(({ from: _, to: __, ...rest }) => rest),
  );
  assert.deepEqual(users(after), ['user-4', 'user-3', 'user-2', 'user-1', 'user-0']);
});

test('whose lease has run out meanwhile is not put back', () => {
  assert.equal(restored(saveState(allocated(3)), NOW + 600_001).size, 0);
});

test('what is saved is bounded: those that were seen last', () => {
  const state = saveState(allocated(MAX_SAVED + 10));
  assert.equal(state.isPartial, true);
  assert.ok(JSON.stringify(state).length < 500_000);
  const after = restored(state, NOW);
  assert.equal(after.size, MAX_SAVED);
  assert.equal(users(after).at(-1), 'user-10');
});

test('addresses that are none are left out', () => {
  const state = saveState(allocated(2));
  const [first, second] = state.allocations;
  const broken = { ...first!, client: { address: 'somewhere', port: 1 } };
  const mixed = { ...second!, client: { address: '192.0.2.1', port: 1 } };
  assert.equal(restored({ ...state, allocations: [broken, mixed] }, NOW).size, 0);
});

/** The first batch of a live run. */
async function rosterAfter(cursor: unknown) {
  const stop = new AbortController();
  const batches: Batch[] = [];
  const emit = async (batch: Batch) => {
    batches.push(batch);
    stop.abort();
  };
  const capture = { interfaces: ['lo'], ports: [3478], hosts: [], snapLength: 256, bufferKiB: 64 };
  const reading = { ...capture, maxAllocations: 100_000, seed: 3 };
  const counters = new ScopedCounters();
  await runLive(reading, {
    emit,
    signal: stop.signal,
    cursor,
    log: silentLog,
    counters,
    clock: systemClock,
    inboxes: new Inboxes(),
  });
  const [roster] = batches[0]!.observations;
  assert.ok(roster?.kind === 'roster');
  return roster;
}

test('a live run begins with those who are still there; nobody else is', async () => {
  const roster = await rosterAfter({ version: 1, state: saveState(allocated(2)) });
  assert.equal(roster.streams, null);
  assert.deepEqual(
    roster.present.map(({ client, until, from }) => [client.user, until, from === roster.at]),
    [
      ['user-1', NOW + 600_000, true],
      ['user-0', NOW + 600_000, true],
    ],
  );
  assert.deepEqual((await rosterAfter(null)).present, []);
});

test('if not all could be saved, those who are missing are not taken for gone', async () => {
  const roster = await rosterAfter({ version: 1, state: saveState(allocated(MAX_SAVED + 1)) });
  assert.deepEqual([roster.streams, roster.present.length], [[], MAX_SAVED]);
});

test('the filter names ports and hosts, and looks behind VLAN tags where there can be some', () => {
  assert.equal(filterFor('any', [3478, 5349], []), '(port 3478 or port 5349)');
  const wanted = '(port 3478) and (host 192.0.2.1 or net 2001:db8::/32)';
  assert.equal(filterFor('eth0', [3478], ['192.0.2.1', '2001:db8::/32']), `(${wanted}) or (vlan and (${wanted}))`);
});
