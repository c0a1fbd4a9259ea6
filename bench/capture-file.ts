/**
 * For bench/capture.ts: a capture of a busy TURN server and the truth about it. 95 % ChannelData of a voice call's size,
 * the rest indications, refreshes and bindings; the same in every run.
 */

import { open } from 'node:fs/promises';
import * as write from '../lab/turn-packets.ts';
import { randomFrom } from '../src/enrich/fixture.ts';

const PACKETS = process.env['HEADCOUNT_BENCH'] === 'small' ? 1_000_000 : 5_000_000;
const ALLOCATIONS = 5000;
const BEGIN = Date.UTC(2026, 4, 1, 12);
const SERVER = { address: '198.51.100.1', port: 3478 };
const PEER = { address: '203.0.113.9', port: 7000 };

export interface Truth {
  packets: number;
  bytes: number;
  allocations: number;
  channelMessages: number;
  channelBytes: number;
}

export async function writeCapture(path: string): Promise<Truth> {
  const truth: Truth = { packets: 0, bytes: 0, allocations: ALLOCATIONS, channelMessages: 0, channelBytes: 0 };
  const file = await open(path, 'w');
  let waiting: Buffer[] = [write.pcapHeader()];
  const add = (from: write.At, to: write.At, datagram: Buffer) => {
    const time = BEGIN + truth.packets * 0.05;
    const record = write.pcapRecord({ time, bytes: write.frame(from, to, datagram) });
    waiting.push(record);
    truth.packets++;
    truth.bytes += record.length;
  };
  const random = randomFrom(20_260_501);
  for (let i = 0; i < ALLOCATIONS; i++) for (const packet of setUp(i)) add(...packet);
  while (truth.packets < PACKETS) {
    const i = Math.floor(random() * ALLOCATIONS);
    const isUp = random() < 0.5;
    const [from, to] = isUp ? [clientAt(i), SERVER] : [SERVER, clientAt(i)];
    if (random() < 0.95) {
      const bytes = 100 + Math.floor(random() * 120);
      add(from, to, write.channelData(0x4000 + (i % 16), bytes));
      truth.channelMessages++;
      truth.channelBytes += bytes;
    } else add(from, to, otherMessage(i, isUp, truth.packets, random()));
    if (waiting.length >= 10_000) {
      await file.write(Buffer.concat(waiting));
      waiting = [];
    }
  }
  await file.write(Buffer.concat(waiting));
  await file.close();
  return truth;
}

const clientAt = (i: number): write.At => ({ address: `192.0.2.${i % 250}`, port: 20_000 + i });

function setUp(i: number): [write.At, write.At, Buffer][] {
  const client = clientAt(i);
  const relayed = write.relayed({ address: SERVER.address, port: 49_152 + i }, i);
  const names = [write.username(`user-${i}`), write.realm('example.org')];
  const channel = write.channelNumber(0x4000 + (i % 16));
  const binding = 100_000 + i;
  return [
    [client, SERVER, write.stun('allocate', 'request', i, ...names)],
    [SERVER, client, write.stun('allocate', 'success', i, relayed, write.lifetime(600))],
    [client, SERVER, write.stun('channelBind', 'request', binding, channel, write.peer(PEER, binding), ...names)],
    [SERVER, client, write.stun('channelBind', 'success', binding)],
  ];
}

function otherMessage(i: number, isUp: boolean, number: number, which: number): Buffer {
  if (which < 0.8) {
    return write.stun(
      isUp ? 'send' : 'data',
      'indication',
      number,
      write.peer(PEER, number),
      write.payload(120 + (i % 60)),
    );
  }
  if (which < 0.9) return write.stun('binding', isUp ? 'request' : 'success', number);
  return write.stun('refresh', isUp ? 'request' : 'success', number, write.lifetime(600));
}
