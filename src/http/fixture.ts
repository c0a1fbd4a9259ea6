/**
 * For the tests of this folder: the real server on a free port of loopback, in front of a real collector, tracker,
 * audience and DuckDB store, put together as app.ts does it. Only time, places and player names are ours; nothing moves
 * until a test says `settle`.
 */

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector } from '../collector/collector.ts';
import { Audience } from '../core/audience.ts';
import { identify } from '../core/identity.ts';
import type { Observation } from '../core/observation.ts';
import { Streams } from '../core/streams.ts';
import { Tracker } from '../core/tracker.ts';
import { createClient } from '../enrich/client.ts';
import type { Enrichment } from '../enrich/enrich.ts';
import { createPastSessions } from '../enrich/past.ts';
import { createMask } from '../enrich/privacy.ts';
import { type LiveSharing, openLiveSharing } from '../insights/sharing/live/index.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { HeadcountError } from '../lib/errors.ts';
import { networkOf } from '../lib/ip.ts';
import { openDuckDbStore } from '../store/duckdb/index.ts';
import { openParquetSpool } from '../store/duckdb/parquet-spool.ts';
import { forgetListener } from '../store/forget.ts';
import type { Store } from '../store/store.ts';
import { Counters } from '../telemetry/counters.ts';
import { createLog, silentLog } from '../telemetry/log.ts';
import type { TrustOptions } from './auth.ts';
import type { MapWire } from './contract.ts';
import { botOf, CROWD, NOW, observationsOf, placeOf, playerOf, SOURCES } from './crowd.fixture.ts';
import type { ForeignEndpoint, ForeignRoute } from './route.ts';
import { type HttpServer, serveHttp } from './server.ts';
import type { Service, Trial } from './service.ts';

/** As if the source ran a program. */
export const PRINTED = [
  { at: NOW - 2000, text: 'Accepted client 203.0.113.99:50555 running StrangePlayer/9 <script>' },
  { at: NOW - 1000, text: 'Client disconnected: 203.0.113.99:50555' },
];

/** As if a line could not be read. */
export const REJECT = {
  counter: 'rejectedTime',
  count: 3,
  of: 40,
  example: { text: '192.0.2.1 - - [never] <script>', expected: 'combined', at: NOW - 3000 },
};

/** Nobody needs to sign in, and nobody may write. */
export const OPEN_TRUST: TrustOptions = {
  tokens: [],
  users: [],
  hosts: new Set(['localhost', '127.0.0.1', '[::1]']),
  origins: new Set(),
  isTrustedProxy: () => false,
};

export interface SiteOptions {
  readonly trust?: Partial<TrustOptions>;
  readonly basePath?: string;
  readonly facades?: readonly ForeignRoute[];
  readonly endpoints?: readonly ForeignEndpoint[];
  /** Without the crowd nobody is there. */
  readonly isEmpty?: boolean;
  /** As at the first start, when nothing is watched yet. */
  readonly trial?: Trial;
  readonly mapTiles?: MapWire;
}

/** Nobody gets to try it with a token. */
export const NO_TRIAL: Trial = {
  pass: null,
  trying: { count: 0 },
  tryUrl: async () => ({
    ...{ kind: 'icecast', status: 200, server: 'Icecast 2.4.4', error: null },
    ...{ found: { streams: 0, listeners: 0, isCountOnly: true }, line: 'icecast://radio.example', secretFiles: [] },
  }),
};

/** A clock that stands still until it is told to move; sleepers wake up soon. */
export class StandingClock implements Clock {
  #passed = 0;

  now(): number {
    return NOW + this.#passed;
  }

  elapsed(): number {
    return this.#passed;
  }

  sleep(_: number, signal: AbortSignal): Promise<void> {
    return systemClock.sleep(10, signal);
  }

