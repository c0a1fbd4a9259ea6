/** A server on loopback that answers JSON of its own making, for the contract test and peer.test.ts. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { freePort } from '../../../lab/child.ts';
import type { SourceFixture } from '../fixture.ts';

export interface JsonServer {
  readonly endpoint: string;
  /** What it answers next: an object is JSON, a text is sent as it is, null is silence. */
  answer: { status: number; body: unknown };
  /** The headers of every question. */
  readonly asked: IncomingHttpHeaders[];
  stop(): Promise<void>;
}

export async function startJsonServer(): Promise<JsonServer> {
  const server = createServer((request, response) => {
    lab.asked.push(request.headers);
    const { status, body } = lab.answer;
    if (body === null) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lab: JsonServer = {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}/api/sessions?all=1`,
    answer: { status: 200, body: { boot: 'first', sessions: [] } },
    asked: [],
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return lab;
}

export const FIELDS = {
  stream: 'room',
  id: 'id',
  address: 'client.ip',
  userAgent: 'client.agent',
  connectedSeconds: 'seconds',
  bytes: 'sent',
  isPublisher: 'sends',
};

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'json:https://sfu.example/api/rooms?items=rooms.*.peers&fields=stream:^.name,id:sid&every=5s&token=abc',
      options: {
        endpoint: 'https://sfu.example/api/rooms',
        items: 'rooms.*.peers',
        fields: { stream: '^.name', id: 'sid' },
        every: '5s',
        token: 'abc',
      },
      name: 'json:sfu.example/api/rooms',
    },
    {
      url: 'json:http://[2001:db8::1]:8080?stream=radio&fields=listeners:now',
      options: { endpoint: 'http://[2001:db8::1]:8080', stream: 'radio', fields: { listeners: 'now' } },
      name: 'json:[2001:db8::1]:8080',
    },
  ],
  refused: [
    {},
    { endpoint: 'http://sfu.example/' },
    { endpoint: 'ftp://sfu.example/', fields: {} },
    { endpoint: 'http://user:pw@sfu.example/', fields: {} },
    { endpoint: 'http://sfu.example/', fields: { id: 'a..b' } },
    { endpoint: 'http://sfu.example/', fields: { id: 'a.*' } },
    { endpoint: 'http://sfu.example/', fields: { ident: 'a' } },
    { endpoint: 'http://sfu.example/', fields: 'id' },
    { endpoint: 'http://sfu.example/', fields: {}, items: '^.a' },
    { endpoint: 'http://sfu.example/', fields: {}, header: 'X: y' },
    { endpoint: 'http://sfu.example/', fields: {}, token: 'two words' },
  ],
  start: async () => {
    const server = await startJsonServer();
    const sessions: unknown[] = [];
    server.answer = { status: 200, body: { sessions } };
    return {
      options: { endpoint: server.endpoint, items: 'sessions', fields: FIELDS, every: '1s' },
      speak: async () => {
        sessions.push({ id: sessions.length, room: 'main', client: { ip: '192.0.2.7' }, seconds: 3, sent: 500 });
        // Nobody could tell who this is.
        sessions.push({ room: 'main' }, 7);
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ endpoint: `http://127.0.0.1:${await freePort()}/`, fields: { id: 'id' } }),
};
