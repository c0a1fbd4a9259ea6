/**
 * Wowza Streaming Engine, asked on its administration port: everybody on every stream from `/serverinfo`; where that is
 * switched off, how many they are from `/connectioncounts`; or the same numbers from its REST API.
 *
 * parse.ts reads the XML, ask-rest.ts speaks REST, place.ts knows what streams are called. Not seen: who comes and goes
 * between two polls, and which stream of its application an RTMP viewer plays. Limits: 20 MB an answer, 10,000 streams.
 */

import { z } from 'zod';
import { secret } from '../../lib/options.ts';
import { decodeText } from '../../transports/poll/decode-text.ts';
import { answeredBadly, type Page } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { ByteDeltas } from '../byte-deltas.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource, type Source } from '../source.ts';
import { ask } from './ask.ts';
import { askRest } from './ask-rest.ts';
import { type ConnectionCounts, parseConnectionCounts, parseServerInfo } from './parse.ts';
import { isWithin, type Place } from './place.ts';
import { QuietStreams } from './quiet-streams.ts';

const config = z.strictObject({
  ...peerAddress(8086),
  address: z
    .string()
    .regex(/^([^/]+(\/[^/]+){0,2})?$/, { error: 'is no address within Wowza: write VHOST/APPLICATION/INSTANCE' })
    .default('')
    .transform((address) => (address === '' ? [] : address.split('/')))
    .describe('What of it to watch, as VHOST/APPLICATION/INSTANCE: parts of it, or nothing, are everything within.'),
  user: z.string().min(1).optional().describe('Whom to ask as, if it wants to know: one of conf/admin.password.'),
  password: secret().optional().describe('The password of that user.'),
  api: z
    .enum(['auto', 'serverinfo', 'connectioncounts', 'rest'])
    .default('auto')
    .describe(
      'What to ask: `serverinfo` (viewers), `connectioncounts` or `rest` (numbers only). `auto` is `rest` on port 8087; else `serverinfo`, and `connectioncounts` where there is none.',
    ),
  ...pollOptions('15s'),
});

type Config = z.output<typeof config>;

const REST_PORT = 8087;
const MAX_STREAMS = 10_000;

export const wowza = defineSource({
  kind: 'wowza',
  schemes: ['wowza', 'wowzas'],
  claims: null,
  summary: 'A Wowza Streaming Engine: its viewers, or how many they are.',
  usage: 'wowza://USER:PASSWORD@HOST:8086/VHOST/APPLICATION/INSTANCE',
  config,
  // Wowza itself bridges the pauses of HLS.
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableSessions: null, streamsFailed: null }),
  trial: { options: [] },
  fromUrl: (url) => {
    // What stands behind the host is the address within Wowza, not a path of HTTP.
    const { path, ...peer } = readPeerUrl(url, 'wowzas');
    return path === undefined ? peer : { ...peer, address: decodeAddress(path) };
  },
  defaultName: (options) => ['wowza:', hostAndPort(options), ...options.address.map((name) => `/${name}`)].join(''),
  create: createWowza,
});

function decodeAddress(path: string): string {
  try {
    return decodeURIComponent(path.replace(/^\/|\/$/g, ''));
  } catch {
    // The schema says what is wrong.
    return path;
  }
}

/** What is known from one poll to the next. */
interface Memory {
  readonly bytes: ByteDeltas;
  readonly quiet: QuietStreams;
}

function createWowza(options: Config): Source {
  const memory = { bytes: new ByteDeltas(), quiet: new QuietStreams() };
  return polledSource(options.every, (poll) => askServer(options, memory, poll));
}

async function askServer(options: Config, memory: Memory, poll: Poll): Promise<PollAnswer> {
  const api = options.api === 'auto' && options.port === REST_PORT ? 'rest' : options.api;
  if (api === 'rest') return askRest(options, options.address, poll);
  if (api !== 'connectioncounts') {
    const page = await ask(options, poll.signal, '/serverinfo');
    const isThere = api === 'serverinfo' || !isAbsent(page);
    poll.counters.set('countsOnly', isThere ? 0 : 1);
    if (isThere) return tellViewers(options, memory, poll, page);
  }
  return tellCounts(options, memory, poll, await ask(options, poll.signal, '/connectioncounts'));
}

/** A page that nothing answers for gets HTTP 404, or the greeting with Wowza's version, which is HTML. */
function isAbsent({ status, contentType, body }: Page): boolean {
  return (
    status === 404 ||
    (status === 200 && (contentType === 'text/html' || /^\s*<html/i.test(body.toString('latin1', 0, 200))))
  );
}

function tellViewers(options: Config, { bytes, quiet }: Memory, poll: Poll, page: Page): PollAnswer {
  const { at, counters } = poll;
  const info = read(options, page, (xml) => parseServerInfo(xml, at, wantedBy(options)));
  counters.set('unreadableSessions', info.unreadable);
  const counts = limited(info, poll);
  const streams = new Set(counts.streams.map(({ stream }) => stream));
  const sessions = info.sessions.filter(({ presence: { stream } }) => streams.has(stream));
  const sent = new Map(sessions.map((session) => [session.presence.client.connection!, session.sent]));
  const present = bytes.take(
    sessions.map(({ presence }) => presence),
    sent,
  );
  return { reports: quiet.reportsOf(counts, at), listeners: { unknown: new Set(), present } };
}

function tellCounts(options: Config, { quiet }: Memory, poll: Poll, page: Page): PollAnswer {
  const counts = read(options, page, (xml) => parseConnectionCounts(xml, wantedBy(options)));
  return { reports: quiet.reportsOf(limited(counts, poll), poll.at), listeners: null };
}

function wantedBy({ address }: Config): (place: Place) => boolean {
  return (place) => isWithin(address, place);
}

/** The name of an HTTP session's stream is what its player asked for. */
function limited({ instances, streams }: ConnectionCounts, { counters }: Poll): ConnectionCounts {
  counters.set('streamsIgnored', Math.max(streams.length - MAX_STREAMS, 0));
  counters.set('instances', instances.size);
  return { instances, streams: streams.slice(0, MAX_STREAMS) };
}

/** Wowza writes in the encoding of its machine, and does not say which. */
function read<T>(options: Config, page: Page, parse: (xml: string) => T): T {
  if (page.status !== 200) throw answeredBadly(pageUrl(options, '/'), `HTTP ${page.status}`, undefined, page);
  try {
    return parse(decodeText(page.body));
  } catch (error) {
    throw answeredBadly(pageUrl(options, '/'), 'what is no statistics page of Wowza', error, page);
  }
}
