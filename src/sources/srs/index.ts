/**
 * SRS (Simple Realtime Server), asked over its HTTP API: who plays and who publishes, every `every`. One poll asks for
 * the streams and then for the clients, each on one page of 10,000 if they fit. What the answers mean is parse.ts's.
 *
 * Not seen: who comes and goes between two polls, and user agents. Limits: 20 MB an answer, 200,000 clients, 10,000
 * streams.
 */

import { z } from 'zod';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES } from '../../transports/poll/fetch-text.ts';
import { fieldsOf, parseJson } from '../../transports/poll/json-fields.ts';
import { loginOf, optionalLogin } from '../../transports/poll/optional-login.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { ByteDeltas } from '../byte-deltas.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource } from '../source.ts';
import { parseAnswer, parseClients, parseStreams } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(1985),
  ...optionalLogin(),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

const PAGE_LENGTH = 10_000;
const MAX_PAGES = 20;
const MAX_STREAMS = 10_000;

export const srs = defineSource({
  kind: 'srs',
  schemes: ['srs', 'srss'],
  claims: null,
  summary: 'An SRS server: who plays and publishes, by RTMP, HTTP-FLV, HLS, WebRTC and SRT.',
  usage: 'srs://HOST:1985',
  config,
  traits: POLLED_TRAITS,
  counts: polledCounts({ unreadableClients: null }),
  trial: { options: [] },
  fromUrl: (url) => readPeerUrl(url, 'srss'),
  defaultName: (options) => `srs:${hostAndPort(options)}`,
  create: (options) => {
    const deltas = new ByteDeltas();
    return polledSource(options.every, (poll) => askServer(options, poll, deltas));
  },
});

async function askServer(options: Config, poll: Poll, deltas: ByteDeltas): Promise<PollAnswer> {
  const { at, counters } = poll;
  const streams = parseStreams((await askList(options, poll, 'streams')).items, at);
  const { items, boot } = await askList(options, poll, 'clients');
  const clients = parseClients(items, streams.names, boot, at);
  const reports = streams.reports.slice(0, MAX_STREAMS);
  counters.set('streamsIgnored', streams.reports.length - reports.length);
  counters.set('bootUnknown', boot === null ? 1 : 0);
  counters.set('idleClients', clients.idle);
  counters.set('unreadableClients', streams.unreadable + clients.unreadable);
  const present = deltas.take([...clients.present.values()], clients.sent);
  return { reports, listeners: { unknown: new Set(), present } };
}

interface List {
  readonly items: readonly unknown[];
  readonly boot: string | null;
}

/** SRS does not say how many there are: a page that is not full is the last one. */
async function askList(options: Config, poll: Poll, list: 'streams' | 'clients'): Promise<List> {
  const items: unknown[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const { boot, items: more } = await askPage(options, poll, list, items.length);
    for (const item of more) items.push(item);
    if (more.length < PAGE_LENGTH) return { items, boot };
  }
  throw answeredBadly(pageUrl(options, '/'), `more than ${MAX_PAGES * PAGE_LENGTH} ${list}`);
}

async function askPage(options: Config, { signal }: Poll, list: string, start: number): Promise<List> {
  const url = pageUrl(options, `/api/v1/${list}?start=${start}&count=${PAGE_LENGTH}`);
  const { status, body } = await fetchText(url, {
    auth: loginOf(options),
    timeoutMs: options.timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
    headers: { accept: 'application/json' },
  });
  const answer = parseAnswer(fieldsOf(parseJson(body)), list);
  if (answer !== null && 'code' in answer)
    throw answeredBadly(url, `the error code ${answer.code}`, undefined, { body });
  if (status !== 200) throw answeredBadly(url, `HTTP ${status}`, undefined, { body });
  if (answer === null) throw answeredBadly(url, `what is no list of ${list} of SRS`, undefined, { body });
  return answer;
}
