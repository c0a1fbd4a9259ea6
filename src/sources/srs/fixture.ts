/** A stand-in for SRS on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { labClient, labStream, startSrs } from '../../../lab/srs.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'srs://tv.example:1986?every=5s',
      options: { host: 'tv.example', port: 1986, every: '5s' },
      name: 'srs:tv.example:1986',
    },
    {
      url: 'srss://admin:p%40ss@[2001:db8::1]/media',
      options: { host: '2001:db8::1', tls: true, path: '/media', user: 'admin', password: 'p@ss' },
      name: 'srs:[2001:db8::1]:1985',
    },
  ],
  refused: [
    {},
    { host: 'tv.example/api' },
    { host: 'tv.example', every: '0' },
    { host: 'tv.example', password: '' },
    { host: 'tv.example', token: 'x' },
  ],
  start: async () => {
    const server = await startSrs();
    server.streams.push(labStream('cam1', 1));
    return {
      options: { host: server.host, port: server.port, every: '1s' },
      speak: async () => {
        server.clients.push(labClient(`client-${server.clients.length}`));
        // Without an id it cannot be told from others: counted and skipped.
        server.clients.push({ url: '/live/cam1', type: 'rtmp-play' });
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
