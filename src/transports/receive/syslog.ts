/**
 * Log lines that servers send by syslog, such as nginx with `access_log syslog:server=…`: over UDP, a message in each
 * datagram, and over TCP, one behind the other. What is given are the messages alone, as blocks of whole lines; what they
 * say is for others.
 *
 * Whoever can reach the port can write what looks like a log: hence the loopback interface unless told otherwise, and a
 * list of senders. (The sender of a datagram can be forged, that of a connection cannot.)
 *
 * At most 4 MiB of lines wait while as many are worked on; then connections are not read from, and datagrams are dropped.
 * Counters: `datagrams`, `droppedDatagrams`, `kernelDrops` (by the system, where it tells), `connections`,
 * `refusedConnections` (beyond 256), `refusedSenders` (messages or connections of others than those of the list),
 * `malformedMessages` (not syslog, or empty), `truncatedMessages` (their connection ended before they did), `longLines`.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { parseCidrs } from '../../lib/cidr.ts';
import type { Clock } from '../../lib/clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { Cidr } from '../../lib/ip.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { LineStep } from '../line-step.ts';
import { kernelDrops } from './kernel-drops.ts';
import { type LineQueue, lineQueue } from './line-queue.ts';
import { LONGEST_MESSAGE, syslogFrames } from './syslog-frames.ts';
import { bodyOf } from './syslog-message.ts';

export interface SyslogOptions {
  /** The address to listen on. */
  readonly host: string;
  /** 0 is any that is free: see `onListening`. */
  readonly port: number;
  readonly protocol: 'udp' | 'tcp' | 'both';
  /** Who may send; empty is everybody who can reach us. */
  readonly senders: readonly Cidr[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly counters: ScopedCounters;
  /** Called once, before the first step. */
  readonly onListening?: (port: number) => void;
  /** The end is told again after so long. */
  readonly beatMs?: number;
  /** Bytes of lines that may wait; at least 256 KiB. */
  readonly queueBytes?: number;
}

export type ReceivedStep = LineStep<null>;

const BEAT_MS = 250;
const QUEUE_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 256;
/** What one piece from a connection can become, with what came before it. */
const RESERVE_BYTES = 2 * LONGEST_MESSAGE + 1024;
/** After a message, wait so long for its like: a busy server sends thousands a second. */
const SETTLE_MS = 25;
const DROPS_EVERY_MS = 1000;
const KEEP_ALIVE_MS = 60_000;
/** As much as the system allows. */
const KERNEL_BYTES = 8 * 1024 * 1024;

/** Rejects with `SYSLOG_NOT_LISTENING` if it cannot listen, or no longer can. When it is over everything is closed. */
export async function* receiveSyslog(options: SyslogOptions): AsyncGenerator<ReceivedStep, void, undefined> {
  const { signal, beatMs = BEAT_MS } = options;
  const listener = createListener(options);
  const file = { id: 0, path: 'syslog' };
  const told = (isAtEnd: boolean) => ({ files: [{ ...file, isAtEnd }], cursor: () => null });
  try {
    options.onListening?.(await listener.listen());
    while (!signal.aborted) {
      await listener.countDrops();
      const bytes = listener.take();
      if (bytes !== null) {
        yield { kind: 'lines', file, bytes, ...told(false) };
        continue;
      }
      yield { kind: 'end', isThere: true, ...told(true) };
      await listener.wait(beatMs);
    }
  } finally {
    await listener.close();
  }
}

