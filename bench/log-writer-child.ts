/**
 * Writes the log of a busy HLS edge, in nginx's combined format: `log-writer-child.ts LOAD`, where LOAD is JSON (see
 * log-writer.ts). Every player has its turn, again and again: a playlist, a segment, and now and then something that is
 * no audience. The same seed gives the same players and requests; only the times are those of the clock.
 */

import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../src/enrich/fixture.ts';
import { type Load, MARKER, type Step, type Written } from './log-writer.ts';
import { userAgents } from './people.ts';

const AGENTS = 2000;
const STREAMS = 20;
const QUALITIES = ['360p', '480p', '720p', '1080p'];
/** How long somebody stays, on average, if nothing is said. */
const STAY_SECONDS = 600;
/** One in so many lines is no audience. */
const OTHER_EVERY = 64;
const SEGMENT_SECONDS = 4;
/** 198.18.0.0/15 (RFC 2544). */
const IPV4_HOSTS = 2 ** 17;
/** One in so many has an address of 2001:db8::/32 (RFC 3849). */
const IPV6_EVERY = 8;
/** Sessions are told apart by pauses of 40 s: nobody may wait nearly as long for its turn. */
const LONGEST_TURN_SECONDS = 10;

interface Player {
  readonly address: string;
  readonly agent: string;
  readonly folder: string;
  readonly sent: number;
  turn: number;
  isSeen: boolean;
}

class Crowd {
  readonly #load: Load;
  readonly #random: () => number;
  readonly #agents: readonly string[];
  readonly #present: Player[] = [];
  #next = 0;
  #came = 0;
  readonly written = { lines: 0, requests: 0, bytes: 0, sessions: 0 };

  constructor(load: Load) {
    this.#load = load;
    this.#random = randomFrom(load.seed);
    this.#agents = userAgents(AGENTS);
  }

  /** So many more lines, the last one of which is the marker's. */
  lines(count: number, at: number, elapsedSeconds: number): string {
    const { players, arriveSeconds } = this.#load;
    const wanted = Math.ceil(players * Math.min(1, (elapsedSeconds + 1e-3) / arriveSeconds));
    while (this.#present.length < wanted) this.#present.push(this.#player());
    const time = logTime(at);
    const segment = Math.floor(at / 1000 / SEGMENT_SECONDS);
    let text = '';
    for (let i = 1; i < count; i++) text += this.#line(time, segment);
    this.written.lines += count;
    this.#count(3);
    if (this.written.lines === count) this.written.sessions++;
    return `${text}198.51.100.1 - ${MARKER} [${time}] "GET /hls/stream0/360p.m3u8 HTTP/1.1" 304 3 "-" "Marker/1.0"\n`;
  }

  #line(time: string, segment: number): string {
    this.#next = (this.#next + 1) % this.#present.length;
    const player = this.#turnOf(this.#next);
    const turn = player.turn++;
    const line = (request: string, status: number, sent: number) =>
      `${player.address} - - [${time}] "${request} HTTP/1.1" ${status} ${sent} "-" "${player.agent}"\n`;
    if (turn % OTHER_EVERY === OTHER_EVERY - 1) {
      return turn % 3 === 0 ? line('GET /favicon.ico', 200, 4286) : line(`GET ${player.folder}/0.ts`, 404, 153);
    }
    if (!player.isSeen) this.written.sessions++;
    player.isSeen = true;
    const sent = turn % 2 === 0 ? 342 : player.sent;
    this.#count(sent);
    return turn % 2 === 0
      ? line(`GET ${player.folder}.m3u8`, 200, sent)
      : line(`GET ${player.folder}/${segment}.ts`, turn % 5 === 0 ? 206 : 200, sent);
  }

  /** Whose turn it is; somebody else if that one has gone. */
  #turnOf(place: number): Player {
    const player = this.#present[place]!;
    const turnSeconds = this.#present.length / this.#load.linesPerSecond;
    if (!player.isSeen || this.#random() * (this.#load.staySeconds ?? STAY_SECONDS) > turnSeconds) return player;
    const other = this.#player();
    this.#present[place] = other;
    return other;
  }

  #count(sent: number): void {
    this.written.requests++;
    this.written.bytes += sent;
  }

  /** No two have the same address and user agent. */
  #player(): Player {
    const number = this.#came++;
    const host = number % IPV4_HOSTS;
    const agent = Math.imul(host, 0x9e3779b1) >>> 8;
    const stream = Math.floor(STREAMS * this.#random() * this.#random());
    const quality = Math.floor(this.#random() * QUALITIES.length);
    return {
      address:
        number % IPV6_EVERY === 0
          ? `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::${(1 + (agent & 0xff)).toString(16)}`
          : `198.${18 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`,
      agent: this.#agents[(agent + Math.floor(number / IPV4_HOSTS)) % AGENTS]!,
      folder: `/hls/stream${stream}/${QUALITIES[quality]}`,
      sent: 120_000 * (quality + 1) + Math.floor(90_000 * this.#random()),
      turn: number % OTHER_EVERY,
      isSeen: false,
    };
  }
}

/** As nginx writes it, in UTC. */
function logTime(at: number): string {
  const [, day, month, year, time] = new Date(at).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function tell(message: Step | Written): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function write(load: Load): Promise<void> {
  const { path, linesPerSecond, seconds, stepMs, players } = load;
  if (players / linesPerSecond > LONGEST_TURN_SECONDS) throw new Error('too many players for so few lines a second');
  const crowd = new Crowd(load);
  const file = openSync(path, 'a');
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  while (elapsed() < seconds) {
    const due = Math.floor(elapsed() * linesPerSecond) - crowd.written.lines;
    if (due > 0) {
      // One write: a reader sees whole steps, or the beginning of one.
      writeSync(file, crowd.lines(due, Date.now(), elapsed()), null, 'latin1');
      await tell({ at: Date.now(), lines: crowd.written.lines });
    }
    await sleep(stepMs);
  }
  closeSync(file);
  await tell(crowd.written);
}

// Whoever started it is gone.
process.once('disconnect', () => process.exit());
await write(JSON.parse(process.argv[2]!) as Load);
process.disconnect();
