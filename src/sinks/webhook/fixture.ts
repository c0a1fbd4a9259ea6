/** For the contract test of all sinks: a receiver on loopback. */

import { startReceiver } from '../../../lab/receiver.ts';
import type { EventsWire } from '../../http/contract.ts';
import type { SinkFixture } from '../fixture.ts';

export const fixture: SinkFixture = {
  named: [
    { options: { url: 'https://hooks.example.org/T0/B1/key' }, name: 'webhook:hooks.example.org:443' },
    { options: { url: 'http://127.0.0.1:9000/', secret: 'x', maxEvents: 5 }, name: 'webhook:127.0.0.1:9000' },
  ],
  refused: [
    {},
    { url: 'nowhere' },
    { url: 'ftp://example.org/' },
    { url: 'https://user:password@example.org/' },
    { url: 'https://example.org/', secret: '' },
    { url: 'https://example.org/', timeout: '0' },
    { url: 'https://example.org/', maxEvents: 0 },
    { url: 'https://example.org/', colour: 'red' },
  ],
  start: async () => {
    const receiver = await startReceiver();
    let failed: (typeof receiver.received)[number][] = [];
    return {
      options: { url: `${receiver.url}/hook`, secret: 'open sesame' },
      ids: () =>
        receiver.received
          .filter((each) => !failed.includes(each))
          .flatMap(({ body }) => (JSON.parse(body) as EventsWire).events.map(({ id }) => id)),
      fail: () => {
        receiver.answer = (response, received) => {
          failed = [...failed, received];
          response.writeHead(500).end();
        };
      },
      recover: () => {
        receiver.answer = 204;
      },
      stop: () => receiver.stop(),
    };
  },
};
