/**
 * A stand-in for Tautulli, which watches a Plex server and cannot be installed here: its API v2 as 2.17 answers it, for
 * the calls that we make, with every quirk that they have (reference: Tautulli's plexpy/api2.py, datafactory.py and
 * pmsconnect.py). Tests drive it: users play things, and what is over becomes a row of history.
 *
 * Its quirks: 25 rows unless told otherwise, -1 is not "all"; grouping and active rows unless refused; dates are days of
 * the server's zone; `recordsTotal` ignores every filter; every error is HTTP 400, a crash 500; live values are strings;
 * `{}` is what it says of a Plex that it cannot reach; what is wrong with a geo look-up is in the data.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import {
  type GeneratedRows,
  type HistoryRow,
  historyRow,
  LabHistory,
  type LabPlayFacts,
  playFacts,
  seconds,
  userId,
} from './tautulli-rows.ts';

export interface LabTautulli {
  readonly host: string;
  readonly port: number;
  readonly apiKey: string;
  /** Queries that have come, without the key. */
  readonly asked: readonly URLSearchParams[];
  /** False: it cannot reach its Plex any more. */
  isPlexReachable: boolean;
  /** Something begins to play. Times are whole seconds; `started` is now unless told otherwise. */
  play(what: Partial<LabPlayFacts>): LabPlay;
  /** Something was played: a row of history at once. Answers its id. */
  addRow(row: Partial<HistoryRow>): number;
  deleteRow(id: number): void;
  /** Somebody who has played nothing. */
  addUser(user: { readonly user_id: number; readonly username: string; readonly friendly_name: string | null }): void;
  /** Where addresses are, as plex.tv would say. */
  readonly places: Map<string, LabPlexPlace>;
  /** Answers to these queries are errors with this message: HTTP 400, or 200 if it is to be. Null mends it. */
  fail(which: ((query: URLSearchParams) => boolean) | null, message?: string, status?: 200 | 400): void;
  /** So many milliseconds pass before each answer. */
  slowness: number;
  /** What is not JSON, once, as a proxy in front of it would say. */
  breakNext(): void;
  stop(): Promise<void>;
}

/** Of `get_geoip_lookup`. */
export interface LabPlexPlace {
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly latitude: number | string | null;
  readonly longitude: number | string | null;
}

export interface LabPlay {
  readonly sessionKey: string;
  readonly started: number;
  /** It leaves the activity, and its row is written: Tautulli's order. Answers the row. */
  stop(at?: number): HistoryRow;
}

export interface LabTautulliOptions {
  /** Its web root, where it is not `/`. */
  readonly path?: string;
  /** What its days are off from those of UTC. */
  readonly utcOffsetHours?: number;
  /** Before 2.12.3 rows had no `play_duration`. */
  readonly isOld?: boolean;
  /** A history that is there from the beginning. */
  readonly generated?: GeneratedRows;
  /** 0 is any free one. */
  readonly port?: number;
}

const HOST = '127.0.0.1';
const API_KEY = '0123456789abcdef0123456789abcdef';

interface State {
  readonly options: LabTautulliOptions;
  readonly rows: LabHistory;
  readonly users: LabUser[];
  readonly places: Map<string, LabPlexPlace>;
  readonly playing: Map<string, LabPlayFacts>;
  isPlexReachable: boolean;
}

interface LabUser {
  readonly user_id: number | null;
  readonly username: string | null;
  readonly friendly_name: string | null;
}

interface Result {
  readonly status: number;
  readonly message: string | null;
  readonly content: unknown;
  /** By the status unless it is said. */
  readonly result?: string;
}

