/**
 * Logs as servers would have written them of one and the same hour, drawn from a seed: a web server's combined log, a
 * CDN's JSON lines behind a proxy, and an Icecast's. With all that makes it hard to find the same sessions again however a
 * log is read: pauses of about a gap, lines out of their order within the lateness, lines that are equal, ids, CMCD,
 * addresses that change within an IPv6 /64, qualities that change, and lines that are no audience or no lines at all.
 */

import { randomFrom } from '../../src/enrich/fixture.ts';
import { logTime } from '../../src/sources/access-log/fixture.ts';

export interface WrittenLog {
  /** Of the source, and of the file. */
  readonly name: string;
  readonly options: Record<string, unknown>;
  /** In the order of the file, each with its end. */
  readonly lines: readonly Buffer[];
}

export interface Writing {
  readonly seed: number;
  /** Web players of each log, and listeners of the Icecast. */
  readonly players: number;
}

const SECOND = 1000;
const GAP = 40 * SECOND;
const START = Date.UTC(2025, 2, 10, 19);
const LENGTH = 45 * 60 * SECOND;
/** A line comes so much after lines that are newer, at most. */
const LATEST = 5 * SECOND;
/** Nobody of the others is on this stream: its one listener comes when all sessions are over, so that time has passed for them. */
export const LAST_STREAM = 'afterwards';
const LAST = START + LENGTH + 600 * SECOND;

/** What the config says of each source: lateness is larger than needed, since a test is no live server and may be slow. */
const TIMING = { gap: '40s', lateness: '30s' };

interface Asked {
  readonly at: number;
  /** So much later than `at` it was written. */
  readonly delay: number;
  readonly address: string;
  readonly agent: string;
  readonly user: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly cmcd: string | null;
  readonly status: number;
  readonly bytes: number;
}

export function writeLogs(writing: Writing): WrittenLog[] {
  return [
    {
      name: 'web',
      options: { ...TIMING, playbackId: ['sid'] },
      lines: inOrder(webRequests(writing, 1, false), combined, NOISE),
    },
    {
      name: 'cdn',
      options: { ...TIMING, trustedProxies: ['203.0.113.0/28', '2001:db8:ffff::/48'] },
      lines: inOrder(webRequests(writing, 2, true), json, NOISE.slice(1)),
    },
    { name: 'icecast', options: { ...TIMING, format: 'icecast' }, lines: icecastLines(writing) },
  ];
}

/** What is among the lines of every log; the first one only where lines are no JSON. */
const NOISE = [
  '192.0.2.99 - - [10/Mar/2025:19:30:00 +0000] "GET /rock/720p.m3u8 HTTP/1.1" 200',
  'this is no line of a log',
  '\0\0\0',
  '',
];

// The web

const AGENTS = [
  'VLC/3.0.18 LibVLC/3.0.18',
  'AppleCoreMedia/1.0.0.20G75 (Apple TV; U; CPU OS 16_6 like Mac OS X; en_us)',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'ExampleTV/4.2 (Linux; Android 14) AndroidXMedia3/1.5.1',
  'a "quoted" \\ player/1 Überton',
];
const STREAMS = ['rock', 'jazz', 'news', 'cam1'];
const QUALITIES = ['360p', '720p', '1080p'];

function webRequests({ seed, players }: Writing, log: number, isDetailed: boolean): Asked[] {
  const random = randomFrom(seed * 10 + log);
  return Array.from({ length: players }, (_, number) => {
    const player = new WebPlayer({ number, random, isDetailed });
    return player.play(START + random() * LENGTH * 0.9);
  }).flat();
}

interface Playing {
  readonly number: number;
  readonly random: () => number;
  /** Times to the millisecond, CMCD. */
  readonly isDetailed: boolean;
}

class WebPlayer {
  readonly #playing: Playing;
  readonly #asked: Asked[] = [];
  readonly #agent: string;
  readonly #user: string | null;
  /** Null of one who has no ids; one who has them sends one with every request. */
  #id: string | null = null;
  #stream: string;
  #quality: string;
  #ids = 0;

