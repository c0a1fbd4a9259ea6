/** A stand-in for Owncast on loopback, which cannot be installed here: its status and viewers as its source writes them. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort } from '../../../lab/child.ts';
import type { SourceFixture } from '../fixture.ts';

export interface StandInViewer {
  readonly firstSeen: string;
  readonly userAgent: string;
  readonly ipAddress: string;
  /** Empty where it is broken. */
  readonly clientID: string;
}

export interface StandIn {
  readonly port: number;
  readonly password: string;
  isOnline: boolean;
  viewers: StandInViewer[];
  readonly asked: string[];
  /** How it answers from now on; `old` has no list of viewers. */
  mood: 'well' | 'old' | 'cut off' | 'hangs';
  stop(): Promise<void>;
}

const PASSWORD = 'hackme';

export const aViewer = (clientID: string, more: Partial<StandInViewer> = {}): StandInViewer => ({
  firstSeen: new Date(Date.now() - 60_000).toISOString(),
  userAgent: 'VLC/3.0.18 LibVLC/3.0.18',
  ipAddress: '192.0.2.1',
  clientID,
  ...more,
});

export async function startOwncast(): Promise<StandIn> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    standIn.asked.push(path);
    if (standIn.mood === 'hangs') return;
    const expected = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
    if (path.startsWith('/api/admin') && request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="Owncast"' }).end('Unauthorized\n');
      return;
    }
    const answer = answerOf(standIn, path);
    if (answer === null) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>');
      return;
    }
    const text = JSON.stringify(answer);
    response.setHeader('content-type', 'application/json');
    response.end(standIn.mood === 'cut off' ? text.slice(0, text.length / 2) : `${text}\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: StandIn = {
    port: (server.address() as { port: number }).port,
    password: PASSWORD,
    isOnline: true,
    viewers: [],
    asked: [],
    mood: 'well',
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return standIn;
}

function answerOf({ isOnline, viewers, mood }: StandIn, path: string): unknown {
  const common = { online: isOnline, versionNumber: '0.1.3', streamTitle: 'An evening with friends' };
  const time = '2026-11-21T01:00:00.123456789Z';
  switch (path) {
    case '/api/status':
      // Go leaves a zero out.
      return { ...common, ...(viewers.length === 0 ? {} : { viewerCount: viewers.length }), lastConnectTime: time };
    case '/api/admin/status':
      return { ...common, viewerCount: viewers.length, sessionPeakViewerCount: 9, broadcaster: { time } };
    case '/api/admin/viewers':
      return mood === 'old' ? null : viewers.map((viewer) => ({ geo: null, ...viewer }));
    default:
      return null;
  }
}

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'owncast://admin:hackme@video.example:8081?every=5s',
      options: { host: 'video.example', port: 8081, user: 'admin', password: 'hackme', every: '5s' },
      name: 'owncast:video.example:8081',
    },
    {
      url: 'owncasts://video.example/live',
      options: { host: 'video.example', port: 443, tls: true, path: '/live' },
      name: 'owncast:video.example:443',
    },
  ],
  refused: [
    {},
    { host: 'video.example/live' },
    { host: 'video.example', password: '' },
    { host: 'video.example', every: '0' },
    { host: 'video.example', stream: 'live' },
  ],
  start: async () => {
    const server = await startOwncast();
    let id = 0;
    return {
      options: { host: '127.0.0.1', port: server.port, password: server.password, every: '1s' },
      speak: async () => {
        // A viewer without an id is counted and skipped.
        server.viewers = [aViewer(`viewer-${++id}`), aViewer('')];
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
