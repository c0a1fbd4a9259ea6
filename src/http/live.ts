/**
 * Server-sent events (WHATWG HTML §9.2): `audience` once a second, `stream` when one changes, `session` when somebody
 * joins or leaves. Every event is written once and sent to all; who cannot keep up is let go and may come back.
 */

import type { ServerResponse } from 'node:http';
import type { LiveNews } from '../core/audience.ts';
import type { Session } from '../core/session.ts';

/** How many joins and leaves a second those get who did not ask for all of them. */
const SAMPLED = 20;
/** So many bytes may wait for one reader. Whoever wants all sessions may get those of a whole batch at once. */
const MOST_WAITING = 1024 * 1024;
const MOST_WAITING_OF_ALL = 16 * MOST_WAITING;
const MOST_READERS = 1000;

export interface LiveOptions {
  /** The JSON of the `audience` event. */
  audience(since: { joined: number; left: number }): unknown;
  stream(source: string, stream: string): unknown;
  session(change: 'joined' | 'left', session: Session): unknown;
}

interface Reader {
  readonly response: ServerResponse;
  readonly wantsAll: boolean;
}

export class LiveFeed {
  readonly #options: LiveOptions;
  readonly #readers = new Set<Reader>();
  #joined = 0;
  #left = 0;
  #sampled = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Readers that were let go because they could not keep up. */
  dropped = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get readers(): number {
    return this.#readers.size;
  }

  get isFull(): boolean {
    return this.#readers.size >= MOST_READERS;
  }

  /** The response must have been taken over from Fastify; it is ended when the reader goes or the feed is closed. */
  add(response: ServerResponse, headers: Record<string, string>, wantsAll: boolean): void {
    // Nobody would tell us that it has gone if it already had.
    if (response.destroyed || response.socket === null) return;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const reader = { response, wantsAll };
    this.#readers.add(reader);
    const gone = () => {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#stopTicking();
    };
    response.on('close', gone);
    response.on('error', gone);
    this.#write(reader, `retry: 2000\n${event('audience', this.#options.audience({ joined: 0, left: 0 }))}`);
    if (this.#timer !== null) return;
    this.#startSecond();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  tell(news: LiveNews): void {
    if (this.#readers.size === 0) return;
    this.#joined += countPeople(news.joined);
    this.#left += countPeople(news.left);
    for (const { source, stream } of news.streams) this.#send(event('stream', this.#options.stream(source, stream)));
    this.#tellSessions('joined', news.joined);
    this.#tellSessions('left', news.left);
  }

  close(): void {
    this.#stopTicking();
    for (const { response } of this.#readers) response.end();
    this.#readers.clear();
  }

  #tellSessions(change: 'joined' | 'left', sessions: readonly Session[]): void {
    const allReaders = [...this.#readers].filter((reader) => reader.wantsAll);
    for (const session of sessions) {
      const hasRoom = this.#sampled < SAMPLED;
      if (!hasRoom && allReaders.length === 0) return;
      const isSampled = hasRoom && !session.bot;
      if (!isSampled && allReaders.length === 0) continue;
      const text = event('session', this.#options.session(change, session));
      if (isSampled) this.#sampled++;
      for (const reader of isSampled ? this.#readers : allReaders) this.#write(reader, text);
    }
  }

  #tick(): void {
    this.#send(event('audience', this.#options.audience({ joined: this.#joined, left: this.#left })));
    this.#startSecond();
  }

  #startSecond(): void {
    this.#sampled = 0;
    this.#joined = 0;
    this.#left = 0;
  }

  #send(text: string): void {
    for (const reader of this.#readers) this.#write(reader, text);
  }

  #write(reader: Reader, text: string): void {
    if (reader.response.destroyed) return;
    if (reader.response.writableLength > (reader.wantsAll ? MOST_WAITING_OF_ALL : MOST_WAITING)) {
      this.dropped++;
      this.#readers.delete(reader);
      reader.response.destroy();
      return;
    }
    reader.response.write(text);
  }

  #stopTicking(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

function countPeople(sessions: readonly Session[]): number {
  return sessions.reduce((count, { bot }) => count + (bot ? 0 : 1), 0);
}

/** JSON has no raw line ends, so one `data` line carries it. */
function event(name: string, body: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
}
