/**
 * How fast is a capture of a busy TURN server read? Ours (parser, STUN, allocations, presences, in one process) against
 * tshark, which dissects the same file in the same run. They do not do the same: tshark knows every protocol and builds
 * a tree of fields a packet, we count what a TURN monitor needs. The question is whether one core keeps up with a link.
 */

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as write from '../lab/turn-packets.ts';
import { type CaptureTally, readCapture } from '../src/sources/turn/read-once.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';

const PACKETS = 1_000_000;
const ALLOCATIONS = 500;
const ROUNDS = 3;
const BEGIN = Date.UTC(2026, 4, 1, 12);
const SERVER = { address: '198.51.100.1', port: 3478 };
const PEER = { address: '203.0.113.9', port: 7000 };

export async function bench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-bench-'));
  const path = join(folder, 'turn.pcap');
  try {
    const truth = await writeCapture(path);
    const ours: number[] = [];
    const theirs: number[] = [];
    // Side by side, so that whatever else the machine does meets both.
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await seconds(async () => verify(await readWithHeadcount(path), truth)));
      theirs.push(await seconds(async () => readWithTshark(path)));
    }
    report(truth, Math.min(...ours), Math.min(...theirs));
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Truth {
  packets: number;
  bytes: number;
  channelMessages: number;
  channelBytes: number;
}

/** 95 % ChannelData of a voice call's size, the rest indications, refreshes and bindings; the same on every run. */
async function writeCapture(path: string): Promise<Truth> {
  const truth: Truth = { packets: 0, bytes: 0, channelMessages: 0, channelBytes: 0 };
  const file = await open(path, 'w');
  let waiting: Buffer[] = [write.pcapHeader()];
  const add = (from: write.At, to: write.At, datagram: Buffer) => {
    const time = BEGIN + truth.packets * 0.05;
    const record = write.pcapRecord({ time, bytes: write.frame(from, to, datagram) });
    waiting.push(record);
    truth.packets++;
    truth.bytes += record.length;
  };
  const random = seeded(20_260_501);
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

/** mulberry32 (Tommy Ettinger, public domain): numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function readWithHeadcount(path: string): Promise<CaptureTally> {
  const options = { ports: [3478], maxAllocations: 100_000, counters: new ScopedCounters(), seed: 1 };
  return readCapture([createReadStream(path, { highWaterMark: 1024 * 1024 })], options, async () => {});
}

/** A fast reader that reads wrongly is none. */
function verify({ packets, unreadable, turn }: CaptureTally, truth: Truth): void {
  const messages = turn.channelData.up.messages + turn.channelData.down.messages;
  const bytes = turn.channelData.up.bytes + turn.channelData.down.bytes;
  const isRight =
    packets === truth.packets &&
    unreadable === 0 &&
    messages === truth.channelMessages &&
    bytes === truth.channelBytes &&
    turn.allocations === ALLOCATIONS;
  if (!isRight) throw new Error(`wrong: ${JSON.stringify({ packets, unreadable, turn, truth })}`);
}

function readWithTshark(path: string): void {
  execFileSync('/usr/bin/tshark', ['-n', '-q', '-z', 'io,phs', '-r', path], { stdio: 'ignore' });
}

async function seconds(run: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await run();
  return (performance.now() - begin) / 1000;
}

function report(truth: Truth, ours: number, theirs: number): void {
  const rate = (time: number) => `${Math.round(truth.packets / time).toLocaleString('en')} packets/s`;
  const size = `${truth.packets.toLocaleString('en')} packets, ${Math.round(truth.bytes / 1e6)} MB`;
  process.stdout.write(
    `capture: ${size}, ${ALLOCATIONS} allocations, best of ${ROUNDS}\n` +
      `  headcount ${ours.toFixed(2)} s, ${rate(ours)}\n` +
      `  tshark    ${theirs.toFixed(2)} s, ${rate(theirs)} (io,phs)\n` +
      `  ratio     ${(theirs / ours).toFixed(1)}\n`,
  );
}

if (process.argv[1] === new URL(import.meta.url).pathname) await bench();
