/**
 * A stand-in for Airspy's SPY Server (whose program is closed, and needs a receiver): an executable that is started as
 * `exe config`, prints the lines that the real one prints, and obeys the test through a socket. The program itself is
 * spyserver-child.ts; who comes and goes if it is asked for many, and how the truth of that is written down,
 * spyserver-crowd.ts.
 */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NOISE, readSpyTruth, type SpyConnection, type SpyVisits } from './spyserver-crowd.ts';

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
  /** Many come and go; resolves when all have come, or it has ended. Only while it runs. */
  visit(visits: SpyVisits): Promise<void>;
  /** From now on, or as soon as it is started, it does not heed SIGINT. */
  ignoreInterrupts(): Promise<void>;
  /** Everybody whom `visit` has brought, over all of its lives. */
  truth(): SpyConnection[];
  /** Ends it with this code, behind the line that it is printing. */
  crash(code: number): void;
  stop(): Promise<void>;
}

/** What the driver tells the stand-in: one a line, as JSON with a `number`. Each but the last is answered by `done NUMBER`. */
export type SpyOrder =
  | { readonly print: string; readonly where: 'stdout' | 'stderr' }
  | { readonly visits: SpyVisits }
  | { readonly deaf: boolean }
  | { readonly exit: number };

export function createSpyServer(configName = 'hf.config'): SpyServer {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-spyserver-'));
  const socketPath = join(folder, 'control');
  const truthFile = join(folder, 'truth.jsonl');
  const config = join(folder, configName);
  const settings = `lab_control = ${socketPath}\nlab_truth = ${truthFile}\n`;
  // The real one ignores what it does not know, too.
  writeFileSync(config, `bind_host = 0.0.0.0\nbind_port = 5555\n${settings}`);
  const exe = join(folder, 'spyserver.mjs');
  const program = fileURLToPath(new URL('spyserver-child.ts', import.meta.url));
  writeFileSync(exe, `#!${process.execPath}\nawait import(${JSON.stringify(program)});\n`);
  chmodSync(exe, 0o755);

  const driver = createDriver(socketPath);
  const print = (text: string, where: 'stdout' | 'stderr' = 'stdout') => driver.order({ print: text, where });
  return {
    ...{ exe, config, print },
    get starts() {
      return driver.starts;
    },
    get pid() {
      return driver.pid;
    },
    connect: (address, port, id) => print(`Accepted client ${address}:${port} running ${id}\n`),
    disconnect: (address, port) => print(`Client disconnected: ${address}:${port}\n`),
    noise: () => print(NOISE),
    visit: (visits) => driver.order({ visits }),
    ignoreInterrupts: () => driver.order({ deaf: true }),
    truth: () => readSpyTruth(truthFile),
    crash: (code) => driver.send({ exit: code }),
    stop: async () => {
      await driver.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The end of the socket that gives orders to the stand-in, whichever life it is in. */
function createDriver(socketPath: string) {
  let starts = 0;
  let pid: number | null = null;
  let socket: Socket | null = null;
  let numbers = 0;
  const early: SpyOrder[] = [];
  const waiting = new Map<number, () => void>();
  const send = (order: SpyOrder) => {
    const number = ++numbers;
    socket?.write(`${JSON.stringify({ ...order, number })}\n`);
    return number;
  };
  const server = createServer((connection) => {
    starts++;
    // Only one can have the port: an older one that was left behind is of no use to anybody.
    const older = socket;
    socket = connection;
    older?.destroy();
    const lines = createInterface({ input: connection });
    // It has been killed: the connection's end says so.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const [word, number] = line.split(' ');
      if (word === 'pid') pid = Number(number);
      else waiting.get(Number(number))?.();
    });
    const gone = () => {
      if (socket !== connection) return;
      socket = null;
      pid = null;
      for (const each of waiting.values()) each();
      waiting.clear();
    };
    connection.on('close', gone);
    connection.on('error', gone);
    for (const order of early.splice(0)) send(order);
  }).listen(socketPath);

  return {
    get starts() {
      return starts;
    },
    get pid() {
      return pid;
    },
    send,
    order: async (order: SpyOrder): Promise<void> => {
      if (socket === null) {
        early.push(order);
        return;
      }
      await new Promise<void>((resolve) => {
        const number = send(order);
        waiting.set(number, () => {
          waiting.delete(number);
          resolve();
        });
      });
    },
    stop: async () => {
      socket?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
