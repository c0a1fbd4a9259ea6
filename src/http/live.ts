/**
 * Server-sent events (WHATWG HTML §9.2): `audience` once a second, `stream` when one changes, `session` when somebody
 * joins or leaves, `sharing` when an account looks shared. Every event is written once for all who see the same, and sent to them; who cannot keep up is let go
 * and may come back.
 */

import type { ServerResponse } from 'node:http';
import type { PatternAccess } from '../core/access.ts';
import type { LiveNews } from '../core/audience.ts';
import type { Session } from '../core/session.ts';

/** How many joins and leaves a second those get who did not ask for all of them. */
const SAMPLED = 20;
/** So many bytes may wait for one reader. Whoever wants all sessions may get those of a whole batch at once. */
const MOST_WAITING = 1024 * 1024;
const MOST_WAITING_OF_ALL = 16 * MOST_WAITING;
const MOST_READERS = 1000;

/** What is told to those who see the same. */
export interface LiveView {
  /** Whatever happens, until what it answers is called. */
  onNews(listener: (news: LiveNews) => void): () => void;
  /** The JSON of the `audience` event. */
  audience(since: { joined: number; left: number }): unknown;
  stream(source: string, stream: string): unknown;
  session(change: 'joined' | 'left', session: Session): unknown;
  /** Something new was found of a shared account; the JSON of the `sharing` event. */
  onFound(listener: (found: unknown) => void): () => void;
}

export interface ReaderOptions {
  readonly wantsAll: boolean;
  readonly access: PatternAccess;
  /** Asked once a second: what it has come in with may be over. */
  readonly isAllowed: () => boolean;
}

interface Reader extends Pick<ReaderOptions, 'wantsAll' | 'isAllowed'> {
  readonly response: ServerResponse;
}

/** Those who see the same. */
class Channel {
  readonly readers = new Set<Reader>();
  /** Ends what it is told. */
  readonly leave: () => void;
  readonly #view: LiveView;
  readonly #drop: (reader: Reader) => void;
  #joined = 0;
  #left = 0;
  #sampled = 0;

  constructor(view: LiveView, drop: (reader: Reader) => void) {
    this.#view = view;
    this.#drop = drop;
    const stops = [
      view.onNews((news) => this.#tell(news)),
      view.onFound((found) => this.#send(event('sharing', found))),
    ];
    this.leave = () => {
      for (const stop of stops) stop();
    };
  }

  welcome(reader: Reader): void {
    this.readers.add(reader);
    this.#write(reader, `retry: 2000\n${event('audience', this.#view.audience({ joined: 0, left: 0 }))}`);
  }

  tick(): void {
    for (const { response, isAllowed } of this.readers) if (!isAllowed()) response.end();
    this.#send(event('audience', this.#view.audience({ joined: this.#joined, left: this.#left })));
    this.#sampled = 0;
    this.#joined = 0;
    this.#left = 0;
  }

  #tell({ streams, joined, left }: LiveNews): void {
    this.#joined += countPeople(joined);
    this.#left += countPeople(left);
    for (const { source, stream } of streams) this.#send(event('stream', this.#view.stream(source, stream)));
    this.#tellSessions('joined', joined);
    this.#tellSessions('left', left);
  }

  #tellSessions(change: 'joined' | 'left', sessions: readonly Session[]): void {
    const allReaders = [...this.readers].filter((reader) => reader.wantsAll);
    for (const session of sessions) {
      const hasRoom = this.#sampled < SAMPLED;
      if (!hasRoom && allReaders.length === 0) return;
      const isSampled = hasRoom && !session.bot;
      if (!isSampled && allReaders.length === 0) continue;
      const text = event('session', this.#view.session(change, session));
      if (isSampled) this.#sampled++;
      for (const reader of isSampled ? this.readers : allReaders) this.#write(reader, text);
    }
  }

  #send(text: string): void {
    for (const reader of this.readers) this.#write(reader, text);
  }

  #write(reader: Reader, text: string): void {
    if (reader.response.destroyed || reader.response.writableEnded) return;
    if (reader.response.writableLength > (reader.wantsAll ? MOST_WAITING_OF_ALL : MOST_WAITING)) {
      this.#drop(reader);
      return;
    }
    reader.response.write(text);
  }
}

export class LiveFeed {
  readonly #viewOf: (access: PatternAccess) => LiveView;
  /** Only those that somebody reads: there are no more than readers. */
  readonly #channels = new Map<PatternAccess, Channel>();
  #timer: NodeJS.Timeout | null = null;
  /** Readers that were let go because they could not keep up. */
  dropped = 0;

  constructor(viewOf: (access: PatternAccess) => LiveView) {
    this.#viewOf = viewOf;
  }

  get readers(): number {
    let count = 0;
    for (const { readers } of this.#channels.values()) count += readers.size;
    return count;
  }

  get isFull(): boolean {
    return this.readers >= MOST_READERS;
  }

  /** The response must have been taken over from Fastify; it is ended when the reader goes or the feed is closed. */
  add(response: ServerResponse, headers: Record<string, string>, { wantsAll, access, isAllowed }: ReaderOptions): void {
    // Nobody would tell us that it has gone if it already had.
    if (response.destroyed || response.socket === null) return;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const channel = this.#channelOf(access);
    const reader = { response, wantsAll, isAllowed };
    const gone = () => this.#leave(channel, access, reader);
    response.on('close', gone);
    response.on('error', gone);
    channel.welcome(reader);
    this.#timer ??= setInterval(() => {
      for (const each of this.#channels.values()) each.tick();
    }, 1000);
  }

  /** Everybody has to come again: what they may see may have changed, or we go. */
  endAll(): void {
    this.#stopTicking();
    for (const { readers, leave } of this.#channels.values()) {
      leave();
      for (const { response } of readers) response.end();
    }
    this.#channels.clear();
  }

  #channelOf(access: PatternAccess): Channel {
    const known = this.#channels.get(access);
    if (known !== undefined) return known;
    const channel: Channel = new Channel(this.#viewOf(access), (reader) => {
      this.dropped++;
      this.#leave(channel, access, reader);
      reader.response.destroy();
    });
    this.#channels.set(access, channel);
    return channel;
  }

  #leave(channel: Channel, access: PatternAccess, reader: Reader): void {
    channel.readers.delete(reader);
    if (channel.readers.size === 0 && this.#channels.get(access) === channel) {
      channel.leave();
      this.#channels.delete(access);
    }
    if (this.#channels.size === 0) this.#stopTicking();
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
