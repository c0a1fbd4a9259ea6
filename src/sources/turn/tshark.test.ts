/** Captures that others made, and ours, read by tshark and by us: the same messages, allocations and channel bytes. */

import { strict as assert } from 'node:assert';
import { createReadStream, existsSync, globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seenByTshark } from '../../../lab/tshark.ts';
import * as write from '../../../lab/turn-packets.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { readCapture } from './read-once.ts';

const isThere = existsSync('/usr/bin/tshark') ? {} : { skip: 'no tshark' };
const CASES = fileURLToPath(new URL('../../../../shared/cases/pcap/', import.meta.url));
const hasCases = existsSync(CASES) ? isThere : { skip: `no ${CASES}` };
const EVERY_PORT = Array.from({ length: 65_535 }, (_, i) => i + 1);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headcount-tshark-'));
});
after(() => rm(folder, { recursive: true }));

async function seenByUs(path: string, ports: readonly number[]) {
  const counters = new ScopedCounters();
  const options = { ports, maxAllocations: 1000, counters, seed: 1 };
  const { turn } = await readCapture([createReadStream(path)], options, async () => {});
  return { turn, counters };
}

const total = (messages: Readonly<Record<string, number>>) =>
  Object.values(messages).reduce((sum, count) => sum + count, 0);

test('captures of arkime, mercury and zeek: as many messages of each kind', hasCases, async () => {
  const paths = globSync('**/*.pcap', { cwd: CASES });
  assert.equal(paths.length, 6);
  for (const path of paths) {
    const { turn, counters } = await seenByUs(join(CASES, path), EVERY_PORT);
    const theirs = seenByTshark(join(CASES, path), 3478);
    // tshark shows what is malformed as far as it goes; we do not believe it.
    const rejected = counters.get('rejectedStun');
    assert.equal(total(turn.messages) + rejected, total(theirs.messages), path);
    if (rejected === 0) assert.deepEqual(turn.messages, theirs.messages, path);
    assert.equal(counters.get('microsoftTurn'), theirs.microsoft, path);
    assert.deepEqual([turn.allocations, theirs.allocations], [0, 0], path);
  }
});

/** A client over TCP, in segments of `size` bytes; everything else as lab/turn-packets.ts writes it. */
function tcpCapture(address: string, server: string, size: number): Buffer {
  const from = { address, port: 50_000 };
  const to = { address: server, port: 3478 };
  const peer = { address: '203.0.113.9', port: 7000 };
  const names = [write.username('alice'), write.realm('example.org')];
  const packets: write.Captured[] = [];
  const sequence = { up: 1, down: 1 };
  const add = (isUp: boolean, bytes: Buffer, flags?: number) => {
    const way = isUp ? 'up' : 'down';
    for (let at = 0; at === 0 || at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      const [source, target] = isUp ? [from, to] : [to, from];
      const segment = write.tcpFrame(source, target, sequence[way], piece, flags);
      packets.push({ time: Date.UTC(2026, 4, 1) + packets.length, bytes: segment });
      sequence[way] += piece.length + (flags === undefined ? 0 : 1);
    }
  };
  add(true, Buffer.alloc(0), write.TCP_FLAGS.syn);
  add(false, Buffer.alloc(0), write.TCP_FLAGS.syn | write.TCP_FLAGS.ack);
  add(true, write.stun('allocate', 'request', 1, ...names));
  add(false, write.stun('allocate', 'success', 1, write.relayed({ ...to, port: 49_200 }, 1), write.lifetime(600)));
  add(true, write.stun('channelBind', 'request', 2, write.channelNumber(0x4000), write.peer(peer, 2), ...names));
  add(false, write.stun('channelBind', 'success', 2));
  for (let i = 1; i < 30; i++) add(i % 3 > 0, write.paddedChannelData(0x4000, i * 31));
  add(true, write.stun('send', 'indication', 3, write.peer(peer, 3), write.payload(500)));
  return write.pcapFile(packets);
}

test('TCP over IPv4 and IPv6, in segments of several sizes', isThere, async () => {
  for (const [client, server] of [
    ['192.0.2.10', '198.51.100.1'],
    ['2001:db8::10', '2001:db8::1'],
  ] as const) {
    for (const size of [7, 100, 1400]) {
      const path = join(folder, `tcp-${size}.pcap`);
      await writeFile(path, tcpCapture(client, server, size));
      const { turn } = await seenByUs(path, [3478]);
      const { messages, allocations, channelData } = seenByTshark(path, 3478);
      assert.equal(channelData.up.messages, 20);
      assert.deepEqual([turn.messages, turn.allocations, turn.channelData], [messages, allocations, channelData]);
    }
  }
});

test('the recording in testdata', isThere, async () => {
  const path = fileURLToPath(new URL('testdata/coturn-4.6.1.pcap', import.meta.url));
  const { turn } = await seenByUs(path, [34_780]);
  const { messages, allocations, channelData } = seenByTshark(path, 34_780);
  assert.deepEqual([turn.messages, turn.allocations, turn.channelData], [messages, allocations, channelData]);
  assert.equal(allocations, 10);
});
