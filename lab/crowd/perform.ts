/**
 * Performs the scripts of a crowd against a real HLS server: real sockets, real requests, one at a time for each player,
 * and a note of every answer. What the notes amount to says truth.ts.
 *
 * An answer's time is its `Date`: nginx writes it from the same cached clock, in the same turn of its event loop, as the
 * time in its log. So what is true of the crowd is known to the second that the log will tell.
 */

import { Agent, get } from 'node:http';
import { randomFrom } from '../../src/enrich/fixture.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Asked, headersOf, type Measured, measuredOf, queryOf } from './devices.ts';
import type { Script, Stretch } from './script.ts';

export interface Answer {
  readonly script: Script;
  readonly playback: string;
  readonly stream: string;
  /** Of the playlist asked for; null for a segment and for the playlist that lists the others. */
  readonly quality: string | null;
  /** Milliseconds since the epoch, whole seconds, by the server's clock. */
  readonly at: number;
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** What the player said of its playback; null if nothing. */
  readonly measured: Measured | null;
}

export interface Performance {
  /** In the order in which they came. It grows until the performance has ended. */
  readonly answers: readonly Answer[];
  /** Milliseconds on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Resolves when everybody has gone; rejects if the server does not answer. */
  readonly ended: Promise<void>;
  /** Everybody goes at once; requests that are under way are waited for. */
  stop(): Promise<void>;
}

/** How often a player asks for its playlist. */
const POLL_MS = 1000;
/** So many requests come from one address before a host takes the next one of its /64. */
const REQUESTS_AN_ADDRESS = 9;

/** `url`: of the server, without a slash behind. Its streams lie in `/hls/STREAM/QUALITY.m3u8`. */
export function perform(url: string, scripts: readonly Script[]): Performance {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 4096 });
  const stopping = new AbortController();
  const startedAt = performance.now();
  const answers: Answer[] = [];
  const players = scripts.map((script) =>
    new Player({
      url,
      agent,
      script,
      startedAt,
      signal: stopping.signal,
      note: (answer) => answers.push(answer),
    }).run(),
  );
  const ended = Promise.all(players).then(
    () => agent.destroy(),
    (error: unknown) => {
      stopping.abort();
      agent.destroy();
      throw error;
    },
  );
  return {
    ...{ answers, startedAt, ended },
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

interface Playing {
  readonly url: string;
  readonly agent: Agent;
  readonly script: Script;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  note(answer: Answer): void;
}

class Player {
  readonly #playing: Playing;
  readonly #random: () => number;
  /** Of the playlists that it has: what they said, and their ETag. */
  readonly #kept = new Map<string, { readonly etag: string; readonly body: string }>();
  #asked = 0;
  /** What it has fetched in this stretch. */
  #fetched = new Set<string>();
  /** It goes on after a pause, with nothing left to show. */
  #isStarved = false;

  constructor(playing: Playing) {
    this.#playing = playing;
    this.#random = randomFrom(playing.script.number);
  }

  async run(): Promise<void> {
    const { script, signal } = this.#playing;
    let playback: string | null = null;
    for (const stretch of script.stretches) {
      await this.#until(stretch.from);
      if (signal.aborted) return;
      this.#fetched = new Set();
      if (stretch.does === 'looks' || stretch.playback !== playback) await this.#ask(stretch, 'master.m3u8', null);
      this.#isStarved = stretch.playback === playback;
      playback = stretch.playback;
      if (stretch.does !== 'looks') await this.#play(stretch);
    }
  }

  async #play(stretch: Stretch): Promise<void> {
    const { signal } = this.#playing;
    while (!signal.aborted && this.#elapsed < stretch.to) {
      const due = this.#elapsed + POLL_MS;
      const chosen = stretch.switches.findLast(({ at }) => this.#elapsed >= at);
      const quality = chosen?.quality ?? stretch.quality;
      const playlist = await this.#ask(stretch, `${quality}.m3u8`, quality);
      // A player that joins a live stream begins three segments before its end (RFC 8216 §6.3.3).
      const listed = playlist.split('\n').filter((line) => line.endsWith('.ts'));
      for (const segment of this.#fetched.size === 0 ? listed.slice(-3) : listed) {
        if (signal.aborted || this.#fetched.has(numberOf(segment))) continue;
        this.#fetched.add(numberOf(segment));
        await this.#ask(stretch, segment, quality);
      }
      await this.#until(Math.min(due, stretch.to));
    }
  }

  /** The body as text: for a 304 the one that it has. */
  async #ask({ stream, playback }: Stretch, file: string, quality: string | null): Promise<string> {
    const { url, script, note } = this.#playing;
    const path = `/hls/${stream}/${file}`;
    const isPlaylist = file.endsWith('.m3u8');
    const kept = this.#kept.get(path);
    const isStarved = this.#isStarved && !isPlaylist;
    if (isStarved) this.#isStarved = false;
    const asked: Asked = { stream, quality, isPlaylist, playback, etag: kept?.etag ?? null, isStarved };
    const answer = await this.#send(`${url}${path}${queryOf(script.device, asked)}`, {
      ...headersOf(script.device, script.userAgent, asked),
      ...this.#forwarded(),
    });
    const { status, at, body } = answer;
    note({
      ...{ script, playback, stream, at, status, bytes: body.length },
      quality: isPlaylist ? quality : null,
      measured: measuredOf(script.device, asked),
    });
    if (status === 304) return kept!.body;
    if (status !== 200 || !isPlaylist) return '';
    const text = body.toString('latin1');
    if (answer.etag !== null) this.#kept.set(path, { etag: answer.etag, body: text });
    return text;
  }

  #forwarded(): Record<string, string> {
    const { isProxied, forges, addresses } = this.#playing.script;
    if (!isProxied) return {};
    const address = addresses[Math.floor(this.#asked++ / REQUESTS_AN_ADDRESS) % addresses.length]!;
    const made = `203.0.113.${1 + Math.floor(this.#random() * 250)}`;
    return { 'X-Forwarded-For': forges ? `${made}, ${address}` : address };
  }

  #send(url: string, headers: Record<string, string>): Promise<Received> {
    const { agent, script } = this.#playing;
    const from = script.isProxied ? {} : { localAddress: script.addresses[0]! };
    return new Promise((resolve, reject) => {
      const request = get(url, { agent, headers, ...from }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const { date, etag = null } = answer.headers;
          const body = Buffer.concat(chunks);
          resolve({ status: answer.statusCode ?? 0, at: Date.parse(date ?? ''), etag, body });
        });
      });
      request.on('error', reject);
    });
  }

  get #elapsed(): number {
    return performance.now() - this.#playing.startedAt;
  }

  #until(time: number): Promise<void> {
    return systemClock.sleep(Math.max(time - this.#elapsed, 0), this.#playing.signal);
  }
}

interface Received {
  readonly status: number;
  readonly at: number;
  readonly etag: string | null;
  readonly body: Buffer;
}

/** A segment of one number is the same moment in every quality: after a switch nobody fetches it again. */
function numberOf(segment: string): string {
  return segment.slice(segment.lastIndexOf('/') + 1);
}
