/**
 * One server of each kind with a known crowd on it, and what is true of that crowd: from nginx' own log, coturn's own
 * log, and from when we connected and left ourselves.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type LabCoturn, startCoturn } from '../../lab/coturn.ts';
import { type HlsOrigin, startHlsOrigin } from '../../lab/hls-origin.ts';
import { type LabIcecast, startIcecast } from '../../lab/icecast.ts';
import type { PlayerPlan } from '../../lab/players.ts';
import { createSpyServer, type SpyServer } from '../../lab/spyserver.ts';
import { type LabTautulli, startTautulli } from '../../lab/tautulli.ts';

export interface Five {
  readonly hls: HlsOrigin;
  readonly icecast: LabIcecast;
  readonly spy: SpyServer;
  readonly turn: LabCoturn;
  readonly tautulli: LabTautulli;
  /** The configuration that watches all five. */
  readonly sources: Record<string, unknown>[];
  stop(): Promise<void>;
}

/** A silence of a player that is longer makes two sessions of it. */
export const HLS_GAP_SECONDS = 6;

export async function startFive(): Promise<Five> {
  const starting = [
    startHlsOrigin({ streams: ['rock', 'jazz'] }),
    startIcecast(),
    startCoturn(),
    startTautulli(),
  ] as const;
  const started = await Promise.allSettled(starting);
  if (started.some(({ status }) => status === 'rejected')) {
    await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : null)));
  }
  const [hls, icecast, turn, tautulli] = await Promise.all(starting);
  const spy = createSpyServer();
  const { host, port, user, password } = icecast;
  const { host: plex, port: plexPort, apiKey } = tautulli;
  return {
    ...{ hls, icecast, spy, turn, tautulli },
    sources: [
      { url: `log:${hls.logPath}`, name: 'hls', gap: `${HLS_GAP_SECONDS}s` },
      { url: `icecast://${user}:${password}@${host}:${port}?every=1s`, name: 'radio' },
      { url: `spyserver:${spy.config}?exe=${spy.exe}`, name: 'sdr' },
      { url: `turn:lo?port=${turn.port}`, name: 'calls' },
      { url: `tautulli://${apiKey}@${plex}:${plexPort}?every=1s&history-every=2s`, name: 'plex' },
    ],
    stop: async () => {
      await Promise.all([hls.stop(), icecast.stop(), turn.stop(), tautulli.stop(), spy.stop()]);
    },
  };
}

/** A session as it really was. Times are milliseconds since the epoch. */
export interface TrueSession {
  /** What tells it from all others: its user agent, port or user. */
  readonly who: string;
  readonly stream: string;
  readonly from: number;
  to: number;
  requests: number;
  bytes: number;
  quality: string | null;
}

const LINE = /^(\S+) \S+ \S+ \[([^\]]+)\] "GET \/hls\/(\w+)\/(\w+)[./]\S* HTTP\/1\.1" (\d{3}) (\d+) "[^"]*" "([^"]*)"$/;

/** The sessions that nginx' log amounts to, its rotated predecessors included: found without any of Headcount's code. */
export function hlsTruth(logPath: string): TrueSession[] {
  const folder = dirname(logPath);
  const files = readdirSync(folder).filter((name) => name.startsWith(basename(logPath)));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean));
  const requests = lines.map((line) => {
    const [, , time, stream, quality, status, bytes, agent] = LINE.exec(line) ?? [];
    if (agent === undefined) throw new Error(`not a line of the lab: ${line}`);
    const at = Date.parse(time!.replace(/^(\d+)\/(\w+)\/(\d+):/, '$1 $2 $3 '));
    return {
      at,
      stream: stream!,
      quality: quality!,
      isGood: /^(200|206|304)$/.test(status!),
      bytes: Number(bytes),
      agent,
    };
  });
  const good = requests.filter(({ isGood }) => isGood).sort((a, b) => a.at - b.at);
  const newest = new Map<string, TrueSession>();
  const all: TrueSession[] = [];
  for (const { at, stream, quality, bytes, agent } of good) {
    let session = newest.get(`${agent} ${stream}`);
    if (session === undefined || at - session.to > HLS_GAP_SECONDS * 1000) {
      session = { who: agent, stream, from: at, to: at, requests: 0, bytes: 0, quality };
      newest.set(`${agent} ${stream}`, session);
      all.push(session);
    }
    session.to = at;
    session.requests++;
    session.bytes += bytes;
    session.quality = quality;
  }
  // A lone request counts one second.
  for (const session of all) session.to = Math.max(session.to, session.from + 1000);
  return all;
}

/** Players on two streams: some stay, some leave early, some switch their quality, some pause for longer than the gap. */
export function hlsPlans(count: number, lengthMs: number): PlayerPlan[] {
  return Array.from({ length: count }, (_, i): PlayerPlan => {
    const plan = {
      stream: i % 3 === 0 ? 'jazz' : 'rock',
      quality: i % 2 === 0 ? '360p' : '720p',
      userAgent: `VLC/3.0.${i} LibVLC/3.0.${i}`,
      address: `127.0.1.${i + 1}`,
      joinAt: (i * 50) % 3000,
    };
    switch (i % 4) {
      case 0:
        return { ...plan, leaveAt: lengthMs * 0.5 };
      case 1:
        return { ...plan, switches: [{ at: lengthMs * 0.4, quality: i % 8 === 1 ? '360p' : '720p' }] };
      case 2:
        return { ...plan, pauses: [{ from: lengthMs * 0.4, to: lengthMs * 0.4 + (HLS_GAP_SECONDS + 4) * 1000 }] };
      default:
        return plan;
    }
  });
}
