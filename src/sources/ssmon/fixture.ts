/** For the contract test of all sources: connections as a monitor posts them, put into the inbox. */

import { until } from '../../../lab/child.ts';
import { INBOXES } from '../../../lab/watch.ts';
import type { SourceFixture } from '../fixture.ts';

/** Each peer has an inbox of its own. */
let peers = 0;

/** As Python writes it. */
export const timeText = (at: number) => `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)}000`;

export function connectionOf(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...{ ip: '192.0.2.40', port: '5678', server_instance: 'hf.config', sdr_version: '1700.0.0.1', os: 'Windows' },
    ...{ start: timeText(Date.now()), end: null, ...fields },
  };
}

export const fixture: SourceFixture = {
  urls: [
    { url: 'ssmon:', options: {}, name: 'ssmon' },
    {
      url: 'ssmon:roof?ignore=192.168.0.0/16',
      options: { inbox: 'roof', ignore: '192.168.0.0/16' },
      name: 'ssmon:roof',
    },
  ],
  refused: [{ inbox: '' }, { inbox: 'a b' }, { ignore: 'home' }, { longest: '10s' }, { port: 1 }],
  start: async () => {
    const inbox = `peer-${++peers}`;
    let clients = 0;
    return {
      options: { inbox },
      speak: async () => {
        const hand = (message: unknown) =>
          until('it takes what is posted', () => INBOXES.hand(inbox, message) !== null);
        clients++;
        await hand(connectionOf({ port: `${40_000 + clients}` }));
        await hand('this is no connection');
      },
      stop: async () => {},
    };
  },
  unreachable: async () => {
    const inbox = `taken-${++peers}`;
    INBOXES.open(inbox, () => 'full');
    return { inbox };
  },
};
