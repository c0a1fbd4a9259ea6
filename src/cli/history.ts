/**
 * The history that a command works on: through the Headcount that runs on the data directory, by the socket that it keeps
 * there for its owner, or opened here if none does.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { PastConnection } from '../core/past.ts';
import type { SessionRecord } from '../core/session.ts';
import { HeadcountError } from '../lib/errors.ts';
import { KINDS } from '../sources/index.ts';
import type { Store, Visit, VisitQuery } from '../store/store.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { DEFAULT_FILE } from './check.ts';
import type { Terminal } from './command.ts';
import { askOwner, askOwnerForLines, brokenOff, hasOwner } from './owner.ts';

/** Where it is, and what is done to addresses there. */
export interface HistoryPlace {
  readonly directory: string;
  readonly config: LoadedConfig;
}

/** From `--config` and `--data`. Throws `BAD_CONFIG`. */
export function placeOfHistory(
  values: Readonly<Record<string, unknown>>,
  { env }: Pick<Terminal, 'env'>,
): HistoryPlace {
  const file = (values['config'] as string | undefined) ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : null);
  const config = loadConfig({ kinds: KINDS, file, env, data: values['data'] as string | undefined });
  return { directory: resolve(config.data), config };
}

/** Throws `NO_HISTORY`. */
export function checkHistory({ directory }: Pick<HistoryPlace, 'directory'>): void {
  if (existsSync(join(directory, 'headcount.duckdb'))) return;
  throw new HeadcountError('NO_HISTORY', `There is no history in ${directory}. Where is it? Say --data DIR.`);
}

export interface History {
  /** As `Store.visit`. */
  visit(query: VisitQuery, visit: Visit): Promise<void>;
  /** At most 5,000 at a time; resolves when they are committed. The same connection again takes its own place. */
  keep(source: string, connections: readonly PastConnection[]): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with the codes of the store. */
export async function openHistory(place: HistoryPlace, terminal: Terminal): Promise<History> {
  if (await hasOwner(place.directory)) return historyOfOwner(place);
  const log = createLog({ level: 'warn', write: terminal.err, now: () => new Date() });
  // Only who must open the history loads the store.
  const { openDuckDbStore } = await import('../store/duckdb/index.ts');
  const store = await openDuckDbStore({ directory: place.directory, log, ...LITTLE });
  const keeper = createKeeper(store, place, log);
  return {
    visit: async (query, visit) => {
      const collect = garbageCollector();
      let since = 0;
      await store.visit(query, async (sessions, total) => {
        await visit(sessions, total);
        since += sessions.length;
        if (since < COLLECT_EVERY) return;
        since = 0;
        collect();
      });
    },
    keep: keeper.keep,
    close: async () => {
      await keeper.close();
      await store.close();
    },
  };
}

/** Enough to read rows as they lie there, and to commit some thousands. */
const LITTLE = { memoryMegabytes: 64, threads: 1 };

/** Rows: two pieces of the database's. */
const COLLECT_EVERY = 4096;
/** What has outlived some of these collections is dead by now, too. */
const ALL_EVERY = 16;

/**
 * Rows of the database are held by handles so small that Node sees no reason to collect them: a hundred megabytes of rows
 * that are long written would lie there. This process has nothing else to do.
 */
function garbageCollector(): () => void {
  // What is young is given no more room than it has by now: V8 would give it 130 MB, for it comes and goes so fast.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' | 'major' }) => void;
  let times = 0;
  // Nearly all die young: going through all that lives would seldom find more of them.
  return () => collect({ type: ++times % ALL_EVERY === 0 ? 'major' : 'minor' });
}

function historyOfOwner({ directory, config }: HistoryPlace): History {
  const path = (name: string) => `${config.basePath}api/v1/${name}`;
  return {
    visit: async (query, visit) => {
      for await (const line of askOwnerForLines(directory, path('export'), query)) {
        const told = line as Partial<{ sessions: SessionRecord[]; total: number; end: boolean }>;
        if (told.end === true) return;
        await visit(told.sessions!, told.total!);
      }
      throw brokenOff();
    },
    keep: async (source, connections) => {
      if ((await askOwner(directory, path('import'), { source, connections })) === null) throw brokenOff();
    },
    close: async () => {},
  };
}

/** Commits what is over to a store that nobody else writes to. */
function createKeeper(store: Store, { directory, config }: HistoryPlace, log: Log) {
  const open = async () => {
    const [{ installationKey }, { createPastSessions }] = await Promise.all([
      import('../config/key.ts'),
      import('../enrich/past.ts'),
    ]);
    const { exclude, privacy } = config;
    const key = installationKey(directory);
    const { sequence, residue } = await store.resume();
    const past = await createPastSessions({ exclude, privacy, key, log, counters: new ScopedCounters() });
    return { past, sequence, residue };
  };
  let opening: ReturnType<typeof open> | null = null;
  return {
    keep: async (source: string, connections: readonly PastConnection[]) => {
      opening ??= open();
      const opened = await opening;
      const closed = await opened.past.sessionsOf(source, connections);
      const nothing = { superseded: [], open: [], reports: [], samples: [], cursors: {} };
      await store.commit({ ...nothing, sequence: ++opened.sequence, closed, residue: opened.residue });
    },
    close: async () => {
      if (opening !== null) await (await opening).past.close();
    },
  };
}
