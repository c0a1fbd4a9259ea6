/**
 * A crowd of simulated players: they come, listen for a while, change quality, pause, and go. Each makes real HTTP
 * requests to the origin (origin.ts) over loopback; only its address, which it sends as X-Forwarded-For, is made up.
 */

import { Agent, get } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import { newestSegment, SEGMENT_SECONDS, STREAMS } from './origin.ts';

export interface CrowdOptions {
  readonly port: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** In [0, 1). */
  readonly random: () => number;
  /** How many there are on average. */
  readonly size: number;
  /** A plausible address for somebody new. */
  readonly address: () => string;
}

const AGENTS: readonly (readonly [agent: string, weight: number])[] = [
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    16,
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 7],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
    9,
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    10,
  ],
  [
    'Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
    9,
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
    5,
  ],
  ['AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_us)', 9],
  ['AppleCoreMedia/1.0.0.22M84 (Apple TV; U; CPU OS 18_6 like Mac OS X; en_us)', 3],
  ['VLC/3.0.21 LibVLC/3.0.21', 8],
  ['Lavf/61.7.100', 3],
  ['mpv 0.39.0', 2],
  ['Kodi/21.2 (X11; Linux x86_64) App_Bitness/64 Version/21.2-(21.2.0)-Git:20250117', 3],
  ['ExoPlayerDemo/2.19.1 (Linux; Android 14) ExoPlayerLib/2.19.1', 5],
  ['Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/8.0 TV Safari/537.36', 4],
  [
    'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 WebAppManager',
    3,
  ],
  ['Sonos/83.1-61240 (ZPS38)', 3],
  ['RadioDroid/0.86', 2],
  ['foobar2000/2.1', 2],
  ['Winamp 5.9.2', 1],
  ['Googlebot-Video/1.0', 0.3],
];

const STREAM_WEIGHTS = [9, 7, 10, 4, 3];

/** Resolves when the signal has aborted and everybody has gone home. */
export async function runCrowd(options: CrowdOptions): Promise<void> {
  const { clock, signal, random } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const players = new Set<Promise<void>>();
  const welcome = () => {
    const player = play(options, agent).catch(() => {});
    players.add(player);
    void player.then(() => players.delete(player));
  };
  // The first ones are there already, so that a newcomer sees them at once; then the crowd breathes.
  const startedAt = clock.elapsed();
  while (!signal.aborted) {
    const minutes = (clock.elapsed() - startedAt) / 60_000;
    const wanted = options.size * (1 + 0.18 * Math.sin(minutes * 1.1) + 0.06 * Math.sin(minutes * 5.3));
    const missing = wanted - players.size;
    for (let i = 0; i < Math.min(missing * 0.25, 40); i++) welcome();
    if (random() < 0.5) welcome();
    await clock.sleep(250 + 500 * random(), signal);
  }
  await Promise.all(players);
  agent.destroy();
}

async function play(options: CrowdOptions, agent: Agent): Promise<void> {
  const { clock, signal, random } = options;
  const stream = STREAMS[pick(STREAM_WEIGHTS, random)]!;
  const qualities = Object.keys(stream.qualities);
  const headers = {
    'user-agent':
      AGENTS[
        pick(
          AGENTS.map(([, weight]) => weight),
          random,
        )
      ]![0],
    'x-forwarded-for': options.address(),
  };
  const request = (path: string) => fetchAway(options.port, path, headers, agent, signal);
  let quality = Math.floor(random() * qualities.length);
  // Most stay for minutes, some only look in, a few stay for hours.
  const stays = 8000 + 90_000 * -Math.log(1 - random()) * (random() < 0.15 ? 12 : 1.5);
  const until = clock.elapsed() + stays;
  await request(`/${stream.name}/master.m3u8`);
  let last = newestSegment(clock.now()) - 2;
  while (!signal.aborted && clock.elapsed() < until) {
    if (random() < 0.03) quality = Math.min(Math.max(quality + (random() < 0.5 ? -1 : 1), 0), qualities.length - 1);
    const name = qualities[quality]!;
    await request(`/${stream.name}/${name}.m3u8`);
    const newest = newestSegment(clock.now());
    while (last < newest && !signal.aborted) await request(`/${stream.name}/${name}/${++last}.ts`);
    const isPausing = random() < 0.004;
    await clock.sleep((isPausing ? 20_000 : SEGMENT_SECONDS * 1000) * (0.85 + 0.3 * random()), signal);
  }
}

/** Fetches, and throws the body away. */
function fetchAway(
  port: number,
  path: string,
  headers: Record<string, string>,
  agent: Agent,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent, signal }, (response) => {
      response.on('end', resolve);
      response.on('error', reject);
      response.resume();
    }).on('error', reject);
  });
}

function pick(weights: readonly number[], random: () => number): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
