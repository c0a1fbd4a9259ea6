/**
 * The accounts of the history, and what each has played: whoever has a user name, of one source (or of the audience that
 * several share) at a time, since a name says nothing across servers. Bots are left out.
 */

import type { Instant } from '../../../core/observation.ts';
import type { SessionPage } from '../../../core/query.ts';
import type { SessionRecord } from '../../../core/session.ts';
import type { Store } from '../../../store/store.ts';

export interface AccountName {
  readonly source: string;
  readonly user: string;
}

export type SharingHistory = Pick<Store, 'sessions' | 'aggregate'>;

/** Of all sources together: those with most time first, source by source. */
export const MOST_ACCOUNTS = 10_000;
/** So many sessions of one account are judged: the newest. */
export const MOST_SESSIONS = 20_000;
const PAGE = 1000;

interface AccountList {
  readonly items: readonly AccountName[];
  /** There are more. */
  readonly isCut: boolean;
}

/** Rejects as the store does. */
export async function accountsOf(store: SharingHistory, from: Instant, to: Instant): Promise<AccountList> {
  const people = { from, to, limit: MOST_ACCOUNTS } as const;
  const accounts: AccountName[] = [];
  for (const { value: source } of await store.aggregate({ ...people, by: 'source', filter: { bot: false } })) {
    if (source === null) continue;
    const filter = { bot: false, source: [source] };
    for (const { value: user } of await store.aggregate({ ...people, by: 'user', filter })) {
      if (user === null) continue;
      if (accounts.length >= MOST_ACCOUNTS) return { items: accounts, isCut: true };
      accounts.push({ source, user });
    }
  }
  return { items: accounts, isCut: false };
}

/**
 * Open ones too, newest first, a page at a time. Answers whether there are more than may be judged. Rejects as the store
 * does.
 */
export async function sessionsOf(
  store: SharingHistory,
  { source, user }: AccountName,
  from: Instant,
  take: (sessions: readonly SessionRecord[]) => void,
): Promise<boolean> {
  const filter = { bot: false, source: [source], user: [user] };
  const order = { state: 'all', sort: 'startedAt', descending: true, limit: PAGE } as const;
  let taken = 0;
  for (let cursor: string | null = null; ; ) {
    const page: SessionPage = await store.sessions({ ...order, filter, from, to: null, cursor });
    take(page.items);
    taken += page.items.length;
    if (page.nextCursor === null || taken >= MOST_SESSIONS) return page.nextCursor !== null;
    cursor = page.nextCursor;
  }
}
