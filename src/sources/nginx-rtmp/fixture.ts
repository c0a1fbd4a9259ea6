/** nginx with its RTMP module on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { startNginxRtmp } from '../../../lab/nginx-rtmp.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'nginx-rtmp://tv.example:8081/rtmp/stat?every=5s',
      options: { host: 'tv.example', port: 8081, path: '/rtmp/stat', every: '5s' },
      name: 'nginx-rtmp:tv.example:8081',
    },
    {
      url: 'nginx-rtmps://boss:p%40ss@[2001:db8::1]',
      options: { host: '2001:db8::1', tls: true, path: '/stat', user: 'boss', password: 'p@ss' },
      name: 'nginx-rtmp:[2001:db8::1]:8080',
    },
  ],
  refused: [
    {},
    { host: 'tv.example/stat' },
    { host: 'tv.example', path: 'stat' },
    { host: 'tv.example', path: '/stat?all' },
    { host: 'tv.example', every: '0' },
    { host: 'tv.example', interval: '5s' },
  ],
  start: async () => {
    const server = await startNginxRtmp();
    let spoken = 0;
    return {
      options: { host: server.host, port: server.port, every: '1s' },
      speak: async () => {
        // The page of another worker is counted.
        if (spoken++ > 0) await server.reload();
        await server.publish(`live/cam${spoken}`);
        await server.play('vod/tone.flv');
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort() }),
};
