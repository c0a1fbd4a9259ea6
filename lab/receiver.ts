/** Whoever is told something over HTTP: a server on loopback that keeps what it gets, and answers as it is told to. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Everything so far, in order, whatever was answered. */
  readonly received: readonly Received[];
  /** How it answers from now on: a status, or what to do with the response. */
  answer: number | ((response: ServerResponse, received: Received) => void);
  /** Also connections that wait for an answer. */
  stop(): Promise<void>;
}

/** On any free port, or on this one. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const got = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      received.push(got);
      const { answer } = receiver;
      if (typeof answer === 'number') response.writeHead(answer).end('thanks');
      else answer(response, got);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: 200,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}
