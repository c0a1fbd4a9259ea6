import { strict as assert } from 'node:assert';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as write from '../../../lab/turn-packets.ts';
import { watchSource } from '../../../lab/watch.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { Batch } from '../source.ts';
import { turn } from './index.ts';

const NOON = Date.UTC(2026, 4, 1, 12);
const SERVER = { address: '198.51.100.1', port: 3478 };
const PEER = { address: '203.0.113.9', port: 7000 };
const CLIENTS = 20;
const clientAt = (i: number) => ({ address: '192.0.2.10', port: 50_000 + i });

/** Clients that each allocate, bind, and send `rounds` times 400 bytes. The last one's request waits for its answer. */
function packets(rounds: number): write.Captured[] {
  const list: write.Captured[] = [];
  let time = NOON;
  const add = (from: write.At, to: write.At, datagram: Buffer) => {
    list.push({ time, bytes: write.frame(from, to, datagram) });
    time += 1;
  };
  for (let i = 0; i < CLIENTS; i++) {
    const client = clientAt(i);
    const relayed = { address: SERVER.address, port: 49_000 + i };
    add(client, SERVER, write.stun('allocate', 'request', i, write.username(`user-${i}`), write.realm('example.org')));
    add(SERVER, client, write.stun('allocate', 'success', i, write.relayed(relayed, i), write.lifetime(600)));
    add(
      client,
      SERVER,
      write.stun('channelBind', 'request', 1000 + i, write.channelNumber(0x4000), write.peer(PEER, 1000 + i)),
    );
    add(SERVER, client, write.stun('channelBind', 'success', 1000 + i));
  }
  const data = write.channelData(0x4000, 400);
  for (let round = 0; round < rounds; round++) add(clientAt(round % CLIENTS), SERVER, data);
  add(clientAt(99), SERVER, write.stun('allocate', 'request', 99, write.username('late'), write.realm('example.org')));
  return list;
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headcount-turn-'));
});
after(() => rm(folder, { recursive: true }));

/** What a run with this cursor tells. */
async function run(file: string, cursor: unknown = null): Promise<{ batches: readonly Batch[]; error: unknown }> {
  const watched = watchSource(turn, { file }, { cursor });
  const error = await watched.ended;
  return { batches: watched.batches, error };
}

const told = (batches: readonly Batch[]) => batches.flatMap(({ observations }) => observations);

test('read once, in batches, each with a cursor from which it goes on as if nothing had happened', async () => {
  const file = join(folder, 'long.pcap');
  await writeFile(file, write.pcapFile(packets(20_000)));
  const whole = await run(file);
  assert.equal(whole.error, null);
  assert.ok(whole.batches.length >= 3, 'several batches');
  for (const [i, batch] of whole.batches.entries()) {
    const rest = await run(file, batch.cursor);
    assert.deepEqual(told(rest.batches), told(whole.batches.slice(i + 1)), `after batch ${i}`);
  }
  const watermarks = whole.batches.map(({ watermark }) => watermark!);
  assert.deepEqual(
    watermarks,
    watermarks.toSorted((a, b) => a - b),
  );
  assert.equal(watermarks.at(-1), NOON + 80 + 20_000);
});

test('a file that has grown is read on, also from a record that was not whole', async () => {
  const file = join(folder, 'growing.pcap');
  const answer = write.stun(
    'allocate',
    'success',
    99,
    write.relayed({ ...SERVER, port: 49_099 }, 99),
    write.lifetime(600),
  );
  const late = write.pcapRecord({ time: NOON + 1000, bytes: write.frame(SERVER, clientAt(99), answer) });
  await writeFile(file, Buffer.concat([write.pcapFile(packets(10)), late.subarray(0, 30)]));
  const watched = watchSource(turn, { file });
  assert.equal(await watched.ended, null);
  assert.equal(watched.counters.get('truncatedFiles'), 1);
  await appendFile(file, late.subarray(30));
  const { batches } = await run(file, watched.cursor());
  const [presence, ...others] = told(batches);
  assert.deepEqual(others, []);
  assert.equal(presence?.kind === 'presence' && presence.client.user, 'late', 'its request had been seen before');
});

test('another file under the same name is read from its beginning, and a cursor of another shape is none', async () => {
  const file = join(folder, 'other.pcap');
  await writeFile(file, write.pcapFile(packets(10)));
  const first = await run(file);
  await writeFile(file, write.pcapFile(packets(10).map((packet) => ({ ...packet, time: packet.time + 86_400_000 }))));
  for (const cursor of [first.batches.at(-1)!.cursor, { version: 9 }, 'nonsense', { version: 1, state: {} }]) {
    assert.equal(told((await run(file, cursor)).batches).length, CLIENTS);
  }
});

test('sessions last until their last packet, and are not stretched to the end of their lease', async () => {
  const file = join(folder, 'sessions.pcapng.pcap');
  await writeFile(file, write.pcapFile(packets(200)));
  const watched = watchSource(turn, { file });
  assert.equal(await watched.ended, null);
  const sessions = watched.sessions();
  assert.equal(sessions.length, CLIENTS);
  for (const { bytes, startedAt, lastSeenAt, user } of sessions) {
    assert.equal(bytes, 4000);
    assert.match(user!, /^user-\d+$/);
    assert.ok(startedAt < NOON + 80 && lastSeenAt <= NOON + 80 + 200 + 1000);
  }
});

test('what cannot be read is said', async () => {
  const none = join(folder, 'none.pcap');
  const text = join(folder, 'text.pcap');
  await writeFile(text, 'not a capture');
  const empty = join(folder, 'empty.pcap');
  await writeFile(empty, '');
  for (const [file, sentence] of [
    [none, /Cannot read the capture .*none\.pcap/],
    [folder, /Cannot read the capture/],
    [text, /neither pcap nor pcapng/],
    [empty, /neither pcap nor pcapng/],
  ] as const) {
    const { error } = await run(file);
    assert.ok(error instanceof HeadcountError, String(error));
    assert.equal(error.code, 'CAPTURE_UNREADABLE');
    assert.match(error.message, sentence);
  }
});

test('a corrupt file is read up to there', async () => {
  const file = join(folder, 'corrupt.pcap');
  await writeFile(file, Buffer.concat([write.pcapFile(packets(10)), Buffer.alloc(100, 0xff)]));
  const watched = watchSource(turn, { file });
  assert.equal(await watched.ended, null);
  assert.equal(watched.counters.get('corruptFiles'), 1);
  assert.equal(watched.sessions().length, CLIENTS);
  await truncate(file, 0);
});

test('it stops in the middle', async () => {
  const file = join(folder, 'stopped.pcap');
  await writeFile(file, write.pcapFile(packets(20_000)));
  const watched = watchSource(turn, { file });
  await watched.stop();
  assert.ok(watched.batches.length < 3);
});
