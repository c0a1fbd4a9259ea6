/** Rows of the table in parsers.ts: radio servers that are asked again and again. */

import { readFileSync } from 'node:fs';
import * as azuracast from '../../src/sources/azuracast/parse.ts';
import * as owncast from '../../src/sources/owncast/parse.ts';
import { Connections } from '../../src/sources/shoutcast/connections.ts';
import * as shoutcast from '../../src/sources/shoutcast/parse.ts';
import type { Parser } from './parsers.ts';

const NOW = Date.UTC(2026, 10, 21, 2);
const never = () => false;

const recorded = (folder: string, ...names: readonly string[]) =>
  names.map((name) => readFileSync(new URL(`../../src/sources/${folder}/${name}`, import.meta.url)));

const SHOUTCAST: Parser = {
  name: 'shoutcast',
  seeds: recorded(
    'shoutcast/testdata',
    ...['dnas-1.9.8/7.html', 'dnas-1.9.8/viewxml.xml', 'dnas-2.6/statistics.json', 'dnas-2.6/statistics.xml'],
    ...['dnas-2.6/stats.xml', 'dnas-2.6/page3.json', 'dnas-2.6/page3.xml', 'dnas-2.6/page4.json'],
  ),
  read: (bytes) => {
    const page = shoutcast.parseServer(bytes, '1', NOW);
    const listeners = [page?.listeners, shoutcast.parseListeners(bytes)].flatMap((each) => each?.listeners ?? []);
    const facts = [
      page?.facts,
      shoutcast.parseSeven(bytes, '1', NOW),
      ...(shoutcast.parseStatistics(bytes, NOW) ?? []),
    ];
    shoutcast.parseSongs(bytes);
    return {
      observations: [...facts.flatMap((each) => each?.report ?? []), ...new Connections().present('1', listeners, NOW)],
      counted: null,
    };
  },
  refuses: never,
  frames: [
    ['', ''],
    ['<HTML><body>1,1,1,1,1,1,', '</body></html>'],
    ['<SHOUTCASTSERVER><SONGTITLE>', '</SONGTITLE></SHOUTCASTSERVER>'],
    ['<SHOUTCASTSERVER><LISTENERS><LISTENER><UID>1</UID><XFF>', '</XFF></LISTENER></LISTENERS></SHOUTCASTSERVER>'],
    ['[{"uid":"1","useragent":"', '"}]'],
    ['{"totalstreams":1,"streams":[{"id":1,"songtitle":"', '"}]}'],
  ],
  // Every byte is read by all that might be meant.
  most: 128 * 1024,
};

const OWNCAST: Parser = {
  name: 'owncast',
  seeds: recorded('owncast/testdata/by-source', 'status.json', 'admin-status.json', 'viewers.json'),
  read: (bytes) => {
    const report = owncast.parseStatus(bytes, NOW);
    const present = owncast.parseViewers(bytes, NOW)?.present ?? [];
    return { observations: [...(report === null ? [] : [report]), ...present], counted: null };
  },
  refuses: never,
  frames: [
    ['', ''],
    ['[{"clientID":"1","firstSeen":"', '"}]'],
    ['[{"clientID":"', '"}]'],
    ['{"online":true,"streamTitle":"', '"}'],
  ],
  most: 1024 * 1024,
};

const STATIONS = recorded('azuracast/testdata/by-source', 'nowplaying.json', 'nowplaying-one.json');
const [STATION] = azuracast.parseStations(STATIONS[0]!, NOW)!;

const AZURACAST: Parser = {
  name: 'azuracast',
  seeds: [...STATIONS, ...recorded('azuracast/testdata/by-source', 'listeners.json')],
  read: (bytes) => {
    const reports = azuracast.parseStations(bytes, NOW)?.flatMap((each) => each.reports) ?? [];
    const present = azuracast.parseListeners(bytes, STATION!, NOW)?.present ?? [];
    return { observations: [...reports, ...present], counted: null };
  },
  refuses: never,
  frames: [
    ['', ''],
    ['[{"hash":"1","connected_on":1,"mount_name":"', '"}]'],
    ['{"station":{"shortcode":"a","mounts":[{"path":"', '"}]}}'],
    ['{"station":{"shortcode":"a"},"song_history":[', '{}]}'],
  ],
  most: 1024 * 1024,
};

export const RADIO: readonly Parser[] = [AZURACAST, OWNCAST, SHOUTCAST];
