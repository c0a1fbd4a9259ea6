/**
 * The accounts of our own history: whoever has a user name, of one source at a time, since a name says nothing across
 * servers. A running Headcount is asked through its socket, otherwise the history is opened here.
 */

import type { Instant } from '../../core/observation.ts';
import type { SessionFilter } from '../../core/query.ts';
import type { HistoryWire, SessionPageWire, SessionWire } from '../../http/contract.ts';
import { sessionWire, time } from '../../http/wire.ts';
import { HeadcountError, messageOf } from '../../lib/errors.ts';
import { createLog } from '../../telemetry/log.ts';
import { checkHistory, type HistoryPlace } from '../history.ts';
import { getFromOwner } from '../owner.ts';
import type { Account, AccountPlay, Accounts, Surroundings } from './accounts.ts';
import { shown } from './figures.ts';

/** What the store answers at most. */
const MOST_ACCOUNTS = 10_000;
const PAGE = 1000;
/** So many sessions of one account are judged: the newest ones. */
const MOST_SESSIONS = 200_000;

/** What is asked of a history, whoever has it open. Bots are left out. */
interface History {
  values(by: 'source' | 'user', filter: SessionFilter, from: Instant): Promise<(string | null)[]>;
  /** Closed sessions, newest first. */
  page(filter: SessionFilter, from: Instant, cursor: string | null): Promise<SessionPageWire>;
  close(): Promise<void>;
}

export interface HistoryAccountsOptions {
  readonly place: HistoryPlace;
  readonly since: Instant;
  readonly signal: AbortSignal;
  /** Something that whoever reads the report should know. */
  note(text: string): void;
}

/** Rejects with `NO_HISTORY`, and as the store does. */
export async function openHistoryAccounts(options: HistoryAccountsOptions): Promise<Accounts> {
  const { place, since, signal, note } = options;
  const { directory } = place;
  checkHistory(place);
  const history = (await historyOfOwner(place)) ?? (await openHistory(directory, note));
  const known = new Map<string, Surroundings>();
  const sources = new Map<Account, string | null>();
  return {
    origin: `the history (${directory})`,
    list: async () => {
      const accounts: Account[] = [];
      for (const source of await history.values('source', {}, since)) {
        const users = await history.values('user', { source: [source] }, since);
        if (users.length >= MOST_ACCOUNTS) note(`Of ${shown(source)} only the ${MOST_ACCOUNTS} users with most time.`);
        for (const user of users) {
          if (user === null) continue;
          const account = accountOf(source ?? '', user);
          sources.set(account, source);
          accounts.push(account);
        }
      }
      return accounts;
    },
    plays: async (account, from) => {
      const filter = { source: [sources.get(account) ?? null], user: [account.name] };
      const sessions: SessionWire[] = [];
      for (let cursor: string | null = null; ; ) {
        signal.throwIfAborted();
        const { items, nextCursor }: SessionPageWire = await history.page(filter, from, cursor);
        sessions.push(...items);
        if (nextCursor === null) break;
        if (sessions.length >= MOST_SESSIONS) {
          note(`Of ${shown(account.name)} only the newest ${MOST_SESSIONS} sessions.`);
          break;
        }
        cursor = nextCursor;
      }
      const began = sessions.filter(({ startedAt }) => Date.parse(startedAt) >= from);
      addSurroundings(known, began);
      return began.map(playOf);
    },
    // They were found when the sessions were kept.
    places: async (addresses) => {
      const placed = [...only(known, addresses)];
      return new Map(placed.flatMap(([address, { place }]) => (place === null ? [] : [[address, place]])));
    },
    surroundings: async (addresses) => only(known, addresses),
    explain: messageOf,
    close: () => history.close(),
  };
}

function accountOf(source: string, user: string): Account {
  return { id: `${source}/${user}`, name: user, aliases: [user] };
}

/** So many places are remembered. */
const MOST_PLACES = 200_000;

