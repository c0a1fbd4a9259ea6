/** coturn on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { startCoturn } from '../../../lab/coturn.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'coturn-cli://:p%40ss@turn.example:5767?every=5s&stream=calls',
      options: { host: 'turn.example', port: 5767, password: 'p@ss', every: '5s', stream: 'calls' },
      name: 'coturn:turn.example:5767',
    },
    {
      url: 'coturn-cli://:x@[2001:db8::1]',
      options: { host: '2001:db8::1', password: 'x' },
      name: 'coturn:[2001:db8::1]:5766',
    },
  ],
  refused: [
    {},
    { host: 'turn.example' },
    { host: 'turn.example', password: '' },
    { host: 'turn.example/x', password: 'x' },
    { host: 'turn.example', password: 'x', every: '0' },
    { host: 'turn.example', password: 'x', tls: true },
  ],
  start: async () => {
    const server = await startCoturn();
    const { port, password } = server.cli;
    return {
      options: { host: server.host, port, password, every: '1s' },
      speak: () => server.crowd({ user: 'alice', by: 'channels', messages: 10, bytes: 100 }),
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort(), password: 'x' }),
};
