/** For the contract test of all sources: a log on disk, to which a "server" appends. */

import type { SourceFixture } from '../fixture.ts';
import { dateAndTime, missingLog, startRowLog } from '../row-log.fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: 'wms:/srv/wms/WMS_*.log',
      options: { path: '/srv/wms/WMS_*.log' },
      name: 'windows-media:/srv/wms/WMS_*.log',
    },
    {
      url: '/srv/wms/WMS_20060501.log',
      options: { path: '/srv/wms/WMS_20060501.log' },
      name: 'windows-media:/srv/wms/WMS_20060501.log',
    },
    {
      url: 'wms-multicast:0.0.0.0:8080/log?join=30m&trusted-proxies=192.0.2.0/24',
      options: { path: 'wms-multicast:0.0.0.0:8080/log', join: '30m', trustedProxies: '192.0.2.0/24' },
      name: 'windows-media:wms-multicast:0.0.0.0:8080/log',
    },
    {
      url: 'wms:logs/a.log?times=start&time-zone=Europe/Berlin&from=end&follow=no',
      options: { path: 'logs/a.log', times: 'start', timeZone: 'Europe/Berlin', from: 'end', follow: 'no' },
      name: 'windows-media:logs/a.log',
    },
  ],
  refused: [
    {},
    { path: '' },
    { path: '/a.log', times: 'middle' },
    { path: '/a.log', join: '1s' },
    { path: '/a.log', timeZone: 'Nowhere' },
    { path: 'wms-multicast:8080' },
    { path: '/a.log', colour: 'red' },
  ],
  start: () =>
    startRowLog({
      header: '#TimeFormat: UTC\r\n#Fields: c-ip date time cs-uri-stem x-duration c-status sc-bytes s-session-id\r\n',
      row: (now, n) => `192.0.2.${n % 250} ${dateAndTime(now)} /live ${n} 200 ${n}000 ${7000 + n}`,
    }),
  unreachable: async () => missingLog(),
};