function addSurroundings(known: Map<string, Surroundings>, sessions: readonly SessionWire[]): void {
  if (known.size > MOST_PLACES) known.clear();
  for (const { client, geo } of sessions) {
    if (client.ip === null || geo === null || known.has(client.ip)) continue;
    const { city, region, country, latitude, longitude, accuracyKm, asn, organization } = geo;
    known.set(client.ip, { place: { city, region, country, latitude, longitude, accuracyKm }, asn, organization });
  }
}

function only(known: ReadonlyMap<string, Surroundings>, addresses: Iterable<string>): Map<string, Surroundings> {
  const found = new Map<string, Surroundings>();
  for (const address of addresses) {
    const surroundings = known.get(address);
    if (surroundings !== undefined) found.set(address, surroundings);
  }
  return found;
}

/** Where no device is told, the user agent tells devices apart, else the address. */
export function playOf({ client, player, details, ...session }: SessionWire): AccountPlay {
  const told = (name: string) => (typeof details[name] === 'string' ? details[name] : null);
  const played = details['playSeconds'];
  return {
    id: session.id,
    startedAt: Date.parse(session.startedAt),
    stoppedAt: Date.parse(session.endedAt ?? session.lastSeenAt),
    playSeconds: typeof played === 'number' ? played : session.durationSeconds,
    device: client.device ?? client.userAgent ?? client.ip,
    platform: told('platform') ?? player?.platform ?? null,
    player: told('player') ?? player?.name ?? null,
    address: client.ip,
    title: session.stream,
  };
}

/** Null if nobody runs there. */
async function historyOfOwner({ directory, config }: HistoryPlace): Promise<History | null> {
  const get = async (path: string, query: URLSearchParams) =>
    getFromOwner(directory, `${config.basePath}api/v1/${path}?${query}`);
  const probe = await get('sessions', new URLSearchParams({ state: 'open', limit: '1' }));
  if (probe === null) return null;
  const answered = async <Answer>(path: string, query: URLSearchParams): Promise<Answer> => {
    const answer = await get(path, query);
    if (answer === null) throw new HeadcountError('FAILED', 'Headcount has ended meanwhile. Ask again.');
    return answer as Answer;
  };
  return {
    values: async (by, filter, from) => {
      const query = queryOf(filter, { by, from: time(from), limit: String(MOST_ACCOUNTS) });
      return (await answered<HistoryWire>('history', query)).groups.map(({ value }) => value);
    },
    page: (filter, from, cursor) => {
      const more = cursor === null ? {} : { cursor };
      return answered('sessions', queryOf(filter, { state: 'closed', from: time(from), limit: String(PAGE), ...more }));
    },
    close: async () => {},
  };
}

function queryOf({ source = [], user = [] }: SessionFilter, rest: Record<string, string>): URLSearchParams {
  const query = new URLSearchParams(rest);
  for (const each of source) query.append('source', each ?? '~');
  for (const each of user) query.append('user', each ?? '~');
  return query;
}

async function openHistory(directory: string, note: (text: string) => void): Promise<History> {
  // Only who must open the history loads the store.
  const { openDuckDbStore } = await import('../../store/duckdb/index.ts');
  const log = createLog({ level: 'warn', write: (line) => note(line.trimEnd()), now: () => new Date() });
  const store = await openDuckDbStore({ directory, log });
  try {
    await store.resume();
  } catch (error) {
    await store.close();
    throw error;
  }
  const people = (filter: SessionFilter): SessionFilter => ({ ...filter, bot: false });
  return {
    values: async (by, filter, from) => {
      const to = Date.now();
      const groups = await store.aggregate({ from, to, by, filter: people(filter), limit: MOST_ACCOUNTS });
      return groups.map(({ value }) => value);
    },
    page: async (filter, from, cursor) => {
      const order = { sort: 'startedAt', descending: true, limit: PAGE, cursor } as const;
      const page = await store.sessions({ state: 'closed', filter: people(filter), from, to: null, ...order });
      return { items: page.items.map(sessionWire), nextCursor: page.nextCursor, total: page.total };
    },
    close: () => store.close(),
  };
}
