/**
 * Spyservers that somebody else runs on this machine: who is connected is read from the kernel's table of sockets
 * (transports/sockets), by the ports on which they listen.
 */

import {
  clientFacts,
  FOREVER,
  type Instant,
  type Presence,
  presence,
  type StreamReport,
} from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import type { TcpSocket } from '../../transports/sockets/parse.ts';
import { bootId, listenersOf, readSockets } from '../../transports/sockets/sockets.ts';
import { type PollAnswer, polledSource } from '../polled.ts';
import type { Source } from '../source.ts';
import { MAX_CLIENTS } from './audience.ts';
import { type IgnoreOptions, ignoredBy } from './ignore.ts';
import { type PortNames, streamOf } from './names.ts';

export interface AttachedOptions extends IgnoreOptions {
  /** Absent: those of every program that is called so. */
  readonly port?: readonly number[] | undefined;
  readonly names: PortNames;
  /** Milliseconds. */
  readonly every: number;
}

export const PROGRAM = 'spyserver';

export function attachedSource(options: AttachedOptions): Source {
  return {
    run: async (context) => {
      const isIgnored = await ignoredBy(options, context);
      const boot = await bootId();
      const ignored = countOnce(context.counters, 'ignoredClients');
      const polled = polledSource(options.every, async ({ at, counters }) => {
        const { sockets, unreadable } = await readSockets();
        counters.set('unreadableSockets', unreadable);
        const { ports, listening } = await portsOf(options, sockets, counters);
        const clients = clientsOf(sockets, ports);
        const counted = clients.filter(({ remote }) => !isIgnored(remote.address));
        ignored(clients.filter(({ remote }) => isIgnored(remote.address)).map(connectionOf));
        counters.set('droppedClients', Math.max(counted.length - MAX_CLIENTS, 0));
        const present = counted.slice(0, MAX_CLIENTS).map((socket) => presenceOf(socket, options.names, boot, at));
        return answer([...ports], listening, present, options.names, at);
      });
      await polled.run(context);
    },
  };
}

interface Ports {
  readonly ports: ReadonlySet<number>;
  readonly listening: ReadonlySet<number>;
}

async function portsOf(
  { port }: AttachedOptions,
  sockets: readonly TcpSocket[],
  counters: ScopedCounters,
): Promise<Ports> {
  if (port !== undefined) {
    const listening = sockets.filter(({ state }) => state === 'listening').map(({ local }) => local.port);
    return { ports: new Set(port), listening: new Set(listening) };
  }
  const found = await listenersOf(PROGRAM, sockets);
  counters.set('hiddenPrograms', found.hidden);
  if (found.sockets.length === 0 && found.hidden > 0) {
    const hint = 'Run Headcount as the same user, or say the port: spyserver:?port=5555.';
    throw new HeadcountError('SPYSERVER_HIDDEN', `A spyserver runs as another user: its ports cannot be seen. ${hint}`);
  }
  const ports = new Set(found.sockets.map(({ local }) => local.port));
  return { ports, listening: ports };
}

/** Those that the server has accepted: before, a connection has no number yet. */
function clientsOf(sockets: readonly TcpSocket[], ports: ReadonlySet<number>): TcpSocket[] {
  return sockets.filter(
    ({ state, local, inode }) => state === 'established' && inode !== null && ports.has(local.port),
  );
}

/** The kernel's number of the socket alone may come again. */
function connectionOf({ inode, remote }: TcpSocket): string {
  return `${inode} ${remote.address} ${remote.port}`;
}

function presenceOf(socket: TcpSocket, names: PortNames, boot: string, at: Instant): Presence {
  const { address, port } = socket.remote;
  const client = clientFacts({ address, port, connection: `${boot} ${connectionOf(socket)}` });
  const serverPort = socket.local.port;
  return presence({ stream: streamOf(serverPort, names), client, from: at, until: FOREVER, details: { serverPort } });
}

function answer(
  ports: readonly number[],
  listening: ReadonlySet<number>,
  present: readonly Presence[],
  names: PortNames,
  at: Instant,
): PollAnswer {
  const isUp = new Map<string, boolean>();
  // Two ports may have one name.
  for (const port of ports) {
    const stream = streamOf(port, names);
    isUp.set(stream, listening.has(port) || isUp.get(stream) === true);
  }
  const reports = [...isUp].map(
    ([stream, up]): StreamReport => ({ kind: 'report', stream, at, status: up ? 'up' : 'down' }),
  );
  return { reports, listeners: { unknown: new Set(), present } };
}

/** Counts what is new since the last time. */
function countOnce(counters: ScopedCounters, name: string): (now: readonly string[]) => void {
  let before: ReadonlySet<string> = new Set();
  return (now) => {
    counters.add(name, now.filter((each) => !before.has(each)).length);
    before = new Set(now);
  };
}
