/** Rows of the table in parsers.ts: video servers that are asked again and again. */

import { readFileSync } from 'node:fs';
import type { Observation } from '../../src/core/observation.ts';
import { parseList, parsePaths, parseSessions } from '../../src/sources/mediamtx/parse.ts';
import { parseStat, presencesOf, reportOf } from '../../src/sources/nginx-rtmp/parse.ts';
import { parseAnswer, parseClients, parseStreams } from '../../src/sources/srs/parse.ts';
import { fieldsOf, parseJson } from '../../src/transports/poll/json-fields.ts';
import { XmlError } from '../../src/transports/poll/xml.ts';
import type { Parser } from './parsers.ts';

const NOW = Date.UTC(2026, 10, 21, 2);
const never = () => false;

const recorded = (path: string) => readFileSync(new URL(`../../src/sources/${path}`, import.meta.url));

const RTMP = '<rtmp><pid>1</pid><uptime>1</uptime><server><application><name>live</name><live><stream><name>';

const NGINX_RTMP: Parser = {
  name: 'nginx-rtmp',
  seeds: ['stat', 'stat-relay-vod', 'stat-without-clients'].map((name) =>
    recorded(`nginx-rtmp/testdata/nginx-rtmp-1.2.2/${name}.xml`),
  ),
  read: (bytes) => {
    const { streams } = parseStat(bytes.toString('utf8'));
    const observations = [...streams].flatMap(([name, stream]): Observation[] => [
      reportOf(name, stream, null, NOW),
      ...presencesOf(name, stream, 'worker', NOW),
    ]);
    return { observations, counted: null };
  },
  refuses: (error) => error instanceof XmlError,
  frames: [
    ['', ''],
    [RTMP, '</name></stream></live></application></server></rtmp>'],
    [
      `${RTMP}</name><client><id>1</id><flashver>`,
      '</flashver></client></stream></live></application></server></rtmp>',
    ],
    ['<rtmp ', '/>'],
  ],
  most: 1024 * 1024,
};

const MEDIAMTX: Parser = {
  name: 'mediamtx',
  seeds: [
    ...['paths', 'hlssessions', 'rtspsessions', 'webrtcsessions', 'srtconns'].map((list) => `api-1.19/${list}`),
    ...['paths', 'rtmpconns'].map((list) => `api-1.0/${list}`),
  ].map((path) => recorded(`mediamtx/testdata/${path}.json`)),
  read: (bytes) => {
    const items = parseList(fieldsOf(parseJson(bytes)))?.items ?? [];
    const { present } = parseSessions(items, 'rtsp', NOW);
    return { observations: [...parsePaths(items, NOW).reports, ...present.values()], counted: null };
  },
  refuses: never,
  frames: [
    ['{"items":[{"name":"', '","id":"a","path":"b"}]}'],
    ['{"items":[{"id":"a","path":"b","remoteAddr":"', '"}]}'],
    ['{"items":[', '{}]}'],
  ],
  most: 1024 * 1024,
};

const SRS: Parser = {
  name: 'srs',
  seeds: ['srs-6/clients', 'srs-6/streams', 'srs-3/clients', 'srs-3/streams'].map((path) =>
    recorded(`srs/testdata/${path}.json`),
  ),
  read: (bytes) => {
    const listed = (list: string) => {
      const answer = parseAnswer(fieldsOf(parseJson(bytes)), list);
      return answer === null || 'code' in answer ? { items: [], boot: null } : answer;
    };
    const { reports, names } = parseStreams(listed('streams').items, NOW);
    const { items, boot } = listed('clients');
    return { observations: [...reports, ...parseClients(items, names, boot, NOW).present.values()], counted: null };
  },
  refuses: never,
  frames: [
    ['{"code":0,"clients":[{"id":"a","url":"/', '"}]}'],
    ['{"code":0,"streams":[{"url":"', '"}]}'],
    ['{"code":0,"clients":[', '{}]}'],
  ],
  most: 1024 * 1024,
};

export const VIDEO: readonly Parser[] = [MEDIAMTX, NGINX_RTMP, SRS];
