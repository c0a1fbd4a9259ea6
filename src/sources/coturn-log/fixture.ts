/** For the contract test of all sources: a log on disk, to which a "server" appends. */

import type { SourceFixture } from '../fixture.ts';
import { missingLog, startRowLog } from '../row-log.fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'coturn-log:/srv/coturn/*.log?from=12h&stream=calls',
      options: { path: '/srv/coturn/*.log', from: '12h', stream: 'calls' },
      name: 'coturn-log:/srv/coturn/*.log',
    },
    {
      url: '/var/log/turn_1234_2026-11-21.log',
      options: { path: '/var/log/turn_1234_2026-11-21.log' },
      name: 'coturn-log:/var/log/turn_1234_2026-11-21.log',
    },
    {
      url: '/var/log/turnserver.log',
      options: { path: '/var/log/turnserver.log' },
      name: 'coturn-log:/var/log/turnserver.log',
    },
  ],
  refused: [
    {},
    { path: '' },
    { path: '/a.log', stream: '' },
    { path: '/a.log', timeZone: 'Nowhere' },
    { colour: 'red' },
  ],
  start: () =>
    startRowLog({
      header: '',
      row: (now, n) =>
        `${now.toISOString()} INFO session ${String(n).padStart(18, '0')}: new, realm=<example.org>, username=<alice>, lifetime=600`,
    }),
  unreachable: async () => missingLog(),
};
