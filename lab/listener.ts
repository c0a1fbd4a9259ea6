/**
 * A process of a chosen name that accepts TCP connections on loopback and says nothing: for whoever looks at sockets and
 * not at what goes over them.
 */

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabChild, startChild } from './child.ts';

export interface Listener {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the connection is there on both sides. */
  connect(host?: string): Promise<Socket>;
  stop(): Promise<void>;
}

/** Accepts, and holds every connection until the other side ends it. */
const PROGRAM = `
const sockets = new Set();
const server = require('node:net').createServer({ allowHalfOpen: false }, (socket) => {
  sockets.add(socket);
  socket.on('error', () => {}).on('close', () => sockets.delete(socket)).resume();
  socket.write('.');
});
server.listen(0, process.argv[1], () => console.log('port ' + server.address().port));
`;

/** `host` is what it binds to: `127.0.0.1`, `::1`, or `::` for both. */
export async function startListener(name: string, host = '127.0.0.1'): Promise<Listener> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-listener-'));
  // The name of a process is that of the file by which it was started, a link included.
  const exe = join(folder, name);
  symlinkSync(process.execPath, exe);
  const child: LabChild = startChild(exe, ['-e', PROGRAM, host]);
  const [, port] = await child.printed(/port (\d+)/);
  const open = new Set<Socket>();
  return {
    pid: child.pid,
    port: Number(port),
    connect: (to = '127.0.0.1') =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), to);
        open.add(socket);
        socket.on('close', () => open.delete(socket));
        socket.once('error', reject);
        // It has been accepted: the first byte is there.
        socket.once('data', () => resolve(socket));
      }),
    stop: async () => {
      for (const socket of open) socket.destroy();
      await child.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
