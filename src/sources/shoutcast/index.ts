/**
 * SHOUTcast, versions 1 and 2, asked every `every`: with the administrator's password for its listeners, without it for their
 * number. Which version it is, and what it lets us see, dialects.ts finds out; what the answers mean is parse.ts's; which
 * connection is which, connections.ts's. A poll becomes a report a stream and, with the password, one roster.
 *
 * Not seen: who comes and goes between two polls, and bytes. Limits: 20 MiB an answer, 1,000 streams; four questions at a time.
 */

import { z } from 'zod';
import type { Instant, Presence, StreamReport } from '../../core/observation.ts';
import { number, secret } from '../../lib/options.ts';
import { answeredBadly } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { askEach } from '../ask-each.ts';
import {
  POLLED_TRAITS,
  type Poll,
  type PollAnswer,
  type PolledListeners,
  polledCounts,
  polledSource,
} from '../polled.ts';
import { defineSource } from '../source.ts';
import { Connections } from './connections.ts';
import { ask, type Dialect, findDialect, type Overview, overviewIn, streamOf } from './dialects.ts';
import { type Listeners, parseListeners, parseSongs, type Song, type StreamFacts } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(8000),
  sid: number({ least: 1, most: 2 ** 31 - 1 })
    .optional()
    .describe('The only stream that is wanted, by its number. Without it, all that there are.'),
  user: z.string().min(1).default('admin').describe("The administrator's name."),
  password: secret()
    .optional()
    .describe(
      'The `adminpassword` of sc_serv.conf, or `streamadminpassword` of the one stream. Without it, numbers only.',
    ),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

const MAX_STREAMS = 1000;
const QUESTIONS_AT_ONCE = 4;

export const shoutcast = defineSource({
  kind: 'shoutcast',
  schemes: ['shoutcast', 'shoutcasts'],
  claims: null,
  summary: 'A SHOUTcast server, version 1 or 2: its listeners, or their number if there is no password.',
  usage: 'shoutcast://:PASSWORD@HOST:PORT/SID?every=10s',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableListeners: null, streamsFailed: null, songsFailed: null }),
  trial: { options: [] },
  fromUrl: (url) => {
    const { path, ...peer } = readPeerUrl(url, 'shoutcasts');
    const [, before, sid] = /^(.*?)\/(\d+)\/?$/.exec(path ?? '') ?? [undefined, path ?? ''];
    return { ...peer, ...(before === '' ? {} : { path: before }), ...(sid === undefined ? {} : { sid }) };
  },
  defaultName: (options) => `shoutcast:${hostAndPort(options)}${options.sid === undefined ? '' : `/${options.sid}`}`,
  create: (options) => {
    const server = new Server(options);
    return polledSource(options.every, (poll) => server.ask(poll));
  },
});

/** Starts are reckoned from seconds, which answers tell up to so much late. */
const SAME_START_MS = 10_000;

interface Remembered {
  readonly startedAt: Instant | null;
  readonly title: string | null;
}

/** What is remembered of one server from poll to poll. */
class Server {
  readonly #options: Config;
  readonly #connections = new Connections();
  /** Null until it is known, and again when the server has not answered in it. */
  #dialect: Dialect | null = null;
  #streams = new Map<string, Remembered>();

  constructor(options: Config) {
    this.#options = options;
  }

