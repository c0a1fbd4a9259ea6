/** A stand-in for Wowza on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { startWowza } from '../../../lab/wowza.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'wowza://admin:hackme@video.example',
      options: { host: 'video.example', user: 'admin', password: 'hackme' },
      name: 'wowza:video.example:8086',
    },
    {
      url: 'wowza://video.example:8087/live?api=rest&every=30s',
      options: { host: 'video.example', port: 8087, address: 'live', api: 'rest', every: '30s' },
      name: 'wowza:video.example:8087/live',
    },
    {
      url: 'wowzas://boss:p%40ss@[2001:db8::1]/_defaultVHost_/my%20app/_definst_/?path=/proxy',
      options: {
        host: '2001:db8::1',
        tls: true,
        path: '/proxy',
        user: 'boss',
        password: 'p@ss',
        address: '_defaultVHost_/my app/_definst_',
      },
      name: 'wowza:[2001:db8::1]:8086/_defaultVHost_/my app/_definst_',
    },
  ],
  refused: [
    {},
    { host: 'video.example/live' },
    { host: 'video.example', address: 'a/b/c/d' },
    { host: 'video.example', address: '/live' },
    { host: 'video.example', api: 'soap' },
    { host: 'video.example', every: '0' },
    { host: 'video.example', application: 'live' },
  ],
  start: async () => {
    const server = await startWowza();
    const { host, port, user, password } = server;
    return {
      options: { host, port, user, password, every: '1s' },
      speak: async () => {
        server.join({}).sent = 5000;
        server.join({ row: 'Client', uri: 'rtmp://video.example/live' });
        // What a client calls itself need not be XML.
        server.join({ row: 'Client', uri: 'rtmp://video.example/live', flashVersion: '<' });
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
