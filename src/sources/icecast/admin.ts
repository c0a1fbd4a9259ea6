/**
 * What Icecast tells its administrator: `/admin/stats` for the mounts, and `/admin/listclients` for the listeners of each
 * mount that has any, unless the server lists them with the mounts already (2.5 does if it is asked so; older ones do
 * not mind). Four questions at a time.
 *
 * Limits: 20 MB an answer, 10,000 mounts.
 */

import type { Instant, Milliseconds, StreamReport } from '../../core/observation.ts';
import { answeredBadly, fetchText, MAX_ANSWER_BYTES, type Page } from '../../transports/poll/fetch-text.ts';
import { type PeerAddress, pageUrl } from '../../transports/poll/peer-address.ts';
import { askEach } from '../ask-each.ts';
import type { Poll, PolledListeners } from '../polled.ts';
import { type Asked, type ListenersOfMount, type MountStats, parseListeners, parseStats } from './parse.ts';

export interface IcecastAccess extends PeerAddress {
  readonly user: string;
  readonly password: string;
  /** Milliseconds, for one answer. */
  readonly timeout: number;
}

export interface AdminAnswer {
  readonly reports: readonly StreamReport[];
  readonly listeners: PolledListeners;
  /** How far our clock is ahead of the server's: times of its log need it. 0 if they are about the same. */
  readonly ahead: Milliseconds;
}

export const MAX_MOUNTS = 10_000;
const QUESTIONS_AT_ONCE = 4;

/**
 * Rejects as `fetchText` does, and with `PEER_ANSWERED_BADLY` if the server says nothing that can be understood of its
 * mounts, or of any of their listeners.
 */
export async function askAdmin(access: IcecastAccess, poll: Poll): Promise<AdminAnswer> {
  const { counters, signal, at } = poll;
  const page = await ask(access, signal, '/admin/stats?show-listeners=1');
  const { asOf, ahead } = serverTime(page, poll);
  const stats = read(access, page, (text) => parseStats(text, { at, asOf }));
  const mounts = stats.mounts.slice(0, MAX_MOUNTS);
  counters.set('mountsIgnored', stats.mounts.length - mounts.length);
  counters.set('bootUnknown', stats.boot === null ? 1 : 0);
  const { answered, failed } = await askMounts({ ...poll, access, boot: stats.boot }, mounts);
  const unreadable = answered.reduce((sum, each) => sum + each.unreadable, 0);
  const present = onceEach(answered.flatMap((each) => each.present));
  counters.set('unreadableListeners', unreadable);
  counters.set('mounts', mounts.length);
  counters.set('listeners', present.length);
  return { reports: mounts.map(({ report }) => report), listeners: { unknown: failed, present }, ahead };
}

/** One poll of one server: what every question of it needs. */
interface ServerPoll extends Poll {
  readonly access: IcecastAccess;
  readonly boot: string | null;
}

function ask(access: IcecastAccess, signal: AbortSignal, page: string): Promise<Page> {
  const { user, password, timeout } = access;
  return fetchText(pageUrl(access, page), {
    auth: { user, password },
    timeoutMs: timeout,
    maxBytes: MAX_ANSWER_BYTES,
    signal,
  });
}

/** Icecast always writes UTF-8; what is none is replaced, never fatal. */
function read<T>(access: IcecastAccess, page: Page, parse: (text: string) => T): T {
  if (page.status !== 200) throw answeredBadly(pageUrl(access, '/'), `HTTP ${page.status}`, undefined, page);
  try {
    return parse(page.body.toString('utf8'));
  } catch (error) {
    throw answeredBadly(pageUrl(access, '/'), 'what is no statistics page of Icecast', error, page);
  }
}

/** Clocks that differ by more go differently, or somebody kept the answer. */
const SAME_CLOCK: Milliseconds = 2500;

/**
 * Icecast counts whole seconds of its own clock, and says in `Date` which one it is: so it is known in which second
 * somebody came, which the log says, too. Without `Date`, our own second counts.
 */
function serverTime({ headers }: Page, { at, clock }: Poll): { asOf: Instant; ahead: Milliseconds } {
  const ours = Math.floor(at / 1000) * 1000;
  const date = Date.parse(headers.date ?? '');
  if (!Number.isFinite(date)) return { asOf: ours, ahead: 0 };
  const isSame = date >= at - SAME_CLOCK && date <= clock.now() + SAME_CLOCK;
  return isSame ? { asOf: date, ahead: 0 } : { asOf: ours, ahead: ours - date };
}

interface Answers {
  readonly answered: readonly ListenersOfMount[];
  /** Mounts that were asked and did not answer: nothing is known of their listeners. */
  readonly failed: ReadonlySet<string>;
}

/** Rejects as `askEach` does. */
async function askMounts(poll: ServerPoll, mounts: readonly MountStats[]): Promise<Answers> {
  const listed = mounts.map((mount) => mount.listed).filter((each) => each !== null);
  // Where Icecast counts nobody there is nothing to ask.
  const waiting = mounts.filter(({ listeners, listed }) => listeners !== 0 && listed === null);
  const names = waiting.map(({ mount }) => mount);
  const { answered, failed } = await askEach(names, QUESTIONS_AT_ONCE, poll.signal, (mount) =>
    askListeners(poll, mount),
  );
  poll.counters.add('mountsFailed', failed.size);
  return { answered: [...listed, ...answered.values()], failed: new Set(failed.keys()) };
}

async function askListeners(poll: ServerPoll, mount: string): Promise<ListenersOfMount> {
  const { access, signal, at, boot } = poll;
  const page = await ask(access, signal, `/admin/listclients?mount=${encodeURIComponent(mount)}`);
  // The feed ended since the mounts were listed (2.4: 400, 2.5: 404).
  if (page.status === 400 || page.status === 404) {
    if (/source (does not exist|is not available)/i.test(page.body.toString('latin1')))
      return { present: [], unreadable: 0 };
  }
  const asked: Asked = { at, asOf: serverTime(page, poll).asOf };
  return read(access, page, (text) => parseListeners(text, mount, boot, asked));
}

/** Whoever was moved to another mount while we asked is on both: where the later answer has it. */
function onceEach(present: PolledListeners['present']): PolledListeners['present'] {
  return [...new Map(present.map((each) => [each.client.connection, each])).values()];
}
