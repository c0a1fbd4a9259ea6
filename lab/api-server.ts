/** What stand-ins for servers with an HTTP API of JSON have in common: a login, a log of questions, a clean end. */

import { once } from 'node:events';
import { createServer } from 'node:http';

export interface LabApi {
  readonly host: string;
  readonly port: number;
  /** Paths with their queries, as they came. */
  readonly asked: string[];
  stop(): Promise<void>;
}

export interface LabAnswer {
  readonly status?: number;
  /** Written as JSON; a text is written as it is. */
  readonly body: unknown;
}

/** `authorization` is the only one that is let in; null is everybody. */
export async function startApi(authorization: string | null, answer: (url: URL) => LabAnswer): Promise<LabApi> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    const isLetIn = authorization === null || request.headers.authorization === authorization;
    const { status = 200, body } = isLetIn ? answer(new URL(request.url!, 'http://x')) : { status: 401, body: '' };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    ...{ host: '127.0.0.1', port, asked },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
