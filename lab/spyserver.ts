/**
 * A stand-in for Airspy's SPY Server (whose program is closed, and needs a receiver): an executable that is started as
 * `exe config`, prints the lines that the real one prints, and obeys the test through a socket. The program itself is
 * spyserver-child.ts.
 */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface SpyServer {
  readonly exe: string;
  readonly config: string;
  /** How often it has been started. */
  readonly starts: number;
  /** The process id of the one that runs; null if none does. */
  readonly pid: number | null;
  /** Each of these prints its line at once, or as soon as the stand-in is started. */
  connect(address: string, port: number, id: string): Promise<void>;
  disconnect(address: string, port: number): Promise<void>;
  /** What the real one prints of its tuner. */
  noise(): Promise<void>;
  /** Prints exactly this. */
  print(text: string, where?: 'stdout' | 'stderr'): Promise<void>;
  /** Ends it with this code, at once. */
  crash(code: number): void;
  stop(): Promise<void>;
}

/** What the driver tells the stand-in: one a line, as JSON. */
export type SpyOrder = { readonly print: string; readonly where: 'stdout' | 'stderr' } | { readonly exit: number };

export function createSpyServer(configName = 'hf.config'): SpyServer {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-spyserver-'));
  const socketPath = join(folder, 'control');
  const config = join(folder, configName);
  // The real one ignores what it does not know, too.
  writeFileSync(config, `bind_host = 0.0.0.0\nbind_port = 5555\nlab_control = ${socketPath}\n`);
  const exe = join(folder, 'spyserver.mjs');
  const program = fileURLToPath(new URL('spyserver-child.ts', import.meta.url));
  writeFileSync(exe, `#!${process.execPath}\nawait import(${JSON.stringify(program)});\n`);
  chmodSync(exe, 0o755);

  let starts = 0;
  let pid: number | null = null;
  let socket: Socket | null = null;
  const waiting: (() => void)[] = [];
  const server = createServer((connection) => {
    starts++;
    // Only one can have the port: an older one that was left behind is of no use to anybody.
    const older = socket;
    socket = connection;
    older?.destroy();
    createInterface({ input: connection }).on('line', (line) => {
      if (line === 'done') waiting.shift()?.();
      else pid = Number(line.slice('pid '.length));
    });
    const gone = () => {
      if (socket !== connection) return;
      socket = null;
      pid = null;
      for (const each of waiting.splice(0)) each();
    };
    connection.on('close', gone);
    connection.on('error', gone);
    for (const order of early.splice(0)) send(order);
  }).listen(socketPath);

  const early: SpyOrder[] = [];
  const send = (order: SpyOrder) => socket?.write(`${JSON.stringify(order)}\n`);
  const print = async (text: string, where: 'stdout' | 'stderr' = 'stdout') => {
    if (socket === null) {
      early.push({ print: text, where });
      return;
    }
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      send({ print: text, where });
    });
  };
  return {
    ...{ exe, config, print },
    get starts() {
      return starts;
    },
    get pid() {
      return pid;
    },
    connect: (address, port, id) => print(`Accepted client ${address}:${port} running ${id}\n`),
    disconnect: (address, port) => print(`Client disconnected: ${address}:${port}\n`),
    noise: () => print(NOISE),
    crash: (code) => send({ exit: code }),
    stop: async () => {
      socket?.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

const NOISE = `Device was sleeping. Wake up!
Acquired an AirspyHF+ device
Found Rafael Micro R820T tuner
[R82XX] PLL not locked!
Exact sample rate is: 250000.000414 Hz
Releasing the AirspyHF+ device
`;