  pass(ms: number): void {
    this.#passed += ms;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Buffer;
}

export interface Question {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Asks through this Unix socket instead. */
  readonly socketPath?: string;
}

/** What was told to the running service, and how to ask it. */
export interface Site {
  readonly http: HttpServer;
  readonly service: Service;
  /** The whole one. */
  readonly audience: Audience;
  readonly collector: Collector;
  readonly store: Store;
  readonly clock: StandingClock;
  readonly counters: Counters;
  /** Judges nobody before `start`. */
  readonly sharing: LiveSharing;
  readonly directory: string;
  /** The owner's socket. */
  readonly socket: string;
  readonly port: number;
  /** What was logged as a warning or an error. */
  readonly logged: readonly string[];
  /** With it, the store refuses every commit or every question. */
  refusal: { readonly commits?: HeadcountError; readonly questions?: HeadcountError };
  tell(source: string, observations: readonly Observation[], watermark?: number): Promise<void>;
  /** Moves everything that was told on to the audience, the live views and the store. */
  settle(): Promise<void>;
  ask(path: string, question?: Question): Promise<Answer>;
  /** The JSON of an answer that has to be 200. */
  get<T>(path: string): Promise<T>;
  close(): Promise<void>;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 20);

/** Knows at once what everybody plays with, and where they are. */
const enrichment: Enrichment = {
  identify: (_, facts) =>
    createClient({
      identity: identify(facts, facts.address === null ? null : networkOf(facts.address), true, hash),
      address: facts.address,
      facts,
      place: placeOf(facts.address),
      player: playerOf(facts.userAgent),
      bot: botOf(facts.userAgent),
    }),
  settled: async () => {},
  close: async () => {},
};

export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'headcount-http-'));
  const store = await openDuckDbStore({ directory, log: silentLog });
  const clock = new StandingClock();
  const counters = new Counters();
  const tracker = new Tracker({ hash });
  const audience = new Audience();
  const streams = new Streams(hash);
  const logged: string[] = [];
  const log = createLog({ level: 'warn', write: (line) => logged.push(line), now: () => new Date(clock.now()) });
  const refusable = refusableStore(store, () => site.refusal);
  const collector = new Collector({
    tracker,
    audience,
    streams,
    enrichment,
    store: refusable,
    clock,
    log: silentLog,
    counters: counters.scope('collector'),
    onFatal: (error) => logged.push(String(error)),
  });
  for (const traits of SOURCES) collector.attach(traits);
  await collector.resume();

  const sharing = openLiveSharing({
    directory,
    store: refusable,
    clock,
    hash,
    timeZone: 'UTC',
    ...{ days: 60, tellFrom: 50 },
    tell: async () => {},
    counters: counters.scope('sharing'),
    warn: (message) => logged.push(message),
  });
  const service: Service = {
    version: '1.2.3-test',
    startedAt: NOW - 86_400_000,
    isDemo: false,
    timeZone: 'Europe/Berlin',
    clock,
    log,
    audience,
    streams,
    store: refusable,
    trial: options.trial ?? NO_TRIAL,
    attribution: [{ text: 'Places by Example', url: 'https://example.com/' }],
    mapTiles: () => options.mapTiles ?? null,
    describe: (session) => tracker.describe(session),
    sources: () =>
      (options.trial === undefined ? SOURCES : []).map(({ name, kind, audience: shared, gap }) => {
        const watermark = tracker.watermarkOf(name);
        return {
          name,
          kind,
          audience: shared,
          gap,
          lateness: 5000,
          status: 'running',
          statusSince: NOW - 60_000,
          lastBatchAt: NOW - 500,
          watermark: Number.isFinite(watermark) ? watermark : null,
          restarts: name === 'edge-2' ? 1 : 0,
          lastError:
            name === 'edge-2' ? { code: 'LOG_MISSING', message: 'The log does not exist.', at: NOW - 90_000 } : null,
          counters: counters.read()[name] ?? {},
          rates: [{ counter: 'lines', perSecond: 12.34567 }],
          rejects: name === 'edge-2' ? [REJECT, { counter: 'longLines', count: 1, of: null, example: null }] : [],
          hasOutput: name === 'radio',
        };
      }),
    output: (source) => {
      if (source === 'radio') return PRINTED;
      return SOURCES.some(({ name }) => name === source) ? [] : null;
    },
    counters: () => ({ ...counters.read(), tracker: { ...tracker.counters } }),
    stall: () => collector.stall,
    onNews: (listener) => collector.onNews(listener),
    judgesSharing: true,
    sharing: () => sharing,
    forget: async (who) => {
      await collector.flush();
      return forgetListener(refusable, who, createMask({ addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 }, hash));
    },
  };
  const past = await createPastSessions({
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: new Uint8Array(32),
    log: silentLog,
    counters: counters.scope('import'),
  });
  const socket = join(directory, 'headcount.sock');
  const http = await serveHttp(service, {
    host: '127.0.0.1',
    port: 0,
    socket,
    basePath: options.basePath ?? '/',
    trust: { ...OPEN_TRUST, ...options.trust },
    facades: options.facades ?? [],
    endpoints: options.endpoints ?? [],
    transfer: {
      visit: async (query, visit) => {
        await collector.flush();
        await store.visit(query, visit);
      },
      keep: async (source, connections) => {
        await collector.keep(await past.sessionsOf(source, connections));
      },
    },
    openParquet: await openParquetSpool(join(directory, 'exports')),
    checkAnswers: true,
  });
  const port = Number(new URL(http.url).port);

  const site: Site = {
    http,
    service,
    audience,
    collector,
    store,
    clock,
    counters,
    sharing,
    directory,
    socket,
    port,
    logged,
    refusal: {},
    tell: (source, observations, watermark) =>
      collector.emit(source, { observations, ...(watermark === undefined ? {} : { watermark }) }),
    settle: () => collector.flush(),
    ask: (path, question) => ask(port, path, question),
    get: async <T>(path: string) => {
      const answer = await ask(port, path);
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      return JSON.parse(answer.text) as T;
    },
    close: async () => {
      await http.close();
      await sharing.stop();
      await collector.stop();
      await past.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  if (!options.isEmpty) await tellCrowd(site);
  return site;
}

async function tellCrowd(site: Site): Promise<void> {
  for (const { name, watermark } of SOURCES) {
    const visits = CROWD.filter(({ source }) => source === name);
    await site.tell(name, observationsOf(visits), watermark);
    site.counters.scope(name).add('observations', visits.length);
  }
  await site.tell('radio', [
    { kind: 'report', stream: '/jazz', at: NOW - 3_600_000, status: 'up', title: 'Blue in Green', listeners: 3 },
    { kind: 'report', stream: '/jazz', at: NOW - 600_000, status: 'up', title: 'So What', listeners: 17, name: 'Jazz' },
    { kind: 'report', stream: '/silent', at: NOW - 500_000, status: 'down' },
  ]);
  await site.settle();
}

function refusableStore(store: Store, refusal: () => Site['refusal']): Store {
  const unless = async <T>(kind: keyof Site['refusal'], answer: () => Promise<T>): Promise<T> => {
    const error = refusal()[kind];
    if (error !== undefined) throw error;
    return answer();
  };
  return {
    ...store,
    commit: (commit) => unless('commits', () => store.commit(commit)),
    session: (id) => unless('questions', () => store.session(id)),
    sessions: (query) => unless('questions', () => store.sessions(query)),
    visit: (query, visit) => unless('questions', () => store.visit(query, visit)),
    aggregate: (query) => unless('questions', () => store.aggregate(query)),
    tally: (query) => unless('questions', () => store.tally(query)),
    countsAt: (query) => unless('questions', () => store.countsAt(query)),
    placesAt: (query) => unless('questions', () => store.placesAt(query)),
    reportsAt: (at) => unless('questions', () => store.reportsAt(at)),
    timeline: (query) => unless('questions', () => store.timeline(query)),
    listening: (query) => unless('questions', () => store.listening(query)),
  };
}

/** One request on a connection of its own; header values go out as they are given. */
export function ask(port: number, path: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, socketPath } = question;
  const peer = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
  return new Promise((resolve, reject) => {
    const asking = request(
      { ...peer, path, method, headers: { host: '127.0.0.1', ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: whole.toString('utf8'),
            body: whole,
          });
        });
      },
    );
    asking.on('error', reject);
    asking.end(body);
  });
}

/** The code and the sentence of an answer that is an error. */
export function errorOf(answer: Answer): { code: string; message: string } {
  const { error } = JSON.parse(answer.text) as { error: { code: string; message: string } };
  assert.match(error.code, /^[A-Z][A-Z_]+$/);
  assert.match(error.message, /^[^<>]{8,}$/, 'a sentence');
  return error;
}

/** Waits until it is so; fails with what was waited for when it takes too long. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, within = 20_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `waited for too long: ${what}`);
    await systemClock.sleep(10, new AbortController().signal);
  }
}
