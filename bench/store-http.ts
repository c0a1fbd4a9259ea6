/**
 * For bench/store.ts: the real HTTP interface in front of a store, as it is served to the dashboard, asked over a
 * connection that stays open. Measured until the answer has been read and parsed, in the process that also answers.
 */

import { Audience } from '../src/core/audience.ts';
import { Streams } from '../src/core/streams.ts';
import { type HttpServer, serveHttp } from '../src/http/server.ts';
import { systemClock } from '../src/lib/clock.ts';
import type { Store } from '../src/store/store.ts';
import { silentLog } from '../src/telemetry/log.ts';

export async function serve(store: Store): Promise<HttpServer> {
  const none = () => {};
  return serveHttp(
    {
      version: 'bench',
      startedAt: systemClock.now(),
      isDemo: false,
      timeZone: 'UTC',
      clock: systemClock,
      log: silentLog,
      audience: new Audience(),
      streams: new Streams((text) => text),
      store,
      trial: { pass: null, trying: { count: 0 }, tryUrl: () => Promise.reject(new Error('nothing is tried here')) },
      attribution: [],
      mapTiles: () => null,
      describe: () => {
        throw new Error('nobody is here');
      },
      sources: () => [],
      output: () => null,
      counters: () => ({}),
      stall: () => null,
      onNews: () => none,
      judgesSharing: false,
      sharing: () => {
        throw new Error('accounts are not judged here');
      },
      forget: async () => 0,
    },
    {
      host: '127.0.0.1',
      port: 0,
      socket: null,
      basePath: '/',
      trust: { tokens: [], users: [], hosts: new Set(['127.0.0.1']), origins: new Set(), isTrustedProxy: () => false },
    },
  );
}

/** The groups of `/history?by=country`, as they stand in the answer. */
export async function askHistory(url: string, from: number, to: number): Promise<Record<string, unknown>[]> {
  const period = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  const answer = await fetch(`${url}api/v1/history?by=country&limit=100&${period}`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`);
  const { groups } = (await answer.json()) as { groups: Record<string, unknown>[] };
  return groups;
}
