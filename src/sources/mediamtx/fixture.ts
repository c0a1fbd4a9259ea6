/** A stand-in for MediaMTX on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { labPath, labSession, startMediamtx } from '../../../lab/mediamtx.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'mediamtx://admin:hackme@tv.example:9998?every=5s',
      options: { host: 'tv.example', port: 9998, user: 'admin', password: 'hackme', every: '5s' },
      name: 'mediamtx:tv.example:9998',
    },
    {
      url: 'mediamtxs://[2001:db8::1]/media',
      options: { host: '2001:db8::1', tls: true, path: '/media' },
      name: 'mediamtx:[2001:db8::1]:9997',
    },
  ],
  refused: [
    {},
    { host: 'tv.example/v3' },
    { host: 'tv.example', every: '0' },
    { host: 'tv.example', token: '' },
    { host: 'tv.example', apiKey: 'x' },
  ],
  start: async () => {
    const server = await startMediamtx();
    const sessions: object[] = [];
    server.lists.set('paths', [labPath('cam1', 1)]).set('rtspsessions', sessions);
    return {
      options: { host: server.host, port: server.port, every: '1s' },
      speak: async () => {
        sessions.push(labSession(`session-${sessions.length}`));
        // Without a path it is nowhere: counted and skipped.
        sessions.push({ id: `broken-${sessions.length}`, state: 'read' });
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