export async function startTautulli(options: LabTautulliOptions = {}): Promise<LabTautulli> {
  const state: State = {
    options,
    rows: new LabHistory(options.generated ?? null),
    users: [],
    places: new Map(),
    playing: new Map(),
    isPlexReachable: true,
  };
  const trouble: Trouble = { isBroken: false, fails: null, slowness: 0 };
  const asked: URLSearchParams[] = [];
  const server = serve(state, trouble, asked).listen(options.port ?? 0, HOST);
  await once(server, 'listening');

  let sessionKeys = 0;
  return {
    host: HOST,
    port: (server.address() as { port: number }).port,
    apiKey: API_KEY,
    asked,
    places: state.places,
    get isPlexReachable() {
      return state.isPlexReachable;
    },
    set isPlexReachable(isReachable) {
      state.isPlexReachable = isReachable;
    },
    get slowness() {
      return trouble.slowness;
    },
    set slowness(milliseconds) {
      trouble.slowness = milliseconds;
    },
    play: (what) => {
      const facts = playFacts(what);
      const sessionKey = String(++sessionKeys);
      state.playing.set(sessionKey, facts);
      const stop = (at = seconds()) => {
        state.playing.delete(sessionKey);
        state.rows.add(historyRow(0, facts, facts.started, at));
        return state.rows.added.at(-1)!;
      };
      return { sessionKey, started: facts.started, stop };
    },
    addRow: (row) => state.rows.add(row),
    deleteRow: (id) => {
      const { added } = state.rows;
      added.splice(
        added.findIndex(({ row_id: each }) => each === id),
        1,
      );
    },
    addUser: (user) => state.users.push(user),
    fail: (which, message = 'It fails.', status = 400) => {
      trouble.fails = which === null ? null : { which, message, status };
    },
    breakNext: () => {
      trouble.isBroken = true;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Trouble {
  isBroken: boolean;
  slowness: number;
  fails: { which: (query: URLSearchParams) => boolean; message: string; status: 200 | 400 } | null;
}

function serve(state: State, trouble: Trouble, asked: URLSearchParams[]) {
  return createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (trouble.isBroken) {
      trouble.isBroken = false;
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    }
    if (url.pathname !== `${state.options.path ?? ''}/api/v2`) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404 Not Found</h1>');
      return;
    }
    if (trouble.slowness > 0) await new Promise((resolve) => setTimeout(resolve, trouble.slowness));
    const { fails } = trouble;
    const failure = fails?.which(url.searchParams)
      ? { status: fails.status, message: fails.message, content: null, result: 'error' }
      : null;
    const { status, message, content, result } = failure ?? answer(state, url.searchParams);
    url.searchParams.delete('apikey');
    asked.push(url.searchParams);
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
    const said = result ?? (status === 200 ? 'success' : 'error');
    response.end(JSON.stringify({ response: { result: said, message, data: content ?? {} } }));
  });
}

function answer(state: State, query: URLSearchParams): Result {
  const fail = (message: string): Result => ({ status: 400, message, content: null });
  if (query.get('apikey') === null) return fail('Parameter apikey is required');
  if (query.get('apikey') !== API_KEY) return fail('Invalid apikey');
  const command = query.get('cmd');
  if (command === null) return fail('Parameter cmd is required');
  try {
    if (command === 'get_history') return { status: 200, message: null, content: history(state, query) };
    if (command === 'get_activity') return { status: 200, message: null, content: activity(state, query) };
    if (command === 'get_users_table') return { status: 200, message: null, content: usersTable(state, query) };
    if (command === 'get_geoip_lookup') return place(state, query);
  } catch {
    return { status: 500, message: 'Check the logs for errors', content: null };
  }
  return fail(`Unknown command: ${command}`);
}

function history(state: State, query: URLSearchParams): unknown {
  const start = integer(query.get('start') ?? '0');
  const length = integer(query.get('length') ?? '25');
  const { rows, filtered } = fastPage(state, query, start, length) ?? slowPage(state, query, start, length);
  const page = rows.map((row) => {
    const { play_duration: _, ...old } = row;
    return state.options.isOld === true ? old : row;
  });
  return {
    draw: 1,
    recordsTotal: state.rows.length,
    recordsFiltered: filtered,
    data: page,
    total_duration: '42 days 5 hrs 18 mins',
    filter_duration: '1 hr',
  };
}

/** The question that a large history is asked again and again. */
function fastPage(state: State, query: URLSearchParams, start: number, length: number) {
  const isPlain = ['user_id', 'before', 'search'].every((name) => query.get(name) === null);
  const isOrdered = query.get('order_column') === 'started' && query.get('order_dir') === 'asc';
  const isRaw = query.get('grouping') === '0' && query.get('include_activity') === '0';
  if (!isPlain || !isOrdered || !isRaw || start < 0 || length < 0) return null;
  const after = query.get('after');
  const offset = (state.options.utcOffsetHours ?? 0) * 3600;
  return state.rows.page(after === null ? 0 : Date.parse(after) / 1000 - offset, start, length);
}

function slowPage(state: State, query: URLSearchParams, start: number, length: number) {
  const dayOf = (time: number) => {
    const local = time + (state.options.utcOffsetHours ?? 0) * 3600;
    return new Date(local * 1000).toISOString().slice(0, 10);
  };
  const after = query.get('after');
  const before = query.get('before');
  const users = query.get('user_id')?.split(',') ?? null;
  let rows = state.rows.all(({ started, user_id }) => {
    if (users !== null && !users.includes(String(user_id))) return false;
    if (after === null && before === null) return true;
    const day = dayOf(started ?? 0);
    return (after === null || day >= after) && (before === null || day <= before);
  });
  if ((query.get('grouping') ?? '1') !== '0') rows = grouped(rows);
  if ((query.get('include_activity') ?? '1') !== '0') {
    const active = [...state.playing].map(([key, facts]) => activeRow(key, facts));
    rows = [...rows, ...active.filter(({ user_id }) => users === null || users.includes(String(user_id)))];
  }
  rows = ordered(rows, query.get('order_column') ?? 'date', query.get('order_dir') ?? 'desc');
  return { rows: sliced(rows, start, length), filtered: rows.length };
}

