/** For the contract test of all sources: a log on disk, to which a "server" appends. */

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFixture } from '../fixture.ts';

export const fixture: SourceFixture = {
  urls: [
    {
      url: '/var/log/nginx/access.log',
      options: { path: '/var/log/nginx/access.log' },
      name: 'access-log:/var/log/nginx/access.log',
    },
    {
      url: 'log:logs/hls?from=12h&playback-id=sid,session&follow=no&poll=1s',
      options: { path: 'logs/hls', from: '12h', playbackId: 'sid,session', follow: 'no', poll: '1s' },
      name: 'access-log:logs/hls',
    },
  ],
  refused: [
    {},
    { path: '' },
    { path: '/a.log', from: 'yesterday' },
    { path: '/a.log', poll: '1ms' },
    { path: '/a.log', follow: 'maybe' },
    { path: '/a.log', colour: 'red' },
  ],
  start: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headcount-access-log-'));
    const path = join(folder, 'access.log');
    writeFileSync(path, '');
    let listeners = 0;
    return {
      options: { path, poll: '20ms' },
      speak: async () => {
        listeners++;
        const listener = `192.0.2.${listeners % 250} - - [${logTime(Date.now())}] `;
        appendFileSync(path, `${listener}"GET /hls/rock/720p.m3u8 HTTP/1.1" 200 194 "-" "VLC/3"\n`);
        appendFileSync(path, 'this is no line of an access log\n\0\0\xff\n');
      },
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },
  unreachable: async () => ({ path: join(tmpdir(), 'headcount-there-is-no-such-folder', 'access.log') }),
};

/** As nginx writes an instant, in UTC: `21/Nov/2026:01:19:26 +0000`. */
export function logTime(at: number): string {
  const [, day, month, year, time] = new Date(at).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
