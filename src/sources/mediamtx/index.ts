/**
 * MediaMTX, asked over its API v3: who reads and who publishes, by every protocol, every `every`. One poll asks for the
 * paths and then for the sessions of each protocol, four lists at a time. What the lists mean is parse.ts's.
 *
 * Not seen: who comes and goes between two polls, and, before MediaMTX 1.18, who watches by HLS (a count of one a path).
 * Limits: 20 MB an answer, 200,000 entries a list, 10,000 paths.
 */

import { z } from 'zod';
import { secret } from '../../lib/options.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { fieldsOf, parseJson } from '../../transports/poll/json-fields.ts';
import { loginOf, optionalLogin } from '../../transports/poll/optional-login.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { ByteDeltas } from '../byte-deltas.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource, type Source } from '../source.ts';
import { errorIn, type ListPage, parseList, parsePaths, parseSessions, type Sessions } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(9997),
  ...optionalLogin(),
  token: secret().optional().describe('A JWT instead of user and password, sent as a bearer token.'),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

/** List of sessions → what its protocol is called. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  hlssessions: 'hls',
  rtspsessions: 'rtsp',
  rtspssessions: 'rtsps',
  webrtcsessions: 'webrtc',
  rtmpconns: 'rtmp',
  rtmpsconns: 'rtmps',
  srtconns: 'srt',
  moqsessions: 'moq',
};

const PAGE_LENGTH = 2000;
const MAX_PAGES = 100;
const MAX_PATHS = 10_000;
const QUESTIONS_AT_ONCE = 4;
const MAX_QUOTE = 200;

export const mediamtx = defineSource({
  kind: 'mediamtx',
  schemes: ['mediamtx', 'mediamtxs'],
  claims: null,
  summary: 'A MediaMTX server: who reads and publishes, by RTSP, WebRTC, HLS, RTMP, SRT and MoQ.',
  usage: 'mediamtx://USER:PASSWORD@HOST:9997',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableSessions: null }),
  trial: { options: [] },
  fromUrl: (url) => readPeerUrl(url, 'mediamtxs'),
  defaultName: (options) => `mediamtx:${hostAndPort(options)}`,
  create: createMediamtx,
});

function createMediamtx(options: Config): Source {
  const deltas = new ByteDeltas();
  /** Lists that have answered: one that fails from then on is a failure, and no protocol that is switched off. */
  const answering = new Set<string>();
  return polledSource(options.every, async (poll) => {
    const paths = await askList(options, poll, 'paths');
    if (paths === null) throw answeredBadly(pageUrl(options, '/'), 'HTTP 404 where the list of paths should be');
    const lists = await askProtocols(options, poll, answering);
    return answerOf(paths, lists, poll, deltas);
  });
}

/** Null where a protocol is switched off, or is none of this version. */
async function askProtocols(options: Config, poll: Poll, answering: Set<string>): Promise<Sessions[]> {
  const waiting = Object.keys(PROTOCOLS);
  const found: Sessions[] = [];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let list = waiting.pop(); list !== undefined && failures.length === 0; list = waiting.pop()) {
      const items = await askList(options, poll, list, !answering.has(list)).catch((error: unknown) => {
        failures.push(error);
        return null;
      });
      if (items === null) continue;
      answering.add(list);
      found.push(parseSessions(items, PROTOCOLS[list]!, poll.at));
    }
  };
  // Whatever is still being asked is waited for: nothing may be left behind.
  await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
  poll.counters.set('listsMissing', Object.keys(PROTOCOLS).length - found.length);
  return found;
}

/**
 * All of a list; null if there is none. Sessions are listed by age: asked from the last page to the first, nobody is
 * missed if somebody older leaves meanwhile, and whoever is met twice counts once.
 */
async function askList(options: Config, poll: Poll, list: string, mayFail = false): Promise<unknown[] | null> {
  const first = await askPage(options, poll, list, 0, mayFail);
  if (first === null || first.pageCount <= 1) return first === null ? null : [...first.items];
  if (first.pageCount > MAX_PAGES) throw answeredBadly(pageUrl(options, '/'), `${first.pageCount} pages of ${list}`);
  const items: unknown[] = [];
  for (let page = first.pageCount - 1; page >= 0; page--) {
    for (const item of (await askPage(options, poll, list, page, false))?.items ?? []) items.push(item);
  }
  return items;
}

/** Null for HTTP 404, and for 500 if it `mayFail`: so versions differ in what they say of what is switched off. */
async function askPage(
  options: Config,
  { signal }: Poll,
  list: string,
  page: number,
  mayFail: boolean,
): Promise<ListPage | null> {
  const url = pageUrl(options, `/v3/${list}/list?page=${page}&itemsPerPage=${PAGE_LENGTH}`);
  const { token, timeout } = options;
  const { status, body } = await fetchText(url, {
    auth: token === undefined ? loginOf(options) : null,
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
  if (status === 404 || (status === 500 && mayFail)) return null;
  const answer = fieldsOf(parseJson(body));
  const found = status === 200 ? parseList(answer) : null;
  if (found !== null) return found;
  const error = errorIn(answer)?.slice(0, MAX_QUOTE);
  const what = status === 200 ? 'what is no list of MediaMTX' : `HTTP ${status}`;
  throw answeredBadly(url, error === undefined ? what : `the error "${error}"`, undefined, { body });
}

function answerOf(items: readonly unknown[], lists: readonly Sessions[], poll: Poll, deltas: ByteDeltas): PollAnswer {
  const { at, counters } = poll;
  const paths = parsePaths(items, at);
  const reports = paths.reports.slice(0, MAX_PATHS);
  const sum = (count: (sessions: Sessions) => number) => lists.reduce((all, each) => all + count(each), 0);
  counters.set('pathsIgnored', paths.reports.length - reports.length);
  counters.set('hlsMuxers', paths.hlsMuxers);
  counters.set(
    'idleSessions',
    sum(({ idle }) => idle),
  );
  counters.set('unreadableSessions', paths.unreadable + sum(({ unreadable }) => unreadable));
  const sent = new Map(lists.flatMap((list) => [...list.sent]));
  const present = lists.flatMap((list) => [...list.present.values()]);
  return { reports, listeners: { unknown: new Set(), present: deltas.take(present, sent) } };
}