/** As Python slices: a negative end counts from the end. */
function sliced<Row>(rows: readonly Row[], start: number, length: number): Row[] {
  return rows.slice(start, start + length);
}

/** Its rows have more columns, which nobody of us reads. */
function usersTable(state: State, query: URLSearchParams): unknown {
  const players = state.rows.users().map(({ user_id, user, friendly_name }) => ({
    ...{ user_id, username: user, friendly_name },
  }));
  const known = new Map([...players, ...state.users].map((user) => [user.user_id, user]));
  const users = [{ user_id: 0, username: 'Local', friendly_name: 'Local' }, ...known.values()]
    .map((user) => ({ ...user, friendly_name: user.friendly_name ?? user.username }))
    .sort((a, b) => ((a.friendly_name ?? '') < (b.friendly_name ?? '') ? 1 : -1));
  if (query.get('order_dir') === 'asc') users.reverse();
  const data = sliced(users, integer(query.get('start') ?? '0'), integer(query.get('length') ?? '25'));
  return { draw: 1, recordsTotal: users.length + 7, recordsFiltered: users.length, data };
}

function place(state: State, query: URLSearchParams): Result {
  const fail = (error: string): Result => ({ status: 400, message: null, content: { error } });
  const address = query.get('ip_address') ?? '';
  if (address === '') return fail('No IP address provided.');
  if (isIP(address) === 0) return fail(`Invalid IP address provided: ${address}`);
  const found = state.places.get(address);
  if (found === undefined) return fail(`Failed to lookup GeoIP info for address: ${address}`);
  const rest = { code: null, continent: null, postal_code: null, timezone: null, accuracy: null };
  return { status: 200, message: null, content: { ...rest, ...found } };
}

function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Error('not an integer');
  return Number(text);
}

/** Plays of the same thing by the same user, one after the other, become one row. */
function grouped(rows: readonly HistoryRow[]): HistoryRow[] {
  const groups = new Map<string, HistoryRow>();
  for (const row of rows) {
    const key = `${row.user_id}|${row.full_title}`;
    const group = groups.get(key);
    groups.set(key, group === undefined ? row : { ...row, started: group.started, group_count: 2 });
  }
  return [...groups.values()];
}

function activeRow(key: string, facts: LabPlayFacts): HistoryRow {
  const nothing = { row_id: null, id: null, reference_id: null, group_count: null, group_ids: null };
  const row = historyRow(0, facts, facts.started, seconds());
  return { ...row, ...nothing, state: 'playing', session_key: key };
}

/** Columns that it does not know are ignored without a word. */
function ordered(rows: readonly HistoryRow[], column: string, direction: string): HistoryRow[] {
  const key = column === 'date' ? 'started' : column;
  if (!['started', 'stopped', 'friendly_name', 'full_title', 'player'].includes(key)) return [...rows];
  const sign = direction === 'asc' ? 1 : -1;
  const value = (row: HistoryRow) => row[key as 'started' | 'full_title'] ?? 0;
  return rows.toSorted((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
}

function activity(state: State, query: URLSearchParams): unknown {
  if (!state.isPlexReachable) return {};
  const sessions = [...state.playing].map(([key, facts]) => liveSession(key, facts));
  const wanted = query.get('session_key');
  if (wanted !== null) return sessions.find(({ session_key: key }) => key === wanted) ?? {};
  return {
    stream_count: String(sessions.length),
    sessions,
    stream_count_direct_play: sessions.length,
    stream_count_direct_stream: 0,
    stream_count_transcode: 0,
    total_bandwidth: 0,
    lan_bandwidth: 0,
    wan_bandwidth: 0,
  };
}

function liveSession(key: string, facts: LabPlayFacts) {
  return {
    session_key: key,
    session_id: `plex-${key}`,
    user_id: userId(facts.user),
    user: facts.user,
    username: facts.user,
    friendly_name: facts.friendlyName,
    ip_address: facts.address,
    ip_address_public: '',
    machine_id: facts.machineId,
    player: facts.player,
    product: facts.product,
    platform: facts.platform,
    location: 'wan',
    state: 'playing',
    view_offset: '1000',
    duration: '5400000',
    media_type: 'movie',
    full_title: facts.title,
    title: facts.title,
    rating_key: '4711',
    transcode_decision: 'direct play',
    bandwidth: '8000',
  };
}
