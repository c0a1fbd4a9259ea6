/**
 * The log that bench/access-log.ts reads: an HLS edge in nginx's combined format, some twenty minutes with about five
 * thousand players at a time, out of 20,000 clients with 2,000 user agents on 20 streams in four qualities. The same
 * seed gives the same bytes. It is made once and kept under the system's temporary folder.
 */

import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomFrom } from '../src/enrich/fixture.ts';
import { userAgent } from './people.ts';

const CLIENTS = 20_000;
const AGENTS = 2000;
const STREAMS = 20;
const QUALITIES = ['360p', '480p', '720p', '1080p'];
const START = Date.UTC(2025, 4, 17, 18, 0, 0);
const SEGMENT_SECONDS = 4;

/** Raise it when what is made changes. */
const VERSION = 2;

interface Player {
  readonly address: string;
  readonly agent: string;
  readonly referer: string;
  readonly query: string;
  stream: number;
  quality: number;
  leavesAt: number;
}

/** Makes the file, or finds it; answers its path. */
export async function accessLogFile(lines: number): Promise<string> {
  const path = join(tmpdir(), `headcount-bench-access-log-v${VERSION}-${lines}.log`);
  if (existsSync(path)) return path;
  const file = createWriteStream(`${path}.part`);
  for (const chunk of chunks(lines)) if (!file.write(chunk)) await once(file, 'drain');
  file.end();
  await once(file, 'close');
  await rename(`${path}.part`, path);
  return path;
}

function* chunks(lines: number): Generator<string> {
  const random = randomFrom(42);
  const due = new Map<number, Player[]>();
  const wait = (player: Player, second: number) => {
    const list = due.get(second);
    if (list === undefined) due.set(second, [player]);
    else list.push(player);
  };
  const agents = Array.from({ length: AGENTS }, (_, i) => userAgent(i, random));
  for (let i = 0; i < CLIENTS; i++) wait(newPlayer(i, agents, random), Math.floor(random() * 1200));

  let written = 0;
  let chunk: string[] = [];
  for (let second = 0; written + chunk.length < lines; second++) {
    const time = logTime(START + second * 1000);
    for (const player of due.get(second) ?? []) {
      if (player.leavesAt === 0) tune(player, second, random);
      const segment = Math.floor(second / SEGMENT_SECONDS);
      chunk.push(...requests(player, time, segment, random));
      const isLeaving = second + SEGMENT_SECONDS >= player.leavesAt;
      wait(player, isLeaving ? second + Math.floor(breakSeconds(random)) : second + SEGMENT_SECONDS);
      if (isLeaving) player.leavesAt = 0;
    }
    due.delete(second);
    if (chunk.length > 10_000) {
      chunk = chunk.slice(0, lines - written);
      written += chunk.length;
      yield chunk.join('');
      chunk = [];
    }
  }
  yield chunk.slice(0, lines - written).join('');
}

/** Somebody comes back: on some stream, for five minutes on average. */
function tune(player: Player, second: number, random: () => number): void {
  player.stream = Math.floor(STREAMS * random() * random());
  player.quality = Math.floor(random() * QUALITIES.length);
  player.leavesAt = second + 8 - 300 * Math.log(1 - random());
}

/** One in eight is only a pause, shorter than the gap of a session or about as long as it. */
function breakSeconds(random: () => number): number {
  return random() < 0.125 ? 10 + 50 * random() : 60 - 900 * Math.log(1 - random());
}

/** What a player asks for every four seconds, and now and then something else. */
function requests(player: Player, time: string, segment: number, random: () => number): string[] {
  if (random() < 0.02) player.quality = Math.floor(random() * QUALITIES.length);
  const folder = `/hls/stream${player.stream}/${QUALITIES[player.quality]}`;
  const bytes = 120_000 * (player.quality + 1) + Math.floor(90_000 * random());
  const line = (request: string, status: number, sent: number) =>
    `${player.address} - - [${time}] "${request}" ${status} ${sent} "${player.referer}" "${player.agent}"\n`;
  const lines = [
    line(`GET ${folder}.m3u8${player.query} HTTP/1.1`, random() < 0.1 ? 304 : 200, 342),
    line(`GET ${folder}/${segment}.ts HTTP/1.1`, random() < 0.2 ? 206 : 200, bytes),
  ];
  const other = random();
  if (other < 0.02) lines.push(line(`GET ${folder}/${segment + 9}.ts HTTP/1.1`, 404, 153));
  else if (other < 0.03) lines.push(line('GET /favicon.ico HTTP/2.0', 200, 4286));
  else if (other < 0.035) lines.push(line(`HEAD ${folder}.m3u8 HTTP/1.1`, 200, 0));
  else if (other < 0.0355) lines.push(`${player.address} - - [${time}] "\\x16\\x03\\x01" 400 157 "-" "-"\n`);
  else if (other < 0.0357) lines.push(`${player.address} - - [${time}] "GET ${folder}/7.ts HT\n`);
  return lines;
}

function newPlayer(i: number, agents: readonly string[], random: () => number): Player {
  const agent = Math.floor(AGENTS * random() * random());
  // 198.18.0.0/15 is kept for benchmarks (RFC 2544), 2001:db8::/32 for examples (RFC 3849).
  const isIpv6 = random() < 0.15;
  const address = isIpv6
    ? `2001:db8:${(i >> 4).toString(16)}:${(i % 16).toString(16)}::${((i * 7) & 0xffff).toString(16)}`
    : `198.${18 + (i & 1)}.${(i >> 8) & 255}.${i & 255}`;
  const isBrowser = agent % 2 === 0;
  return {
    address,
    agent: agents[agent]!,
    referer: isBrowser ? 'https://tv.example.org/watch/live?lang=en' : '-',
    query: random() < 0.1 ? `?token=${Math.floor(random() * 1e9).toString(36)}` : '',
    stream: 0,
    quality: 0,
    leavesAt: 0,
  };
}

function logTime(at: number): string {
  const date = new Date(at).toUTCString();
  // `Sat, 17 May 2025 18:00:00 GMT`
  return `${date.slice(5, 7)}/${date.slice(8, 11)}/${date.slice(12, 16)}:${date.slice(17, 25)} +0000`;
}
