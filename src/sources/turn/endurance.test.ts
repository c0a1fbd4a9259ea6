/**
 * Allocations that come and go for a long time, on few ports, with a clock that jumps: nothing grows, and every one of them
 * is told. `HEADCOUNT_CYCLES=10000` is ten million allocations, which takes some minutes.
 */

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as write from '../../../lab/turn-packets.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { TurnReader } from './reader.ts';

const CYCLES = Number(process.env['HEADCOUNT_CYCLES'] ?? 20);
/** Of one cycle. */
const ALLOCATIONS = 1000;
const BEGIN = Date.UTC(2026, 4, 1);
const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
const PEER: write.At = { address: '203.0.113.9', port: 7000 };

function createReader() {
  const counters = new ScopedCounters();
  const reader = new TurnReader({ ports: [3478], maxAllocations: 2000, foldMs: 500, counters, seed: 7 });
  return { reader, counters };
}

/** Frames of one life on the ports of client `i`; the transaction ids are put into them each time anew. */
function lifeOf(i: number) {
  const client = { address: '192.0.2.10', port: 20_000 + i };
  const names = [write.username(`user-${i % 50}`), write.realm('example.org')];
  const born = write.relayed({ ...SERVER, port: 49_152 + i }, 0);
  const channel = write.channelNumber(0x4000 + (i % 8));
  const bound = [write.stun('channelBind', 'request', 0, channel, write.peer(PEER, 0), ...names)];
  return [
    write.frame(client, SERVER, write.stun('allocate', 'request', 0, ...names)),
    write.frame(SERVER, client, write.stun('allocate', 'success', 0, born, write.lifetime(600))),
    write.frame(client, SERVER, bound[0]!),
    write.frame(SERVER, client, write.stun('channelBind', 'success', 0)),
    write.frame(client, SERVER, write.channelData(0x4000 + (i % 8), 100)),
    // One in four is never ended, and its ports are used again all the same.
    ...(i % 4 === 0
      ? []
      : [
          write.frame(client, SERVER, write.stun('refresh', 'request', 0, write.lifetime(0), ...names)),
          write.frame(SERVER, client, write.stun('refresh', 'success', 0, write.lifetime(0))),
        ]),
  ];
}

const UDP_PAYLOAD = 14 + 20 + 8;
const MAPPED_PORT = UDP_PAYLOAD + 20 + 4 + 2;

test('allocations over and over: each is told once, and memory stays as it is', () => {
  const { reader, counters } = createReader();
  const lives = Array.from({ length: ALLOCATIONS }, (_, i) => lifeOf(i));
  let time = BEGIN;
  let connections = 0;
  let bytes = 0;
  let departures = 0;
  const memory: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    for (let i = 0; i < ALLOCATIONS; i++) {
      const life = lives[i]!;
      for (const [step, packet] of life.entries()) {
        if (step !== 4) packet.writeUInt32BE(cycle * 4 + (step >> 1), UDP_PAYLOAD + 16);
        // Another relayed address each time: what was there before is over.
        if (step === 1) packet.writeUInt16BE((cycle * 7919 + i) & 0xffff, MAPPED_PORT);
        reader.onPacket(packet, 0, packet.length, packet.length, time, 1);
      }
      time += 5;
    }
    // The clock is set back by a second, or forward by a minute, now and then.
    if (cycle % 10 === 3) time -= 1000;
    if (cycle % 10 === 7) time += 60_000;
    for (const told of reader.cut().observations) {
      if (told.kind === 'departure') departures++;
      else if (told.kind === 'presence') {
        bytes += told.bytes;
        if (told.traffic!.up.packets > 0) connections++;
      }
    }
    if (cycle % Math.ceil(CYCLES / 10) === 0) {
      globalThis.gc?.();
      memory.push(process.memoryUsage().heapUsed);
    }
  }
  assert.equal(counters.get('allocations'), CYCLES * ALLOCATIONS);
  assert.equal(connections, CYCLES * ALLOCATIONS);
  assert.equal(bytes, CYCLES * ALLOCATIONS * 100);
  assert.equal(departures, counters.get('ended'));
  assert.equal(departures + reader.allocations.size + counters.get('expired'), CYCLES * ALLOCATIONS);
  assert.ok(reader.allocations.size <= 2000 && reader.allocations.waiting.size <= 10_000);
  if (globalThis.gc !== undefined) assert.ok(memory.at(-1)! < memory[1]! + 32 * 1024 * 1024, memory.join(' '));
});

const CORPUS = fileURLToPath(new URL('../../../../shared/cases/stun/', import.meta.url));
const corpus = (() => {
  try {
    return readdirSync(CORPUS, { recursive: true, encoding: 'utf8' })
      .map((name) => join(CORPUS, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path).subarray(0, 60_000));
  } catch {
    return [];
  }
})();

test('fuzz corpora and mutations of them, over UDP and TCP: no throw, no growth', {
  skip: corpus.length > 0 ? false : `no ${CORPUS}`,
}, () => {
  const { reader } = createReader();
  const recorded = lifeOf(1).map((packet) => packet.subarray(UDP_PAYLOAD));
  let state = 12_345;
  const random = (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % most;
  };
  let time = BEGIN;
  let sequence = 1;
  for (let round = 0; round < 40; round++) {
    for (const seed of [...corpus, ...recorded]) {
      const bytes = Buffer.from(seed);
      for (let change = 0; change < round % 8 && bytes.length > 0; change++) bytes[random(bytes.length)] = random(256);
      const client = { address: '192.0.2.10', port: 20_000 + random(300) };
      const [from, to] = random(2) === 0 ? [client, SERVER] : [SERVER, client];
      const datagram = write.frame(from, to, bytes);
      const segment = write.tcpFrame(from, to, sequence, bytes, random(40) === 0 ? random(32) : 16);
      sequence += random(5) === 0 ? random(5000) : bytes.length;
      for (const packet of [datagram, segment]) {
        const captured = random(6) === 0 ? random(packet.length) : packet.length;
        time += random(50);
        reader.onPacket(packet, 0, captured, packet.length, time, 1);
      }
    }
    reader.cut();
  }
  assert.ok(reader.allocations.size <= 2000 && reader.connections.size <= 2000);
  assert.ok(reader.connections.segments.held <= 64 * 1024 * 1024);
  assert.ok(reader.tally().packets > 5000);
});
