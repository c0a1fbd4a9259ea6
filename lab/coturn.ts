/**
 * Debian's coturn on loopback: a TURN server on a free port, over UDP and TCP, with long-term users in one realm, crowds of its own client
 * (`turnutils_uclient`, which sends through channels or by indications from client to client), and recordings of the
 * server's port. The truth is coturn's own log: each session with its user, its client and its `peer usage`.
 */

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startChild, until } from './child.ts';

export interface LabCoturn {
  readonly host: string;
  readonly port: number;
  readonly realm: string;
  readonly users: readonly string[];
  /** Its log, and its command line on the same host. */
  readonly log: string;
  readonly cli: { readonly port: number; readonly password: string };
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
  /** Of the clients; the peers' side is UDP. */
  readonly over?: 'udp' | 'tcp';
  /** Another one than the user's, so that the server refuses. */
  readonly password?: string;
  /** They move to other ports again and again (RFC 8016); the server must have been started with `mobility`. */
  readonly isMobile?: boolean;
  /** Peers are reached by TCP as well (RFC 6062). */
  readonly relaysTcp?: boolean;
}

export interface CoturnOptions {
  readonly host?: '127.0.0.1' | '::1';
  readonly mobility?: boolean;
  /** Allocations of one user at a time. */
  readonly quota?: number;
}

/** Payload as the peer side counts it: up is what was sent to peers. Wire is the client's side, TURN's own messages too. */
export interface CoturnSession {
  readonly id: string;
  readonly user: string;
  /** `127.0.0.1:5000`; null until it is closed. */
  readonly client: string | null;
  readonly up: { readonly packets: number; readonly bytes: number };
  readonly down: { readonly packets: number; readonly bytes: number };
  readonly wire: {
    readonly upPackets: number;
    readonly upBytes: number;
    readonly downPackets: number;
    readonly downBytes: number;
  };
}

export interface Recording {
  readonly path: string;
  stop(): Promise<void>;
}

const REALM = 'example.org';
const PASSWORDS: Readonly<Record<string, string>> = { alice: 'one', bob: 'two' };

/** A port that was free may be taken by somebody else meanwhile, and coturn takes the one beside it, too: then it is tried again. */
export async function startCoturn(options: CoturnOptions = {}): Promise<LabCoturn> {
  for (let attempt = 1; ; attempt++) {
    const coturn = await launchCoturn(options);
    try {
      await until(`coturn listens; it says: ${coturn.output()}`, () => ping(coturn.host, coturn.port), 15_000);
      return coturn;
    } catch (error) {
      await coturn.stop();
      if (attempt === 3) throw error;
    }
  }
}

async function launchCoturn({
  host = '127.0.0.1',
  mobility,
  quota,
}: CoturnOptions): Promise<LabCoturn & { output(): string }> {
  const folder = await mkdtemp(join(tmpdir(), 'headcount-coturn-'));
  const port = await freeUdpPort(host);
  const log = join(folder, 'turn.log');
  const cli = { port: await freePort(), password: 'cli' };
  const users = Object.entries(PASSWORDS).flatMap(([user, password]) => ['--user', `${user}:${password}`]);
  const server = startChild('/usr/bin/turnserver', [
    ...['-n', '--verbose', '--simple-log', '--log-file', log, '--pidfile', join(folder, 'turn.pid')],
    ...['--userdb', join(folder, 'turn.db'), '--no-tls', '--no-dtls'],
    ...['--cli-ip', '127.0.0.1', '--cli-port', String(cli.port), '--cli-password', cli.password],
    ...['--listening-ip', host, '--relay-ip', host, '--listening-port', String(port)],
    ...['--allow-loopback-peers', '--lt-cred-mech', '--realm', REALM, ...users],
    ...(mobility ? ['--mobility'] : []),
    ...(quota === undefined ? [] : ['--user-quota', String(quota)]),
  ]);
  const readLog = () => readFile(log, 'utf8').catch(() => '');
  const recordings = new Set<Recording>();
  return {
    output: server.output,
    host,
    port,
    realm: REALM,
    users: Object.keys(PASSWORDS),
    log,
    cli,
    crowd: (options) => runCrowd(host, port, options),
    sessions: async () => sessionsIn(await readLog()),
    ping: async () => {
      await ping(host, port);
    },
    record: async () => {
      const recording = await record(host, port, join(folder, `recording-${recordings.size}.pcap`));
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

async function freeUdpPort(host: string): Promise<number> {
  const socket = createSocket(familyOf(host)).bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const familyOf = (host: string) => (host.includes(':') ? 'udp6' : 'udp4');

/** A STUN Binding request (RFC 8489 §3); true if there is an answer soon. */
async function ping(host: string, port: number, transaction = randomBytes(12)): Promise<boolean> {
  const socket = createSocket(familyOf(host));
  const answered = new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true));
    socket.on('error', () => resolve(false));
    setTimeout(() => resolve(false), 100);
  });
  socket.send(Buffer.concat([Buffer.from('000100002112a442', 'hex'), transaction]), port, host);
  const isAnswered = await answered;
  socket.close();
  return isAnswered;
}

