/** Icecast 2.4 on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { startIcecast } from '../../../lab/icecast.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'icecast://admin:hackme@radio.example:8001?every=5s',
      options: { host: 'radio.example', port: 8001, user: 'admin', password: 'hackme', every: '5s' },
      name: 'icecast:radio.example:8001',
    },
    {
      url: 'icecasts://boss:p%40ss@[2001:db8::1]/radio',
      options: { host: '2001:db8::1', tls: true, path: '/radio', user: 'boss', password: 'p@ss' },
      name: 'icecast:[2001:db8::1]:8000',
    },
    { url: 'icecast://radio.example', options: { host: 'radio.example' }, name: 'icecast:radio.example:8000' },
    {
      url: 'icecast://admin:hackme@radio.example?accessLog=/var/log/icecast2/access.log&access-log-from=end',
      options: {
        host: 'radio.example',
        user: 'admin',
        password: 'hackme',
        accessLog: '/var/log/icecast2/access.log',
        accessLogFrom: 'end',
      },
      name: 'icecast:radio.example:8000',
    },
  ],
  refused: [
    {},
    { host: 'radio.example', password: '' },
    { host: 'radio.example', accessLog: 'syslog:127.0.0.1:5140' },
    { host: 'radio.example', accessLogFrom: 'yesterday' },
    { host: 'radio.example/live', password: 'hackme' },
    { host: 'radio.example', password: 'hackme', every: '0' },
    { host: 'radio.example', password: 'hackme', interval: '5s' },
  ],
  start: async () => {
    const server = await startIcecast();
    await server.feed('/live.mp3');
    return {
      options: { host: server.host, port: server.port, password: server.password, every: '1s' },
      speak: async () => {
        await server.listen('/live.mp3', 'VLC/3.0.18 LibVLC/3.0.18');
        // A relay looks like a listener; a user agent need not be text.
        await server.listen('/live.mp3', 'Icecast 2.4.4');
        await server.listen('/live.mp3', Buffer.from([0x1b, 0x5b, 0xff, 0xfe]));
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort(), password: 'hackme' }),
};
