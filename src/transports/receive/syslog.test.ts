/** Real sockets on loopback, and a real nginx that sends its access log. */

import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { freePort, startChild, until } from '../../../lab/child.ts';
import { systemClock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { parseCidr } from '../../lib/ip.ts';
import { ScopedCounters } from '../../telemetry/counters.ts';
import { kernelDrops } from './kernel-drops.ts';
import { receiveSyslog, type SyslogOptions } from './syslog.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Receiving {
  readonly port: number;
  readonly lines: string[];
  readonly counters: ScopedCounters;
  ends: number;
  /** From the next lines on they are taken no further; what is answered ends that. */
  hold(): () => void;
  error: unknown;
  stop(): Promise<void>;
}

async function receive(more: Partial<SyslogOptions> = {}): Promise<Receiving> {
  const stopping = new AbortController();
  const counters = new ScopedCounters();
  const bound = Promise.withResolvers<number>();
  const steps = receiveSyslog({
    ...{ host: '127.0.0.1', port: 0, protocol: 'both', senders: [], signal: stopping.signal, clock: systemClock },
    ...{ counters, onListening: bound.resolve, beatMs: 20, ...more },
  });
  const lines: string[] = [];
  let holding: Promise<void> | null = null;
  const take = async () => {
    for await (const step of steps) {
      assert.equal(step.cursor(), null);
      if (step.kind === 'end') receiving.ends++;
      else {
        assert.ok(step.bytes.buffer.byteLength - step.bytes.byteOffset - step.bytes.length >= 8);
        assert.ok(step.bytes.toString().endsWith('\n'));
        lines.push(...step.bytes.toString().slice(0, -1).split('\n'));
        await holding;
      }
    }
  };
  const receiving = {
    port: 0,
    lines,
    counters,
    ends: 0,
    holding: null as Promise<void> | null,
    error: null as unknown,
  };
  const ended = take().catch((error: unknown) => {
    receiving.error = error;
    bound.reject(error);
  });
  receiving.port = await bound.promise;
  let goOn = () => {};
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    holding = promise;
    goOn = resolve;
    return resolve;
  };
  const stop = async () => {
    stopping.abort();
    goOn();
    await ended;
  };
  closing.push(stop);
  return Object.assign(receiving, { stop, hold });
}

/** Sends datagrams one after the other. */
async function sendAll(port: number, messages: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const message of messages) await new Promise((resolve) => socket.send(message, port, '127.0.0.1', resolve));
  socket.close();
  await once(socket, 'close');
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  closing.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const HEADER = '<190>Nov 21 01:19:26 web1 nginx: ';
const has = (receiving: Receiving, ...lines: string[]) =>
  until(`lines of ${receiving.lines.join(', ')}`, () => receiving.lines.length >= lines.length).then(() =>
    assert.deepEqual(receiving.lines, lines),
  );

test('a line in a datagram, many in a connection, on the same port; pauses are told', async () => {
  const receiving = await receive();
  await until('pauses', () => receiving.ends > 3);
  await sendAll(receiving.port, [`${HEADER}a`, `${HEADER}b\n`]);
  await has(receiving, 'a', 'b');
  const socket = await connectTo(receiving.port);
  socket.write(`${HEADER}c\n${HEADER.length + 1} ${HEADER}d${HEADER}unfin`);
  await has(receiving, 'a', 'b', 'c', 'd');
  socket.write('ished\n');
  await has(receiving, 'a', 'b', 'c', 'd', 'unfinished');
  assert.deepEqual([receiving.counters.get('datagrams'), receiving.counters.get('connections')], [2, 1]);
  const before = receiving.ends;
  await until('pauses', () => receiving.ends > before + 3);
});

test('a message is one line, whatever is in it', async () => {
  const receiving = await receive();
  await sendAll(receiving.port, [`${HEADER}a\n127.0.0.1 - - forged\r\n`, `${HEADER}b`]);
  await has(receiving, 'a 127.0.0.1 - - forged', 'b');
});

test('what is no message, and what ends in its middle, is counted and leaves the others alone', async () => {
  const receiving = await receive();
  await sendAll(receiving.port, ['', 'no priority', `${HEADER}a`]);
  const socket = await connectTo(receiving.port);
  socket.end(`rubbish\n${HEADER}b\n${'x'.repeat(100_000)}\n${HEADER}c\n${HEADER}never finis`);
  await has(receiving, 'a', 'b', 'c');
  await until('the end of the connection', () => receiving.counters.get('truncatedMessages') === 1);
  assert.deepEqual([receiving.counters.get('malformedMessages'), receiving.counters.get('longLines')], [3, 1]);
});

test('only those who are listed are heard', async () => {
  const refusing = await receive({ senders: [parseCidr('192.0.2.0/24')!] });
  await sendAll(refusing.port, [`${HEADER}a`]);
  const socket = await connectTo(refusing.port);
  socket.write(`${HEADER}b\n`);
  await until('both are refused', () => refusing.counters.get('refusedSenders') === 2);
  await once(socket.resume(), 'close');
  assert.deepEqual(refusing.lines, []);
  const hearing = await receive({ senders: [parseCidr('192.0.2.0/24')!, parseCidr('127.0.0.0/8')!] });
  await sendAll(hearing.port, [`${HEADER}a`]);
  await has(hearing, 'a');
});

