import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { type CaptureCounts, captureLive, type LiveOptions } from './live.ts';
import { createPacket, OK, readPacket } from './packet.ts';
import { createCaptureReader } from './pcap.ts';

const never = new AbortController().signal;
const capture = (options: Partial<LiveOptions>) =>
  captureLive({
    interface: 'lo',
    filter: 'udp port 9',
    snapLength: 256,
    bufferKiB: 1024,
    idleMs: 50,
    clock: systemClock,
    signal: never,
    onCounts: () => {},
    ...options,
  });

const mayCapture = process.getuid?.() === 0 ? {} : { skip: 'needs the right to capture packets' };

test('packets of the loopback interface arrive, silence is told, and the counts at the end', mayCapture, async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const stop = new AbortController();
  const total: CaptureCounts[] = [];
  const payloads: string[] = [];
  const packet = createPacket();
  const reader = createCaptureReader((buffer, start, captured, _, time, link) => {
    assert.ok(Math.abs(time - Date.now()) < 10_000);
    if (readPacket(packet, buffer, start, captured, link) !== OK) return;
    payloads.push(buffer.toString('latin1', packet.payload, packet.payload + packet.captured));
    if (payloads.length === 3) stop.abort();
  });
  let isSent = false;
  const onCounts = (counts: CaptureCounts) => total.push(counts);
  for await (const chunk of capture({ filter: `udp port ${port}`, signal: stop.signal, onCounts })) {
    if (chunk !== null) reader.write(chunk);
    // tcpdump writes the header of the file as soon as it listens.
    else if (reader.position > 0 && !isSent) {
      isSent = true;
      for (const text of ['one', 'two', 'three']) socket.send(text, port, '127.0.0.1');
    }
  }
  socket.close();
  assert.deepEqual(payloads, ['one', 'two', 'three']);
  // On the loopback interface the kernel counts a packet once as sent and once as received.
  assert.deepEqual(total, [{ received: 6, dropped: 0 }]);
});

async function failureOf(options: Partial<LiveOptions>): Promise<HeadcountError> {
  try {
    for await (const _ of capture(options));
  } catch (error) {
    assert.ok(error instanceof HeadcountError);
    assert.equal(error.code, 'CAPTURE_FAILED');
    return error;
  }
  return assert.fail('it should have failed');
}

test('an interface that does not exist is named, with those that do', mayCapture, async () => {
  const { message } = await failureOf({ interface: 'nope0' });
  assert.match(message, /^There is no network interface "nope0"\. Those that are up: any, .*lo/);
});

test('a filter that tcpdump does not understand is told in its words', mayCapture, async () => {
  assert.match((await failureOf({ filter: 'udp prt 9' })).message, /tcpdump ended by itself on "lo": .*syntax error/);
});

/** A tcpdump of our own, found first: what the real one says to users whom it does not serve. */
async function withTcpdump(script: string | null, run: () => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-capture-'));
  const before = process.env['PATH'];
  if (script !== null) {
    await writeFile(join(folder, 'tcpdump'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'tcpdump'), 0o755);
  }
  process.env['PATH'] = script === null ? folder : `${folder}:${before}`;
  try {
    await run();
  } finally {
    process.env['PATH'] = before;
    await rm(folder, { recursive: true });
  }
}

test('a missing right says how to give it', async () => {
  const words = "tcpdump: eth0: You don't have permission to perform this capture on that device";
  await withTcpdump(`echo "${words}" >&2; exit 1`, async () => {
    assert.match((await failureOf({ interface: 'eth0' })).message, /may not capture packets on "eth0".*setcap/);
  });
});

const isInSbin = ['/usr/sbin/tcpdump', '/sbin/tcpdump', '/usr/local/sbin/tcpdump'].some((path) => existsSync(path));
test('a missing tcpdump says so', isInSbin ? { skip: 'it is found in an sbin folder' } : {}, async () => {
  await withTcpdump(null, async () => {
    assert.match((await failureOf({})).message, /tcpdump is not installed/);
  });
});

test('a tcpdump that does not want to end is ended', async () => {
  await withTcpdump('trap "" INT; while :; do sleep 0.1; done', async () => {
    const stop = new AbortController();
    const before = performance.now();
    for await (const chunk of capture({ signal: stop.signal })) if (chunk === null) stop.abort();
    assert.ok(performance.now() - before < 4000);
  });
});

test('after an abort nothing is started', async () => {
  for await (const _ of capture({ signal: AbortSignal.abort() })) assert.fail('it should not have started');
});
