/**
 * A crowd of HLS players that really ask over HTTP, and the truth of what they did: each has its own user agent (and, if
 * told, its own loopback address), asks for its playlist every second, fetches what is new in it, may switch its
 * quality, pause, and leave. A few hundred cost next to nothing.
 */

import { Agent, get } from 'node:http';
import { systemClock } from '../src/lib/clock.ts';

export interface PlayerPlan {
  readonly stream: string;
  readonly quality: string;
  readonly userAgent: string;
  /** An address of 127.0.0.0/8 to ask from. */
  readonly address?: string;
  /** Everything in milliseconds after the start of the crowd. Without a leave it stays until the crowd is stopped. */
  readonly joinAt?: number;
  readonly leaveAt?: number;
  readonly switches?: readonly { readonly at: number; readonly quality: string }[];
  readonly pauses?: readonly { readonly from: number; readonly to: number }[];
}

/** What came of it. Only requests that were answered with 200, 206 or 304 count. */
export interface PlayerTruth {
  readonly plan: PlayerPlan;
  /** Milliseconds since the epoch: when the first request was sent and when the last answer had come. */
  firstAt: number | null;
  lastAt: number | null;
  requests: number;
  /** Of the bodies that came. */
  bytes: number;
  /** Requests that were answered otherwise. */
  refused: number;
  /** Playlists asked for, one after the other; the same twice is one. */
  readonly qualities: string[];
}

export interface Crowd {
  readonly truth: readonly PlayerTruth[];
  /** Every request that is under way is waited for: then the truth is final. */
  stop(): Promise<readonly PlayerTruth[]>;
  /** Resolves when every player has left. */
  readonly ended: Promise<void>;
}

const POLL_MS = 1000;

export function startCrowd(url: string, plans: readonly PlayerPlan[]): Crowd {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const stopping = new AbortController();
  const startedAt = performance.now();
  const truth = plans.map(
    (plan): PlayerTruth => ({
      ...{ plan, firstAt: null, lastAt: null, requests: 0, bytes: 0, refused: 0, qualities: [] },
    }),
  );
  const ended = Promise.all(
    truth.map((player, i) =>
      play({ url, agent, player, signal: stopping.signal, startedAt, phase: (i * 37) % POLL_MS }),
    ),
  ).then(() => agent.destroy());
  return {
    truth,
    ended,
    stop: async () => {
      stopping.abort();
      await ended;
      return truth;
    },
  };
}

interface Playing {
  readonly url: string;
  readonly agent: Agent;
  readonly player: PlayerTruth;
  readonly signal: AbortSignal;
  readonly startedAt: number;
  /** Players do not ask in step. */
  readonly phase: number;
}

async function play(playing: Playing): Promise<void> {
  const { player, signal, startedAt, phase } = playing;
  const { stream, quality, joinAt = 0, leaveAt, switches = [], pauses = [] } = player.plan;
  const elapsed = () => performance.now() - startedAt;
  const fetched = new Set<string>();
  await systemClock.sleep(joinAt + phase - elapsed(), signal);
  while (!signal.aborted && (leaveAt === undefined || elapsed() < leaveAt)) {
    const pause = pauses.find(({ from, to }) => elapsed() >= from && elapsed() < to);
    if (pause !== undefined) {
      await systemClock.sleep(pause.to - elapsed(), signal);
      continue;
    }
    const due = elapsed() + POLL_MS;
    const now = switches.findLast(({ at }) => elapsed() >= at)?.quality ?? quality;
    if (player.qualities.at(-1) !== now) player.qualities.push(now);
    const playlist = await ask(playing, `/hls/${stream}/${now}.m3u8`);
    // A player that joins a live stream begins three segments before its end (RFC 8216 §6.3.3).
    const listed = playlist.split('\n').filter((line) => line.endsWith('.ts'));
    for (const segment of fetched.size === 0 ? listed.slice(-3) : listed) {
      if (signal.aborted || fetched.has(segment)) continue;
      fetched.add(segment);
      await ask(playing, `/hls/${stream}/${segment}`);
    }
    await systemClock.sleep(due - elapsed(), signal);
  }
}

/** The body as text. A peer that does not answer ends the player's test: that is a fault of the lab. */
function ask({ url, agent, player }: Playing, path: string): Promise<string> {
  const { userAgent, address } = player.plan;
  return new Promise((resolve, reject) => {
    player.firstAt ??= Date.now();
    const options = {
      agent,
      headers: { 'User-Agent': userAgent },
      ...(address === undefined ? {} : { localAddress: address }),
    };
    const request = get(`${url}${path}`, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        player.lastAt = Date.now();
        if ([200, 206, 304].includes(answer.statusCode ?? 0)) {
          player.requests++;
          player.bytes += body.length;
        } else {
          player.refused++;
        }
        resolve(body.toString('latin1'));
      });
    });
    request.on('error', reject);
  });
}