test('connections wait while lines are not taken, and nothing of theirs is lost; datagrams are dropped and counted', async () => {
  const receiving = await receive({ queueBytes: 300 * 1024 });
  const goOn = receiving.hold();
  const socket = await connectTo(receiving.port);
  const line = 'x'.repeat(1000);
  socket.write(`${HEADER}first\n`);
  await has(receiving, 'first');
  // More than the kernel's buffers and ours.
  const count = 20_000;
  socket.write(Array.from({ length: count }, (_, i) => `${HEADER}${i} ${line}\n`).join(''));
  await until('the queue is full', async () => {
    await sendAll(receiving.port, [`${HEADER}dropped or not`]);
    return receiving.counters.get('droppedDatagrams') > 0;
  });
  assert.ok(socket.writableLength > 0, 'the sender waits');
  goOn();
  await until('all that was sent', () => receiving.lines.at(-1)?.startsWith(`${count - 1} `));
  const ofConnection = receiving.lines.filter((each) => each.endsWith(line));
  assert.equal(ofConnection.length, count);
  assert.ok(ofConnection.every((each, i) => each === `${i} ${line}`));
});

test('no more connections than there is room for', async () => {
  const receiving = await receive({ protocol: 'tcp' });
  const sockets: Socket[] = [];
  for (let i = 0; i < 260; i++) sockets.push(await connectTo(receiving.port));
  await until('four are refused', () => receiving.counters.get('refusedConnections') === 4);
  for (const socket of sockets.slice(0, 10)) socket.destroy();
  await until('there is room again', async () => {
    const socket = await connectTo(receiving.port);
    socket.write(`${HEADER}late\n`);
    await Promise.race([once(socket.resume(), 'close'), until('it is heard', () => receiving.lines.length > 0)]);
    return receiving.lines.length > 0;
  });
});

test('a port that is taken is refused in words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as { port: number };
  for (const options of [{ port }, { host: '192.0.2.1' }]) {
    await assert.rejects(receive(options), (error) => {
      assert.ok(error instanceof HeadcountError);
      assert.equal(error.code, 'SYSLOG_NOT_LISTENING');
      assert.match(error.message, /^Cannot .*\.$/);
      return true;
    });
  }
});

test('when it is told to end, all is closed, whoever is connected', async () => {
  const open = () => process.getActiveResourcesInfo().filter((each) => /TCP|UDP/.test(each)).length;
  const before = open();
  const receiving = await receive({ beatMs: 600_000 });
  const socket = await connectTo(receiving.port);
  const ended = once(socket.resume(), 'close');
  await until('it is connected', () => receiving.counters.get('connections') === 1);
  await receiving.stop();
  await ended;
  await until('nothing open', () => open() <= before);
  assert.equal(receiving.error, null);
  const again = await receive({ port: receiving.port });
  assert.equal(again.port, receiving.port);
});

test('what the kernel has dropped is known', { skip: process.platform !== 'linux' }, async () => {
  for (const [type, address] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const socket = createSocket({ type, recvBufferSize: 4096 });
    socket.bind(0, address);
    await once(socket, 'listening');
    const { port } = socket.address();
    assert.equal(await kernelDrops(address, port), 0);
    socket.close();
    await once(socket, 'close');
    assert.equal(await kernelDrops(address, port), null);
  }
});

test('the access log of a real nginx comes line by line', async () => {
  const receiving = await receive({ protocol: 'udp' });
  const folder = mkdtempSync(join(tmpdir(), 'headcount-syslog-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid; error_log stderr error; events { }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  log_format uri '{"uri":"$uri"}';
  access_log syslog:server=127.0.0.1:${receiving.port},tag=edge combined;
  access_log syslog:server=127.0.0.1:${receiving.port},nohostname uri;
  server { listen 127.0.0.1:${port}; return 204; }
}`,
  );
  const nginx = startChild('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  closing.push(async () => {
    await nginx.stop();
    rmSync(folder, { recursive: true });
  });
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'user-agent': 'Player: 1' } });
  await until(`nginx answers: ${nginx.output()}`, () => ask('/first').catch(() => null));
  for (let i = 0; i < 20; i++) await ask(`/hls/rock/${i}.ts`);
  await until('all lines', () => receiving.lines.length >= 42);
  const combined = receiving.lines.filter((_, i) => i % 2 === 0);
  for (const [i, line] of combined.slice(1).entries()) {
    assert.match(
      line,
      new RegExp(`^127\\.0\\.0\\.1 - - \\[[^\\]]+\\] "GET /hls/rock/${i}\\.ts HTTP/1\\.1" 204 0 "-" "Player: 1"$`),
    );
  }
  assert.deepEqual(receiving.lines[3], '{"uri":"/hls/rock/0.ts"}');
  assert.equal(receiving.counters.get('malformedMessages'), 0);
});
