/**
 * Icecast, asked as its administrator: who is listening, every `every`. One poll asks `/admin/stats` for the mounts and
 * `/admin/listclients` for each mount that has listeners (Icecast 2.4.4; 2.3, 2.5 and icecast-kh by their documents).
 * What the answers mean is parse.ts's; a poll becomes one roster and a report a mount.
 *
 * Not seen: who comes and goes between two polls (the access log knows them), and, with upstream Icecast, who is behind
 * a proxy. Limits: 32 MiB an answer, 10,000 mounts; four questions at a time.
 */

import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { secret } from '../../lib/options.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { answeredBadly, fetchText, type Page } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { type Poll, type PollAnswer, polledSource } from '../polled.ts';
import { defineSource } from '../source.ts';
import { type ListenersOfMount, type MountStats, parseListeners, parseStats } from './parse.ts';

const config = z.strictObject({
  ...peerAddress(8000),
  user: z.string().min(1).default('admin').describe("The administrator's name, `admin-user` in icecast.xml."),
  password: secret().describe("The administrator's password, `admin-password` in icecast.xml."),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_MOUNTS = 10_000;
const QUESTIONS_AT_ONCE = 4;

export const icecast = defineSource({
  kind: 'icecast',
  schemes: ['icecast', 'icecasts'],
  claims: null,
  summary: 'An Icecast server: its listeners, asked for as its administrator.',
  usage: 'icecast://USER:PASSWORD@HOST:PORT?every=10s',
  config,
  traits: {
    departures: 'inOrder',
    provisional: false,
    // A listener that is on the roster is there until a roster lacks it; nothing needs to be bridged.
    gap: 0,
    lateness: 0,
    resumes: false,
  },
  fromUrl: (url) => readPeerUrl(url, 'icecasts'),
  defaultName: (options) => `icecast:${hostAndPort(options)}`,
  create: (options) => polledSource(options.every, (poll) => askServer(options, poll)),
});

async function askServer(options: Config, poll: Poll): Promise<PollAnswer> {
  const { counters, signal, at } = poll;
  const page = await ask(options, signal, '/admin/stats');
  const stats = read(options, page, (xml) => parseStats(xml, at));
  const mounts = stats.mounts.slice(0, MAX_MOUNTS);
  counters.set('mountsIgnored', stats.mounts.length - mounts.length);
  counters.set('bootUnknown', stats.boot === null ? 1 : 0);
  const { answered, failed } = await askMounts({ ...poll, options, boot: stats.boot }, mounts);
  countOthers(counters, answered);
  return {
    reports: mounts.map(({ report }) => report),
    listeners: { unknown: failed, present: answered.flatMap(({ present }) => present) },
  };
}

/** One poll of one server: what every question of it needs. */
interface ServerPoll extends Poll {
  readonly options: Config;
  readonly boot: string | null;
}

function ask(options: Config, signal: AbortSignal, page: string): Promise<Page> {
  const { user, password, timeout } = options;
  return fetchText(pageUrl(options, page), {
    auth: { user, password },
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
  });
}

/** Icecast always writes UTF-8; what is none is replaced, never fatal. */
function read<T>(options: Config, page: Page, parse: (xml: string) => T): T {
  if (page.status !== 200) throw answeredBadly(pageUrl(options, '/'), `HTTP ${page.status}`);
  try {
    return parse(page.body.toString('utf8'));
  } catch (error) {
    throw answeredBadly(pageUrl(options, '/'), 'what is no statistics page of Icecast', error);
  }
}

interface Answers {
  readonly answered: readonly ListenersOfMount[];
  /** Mounts that were asked and did not answer: nothing is known of their listeners. */
  readonly failed: ReadonlySet<string>;
}

/** If every question fails, the server is the trouble, not a mount: rejects with what the first one said. */
async function askMounts(poll: ServerPoll, mounts: readonly MountStats[]): Promise<Answers> {
  const answered: ListenersOfMount[] = [];
  const failures = new Map<string, unknown>();
  // Where Icecast counts nobody there is nothing to ask.
  const waiting = mounts.filter(({ listeners }) => listeners !== 0);
  const asked = waiting.length;
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { mount } = next;
      await askListeners(poll, mount).then(
        (listeners) => answered.push(listeners),
        (error: unknown) => failures.set(mount, error),
      );
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, worker));
  if (failures.size > 0) {
    const [first] = failures.values();
    const isForAll = first instanceof HeadcountError && first.code === 'PEER_REFUSED_LOGIN';
    if (isForAll || failures.size === asked || poll.signal.aborted) throw first;
    poll.counters.add('mountsFailed', failures.size);
  }
  return { answered, failed: new Set(failures.keys()) };
}

async function askListeners(poll: ServerPoll, mount: string): Promise<ListenersOfMount> {
  const { options, signal, at, boot } = poll;
  const page = await ask(options, signal, `/admin/listclients?mount=${encodeURIComponent(mount)}`);
  // The feed ended since the mounts were listed (2.4: 400, 2.5: 404).
  if (page.status === 400 || page.status === 404) {
    if (/source (does not exist|is not available)/i.test(page.body.toString('latin1')))
      return { present: [], relays: 0, unreadable: 0 };
  }
  return read(options, page, (xml) => parseListeners(xml, mount, boot, at));
}

/** Who is there but no listener: as of the last poll. */
function countOthers(counters: ScopedCounters, answers: readonly ListenersOfMount[]): void {
  counters.set(
    'relays',
    answers.reduce((sum, { relays }) => sum + relays, 0),
  );
  counters.set(
    'unreadableListeners',
    answers.reduce((sum, { unreadable }) => sum + unreadable, 0),
  );
}
