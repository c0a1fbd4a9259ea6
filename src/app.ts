/** The composition root: builds every part in order, and closes them in reverse. */

import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Alarms } from './collector/alarms.ts';
import { Collector } from './collector/collector.ts';
import { Events } from './collector/events.ts';
import { installationKey } from './config/key.ts';
import type { LoadedConfig } from './config/load.ts';
import { mapTilesOf } from './config/map.ts';
import { readTrial } from './config/trial.ts';
import { trustOf } from './config/trust.ts';
import { Audience } from './core/audience.ts';
import { Messages } from './core/messages.ts';
import type { Session } from './core/session.ts';
import { Streams } from './core/streams.ts';
import { Tracker } from './core/tracker.ts';
import { ATTRIBUTION } from './enrich/geo/index.ts';
import { createEnrichment, type EnrichmentOptions } from './enrich/index.ts';
import { createLocator } from './enrich/locate.ts';
import { createPastSessions, type PastSessions } from './enrich/past.ts';
import { createMask, keyedHash } from './enrich/privacy.ts';
import type { FacadeSource } from './facades/facade.ts';
import { RunningFacades } from './facades/running.ts';
import { createAccounts } from './http/accounts.ts';
import { hasCredentials } from './http/auth.ts';
import { serveEndpoints } from './http/endpoints.ts';
import { maskedText } from './http/masked.ts';
import { serveHttp } from './http/server.ts';
import type { Service, SourceInfo } from './http/service.ts';
import type { Transfer } from './http/transfer.ts';
import { TrialPass } from './http/trial-pass.ts';
import { type LiveSharing, openLiveSharing } from './insights/sharing/live/index.ts';
import { type Clock, steadyClock } from './lib/clock.ts';
import { HeadcountError, messageOf } from './lib/errors.ts';
import { collectSeldom } from './lib/heap.ts';
import { Inboxes } from './lib/inboxes.ts';
import { RunningSinks } from './sinks/running.ts';
import { KINDS } from './sources/index.ts';
import { type RunningSource, RunningSources, traitsOf } from './sources/running.ts';
import { tryOnce } from './sources/trial.ts';
import { openDuckDbStore } from './store/duckdb/index.ts';
import { openParquetSpool } from './store/duckdb/parquet-spool.ts';
import { forgetListener } from './store/forget.ts';
import { keepRetention } from './store/retention.ts';
import { Counters } from './telemetry/counters.ts';
import type { Log } from './telemetry/log.ts';
import { openRegister } from './transports/spawn/register.ts';
import { VERSION } from './version.ts';

export interface AppOptions {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly isDemo: boolean;
  /** The process must end: the store is beyond use. What was not committed is read again at the next start. */
  readonly onFatal: (error: unknown) => void;
}

export interface App {
  /** Where the dashboard is. */
  readonly url: string;
  /** Where a server can be tried before it is watched; null where that needs no address of its own. */
  readonly trialUrl: string | null;
  /** Takes over the sources, the programmes, the rights and the map of a changed configuration; says in the log what needs a restart. */
  reload(config: LoadedConfig): Promise<void>;
  /** Sources first, then the last commit, HTTP and the store. Leaves nothing behind. */
  close(): Promise<void>;
}

/** What has been started, to be closed in reverse; each at most once, whatever the others do. */
class Closers {
  readonly #log: Log;
  readonly #list: { what: string; close: () => Promise<void> | void }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(what: string, close: () => Promise<void> | void): void {
    this.#list.push({ what, close });
  }

  async closeAll(): Promise<void> {
    for (const { what, close } of this.#list.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error(`${what} did not close well: ${messageOf(error)}`);
      }
    }
  }
}