function createListener(options: SyslogOptions) {
  const { host, port, protocol, senders, signal, counters, clock } = options;
  const queue = lineQueue(Math.max(options.queueBytes ?? QUEUE_BYTES, 2 * RESERVE_BYTES));
  const connections = new Set<Socket>();
  let udp: UdpSocket | null = null;
  let tcp: Server | null = null;
  let failure: unknown = null;
  let nap = new AbortController();
  let drops = 0;
  let countedDropsAt = Number.NEGATIVE_INFINITY;

  const wake = () => nap.abort();
  const fail = (error: Error) => {
    failure ??= error;
    wake();
  };
  const isListed = parseCidrs(senders);
  const isAllowed = (address: string | undefined) => {
    if (senders.length === 0 || isListed(address ?? '')) return true;
    counters.add('refusedSenders');
    return false;
  };
  const takeMessage = (message: Buffer) => {
    const body = bodyOf(message);
    if (body === null) {
      counters.add('malformedMessages');
      counters.example('malformedMessages', () => message.subarray(0, 2048).toString());
    } else queue.push(body);
    wake();
  };
  const takeDatagram = (message: Buffer, { address }: { readonly address: string }) => {
    if (!isAllowed(address)) return;
    counters.add('datagrams');
    if (isFull(queue)) counters.add('droppedDatagrams');
    else takeMessage(message);
  };
  const takeConnection = (socket: Socket) => {
    if (connections.size >= MAX_CONNECTIONS) counters.add('refusedConnections');
    if (connections.size >= MAX_CONNECTIONS || !isAllowed(socket.remoteAddress)) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    counters.add('connections');
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const frames = syslogFrames(takeMessage, () => counters.add('longLines'));
    socket.on('data', (chunk: Buffer) => {
      frames.take(chunk);
      if (isFull(queue)) for (const each of connections) each.pause();
    });
    // Whatever ended it: what has come is there.
    socket.on('error', () => {});
    socket.on('close', () => {
      connections.delete(socket);
      if (frames.end()) counters.add('truncatedMessages');
    });
    if (isFull(queue)) socket.pause();
  };

  signal.addEventListener('abort', wake);
  return {
    /** Answers the port. */
    listen: async (): Promise<number> => {
      let bound = port;
      try {
        if (protocol !== 'udp') {
          tcp = createServer(takeConnection).listen({ host, port });
          await once(tcp, 'listening');
          tcp.on('error', fail);
          bound = (tcp.address() as AddressInfo).port;
        }
        if (protocol !== 'tcp') {
          const type = isIPv6(host) ? 'udp6' : 'udp4';
          udp = createSocket({ type, recvBufferSize: KERNEL_BYTES });
          udp.on('message', takeDatagram);
          udp.bind({ address: host, port: bound, exclusive: true });
          await once(udp, 'listening');
          udp.on('error', fail);
          bound = udp.address().port;
        }
      } catch (error) {
        throw notListening(options, error);
      }
      return bound;
    },
    take: (): Buffer | null => {
      if (failure !== null) throw notListening(options, failure);
      const block = queue.take();
      for (const each of connections) if (each.isPaused()) each.resume();
      return block;
    },
    /** Until something has come, or the time is up. */
    wait: async (ms: number) => {
      nap = new AbortController();
      if (queue.isEmpty() && failure === null && !signal.aborted) await clock.sleep(ms, nap.signal);
      if (!queue.isEmpty()) await clock.sleep(Math.min(SETTLE_MS, ms), signal);
    },
    countDrops: async () => {
      if (udp === null || clock.elapsed() - countedDropsAt < DROPS_EVERY_MS) return;
      countedDropsAt = clock.elapsed();
      const { address, port: bound } = udp.address();
      const now = (await kernelDrops(address, bound)) ?? drops;
      if (now > drops) counters.add('kernelDrops', now - drops);
      drops = now;
    },
    close: async () => {
      signal.removeEventListener('abort', wake);
      const closing: Promise<unknown>[] = [];
      for (const each of connections) {
        closing.push(once(each, 'close'));
        each.destroy();
      }
      if (tcp !== null) closing.push(new Promise<void>((resolve) => tcp!.close(() => resolve())));
      if (udp !== null) closing.push(new Promise<void>((resolve) => udp!.close(() => resolve())));
      await Promise.all(closing);
    },
  };
}

function isFull(queue: LineQueue): boolean {
  return queue.room() < RESERVE_BYTES;
}

function notListening({ host, port }: SyslogOptions, cause: unknown): HeadcountError {
  const where = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new HeadcountError(
    'SYSLOG_NOT_LISTENING',
    `Cannot listen for syslog messages on ${where}: the port is taken, not permitted, or the address is not ours.`,
    { cause },
  );
}
