/** For the contract test of all sinks: an InfluxDB-shaped receiver on loopback. */

import { startReceiver } from '../../../lab/receiver.ts';
import type { SinkFixture } from '../fixture.ts';

const SECOND = { token: 't0ken-of-influx', bucket: 'Spyserver' };

export const fixture: SinkFixture = {
  named: [
    { options: SECOND, name: 'influxdb:localhost:8086/Spyserver' },
    { options: { url: 'https://db.radio.example/', database: 'a b' }, name: 'influxdb:db.radio.example:443/a_b' },
  ],
  refused: [
    {},
    { bucket: 'x' },
    { ...SECOND, database: 'x' },
    { ...SECOND, user: 'x', password: 'y' },
    { ...SECOND, token: 'two words' },
    { database: 'x', token: 'x' },
    { database: 'x', org: 'x' },
    { database: 'x', user: 'x' },
    { database: 'x', password: 'x' },
    { ...SECOND, url: 'http://user:password@localhost:8086' },
    { ...SECOND, every: '0s' },
    { ...SECOND, names: { a: '' } },
    { ...SECOND, colour: 'red' },
  ],
  start: async () => {
    const receiver = await startReceiver();
    let failed = 0;
    receiver.answer = 204;
    return {
      options: { ...SECOND, url: receiver.url, org: 'radio', every: '1s' },
      ids: () => [],
      written: () => receiver.received.length - failed,
      fail: () => {
        receiver.answer = (response) => {
          failed++;
          response.writeHead(503).end();
        };
      },
      recover: () => {
        receiver.answer = 204;
      },
      stop: () => receiver.stop(),
    };
  },
};