async function runCrowd(host: string, port: number, options: CrowdOptions): Promise<void> {
  const { user, by, messages, bytes, pairs = 1, over = 'udp', password, isMobile, relaysTcp } = options;
  // With RTCP, as it is by default, each client is a pair of allocations.
  const client = startChild('/usr/bin/turnutils_uclient', [
    ...['-u', user, '-w', password ?? PASSWORDS[user] ?? '', '-p', String(port), '-L', host, '-y'],
    ...['-n', String(messages), '-l', String(bytes), '-m', String(pairs)],
    ...(by === 'indications' ? ['-s'] : []),
    ...(over === 'tcp' ? ['-t'] : []),
    ...(isMobile ? ['-M'] : []),
    ...(relaysTcp ? ['-T'] : []),
    ...(host.includes(':') ? ['-x'] : []),
    host,
  ]);
  const code = await client.ended;
  const isRefused = password !== undefined;
  if ((code !== 0) !== isRefused) throw new Error(`turnutils_uclient ended with ${code}:\n${client.output()}`);
}

function sessionsIn(log: string): CoturnSession[] {
  const sessions = new Map<string, { user: string; client: string | null; counts: number[]; wire: number[] }>();
  for (const [, id, text] of log.matchAll(/session (\d{18}): (.*)$/gm)) {
    const begun = /^new, .*username=<([^>]*)>/.exec(text!);
    if (begun !== null) sessions.set(id!, { user: begun[1]!, client: null, counts: [0, 0, 0, 0], wire: [0, 0, 0, 0] });
    const session = sessions.get(id!);
    if (session === undefined) continue;
    const usage = /^(peer )?usage: .*rp=(\d+), rb=(\d+), sp=(\d+), sb=(\d+)/.exec(text!);
    if (usage !== null) {
      // Long sessions have several such lines, each with what came since the one before.
      const more = (counts: number[]) => counts.map((count, i) => count + Number(usage[i + 2]));
      if (usage[1] === undefined) session.wire = more(session.wire);
      else session.counts = more(session.counts);
    }
    const closed = /^closed .* remote ([^,]+),/.exec(text!);
    if (closed !== null) session.client = closed[1]!;
  }
  return [...sessions].map(([id, { user, client, counts, wire }]) => ({
    id,
    user,
    client,
    up: { packets: counts[2]!, bytes: counts[3]! },
    down: { packets: counts[0]!, bytes: counts[1]! },
    wire: { upPackets: wire[0]!, upBytes: wire[1]!, downPackets: wire[2]!, downBytes: wire[3]! },
  }));
}

async function record(host: string, port: number, path: string): Promise<Recording> {
  // Started as root it would become another user, who may not write there.
  const asRoot = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
  const child = startChild('/usr/bin/tcpdump', [
    ...['-i', 'lo', '-n', '-U', '-s', '0', '-w', path, ...asRoot],
    ...['port', String(port)],
  ]);
  await child.printed(/listening on/);
  const stop = async () => {
    // Packets come in order: what was sent before this one is in the file when it is.
    const last = randomBytes(12);
    await until('all has been recorded', async () => {
      await ping(host, port, last);
      return (await readFile(path)).includes(last);
    });
    await child.stop('SIGINT');
  };
  let stopped: Promise<void> | null = null;
  return {
    path,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
