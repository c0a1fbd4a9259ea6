/** A stand-in for Tautulli on loopback, for the contract test. */

import { freePort } from '../../../lab/child.ts';
import { startTautulli } from '../../../lab/tautulli.ts';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'tautulli://0123456789abcdef@plex.example:8182/tautulli?history-every=5m',
      options: {
        host: 'plex.example',
        port: 8182,
        path: '/tautulli',
        apiKey: '0123456789abcdef',
        historyEvery: '5m',
      },
      name: 'tautulli:plex.example:8182',
    },
    {
      url: 'tautullis://0123456789abcdef@plex.example',
      options: { host: 'plex.example', tls: true, apiKey: '0123456789abcdef' },
      name: 'tautulli:plex.example:8181',
    },
  ],
  refused: [
    {},
    { host: 'plex.example' },
    { host: 'plex.example', apiKey: 'x', from: 'yesterday' },
    { host: 'plex.example', apiKey: 'x', overlap: '1m' },
    { host: 'plex.example', apiKey: 'x', password: 'y' },
  ],
  start: async () => {
    const server = await startTautulli();
    const { host, port, apiKey } = server;
    return {
      options: { host, port, apiKey, every: '1s', historyEvery: '1s' },
      speak: async () => {
        server.play({ user: 'alice', title: 'A Film' });
        server.addRow({ full_title: 'Another Film' });
        // A row without a start is counted and skipped.
        server.addRow({ started: null });
      },
      stop: server.stop,
    };
  },
  unreachable: async () => ({ host: '127.0.0.1', port: await freePort(), apiKey: 'x' }),
};