  async ask(poll: Poll): Promise<PollAnswer> {
    const overview = await this.#overview(poll);
    const streams = this.#wanted(overview.streams, poll);
    const listeners = await this.#listeners(poll, overview, streams);
    return { reports: await this.#reports(poll, overview, streams), listeners };
  }

  async #overview({ at, signal }: Poll): Promise<Overview> {
    const known = this.#dialect;
    this.#dialect = null;
    if (known === null) {
      const { dialect, overview } = await findDialect(this.#options, at, signal);
      this.#dialect = dialect;
      return overview;
    }
    const overview = await overviewIn(known, this.#options, at, signal);
    if (overview === null) throw noStatistics(this.#options);
    this.#dialect = known;
    return overview;
  }

  /** A stream that is wanted and not spoken of is off the air. */
  #wanted(streams: readonly StreamFacts[], { at, counters }: Poll): readonly StreamFacts[] {
    const { sid } = this.#options;
    if (sid === undefined) {
      counters.set('streamsIgnored', Math.max(streams.length - MAX_STREAMS, 0));
      return streams.slice(0, MAX_STREAMS);
    }
    const stream = streamOf(this.#options);
    const report: StreamReport = { kind: 'report', stream, at, status: 'down', title: null, listeners: 0 };
    return [streams.find((each) => each.stream === stream) ?? { stream, uptime: null, report }];
  }

  /** Null without a password: then there are numbers only. */
  async #listeners(
    { at, signal, counters }: Poll,
    overview: Overview,
    streams: readonly StreamFacts[],
  ): Promise<PolledListeners | null> {
    if (this.#options.password === undefined) return null;
    const names = new Set(streams.map(({ stream }) => stream));
    this.#connections.keep(names);
    // Where SHOUTcast counts nobody there is nothing to ask.
    const busy = streams.filter(({ report }) => report.listeners !== 0).map(({ stream }) => stream);
    const { answered, failed } = await askEach(busy, QUESTIONS_AT_ONCE, signal, async (stream) =>
      overview.hasPages ? askListeners(this.#options, stream, signal) : listenersIn(this.#options, overview),
    );
    counters.add('streamsFailed', failed.size);
    let unreadable = 0;
    const present: Presence[] = [];
    for (const [stream, page] of answered) {
      unreadable += page.unreadable;
      for (const each of this.#connections.present(stream, page.listeners, at)) present.push(each);
    }
    counters.set('unreadableListeners', unreadable);
    counters.set('reusedIds', this.#connections.reused);
    return { unknown: new Set(failed.keys()), present };
  }

  async #reports(poll: Poll, overview: Overview, streams: readonly StreamFacts[]): Promise<StreamReport[]> {
    const before = this.#streams;
    const titled = streams.filter(({ stream, report: { title } }) => title !== (before.get(stream)?.title ?? null));
    const songs = await this.#songs(poll, overview, titled);
    this.#streams = new Map();
    return streams.map(({ stream, uptime, report }) => {
      const startedAt = startOf(uptime, before.get(stream)?.startedAt ?? null, report.at);
      this.#streams.set(stream, { startedAt, title: report.title ?? null });
      const played = songs.get(stream)?.filter(({ at }) => at <= report.at) ?? [];
      return { ...report, startedAt, ...(played.length === 0 ? {} : { titles: played }) };
    });
  }

  /** What has played, of streams whose title is another one than before: it may have changed more than once meanwhile. */
  async #songs(
    { signal, counters }: Poll,
    { hasPages, songs }: Overview,
    streams: readonly StreamFacts[],
  ): Promise<ReadonlyMap<string, readonly Song[]>> {
    const names = streams.map(({ stream }) => stream);
    if (!hasPages) return new Map(names.map((stream) => [stream, songs]));
    if (this.#options.password === undefined) return new Map();
    const { answered } = await askEach(names, QUESTIONS_AT_ONCE, signal, async (stream) => {
      const played = await askSongs(this.#options, stream, signal).catch(() => null);
      if (played === null) counters.add('songsFailed', 1);
      return played ?? [];
    });
    return answered;
  }
}

/** Kept from poll to poll, unless the stream has begun anew. */
function startOf(uptime: number | null, known: Instant | null, at: Instant): Instant | null {
  if (uptime === null) return null;
  const start = Math.max(at - uptime * 1000, 0);
  return known !== null && Math.abs(start - known) <= SAME_START_MS ? known : start;
}

async function askListeners(options: Config, stream: string, signal: AbortSignal): Promise<Listeners> {
  // 2.0 has no JSON.
  for (const mode of ['viewjson', 'viewxml']) {
    const path = `/admin.cgi?sid=${stream}&mode=${mode}&page=3`;
    const listeners = await ask(options, { path }, signal, parseListeners);
    if (listeners !== null) return listeners;
  }
  throw noStatistics(options);
}

function listenersIn(options: Config, { listeners }: Overview): Listeners {
  if (listeners === null) throw noStatistics(options);
  return listeners;
}

/** Null if there is no such page. */
function askSongs(options: Config, stream: string, signal: AbortSignal): Promise<readonly Song[] | null> {
  return ask(options, { path: `/admin.cgi?sid=${stream}&mode=viewxml&page=4` }, signal, parseSongs);
}

function noStatistics(options: Config) {
  return answeredBadly(pageUrl(options, '/'), 'what is no statistics page of SHOUTcast');
}
