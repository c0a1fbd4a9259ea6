/** For tests of sources that read rows from logs: a log on disk, to which a "server" appends, and what becomes of one. */

import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../lab/child.ts';
import { type Watched, watchSource } from '../../lab/watch.ts';
import { type Client, identify } from '../core/identity.ts';
import type { ClientFacts, Observation } from '../core/observation.ts';
import type { SessionRecord } from '../core/session.ts';
import type { SourceTraits } from '../core/spaces.ts';
import { Tracker } from '../core/tracker.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import type { TailCursor } from '../transports/tail/mark.ts';
import type { SourcePeer } from './fixture.ts';
import type { Batch, ReadTally, SourceKind } from './source.ts';

export interface RowLogPeer {
  readonly header: string;
  /** A row that was written now; `n` counts them from 1. */
  row(now: Date, n: number): string;
}

/** For the contract test. */
export async function startRowLog({ header, row }: RowLogPeer): Promise<SourcePeer> {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-rows-'));
  const path = join(folder, 'rows.log');
  writeFileSync(path, header);
  let rows = 0;
  return {
    options: { path, poll: '20ms' },
    speak: async () => {
      appendFileSync(path, `${row(new Date(), ++rows)}\r\nthis is no row of a log\n\0\0\xff\n`);
    },
    stop: async () => rmSync(folder, { recursive: true }),
  };
}

export const missingLog = () => ({ path: join(tmpdir(), 'headcount-there-is-no-such-folder', 'rows.log') });

/** `2026-11-21 01:19:26`, in UTC. */
export function dateAndTime(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

export interface ReadRows {
  readonly tally: ReadTally;
  readonly sessions: readonly SessionRecord[];
  readonly observations: readonly Observation[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Reads it from beginning to end, in chunks of so many bytes, through a real tracker. */
export async function readRows(
  kind: SourceKind,
  files: string | Buffer | readonly (string | Buffer)[],
  options: Record<string, unknown> = {},
  chunk = 1 << 20,
): Promise<ReadRows> {
  const { gap, lateness, departures } = kind.traits;
  const counters = new ScopedCounters();
  const tracker = trackerOf({ name: 'rows', audience: null, gap, departures, provisional: false });
  const all: Observation[] = [];
  const emit = async ({ observations, watermark }: Batch) => {
    all.push(...observations);
    tracker.take(observations, watermark);
  };
  const contents = [files].flat().map((each) => chunksOf(Buffer.from(each as string), chunk));
  const parsed = kind.config.parse({ path: 'unused', ...options });
  const tally = await kind.readOnce!(contents, parsed as never, { gap, lateness, counters, emit });
  return { tally, sessions: tracker.finish(), observations: all, counters: counters.read() };
}

async function* chunksOf(bytes: Buffer, chunk: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

export function trackerOf(traits: SourceTraits) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const tracker = new Tracker({ hash });
  tracker.attach(traits);
  const clients = new Map<string, Client>();
  const clientOf = (facts: ClientFacts): Client => {
    const text = JSON.stringify(facts);
    const { address, port, userAgent, user, device } = facts;
    const client = clients.get(text) ?? {
      ...identify(facts, address, true, hash),
      ...{ address, port, userAgent, user, device, place: null, player: null, bot: false, session: null },
    };
    clients.set(text, client);
    return client;
  };
  const closed = new Map<string, SessionRecord>();
  const settle = () => {
    const changes = tracker.changes();
    for (const { id } of changes.superseded) closed.delete(id);
    for (const session of changes.closed) closed.set(session.id, tracker.describe(session));
  };
  return {
    take: (observations: readonly Observation[], watermark: number | undefined) => {
      for (const each of observations) {
        if (each.kind === 'presence' || each.kind === 'departure') {
          tracker.observe(traits.name, { ...each, client: clientOf(each.client) } as Observation<Client>);
        }
      }
      if (watermark !== undefined) tracker.advance(traits.name, watermark);
      settle();
    },
    finish: () => {
      tracker.lose(traits.name);
      settle();
      return [...closed.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    },
  };
}

/** What a session is to whoever reads the history. */
export function told(sessions: readonly SessionRecord[] | Watched) {
  const all = 'batches' in sessions ? sessions.sessions() : sessions;
  return all
    .map(({ id, stream, address, userAgent, startedAt, lastSeenAt, bytes, title }) => ({
      ...{ id, stream, address, userAgent, bytes, title },
      from: new Date(startedAt).toISOString().slice(0, 19),
      to: new Date(lastSeenAt).toISOString().slice(0, 19),
    }))
    .sort((a, b) => (a.from + a.id < b.from + b.id ? -1 : 1));
}

/** What comes of a log that is read at once. */
export async function readWhole(kind: SourceKind, text: string, options: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-rows-'));
  try {
    const path = join(folder, 'rows.log');
    writeFileSync(path, text, 'latin1');
    const watched = watchSource(kind, { path, follow: false, ...options });
    const error = await watched.ended;
    if (error !== null) throw error;
    return told(watched);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What comes of the same log that grows line by line and in halves of lines, while it is renamed and its reader is stopped and started. */
export async function readAsItGrows(kind: SourceKind, text: string, options: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-rows-'));
  const path = join(folder, 'rows.log');
  const watch = (after?: Watched) =>
    watchSource(
      kind,
      { path, poll: '10ms', ...options },
      after === undefined ? {} : { cursor: after.cursor()!, after },
    );
  let watched = watch();
  try {
    let seen = 0;
    let inFile = 0;
    // Whoever stops it before it has told of what it has read makes it read that again.
    const toldOffset = () => (watched.cursor() as { files: TailCursor } | null)?.files.at(-1)?.offset;
    for (const [i, line] of text.split(/(?<=\n)/).entries()) {
      const half = Math.floor(line.length / 2);
      appendFileSync(path, line.slice(0, half), 'latin1');
      if (i % 5 === 2) {
        await watched.stop();
        watched = watch(watched);
        seen = 0;
      }
      appendFileSync(path, line.slice(half), 'latin1');
      seen += line.length;
      inFile += line.length;
      await until(`line ${i}`, () => watched.counters.get('bytes') === seen && toldOffset() === inFile);
      if (i % 4 !== 3) continue;
      // As logrotate calls it with `dateext`: by the time.
      renameSync(path, `${path}-20261121${String(i).padStart(4, '0')}`);
      inFile = 0;
    }
    // What was read is told with the next beat.
    await until('a cursor behind the last line', () => watched.batches.at(-1)?.observations.length === 0);
    await watched.stop();
    return told(watched);
  } finally {
    await watched.stop();
    rmSync(folder, { recursive: true });
  }
}

/** What comes of rows that are written behind a log which is begun at its end: the names of its columns are read all the same. */
export async function readFromEnd(kind: SourceKind, before: string, after: string) {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-rows-'));
  const path = join(folder, 'rows.log');
  writeFileSync(path, before, 'latin1');
  const watched = watchSource(kind, { path, from: 'end', poll: '10ms' });
  try {
    await until('it is at the end', () => watched.batches.length > 0);
    appendFileSync(path, after, 'latin1');
    await until('the rows', () => watched.sessions().length > 0);
    return told(watched);
  } finally {
    await watched.stop();
    rmSync(folder, { recursive: true });
  }
}
