/** For the contract test of all sources: a log on disk, to which a "server" appends. */

import type { SourceFixture } from '../fixture.ts';
import { dateAndTime, missingLog, startRowLog } from '../row-log.fixture.ts';

const COLUMNS = [
  'date',
  'time',
  'tz',
  'x-event',
  'x-category',
  'x-duration',
  'c-ip',
  'c-client-id',
  'sc-bytes',
  'x-sname',
];

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'wowza-log:/srv/wowza/logs/*_access.log?from=12h',
      options: { path: '/srv/wowza/logs/*_access.log', from: '12h' },
      name: 'wowza-log:/srv/wowza/logs/*_access.log',
    },
    {
      url: '/srv/wowzastreamingengine_access.log',
      options: { path: '/srv/wowzastreamingengine_access.log' },
      name: 'wowza-log:/srv/wowzastreamingengine_access.log',
    },
  ],
  refused: [{}, { path: '' }, { path: '/a.log', timeZone: 'Nowhere' }, { path: '/a.log', colour: 'red' }],
  start: () =>
    startRowLog({
      header: `#Fields: ${COLUMNS.join('\t')}\n`,
      row: (now, n) => {
        const [date, time] = dateAndTime(now).split(' ');
        return [date, time, 'UTC', 'disconnect', 'session', n, `192.0.2.${n % 250}`, n, n * 1000, 'rock'].join('\t');
      },
    }),
  unreachable: async () => missingLog(),
};
