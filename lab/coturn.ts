/**
 * Debian's coturn on loopback: a TURN server on a free port with long-term users in one realm, crowds of its own client
 * (`turnutils_uclient`, which sends through channels or by indications from client to client), and recordings of the
 * server's port. The truth is coturn's own log: each session with its user, its client and its `peer usage`.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, until } from './child.ts';

export interface LabCoturn {
  readonly host: string;
  readonly port: number;
  readonly realm: string;
  readonly users: readonly string[];
  /** Sends and receives, and resolves when all is over: some seconds, whatever the amount. */
  crowd(options: CrowdOptions): Promise<void>;
  /** What the log says, by the order of sessions in it. */
  sessions(): Promise<CoturnSession[]>;
  /** Asks the server for our own address: two packets that anybody who listens sees. */
  ping(): Promise<void>;
  /** Records everything on the server's port into a file of its own folder; resolves when it listens. */
  record(): Promise<Recording>;
  stop(): Promise<void>;
}

export interface CrowdOptions {
  readonly user: string;
  readonly by: 'channels' | 'indications';
  /** Of each client. */
  readonly messages: number;
  readonly bytes: number;
  /** Pairs of clients that send to one another. */
  readonly pairs?: number;
}

/** Payload as the peer side counts it: up is what was sent to peers. */
export interface CoturnSession {
  readonly id: string;
  readonly user: string;
  /** `127.0.0.1:5000`; null until it is closed. */
  readonly client: string | null;
  readonly up: { readonly packets: number; readonly bytes: number };
  readonly down: { readonly packets: number; readonly bytes: number };
}

export interface Recording {
  readonly path: string;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const REALM = 'example.org';
const PASSWORDS: Readonly<Record<string, string>> = { alice: 'one', bob: 'two' };

export async function startCoturn(): Promise<LabCoturn> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-coturn-'));
  const port = await freeUdpPort();
  const log = join(folder, 'turn.log');
  const users = Object.entries(PASSWORDS).flatMap(([user, password]) => ['--user', `${user}:${password}`]);
  const server = startChild('/usr/bin/turnserver', [
    ...['-n', '--verbose', '--simple-log', '--log-file', log, '--pidfile', join(folder, 'turn.pid')],
    ...['--userdb', join(folder, 'turn.db'), '--no-cli', '--no-tls', '--no-dtls', '--no-tcp'],
    ...['--listening-ip', HOST, '--relay-ip', HOST, '--listening-port', String(port)],
    ...['--allow-loopback-peers', '--lt-cred-mech', '--realm', REALM, ...users],
  ]);
  const readLog = () => readFile(log, 'utf8').catch(() => '');
  await until(`coturn listens; it says: ${server.output()}`, () => ping(port));
  const recordings = new Set<Recording>();
  return {
    host: HOST,
    port,
    realm: REALM,
    users: Object.keys(PASSWORDS),
    crowd: (options) => runCrowd(port, options),
    sessions: async () => sessionsIn(await readLog()),
    ping: async () => {
      await ping(port);
    },
    record: async () => {
      const recording = await record(port, join(folder, `recording-${recordings.size}.pcap`));
      recordings.add(recording);
      return recording;
    },
    stop: async () => {
      for (const recording of recordings) await recording.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A STUN Binding request (RFC 8489 §3); true if there is an answer soon. */
async function ping(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const answered = new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true));
    socket.on('error', () => resolve(false));
    setTimeout(() => resolve(false), 100);
  });
  socket.send(Buffer.from('000100002112a442000102030405060708090a0b', 'hex'), port, HOST);
  const isAnswered = await answered;
  socket.close();
  return isAnswered;
}

async function runCrowd(port: number, { user, by, messages, bytes, pairs = 1 }: CrowdOptions): Promise<void> {
  // With RTCP, as it is by default, each client is a pair of allocations.
  const client = startChild('/usr/bin/turnutils_uclient', [
    ...['-u', user, '-w', PASSWORDS[user] ?? '', '-p', String(port), '-L', HOST, '-y'],
    ...['-n', String(messages), '-l', String(bytes), '-m', String(pairs)],
    ...(by === 'indications' ? ['-s'] : []),
    HOST,
  ]);
  const code = await client.ended;
  if (code !== 0) throw new Error(`turnutils_uclient ended with ${code}:\n${client.output()}`);
}

function sessionsIn(log: string): CoturnSession[] {
  const sessions = new Map<string, { user: string; client: string | null; counts: number[] }>();
  for (const [, id, text] of log.matchAll(/session (\d{18}): (.*)$/gm)) {
    const begun = /^new, .*username=<([^>]*)>/.exec(text!);
    if (begun !== null) sessions.set(id!, { user: begun[1]!, client: null, counts: [0, 0, 0, 0] });
    const session = sessions.get(id!);
    if (session === undefined) continue;
    const usage = /^peer usage: .*rp=(\d+), rb=(\d+), sp=(\d+), sb=(\d+)/.exec(text!);
    // Long sessions have several such lines, each with what came since the one before.
    if (usage !== null) session.counts = session.counts.map((count, i) => count + Number(usage[i + 1]));
    const closed = /^closed .* remote ([^,]+),/.exec(text!);
    if (closed !== null) session.client = closed[1]!;
  }
  return [...sessions].map(([id, { user, client, counts }]) => ({
    id,
    user,
    client,
    up: { packets: counts[2]!, bytes: counts[3]! },
    down: { packets: counts[0]!, bytes: counts[1]! },
  }));
}

async function record(port: number, path: string): Promise<Recording> {
  // Started as root it would become another user, who may not write there.
  const asRoot = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
  const child = startChild('/usr/bin/tcpdump', [
    ...['-i', 'lo', '-n', '-U', '-s', '1024', '-w', path, ...asRoot],
    ...['port', String(port)],
  ]);
  await child.printed(/listening on/);
  return { path, stop: () => child.stop('SIGINT') };
}
