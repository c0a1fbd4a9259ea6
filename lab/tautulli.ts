/**
 * A stand-in for Tautulli, which watches a Plex server and cannot be installed here: its API v2 as 2.17 answers it, for
 * the calls that we make, with every quirk that they have (reference: Tautulli's plexpy/api2.py, datafactory.py and
 * pmsconnect.py). Tests drive it: users play things, and what is over becomes a row of history.
 *
 * Its quirks: 25 rows unless told otherwise, -1 is not "all"; grouping and active rows unless refused; dates are days of
 * the server's zone; `recordsTotal` ignores every filter; every error is HTTP 400, a crash 500; live values are strings;
 * `{}` is what it says of a Plex that it cannot reach.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';

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
  /** What is not JSON, once, as a proxy in front of it would say. */
  breakNext(): void;
  stop(): Promise<void>;
}

export interface LabPlayFacts {
  readonly user: string;
  readonly friendlyName: string;
  readonly title: string;
  readonly machineId: string;
  readonly address: string;
  readonly player: string;
  readonly product: string;
  readonly platform: string;
  readonly started: number;
}

export interface LabPlay {
  readonly sessionKey: string;
  readonly started: number;
  /** It leaves the activity, and its row is written: Tautulli's order. Answers the row. */
  stop(at?: number): HistoryRow;
}

export type HistoryRow = ReturnType<typeof historyRow>;

export interface LabTautulliOptions {
  /** Its web root, where it is not `/`. */
  readonly path?: string;
  /** What its days are off from those of UTC. */
  readonly utcOffsetHours?: number;
  /** Before 2.12.3 rows had no `play_duration`. */
  readonly isOld?: boolean;
}

const HOST = '127.0.0.1';
const API_KEY = '0123456789abcdef0123456789abcdef';

interface State {
  readonly options: LabTautulliOptions;
  readonly rows: HistoryRow[];
  readonly playing: Map<string, LabPlayFacts>;
  isPlexReachable: boolean;
}

interface Result {
  readonly status: number;
  readonly message: string | null;
  readonly content: unknown;
}

export async function startTautulli(options: LabTautulliOptions = {}): Promise<LabTautulli> {
  const state: State = { options, rows: [], playing: new Map(), isPlexReachable: true };
  const asked: URLSearchParams[] = [];
  let isBroken = false;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (isBroken) {
      isBroken = false;
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    }
    if (url.pathname !== `${options.path ?? ''}/api/v2`) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404 Not Found</h1>');
      return;
    }
    const { status, message, content } = answer(state, url.searchParams);
    url.searchParams.delete('apikey');
    asked.push(url.searchParams);
    const result = status === 200 ? 'success' : 'error';
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
    response.end(JSON.stringify({ response: { result, message, data: content ?? {} } }));
  }).listen(0, HOST);
  await once(server, 'listening');

  let sessionKeys = 0;
  let rowIds = 0;
  const addRow = (row: Partial<HistoryRow>) => {
    const id = ++rowIds;
    state.rows.push({ ...historyRow(id, playFacts({}), seconds(), seconds()), ...row, row_id: id, id });
    return id;
  };
  return {
    host: HOST,
    port: (server.address() as { port: number }).port,
    apiKey: API_KEY,
    asked,
    get isPlexReachable() {
      return state.isPlexReachable;
    },
    set isPlexReachable(isReachable) {
      state.isPlexReachable = isReachable;
    },
    play: (what) => {
      const facts = playFacts(what);
      const sessionKey = String(++sessionKeys);
      state.playing.set(sessionKey, facts);
      const stop = (at = seconds()) => {
        state.playing.delete(sessionKey);
        addRow(historyRow(0, facts, facts.started, at));
        return state.rows.at(-1)!;
      };
      return { sessionKey, started: facts.started, stop };
    },
    addRow,
    deleteRow: (id) => {
      state.rows.splice(
        state.rows.findIndex(({ row_id: each }) => each === id),
        1,
      );
    },
    breakNext: () => {
      isBroken = true;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function playFacts(what: Partial<LabPlayFacts>): LabPlayFacts {
  return {
    user: 'alice',
    friendlyName: 'Alice',
    title: 'A Film',
    machineId: 'machine-1',
    address: '192.0.2.10',
    player: 'Living room',
    product: 'Plex for LG',
    platform: 'webOS',
    started: seconds(),
    ...what,
  };
}

/** As `get_history` has it, but for what nobody of us reads. Everything may be null in a real one. */
function historyRow(id: number, facts: LabPlayFacts, started: number | null, stopped: number | null) {
  const played = Math.max((stopped ?? 0) - (started ?? 0), 0) as number | null;
  return {
    reference_id: id as number | null,
    row_id: id as number | null,
    id: id as number | null,
    date: started,
    started,
    stopped,
    duration: played,
    play_duration: played,
    paused_counter: 0 as number | null,
    user_id: userId(facts.user) as number | null,
    user: facts.user as string | null,
    friendly_name: facts.friendlyName as string | null,
    platform: facts.platform as string | null,
    product: facts.product as string | null,
    player: facts.player as string | null,
    ip_address: facts.address as string | null,
    machine_id: facts.machineId as string | null,
    location: 'wan' as string | null,
    media_type: 'movie' as string | null,
    rating_key: 4711 as number | string | null,
    full_title: facts.title as string | null,
    title: facts.title as string | null,
    transcode_decision: 'direct play' as string | null,
    percent_complete: 100 as number | null,
    group_count: 1 as number | null,
    group_ids: String(id) as string | null,
    state: null as string | null,
    session_key: null as string | null,
  };
}

function userId(user: string): number {
  return [...user].reduce((sum, character) => sum * 31 + character.codePointAt(0)!, 7) % 1_000_000;
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
  } catch {
    return { status: 500, message: 'Check the logs for errors', content: null };
  }
  return fail(`Unknown command: ${command}`);
}

function history(state: State, query: URLSearchParams): unknown {
  const dayOf = (time: number) => {
    const local = time + (state.options.utcOffsetHours ?? 0) * 3600;
    return new Date(local * 1000).toISOString().slice(0, 10);
  };
  const after = query.get('after');
  const before = query.get('before');
  let rows = state.rows.filter(({ started }) => {
    const day = dayOf(started ?? 0);
    return (after === null || day >= after) && (before === null || day <= before);
  });
  if ((query.get('grouping') ?? '1') !== '0') rows = grouped(rows);
  const withActivity = (query.get('include_activity') ?? '1') !== '0';
  if (withActivity) rows = [...rows, ...[...state.playing].map(([key, facts]) => activeRow(key, facts))];
  rows = ordered(rows, query.get('order_column') ?? 'date', query.get('order_dir') ?? 'desc');
  const start = integer(query.get('start') ?? '0');
  const length = integer(query.get('length') ?? '25');
  // As Python slices: a negative end counts from the end.
  const end = start + length;
  const page = rows.slice(start, end).map((row) => {
    const { play_duration: _, ...old } = row;
    return state.options.isOld === true ? old : row;
  });
  return {
    draw: 1,
    recordsTotal: state.rows.length,
    recordsFiltered: rows.length,
    data: page,
    total_duration: '42 days 5 hrs 18 mins',
    filter_duration: '1 hr',
  };
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