/** Rejects with the codes of the store, of enrichment and of HTTP; then nothing is left running. */
export async function startApp(options: AppOptions): Promise<App> {
  const closers = new Closers(options.log);
  collectSeldom();
  try {
    return await build(options, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function build(options: AppOptions, closers: Closers): Promise<App> {
  const { config, log, random } = options;
  const clock = steadyClock(options.clock);
  const startedAt = clock.now();
  const counters = new Counters();
  let trust = trustOf(config);
  let credentials = credentialsIn(config);
  let mapTiles = mapTilesOf(config.map);
  const directory = resolve(config.data);
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  const store = await openDuckDbStore({
    directory,
    log: log.scoped('store'),
    counters: counters.scope('store'),
    memoryMegabytes: config.store.memory,
    threads: config.store.threads,
  });
  closers.add('the store', () => store.close());

  // Not before the store is ours: another one that runs on it has children of its own.
  const closeRegister = await openRegister({
    file: join(directory, 'children.json'),
    clock,
    log: log.scoped('children'),
  });
  closers.add('the register of children', closeRegister);

  const key = installationKey(directory);
  const parts: { collector?: Collector; sharing?: LiveSharing } = {};
  const enrichment = await createEnrichment({
    geo: geoOf(config),
    asnDatabase: config.geo.enabled ? (config.geo.asnDatabase ?? null) : false,
    exclude: config.exclude,
    privacy: config.privacy,
    key,
    acceptDeclared: config.identity.declared,
    found: (source, client) => parts.collector?.found(source, client),
    clock,
    log: log.scoped('enrich'),
    counters: counters.scope('enrich'),
  });
  closers.add('enrichment', () => enrichment.close());

  const { maxDeclared, maxAgents } = config.identity;
  const tracker = new Tracker({ hash: idHash, maxDeclared, maxAgents });
  const audience = new Audience();
  audience.defineProgrammes(config.programmes);
  const streams = new Streams(idHash);
  const live = { audience, streams, describe: (session: Session) => tracker.describe(session) };
  const sinks = new RunningSinks({ settings: config.sinks, outbox: store.outbox, live, clock, log, counters, random });
  await sinks.open();
  closers.add('the sinks', () => sinks.stop());
  const count = (source: string, stream: string) => audience.countOfStream(source, stream);
  const alarms = new Alarms({ ...sinks.alarms, streams, count, listened: () => audience.streams() });
  const events = new Events({
    hash: keyedHash(key),
    wants: (event) => sinks.wants(event),
    find: (id) => audience.sessions.get(id),
    describe: live.describe,
    streams,
    count,
    alarms,
  });
  const collector = new Collector({
    tracker,
    audience,
    streams,
    enrichment,
    store,
    clock,
    log: log.scoped('collector'),
    counters: counters.scope('collector'),
    onFatal: options.onFatal,
    events: sinks.takeEvents ? events : undefined,
    onEvents: () => sinks.wake(),
    onClosed: (sessions) => parts.sharing?.sessionsChanged(sessions),
  });
  parts.collector = collector;
  for (const setting of config.sources) collector.attach(traitsOf(setting));
  const cursors = await collector.resume();
  collector.start();
  sinks.start();
  closers.add('the collector', () => collector.stop());

  const messages = new Messages();
  const inboxes = new Inboxes();
  const running = new RunningSources({
    collecting: collector,
    messages,
    inboxes,
    clock,
    log,
    counters,
    random,
    staleAfterMs: config.staleAfter,
  });
  closers.add('the sources', () => running.stop());

  const infoOf = ({ setting, health, counters: own, rates, rejects, recent }: RunningSource): SourceInfo => {
    const { kind, common } = setting;
    const watermark = tracker.watermarkOf(common.name);
    return {
      ...health,
      name: common.name,
      kind: kind.kind,
      audience: common.audience,
      relays: kind.traits.relays === true,
      gap: common.gap,
      lateness: common.lateness,
      watermark: Number.isFinite(watermark) ? watermark : null,
      counters: own,
      ...{ rates, rejects },
      hasOutput: !recent.isEmpty,
    };
  };
  const shown = (text: string) => (config.privacy.addresses === 'full' ? text : maskedText(text));
  let past: Promise<PastSessions> | null = null;
  const pastSessions = () => {
    past ??= createPastSessions({
      ...{ exclude: config.exclude, privacy: config.privacy, key },
      log: log.scoped('import'),
      counters: counters.scope('import'),
    });
    return past;
  };
  closers.add('the import', async () => (await past)?.close());
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const sharing = config.sharing.enabled
    ? openLiveSharing({
        directory,
        ...config.sharing,
        store,
        clock,
        hash: keyedHash(key),
        timeZone,
        tell: async (found) => {
          if (!sinks.takeEvents || !events.addFound(found)) return;
          const { sequence } = collector;
          await collector.flush();
          if (collector.sequence === sequence) throw new Error('the store did not take what was found');
        },
        counters: counters.scope('sharing'),
        warn: (message) => log.scoped('sharing').warn(message),
      })
    : null;
  const isNew = options.isDemo || config.sources.length === 0;
  const pass = isNew && !hasCredentials(trust) ? new TrialPass(() => clock.elapsed()) : null;
  const service: Service = {
    version: VERSION,
    startedAt,
    isDemo: options.isDemo,
    timeZone,
    clock,
    log: log.scoped('http'),
    audience,
    streams,
    store,
    trial: { pass, trying: { count: 0 }, tryUrl: (url) => tryUrl(url, clock) },
    attribution: isBundled(config) ? [ATTRIBUTION] : [],
    mapTiles: () => mapTiles,
    describe: live.describe,
    sources: () => running.list().map(infoOf),
    output: (name) => {
      const source = running.list().find(({ setting }) => setting.common.name === name);
      return source === undefined ? null : source.recent.list().map(({ at, text }) => ({ at, text: shown(text) }));
    },
    counters: () => ({ ...counters.read(), tracker: { ...tracker.counters } }),
    stall: () => collector.stall,
    onNews: (listener) => collector.onNews(listener),
    judgesSharing: sharing !== null,
    sharing: () => sharingOr(sharing),
    forget: async (who) => {
      // What has just ended must be in the store to be forgotten there.
      await collector.flush();
      const user = who.user ?? (who.session === undefined ? null : (await store.session(who.session))?.user) ?? null;
      const touched = await forgetListener(store, who, createMask(config.privacy, keyedHash(key)));
      await sharing?.forgotten(user);
      return touched;
    },
  };
  const transfer: Transfer = {
    visit: async (query, visit) => {
      // What has just happened is part of it.
      await collector.flush();
      await store.visit(query, visit);
    },
    keep: async (source, connections) => {
      const importer = await pastSessions();
      await collector.keep(await importer.sessionsOf(source, connections));
    },
  };
  const facades = new RunningFacades({
    settings: config.facades,
    audience,
    streams,
    titles: (source, stream) => streams.titles(source, stream),
    sources: () => running.list().map(facadeSource),
    describe: live.describe,
    // They hold whole addresses, which are not to be shown then.
    ...(config.privacy.addresses === 'full' ? { messages } : {}),
    store,
    hash: keyedHash(key),
    locate: createLocator(enrichment, { clock, isWeb: geoOf(config) !== false && config.geo.provider !== 'bundled' }),
    inboxes,
    accounts: createAccounts(() => trust),
    clock,
    log,
    counters,
    random,
  });
  const http = await serveHttp(service, {
    host: config.listen.host,
    port: config.listen.port,
    socket: join(directory, 'headcount.sock'),
    basePath: config.basePath,
    trust,
    signedIn: join(directory, 'signed-in.json'),
    facades: facades.routes,
    endpoints: facades.endpoints,
    transfer,
    openParquet: await openParquetSpool(join(directory, 'exports')),
  });
  closers.add('http', () => http.close());
  for (const each of facades.listening) {
    const own = await serveEndpoints({
      ...each,
      isTrusted: (address) => trust.isTrustedProxy(address),
      log: log.scoped('http'),
    });
    closers.add('a facade', () => own.close());
    log.info(`a facade is served on ${own.url}`);
  }

  if (sharing !== null) {
    parts.sharing = sharing;
    collector.onNews(({ joined }) => sharing.sessionsChanged(joined));
    sharing.start();
    closers.add('sharing', () => sharing.stop());
  }
  running.start(config.sources, cursors);
  // What a facade says first should not be that nobody is there, only because no source has spoken yet.
  facades.start(() => running.list().every(({ health }) => health.status !== 'starting'));
  closers.add('the facades', () => facades.stop());
  const retiring = new AbortController();
  const retention = keepRetention({
    store,
    retention: config.retention,
    clock,
    log: log.scoped('store'),
    signal: retiring.signal,
    counters: counters.scope('store'),
  });
  closers.add('retention', async () => {
    retiring.abort();
    await retention;
  });

  return {
    url: http.url,
    trialUrl: pass === null ? null : `${http.url}#welcome?token=${pass.token}`,
    close: () => closers.closeAll(),
    reload: async (changed) => {
      if (credentialsIn(changed) !== credentials) {
        const { users, tokens, trustedProxies } = changed;
        // Where we listen stays as it is: whether it may still be served there is asked again.
        trust = trustOf({ ...config, users, tokens, trustedProxies });
        credentials = credentialsIn(changed);
        http.trust(trust);
      }
      mapTiles = mapTilesOf(changed.map);
      audience.defineProgrammes(changed.programmes);
      await running.change(changed.sources, (name) => collector.cursorOf(name));
      const count = changed.sources.length;
      const names = Object.keys(config) as (keyof LoadedConfig)[];
      const waiting = names.filter((name) => !TAKEN_OVER.has(name) && !isDeepStrictEqual(changed[name], config[name]));
      const rest = waiting.length === 0 ? '' : `; a restart is needed for: ${waiting.join(', ')}`;
      log.info(`the configuration has been read again: ${count} ${count === 1 ? 'source' : 'sources'}${rest}`);
    },
  };
}

async function tryUrl(url: string, clock: Clock) {
  const { source, line, secretFiles } = readTrial(url, KINDS);
  return { ...(await tryOnce(source, clock)), line, secretFiles: [...secretFiles] };
}

function sharingOr(sharing: LiveSharing | null): LiveSharing {
  if (sharing !== null) return sharing;
  throw new HeadcountError('SHARING_OFF', 'Shared accounts are not looked for: the configuration has switched it off.');
}

/** To be compared only: it has the secrets. */
function credentialsIn({ users, tokens, trustedProxies }: LoadedConfig): string {
  return JSON.stringify([users, tokens, trustedProxies]);
}

/** What a reload takes over. */
const TAKEN_OVER: ReadonlySet<keyof LoadedConfig> = new Set([
  ...(['file', 'notes', 'sources', 'programmes', 'users', 'tokens', 'trustedProxies', 'map'] as const),
]);

function facadeSource({ setting, health }: RunningSource): FacadeSource {
  const { kind, common } = setting;
  return {
    name: common.name,
    audience: common.audience,
    isUnreachable: health.status === 'waiting',
    lastBatchAt: health.lastBatchAt,
    // Whoever sees but requests knows of no stream that it is not there.
    tellsStreams: kind.traits.departures !== 'never',
    relays: kind.traits.relays === true,
  };
}

function geoOf({ geo }: LoadedConfig): EnrichmentOptions['geo'] {
  if (!geo.enabled) return false;
  if (geo.provider === 'bundled') return { database: geo.database ?? null };
  const { provider: service, token = null, url = null, perMinute = null } = geo;
  const { timeout: timeoutMs, cacheSize: keep, cacheTime: keepMs } = geo;
  return { web: { service, token, url, perMinute, timeoutMs, keep, keepMs } };
}

function isBundled({ geo }: LoadedConfig): boolean {
  return geo.enabled && geo.provider === 'bundled' && geo.database === undefined;
}

/** Session and stream ids: what goes in is hashed with the installation's key already. */
function idHash(text: string): string {
  // Copied: a slice would hold on to the whole digest, for each of a million sessions.
  return Buffer.from(hash('sha256', text, 'base64url').slice(0, 20), 'latin1').toString('latin1');
}
