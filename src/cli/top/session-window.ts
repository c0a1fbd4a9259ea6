/**
 * The part of the open sessions that is looked at: asked page by page in the order of the server, never all of them. What
 * a person looks for is found in the pages that are read, and it is told how many that were.
 */

import type { SessionPageWire, SessionWire } from '../../http/contract.ts';
import type { Api } from './api.ts';
import type { SessionLine, SessionWindow } from './picture.ts';

export interface SessionQuestion {
  /** As the API has it: `-startedAt`. */
  readonly sort: string;
  readonly stream: { readonly source: string; readonly stream: string } | null;
  readonly text: string;
  /** So many lines are needed at least. */
  readonly depth: number;
}

/** Nobody scrolls further; sorting and looking for something do better. */
export const DEEPEST = 2000;
/** For a text so many sessions are read. */
const MOST_LOOKED_AT = 10_000;
const LARGEST_PAGE = 1000;
const SMALLEST_PAGE = 100;

export async function askSessions(api: Api, question: SessionQuestion, signal: AbortSignal): Promise<SessionWindow> {
  const { text, depth } = question;
  const wanted = Math.min(Math.max(depth, SMALLEST_PAGE), DEEPEST);
  const fits = matcher(text);
  const limit = text === '' ? Math.min(wanted, LARGEST_PAGE) : LARGEST_PAGE;
  // The list changes while it is read: who was on one page may be on the next one as well.
  const items = new Map<string, SessionWire>();
  let lookedAt = 0;
  let cursor: string | null = null;
  let total = 0;
  do {
    const page: SessionPageWire = await api.get(`sessions?${queryOf(question, limit, cursor)}`, signal);
    ({ nextCursor: cursor, total } = page);
    lookedAt += page.items.length;
    for (const session of page.items) if (fits(session)) items.set(session.id, session);
  } while (cursor !== null && items.size < wanted && lookedAt < (text === '' ? wanted : MOST_LOOKED_AT));
  return {
    items: [...items.values()].slice(0, wanted).map((session) => ({ ...session, rate: null })),
    total,
    lookedAt,
    hasMore: cursor !== null || items.size > wanted,
  };
}

function queryOf({ sort, stream }: SessionQuestion, limit: number, cursor: string | null): URLSearchParams {
  return new URLSearchParams({
    sort,
    limit: String(limit),
    ...(stream === null ? {} : { stream: stream.stream, source: stream.source }),
    ...(cursor === null ? {} : { cursor }),
  });
}

/** Every word must be somewhere in the stream, the place, the player, the user or the address; case says nothing. */
export function matcher(text: string): (session: SessionWire) => boolean {
  const words = wordsOf(text);
  if (words.length === 0) return () => true;
  return (session) => {
    const { client, player, geo } = session;
    const said = [session.stream, session.source, geo?.city, geo?.country, geo?.countryCode, geo?.region];
    return containsAll([...said, player?.name, player?.platform, client.user, client.ip], words);
  };
}

export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

export function containsAll(said: readonly (string | null | undefined)[], words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const all = said.filter((each) => typeof each === 'string');
  const text = all.join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

interface Reading {
  readonly at: number;
  readonly bytes: number;
}

const RATE_OVER = 30_000;
const LEAST = 900;

/** What each session of the window receives now: what came since the reading of some seconds ago. */
export class Rates {
  /** Of the sessions of the newest window alone. */
  #readings = new Map<string, readonly Reading[]>();

  /** `now` is any clock in milliseconds that is never set. */
  read(window: SessionWindow, now: number): SessionWindow {
    const readings = new Map<string, readonly Reading[]>();
    const items = window.items.map((session): SessionLine => {
      const kept = (this.#readings.get(session.id) ?? []).filter(({ at }) => at > now - RATE_OVER);
      const newest = kept.at(-1);
      const isNew = newest === undefined || now - newest.at >= LEAST;
      const all = isNew ? [...kept, { at: now, bytes: session.bytes }] : kept;
      readings.set(session.id, all);
      const oldest = all[0]!;
      const rate =
        now - oldest.at < LEAST ? null : Math.max(((session.bytes - oldest.bytes) * 1000) / (now - oldest.at), 0);
      return { ...session, rate };
    });
    this.#readings = readings;
    return { ...window, items };
  }
}
