/**
 * `npm run lab -- NAME` starts one of the real peers (or the stand-in for one) with a small crowd that comes and goes,
 * prints how to watch it, and stays until Ctrl+C. Without a name it lists them. `npm run lab -- hls-crowd 1000 7` is a
 * thousand players, drawn from the seed 7. For work by hand; tests use the modules.
 */

import { systemClock } from '../src/lib/clock.ts';
import { startCoturn } from './coturn.ts';
import { MOST_PLAYERS, startShow, TRUTH_HEADS } from './crowd/show.ts';
import { startHlsOrigin } from './hls-origin.ts';
import { startIcecast } from './icecast.ts';
import { MOST_VISITS, performCrowd, planCrowd } from './icecast-crowd.ts';
import { type LabRtmpClient, startNginxRtmp } from './nginx-rtmp.ts';
import { type PlayerPlan, startCrowd } from './players.ts';
import { createSpyServer } from './spyserver.ts';
import { startTautulli } from './tautulli.ts';

interface Peer {
  readonly summary: string;
  /** What may stand behind the name. */
  readonly usage?: string;
  /** Resolves when it runs; null if the arguments make no sense. */
  start(args: readonly string[]): Promise<Running | null>;
}

interface Running {
  /** The source, as Headcount takes it. */
  readonly source: string;
  /** A line more on how to watch it. */
  readonly also?: string;
  /** Something happens, every two seconds; `beat` counts them. Those that fail end the lab. */
  live(beat: number): Promise<void>;
  stop(): Promise<void>;
}

const BEAT_MS = 2000;
/** One who has come leaves after so many beats. */
const STAYS = 5;

const PEERS: Readonly<Record<string, Peer>> = {
  coturn: { summary: "Debian's TURN server; two clients that relay to one another, again and again", start: coturn },
  'hls-crowd': {
    summary: 'nginx and ffmpeg: a large crowd with addresses, apps, ids and habits, and the truth about it',
    usage: `[PLAYERS up to ${MOST_PLAYERS} [SEED]]`,
    start: hlsCrowd,
  },
  'hls-origin': { summary: 'nginx and ffmpeg: two live HLS streams, twenty players', start: hlsOrigin },
  icecast: { summary: "Debian's Icecast: two mounts, listeners that come and go", start: icecast },
  'icecast-crowd': {
    summary: 'the same with its access log: a crowd every half minute, a third of which is gone at once',
    usage: `[LISTENERS up to ${MOST_VISITS} [SEED]]`,
    start: icecastCrowd,
  },
  'nginx-rtmp': {
    summary: "Debian's nginx with the RTMP module: ffmpeg publishes two streams and plays them",
    start: nginxRtmp,
  },
  spyserver: { summary: 'a stand-in for the SPY Server, which Headcount starts itself', start: spyserver },
  tautulli: { summary: 'a stand-in for Tautulli: plays that begin and end', start: tautulli },
};

async function coturn(): Promise<Running> {
  const server = await startCoturn();
  let crowd: Promise<void> | null = null;
  let failure: unknown = null;
  return {
    source: `turn:lo?port=${server.port}`,
    live: async (beat) => {
      if (failure !== null) throw failure;
      const user = server.users[beat % server.users.length]!;
      const by = beat % 4 < 2 ? 'channels' : 'indications';
      crowd ??= server
        .crowd({ user, by, messages: 200, bytes: 160 })
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          crowd = null;
        });
    },
    stop: async () => {
      await crowd;
      await server.stop();
    },
  };
}

/** The truth is told every so many beats. */
const TRUTH_EVERY = 5;

async function hlsCrowd([players = '500', seed = '1']: readonly string[]): Promise<Running | null> {
  const size = Number(players);
  const isPlan = Number.isInteger(size) && size > 0 && size <= MOST_PLAYERS && Number.isInteger(Number(seed));
  if (!isPlan) return null;
  const show = await startShow(size, Number(seed));
  let failure: unknown = null;
  show.ended.catch((error: unknown) => {
    failure = error;
  });
  return {
    ...{ source: show.source, also: show.also, stop: show.stop },
    live: async (beat) => {
      if (failure !== null) throw failure;
      if (beat === 0) process.stdout.write(`\n${TRUTH_HEADS}\n`);
      const truth = beat % TRUTH_EVERY === 0 ? show.truth() : null;
      if (truth !== null) process.stdout.write(`${truth}\n`);
    },
  };
}

async function hlsOrigin(): Promise<Running> {
  const origin = await startHlsOrigin({ streams: ['rock', 'news'] });
  const { streams, qualities } = origin;
  const plans = Array.from(
    { length: 20 },
    (_, i): PlayerPlan => ({
      stream: streams[i % streams.length]!,
      quality: qualities[i % 3 === 0 ? 0 : 1]!,
      userAgent: `LabPlayer/${i}.0 (Linux)`,
      address: `127.0.0.${10 + i}`,
      joinAt: i * 500,
      switches: [{ at: 30_000 + i * 1000, quality: qualities[0]! }],
    }),
  );
  const crowd = startCrowd(origin.url, plans);
  return {
    source: `log:${origin.logPath}`,
    live: async () => {},
    stop: async () => {
      await crowd.stop();
      await origin.stop();
    },
  };
}

