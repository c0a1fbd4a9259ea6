/** Where the server listens: its TCP address, and a Unix socket for whoever owns the data directory. */

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { HeadcountError } from '../lib/errors.ts';

export interface Address {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
}

/** Throws `LISTEN_FAILED`; `how` is how another address is chosen. */
export async function listenOn(app: FastifyInstance, address: Address, how = '--listen'): Promise<void> {
  try {
    await app.listen({ ...address });
  } catch (error) {
    throw new HeadcountError('LISTEN_FAILED', whyNot(address, error, how), { cause: error });
  }
}

/** `http://127.0.0.1:8700/` */
export function urlOf(app: FastifyInstance, basePath = '/'): string {
  const { address, port } = app.server.address() as { address: string; port: number };
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}${basePath}`;
}

/** Can the path of a request be decoded? */
export function isReadable(url: string): boolean {
  try {
    decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    return true;
  } catch {
    return false;
  }
}

function whyNot({ host, port }: Address, error: unknown, how: string): string {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Something listens on ${where} already: another Headcount? End it, or choose another port with ${how}.`;
    case 'EACCES':
      return `We may not listen on ${where}: choose a port from 1024 on with ${how}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: choose another one with ${how}.`;
    default:
      return `We cannot listen on ${where}.`;
  }
}

/** Whoever comes in through it is added to `owners`. Takes over what is left of a killed process. Throws `LISTEN_FAILED`. */
export async function openOwnersDoor(app: FastifyInstance, path: string, owners: WeakSet<Socket>): Promise<Server> {
  const server = createServer((request, response) => app.routing(request, response));
  server.on('connection', (socket) => owners.add(socket));
  try {
    rmSync(path, { force: true });
    await listenAsOwner(server, path);
  } catch (error) {
    const message = `The socket ${path}, for the command line, cannot be made: choose another data directory, with a shorter path.`;
    throw new HeadcountError('LISTEN_FAILED', message, { cause: error });
  }
  return server;
}

/** The socket must never be there for others, not even for a moment: it is made within this call, under our umask. */
async function listenAsOwner(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
  });
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await listening;
}

export async function closeOwnersDoor(server: Server, path: string): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(path, { force: true });
}