  constructor(playing: Playing) {
    this.#playing = playing;
    // Who has ids and who has none are never alike.
    const hasIds = this.#is(0.4);
    this.#agent = `${this.#pick(AGENTS)}${hasIds ? ' id' : ''}${playing.number % 3}`;
    this.#user = this.#is(0.1) ? `listener ${playing.number % 9}` : null;
    this.#stream = this.#pick(STREAMS);
    this.#quality = this.#pick(QUALITIES);
    if (hasIds) this.#newId();
  }

  play(from: number): Asked[] {
    let at = this.#rounded(from);
    let isOpening = true;
    for (let left = 4 + this.#draw(45); left > 0; left--) {
      this.#askBoth(at, isOpening);
      isOpening = false;
      const event = this.#playing.random();
      if (event < 0.04) {
        at += this.#pauseAt(at);
        isOpening = true;
      } else if (event < 0.07) {
        this.#stream = this.#pick(STREAMS);
        isOpening = true;
      } else if (event < 0.12 && !this.#rotates) {
        this.#quality = this.#pick(QUALITIES);
      } else if (event < 0.14 && this.#id !== null) {
        this.#newId();
        isOpening = true;
      }
      at = this.#rounded(at + (1 + this.#playing.random() * 5) * SECOND);
    }
    return this.#asked;
  }

  /** About as long as the gap, to the millisecond or the second; sometimes a late line in the middle makes one of two. */
  #pauseAt(at: number): number {
    const pause = GAP + (this.#draw(5) - 2) * (this.#is(0.5) && this.#playing.isDetailed ? 1 : SECOND);
    if (this.#is(0.4)) {
      this.#ask(at + GAP + 4 * SECOND, 0, `${this.#quality}.m3u8`);
      this.#ask(at + GAP, 4 * SECOND + 500, 'late.ts');
    }
    return pause;
  }

  #askBoth(at: number, isOpening: boolean): void {
    const delay = this.#delay();
    this.#ask(at, delay, isOpening ? 'master.m3u8' : `${this.#quality}.m3u8`);
    const number = Math.floor((at - START) / (4 * SECOND));
    this.#ask(at + (this.#playing.isDetailed ? 120 : 0), delay + this.#delay() / 2, `${this.#quality}/${number}.ts`);
  }

  #delay(): number {
    return this.#is(0.15) ? this.#playing.random() * LATEST : 0;
  }

  #ask(at: number, delay: number, file: string): void {
    const asked: Asked = {
      ...{ at, delay: Math.min(delay, LATEST), address: this.#address(), agent: this.#agent, user: this.#user },
      method: 'GET',
      path: `/hls/${this.#stream}/${file}`,
      query: this.#id === null || this.#playing.isDetailed ? '' : `sid=${this.#id}`,
      cmcd: this.#id === null || !this.#playing.isDetailed ? null : this.#clientData(file),
      status: this.#pick([200, 200, 200, 206, 304]),
      bytes: this.#draw(2_000_000),
    };
    this.#asked.push(asked);
    if (this.#is(0.02)) this.#asked.push(asked);
    // No audience, so they neither begin a session nor keep one.
    if (this.#is(0.02)) this.#asked.push({ ...asked, method: 'HEAD' });
    if (this.#is(0.05)) this.#asked.push({ ...asked, at: at + 9 * SECOND, status: 404 });
  }

  #clientData(file: string): string {
    const measures = file.endsWith('.ts') ? `br=${1000 + this.#draw(9) * 500},mtp=${this.#draw(90) * 100},` : '';
    return `${this.#is(0.05) ? 'bs,' : ''}${measures}sid="${this.#id}"`;
  }

  /**
   * In an IPv6 /64 it takes one address after the other. Such a one never switches: when it did is known to the second only
   * where all of its requests come from one address.
   */
  get #rotates(): boolean {
    return this.#playing.number % 3 === 0;
  }

  #address(): string {
    const { number } = this.#playing;
    if (!this.#rotates) return `198.51.${100 + (number % 4)}.${number % 251}`;
    return `2001:db8:${number.toString(16)}:1::${(1 + this.#draw(4)).toString(16)}`;
  }

  #newId(): void {
    this.#id = `p${this.#playing.number}v${++this.#ids}`;
  }

  #rounded(at: number): number {
    return this.#playing.isDetailed ? Math.round(at) : Math.round(at / SECOND) * SECOND;
  }

  #is(probability: number): boolean {
    return this.#playing.random() < probability;
  }

  #draw(count: number): number {
    return Math.floor(this.#playing.random() * count);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#draw(values.length)]!;
  }
}