async function icecast(): Promise<Running> {
  const server = await startIcecast();
  const rock = await server.feed('/rock.mp3', { name: 'Rock', genre: 'Rock', bitrate: 32 });
  await server.feed('/news.mp3', { name: 'News', genre: 'Talk', bitrate: 32 });
  const leaving: (() => void)[] = [];
  return {
    source: `icecast://${server.user}:${server.password}@${server.host}:${server.port}?every=2s`,
    live: async (beat) => {
      const listener = await server.listen(beat % 3 === 0 ? '/news.mp3' : '/rock.mp3', `LabPlayer/${beat % 7}.0`);
      leaving.push(() => listener.leave());
      if (leaving.length > STAYS) leaving.shift()!();
      if (beat % 5 === 0) await rock.title(`Song ${beat / 5 + 1}`);
    },
    stop: () => server.stop(),
  };
}

/** How long a crowd lasts. */
const CROWD_MS = 30_000;

async function icecastCrowd([listeners = '100', seed = '1']: readonly string[]): Promise<Running | null> {
  const visits = Number(listeners);
  const isPlan = Number.isInteger(visits) && visits > 0 && visits <= MOST_VISITS && Number.isInteger(Number(seed));
  if (!isPlan) return null;
  const server = await startIcecast();
  const mounts = ['/rock.mp3', '/news.mp3'];
  for (const mount of mounts) await server.feed(mount, { name: mount });
  const stopping = new AbortController();
  let crowds = 0;
  let crowd: Promise<unknown> | null = null;
  let failure: unknown = null;
  return {
    source: `icecast://${server.user}:${server.password}@${server.host}:${server.port}?every=2s&accessLog=${server.logPath}`,
    live: async () => {
      if (failure !== null) throw failure;
      const plan = { seed: Number(seed) + crowds, visits, mounts, length: CROWD_MS };
      crowd ??= performCrowd(server, planCrowd(plan), stopping.signal)
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => {
          crowds++;
          crowd = null;
        });
    },
    stop: async () => {
      stopping.abort();
      await crowd;
      await server.stop();
    },
  };
}

async function nginxRtmp(): Promise<Running> {
  const server = await startNginxRtmp();
  const streams = ['live/rock', 'live/news'];
  for (const stream of streams) await server.publish(stream);
  const playing: LabRtmpClient[] = [];
  return {
    source: `nginx-rtmp://${server.host}:${server.port}/stat?every=2s`,
    live: async (beat) => {
      playing.push(await server.play(streams[beat % streams.length]!));
      if (playing.length > STAYS) await playing.shift()!.leave();
    },
    stop: () => server.stop(),
  };
}

async function spyserver(): Promise<Running> {
  const server = createSpyServer();
  return {
    source: `spyserver:${server.config}?exe=${server.exe}`,
    live: async (beat) => {
      // Nobody comes before Headcount has started it.
      if (server.pid === null) return;
      await server.connect(
        `192.0.2.${1 + (beat % 250)}`,
        5000 + beat,
        'SDR# 1700.0.0.1 on Microsoft Windows NT 6.2.9200.0',
      );
      const gone = beat - STAYS;
      if (gone >= 0) await server.disconnect(`192.0.2.${1 + (gone % 250)}`, 5000 + gone);
    },
    stop: () => server.stop(),
  };
}

async function tautulli(): Promise<Running> {
  const server = await startTautulli();
  const playing: (() => void)[] = [];
  return {
    source: `tautulli://${server.apiKey}@${server.host}:${server.port}?every=2s&historyEvery=10s`,
    live: async (beat) => {
      const user = ['alice', 'bob', 'carol'][beat % 3]!;
      const facts = {
        user,
        friendlyName: user,
        machineId: `machine-${beat % 6}`,
        address: `192.0.2.${10 + (beat % 6)}`,
      };
      const play = server.play({ ...facts, title: `Film ${1 + (beat % 4)}` });
      playing.push(() => play.stop());
      if (playing.length > STAYS) playing.shift()!();
    },
    stop: () => server.stop(),
  };
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const list = Object.entries(PEERS).map(([each, { summary }]) => `  ${each.padEnd(15)}${summary}\n`);
  const peer = name === undefined ? undefined : PEERS[name];
  if (name === undefined || peer === undefined) {
    const out = name === undefined ? process.stdout : process.stderr;
    out.write(
      `${name === undefined ? 'npm run lab -- NAME' : `There is no ${name} here. There are`}:\n\n${list.join('')}`,
    );
    return name === undefined ? 0 : 2;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const running = await peer.start(args);
  if (running === null) {
    process.stderr.write(`npm run lab -- ${name} ${peer.usage}\n`);
    return 2;
  }
  try {
    const also = running.also === undefined ? '' : `\n  ${running.also}\n`;
    process.stdout.write(`${name} runs until Ctrl+C. To watch it:\n\n  npm start -- '${running.source}'\n${also}`);
    await liveUntil(stopping.signal, running);
  } finally {
    await running.stop();
  }
  return 0;
}

async function liveUntil(signal: AbortSignal, running: Running): Promise<void> {
  for (let beat = 0; !signal.aborted; beat++) {
    await running.live(beat);
    await systemClock.sleep(BEAT_MS, signal);
  }
}

process.exitCode = await main(process.argv.slice(2));
