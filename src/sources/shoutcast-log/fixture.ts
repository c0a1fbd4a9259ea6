/** For the contract test of all sources: a log on disk, to which a "server" appends. */

import type { SourceFixture } from '../fixture.ts';
import { dateAndTime, missingLog, startRowLog } from '../row-log.fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'shoutcast-log:/srv/sc/sc_w3c*.log?time-zone=Europe/Berlin&stream=rock',
      options: { path: '/srv/sc/sc_w3c*.log', timeZone: 'Europe/Berlin', stream: 'rock' },
      name: 'shoutcast-log:/srv/sc/sc_w3c*.log',
    },
    { url: '/srv/sc/sc_serv.log', options: { path: '/srv/sc/sc_serv.log' }, name: 'shoutcast-log:/srv/sc/sc_serv.log' },
  ],
  refused: [
    {},
    { path: '' },
    { path: '/a.log', stream: '' },
    { path: '/a.log', join: '1h' },
    { path: '/a.log', timeZone: 'Nowhere' },
    { path: '/a.log', colour: 'red' },
  ],
  start: () =>
    startRowLog({
      header: '#Fields: c-ip c-dns date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration avgbandwidth\n',
      row: (now, n) => `192.0.2.${n % 250} - ${dateAndTime(now)} /stream?title=Song 200 Winamp ${n}000 ${n} 8000`,
    }),
  unreachable: async () => missingLog(),
};