/** As they were written: by time, but for those that are late. And one at the end, long after all others. */
function inOrder(asked: readonly Asked[], text: (asked: Asked) => string, noise: readonly string[]): Buffer[] {
  const sorted = asked.toSorted((a, b) => a.at + a.delay - b.at - b.delay);
  const lines = sorted.flatMap((each, i) =>
    i % 400 === 399 ? [noise[Math.floor(i / 400) % 4] ?? '', text(each)] : [text(each)],
  );
  const facts = {
    delay: 0,
    address: '192.0.2.1',
    agent: 'VLC/3.0.18',
    user: null,
    method: 'GET',
    query: '',
    cmcd: null,
  };
  const last: Asked = { ...facts, at: LAST, path: `/hls/${LAST_STREAM}/index.m3u8`, status: 200, bytes: 1 };
  return [...lines, text(last)].map((each) => Buffer.from(`${each}\n`));
}

function combined({ at, address, agent, user, method, path, query, status, bytes }: Asked): string {
  const target = query === '' ? path : `${path}?${query}`;
  const escaped = agent.replaceAll(/["\\]/g, (each) => `\\x${each.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${address} - ${user ?? '-'} [${logTime(at)}] "${method} ${target} HTTP/1.1" ${status} ${bytes} "-" "${escaped}"`;
}

/** By two proxies that are ours; what stands before them anybody may have made up. */
function json({ at, address, agent, user, method, path, cmcd, status, bytes }: Asked): string {
  const chain = `192.0.2.${bytes % 250}, ${address}, 203.0.113.9`;
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString(),
    remote_addr: '2001:db8:ffff::1',
    http_x_forwarded_for: chain,
    remote_user: user ?? '',
    request: `${method} ${path} HTTP/2.0`,
    status: String(status),
    body_bytes_sent: String(bytes),
    http_user_agent: agent,
    ...(cmcd === null ? {} : { http_cmcd_session: cmcd }),
  });
}

// Icecast

/** One line a connection, when it is over; some of them equal. */
function icecastLines({ seed, players }: Writing): Buffer[] {
  const random = randomFrom(seed * 10 + 3);
  const draw = (count: number) => Math.floor(random() * count);
  const rows: { readonly at: number; readonly text: string }[] = [];
  const row = (at: number, method: string, path: string, seconds: number) => {
    const rate = 8000 + draw(30_000);
    const who = `198.51.100.${draw(40)} - ${method === 'SOURCE' ? 'source' : '-'}`;
    const request = `"${method} ${path} HTTP/1.0" ${draw(9) === 0 ? 404 : 200} ${rate * seconds}`;
    const text = `${who} [${logTime(at)}] ${request} "-" "${AGENTS[draw(3)]}" ${seconds}`;
    const place = at + (draw(5) === 0 ? random() * LATEST : 0);
    for (let copies = draw(12) === 0 ? 2 + draw(3) : 1; copies > 0; copies--)
      rows.push({ at: place + copies * draw(2) * SECOND, text });
  };
  for (let i = 0; i < players * 6; i++) {
    const at = START + Math.floor((random() * LENGTH) / SECOND) * SECOND;
    if (draw(40) === 0) row(at, 'SOURCE', '/live.mp3', draw(3600));
    else if (draw(30) === 0) row(at, 'GET', '/status-json.xsl', 0);
    else row(at, 'GET', `/${['live.mp3', 'high.ogg', 'talk'][draw(3)]}`, draw(3) === 0 ? draw(10) : draw(3600));
  }
  const last = `192.0.2.1 - - [${logTime(LAST)}] "GET /${LAST_STREAM} HTTP/1.0" 200 4000 "-" "VLC/3.0.18" 1`;
  return [...rows.toSorted((a, b) => a.at - b.at).map(({ text }) => text), last].map((each) =>
    Buffer.from(`${each}\n`),
  );
}
