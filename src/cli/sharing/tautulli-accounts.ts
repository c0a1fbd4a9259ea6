/**
 * The accounts of a Tautulli, asked straight: its users, the history of each in pages of 1,000 rows, and where its
 * addresses are, by its own look-up or by our tables.
 */

import type { Instant } from '../../core/observation.ts';
import { isLan } from '../../insights/sharing/classic/network.ts';
import type { Whereabouts } from '../../insights/sharing/play.ts';
import { messageOf } from '../../lib/errors.ts';
import { parsePlace, parsePlay, parseUser, type TautulliUser } from '../../sources/tautulli/accounts.ts';
import { ask, askTable, type TautulliAccess, TautulliRefusal } from '../../sources/tautulli/api.ts';
import type { Account, AccountPlay, Accounts, Surroundings } from './accounts.ts';

const USERS_A_PAGE = 500;
const ROWS_A_PAGE = 1000;
/** Tautulli asks plex.tv for each place. */
const LOOK_UPS_AT_ONCE = 4;
/** So many places are remembered, across accounts. */
const MOST_PLACES = 200_000;
const DAY = 86_400_000;

/** Our tables: they look an address up without asking anybody. */
export interface OwnTables {
  surroundings(address: string): Surroundings;
}

export interface TautulliAccountsOptions {
  /** As the person wrote it, made whole. */
  readonly base: string;
  readonly access: TautulliAccess;
  readonly signal: AbortSignal;
  /** Null: nobody asks for networks, nor for places by our tables. */
  readonly tables: OwnTables | null;
  /** Who says where addresses are; without tables it is Tautulli. */
  readonly asksTautulli: boolean;
}

export function tautulliAccounts(options: TautulliAccountsOptions): Accounts {
  const { base, access, signal, tables, asksTautulli } = options;
  const known = new Map<string, Whereabouts | null>();
  const find = async (address: string) =>
    tables === null || asksTautulli ? placeFrom(access, address, signal) : tables.surroundings(address).place;
  const places = async (addresses: Iterable<string>): Promise<Map<string, Whereabouts>> => {
    if (known.size > MOST_PLACES) known.clear();
    const asked = [...addresses].filter((address) => !isLan(address));
    const waiting = asked.filter((address) => !known.has(address)).values();
    const worker = async () => {
      for (const address of waiting) known.set(address, await find(address));
    };
    await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, worker));
    return new Map(asked.flatMap((address) => placed(address, known.get(address) ?? null)));
  };
  return {
    origin: `Tautulli (${base})`,
    list: async () => {
      const order = { order_column: 'friendly_name', order_dir: 'desc' };
      const users = new Map<string, Account>();
      for await (const rows of askTable(access, 'get_users_table', order, USERS_A_PAGE, signal)) {
        for (const row of rows) {
          const user = parseUser(row);
          if (user !== null) users.set(user.id, accountOf(user));
        }
      }
      return [...users.values()];
    },
    plays: (account, since) => readPlays(access, account, since, signal),
    places,
    surroundings: async (addresses) => {
      const asked = new Set(addresses);
      const told = asksTautulli ? await places(asked) : null;
      return new Map([...asked].map((address) => [address, surroundingsOf(address, tables, told)]));
    },
    explain: (error) =>
      error instanceof TautulliRefusal ? `Tautulli API error (${error.command}): ${error.said}` : messageOf(error),
    close: async () => {},
  };
}

/** Tautulli does not say how exact its places are. */
function surroundingsOf(
  address: string,
  tables: OwnTables | null,
  told: ReadonlyMap<string, Whereabouts> | null,
): Surroundings {
  const own = tables?.surroundings(address) ?? { place: null, asn: null, organization: null };
  const place = told?.get(address);
  if (told === null) return own;
  return { ...own, place: place === undefined ? null : { ...place, accuracyKm: null } };
}

function placed(address: string, place: Whereabouts | null): [string, Whereabouts][] {
  return place === null ? [] : [[address, place]];
}

function accountOf({ id, friendlyName, username }: TautulliUser): Account {
  const names = [friendlyName, username].filter((name) => name !== null);
  return { id, name: names[0] ?? id, aliases: names };
}

/** A row that moved to the next page meanwhile is read once. */
async function readPlays(
  access: TautulliAccess,
  account: Account,
  since: Instant,
  signal: AbortSignal,
): Promise<readonly AccountPlay[]> {
  const parameters = {
    user_id: account.id,
    // A day of Tautulli's own zone, inclusive: a day earlier is early enough in any. What is too early is left out here.
    after: new Date(Math.max(since - DAY, 0)).toISOString().slice(0, 10),
    grouping: '0',
    include_activity: '0',
    order_column: 'started',
    order_dir: 'asc',
  };
  const plays = new Map<string, AccountPlay>();
  for await (const rows of askTable(access, 'get_history', parameters, ROWS_A_PAGE, signal)) {
    for (const row of rows) {
      const play = parsePlay(row);
      if (play !== null && (play.startedAt === null || play.startedAt >= since)) plays.set(play.id, play);
    }
  }
  // Tautulli itself answers newest first: of equal times that order decides.
  return [...plays.values()].reverse();
}

/** Null if Tautulli cannot tell: that is an address without a place, and no failure. */
async function placeFrom(access: TautulliAccess, address: string, signal: AbortSignal): Promise<Whereabouts | null> {
  try {
    return parsePlace(await ask(access, 'get_geoip_lookup', { ip_address: address }, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TautulliRefusal) return null;
    throw error;
  }
}
