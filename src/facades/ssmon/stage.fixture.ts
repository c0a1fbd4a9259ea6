/** The facade at an address of its own, before a real collector, audience and store; only places and time are ours. */

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector } from '../../collector/collector.ts';
import { ALL_ACCESS, accessTo, parseStreamPattern } from '../../core/access.ts';
import { Audience } from '../../core/audience.ts';
import { identify, type Place } from '../../core/identity.ts';
import { type ClientFacts, clientFacts, type Details, FOREVER, presence } from '../../core/observation.ts';
import { Streams } from '../../core/streams.ts';
import { Tracker } from '../../core/tracker.ts';
import { createClient } from '../../enrich/client.ts';
import { keyedHash } from '../../enrich/privacy.ts';
import { createAccounts } from '../../http/accounts.ts';
import { serveEndpoints } from '../../http/endpoints.ts';
import { type Answer, ask, type Question, StandingClock } from '../../http/fixture.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { openDuckDbStore } from '../../store/duckdb/index.ts';
import type { Store } from '../../store/store.ts';
import { Counters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { FacadeContext } from '../facade.ts';
import { RunningFacades } from '../running.ts';
import { ssmon } from './index.ts';

/** What the tests' clock shows at first. */
export const NOW = Date.UTC(2026, 2, 1, 12);

const UNKNOWN = { regionCode: null, region: null, postalCode: null, accuracyKm: null, timeZone: null };
const at = (countryCode: string, city: string | null, latitude: number, longitude: number): Place => ({
  geo: { ...UNKNOWN, countryCode, city, latitude, longitude },
  asn: null,
  organization: null,
});

const CHICAGO = at('US', 'Chicago', 41.8781, -87.6298);
/** Where addresses are; others are nowhere. */
export const PLACES: Readonly<Record<string, Place>> = {
  '192.0.2.40': CHICAGO,
  '192.0.2.41': CHICAGO,
  '198.51.100.7': at('PL', 'Kraków', 50.0614, 19.9366),
  '2001:db8::7': at('JP', '<b>Tokyo</b>', 35.6895, 139.6917),
};

export interface Visit {
  readonly source?: string;
  readonly stream?: string;
  readonly ip?: string;
  readonly port?: number;
  readonly details?: Details;
  /** Seconds before `NOW`. */
  readonly from: number;
  /** Seconds before `NOW`; absent is still there. */
  readonly to?: number;
}

const SDR: Details = { software: 'SDR#', version: '1700.0.0.1', os: 'Windows' };

const credential = (name: string, write: boolean, streams: string | null, seesAddresses = true) => ({
  ...{ name, secret: `secret-of-${name}`, write, groups: [] },
  access:
    streams === null && seesAddresses
      ? ALL_ACCESS
      : accessTo(streams === null ? null : [parseStreamPattern(streams)], seesAddresses),
});
const CREDENTIALS = {
  users: [
    credential('olga', true, null),
    credential('hana', false, 'spy/hf.config'),
    credential('masked', false, null, false),
  ],
  tokens: [credential('monitor', true, null), credential('reader', false, null), credential('part', true, 'spy/*')],
};
export const basic = (name: string, password = `secret-of-${name}`) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
export const bearer = (name: string, token = `secret-of-${name}`) => ({ authorization: `Bearer ${token}` });

export interface Stage {
  readonly store: Store;
  readonly clock: StandingClock;
  readonly counters: Counters;
  readonly inboxes: Inboxes;
  readonly port: number;
  /** How often the store was asked. */
  readonly questions: () => number;
  /** The store answers no question. */
  refuse(error: Error | null): void;
  /** They are in the audience and in the store. */
  visit(...visits: Visit[]): Promise<void>;
  ask(path: string, question?: Question): Promise<Answer>;
  /** The JSON of an answer that has to be 200. */
  json<T = unknown>(path: string, headers?: Record<string, string>): Promise<T>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** `public` unless the options say otherwise; `key` is that of the installation. */
export async function stage(options: Record<string, unknown> = {}, key = 1): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'headcount-ssmon-'));
  const store = await openDuckDbStore({ directory, log: silentLog });
  const hash = keyedHash(Buffer.alloc(32, key));
  const clock = new StandingClock();
  const counters = new Counters();
  const tracker = new Tracker({ hash });
  const audience = new Audience();
  const streams = new Streams(hash);
  const clientOf = (facts: ClientFacts) =>
    createClient({
      ...{ identity: identify(facts, facts.address, true, hash), address: facts.address, facts },
      ...{ place: PLACES[facts.address ?? ''] ?? null, player: null, bot: false },
    });
  const collector = new Collector({
    ...{ tracker, audience, streams, store, clock, log: silentLog, counters: counters.scope('collector') },
    enrichment: { identify: (_, facts) => clientOf(facts), settled: async () => {}, close: async () => {} },
    onFatal: (error) => assert.fail(String(error)),
  });
  for (const name of ['spy', 'radio']) {
    collector.attach({ name, audience: null, gap: 0, departures: 'inOrder', provisional: false });
  }
  await collector.resume();
  let questions = 0;
  let refusal: Error | null = null;
  const asked = () => {
    questions++;
    if (refusal !== null) throw refusal;
    return store;
  };
  const inboxes = new Inboxes();
  const context: Omit<FacadeContext, 'counters'> = {
    ...{ audience, streams, hash, inboxes, clock, log: silentLog, random: () => 0.5 },
    titles: () => [],
    sources: () => [],
    describe: (session) => tracker.describe(session),
    store: { tally: async (query) => asked().tally(query), sessions: async (query) => asked().sessions(query) },
    locate: async (address) => PLACES[address] ?? null,
    accounts: createAccounts(() => CREDENTIALS),
  };
  const settings = [{ kind: ssmon, options: ssmon.config.parse({ public: true, listen: '127.0.0.1:0', ...options }) }];
  const facades = new RunningFacades({ ...context, settings, counters });
  const [listening] = facades.listening;
  const server = await serveEndpoints({ ...listening!, isTrusted: () => false, log: silentLog });
  const port = Number(new URL(server.url).port);
  let connections = 0;
  return {
    ...{ store, clock, counters, inboxes, port, questions: () => questions },
    refuse: (error) => {
      refusal = error;
    },
    visit: async (...visits) => {
      for (const each of visits) {
        const { source = 'spy', stream = 'hf.config', ip = '192.0.2.40', details = SDR, from, to } = each;
        const client = clientFacts({ address: ip, port: each.port ?? 5678, connection: `${++connections}` });
        const [began, end] = [NOW - from * 1000, to === undefined ? null : NOW - to * 1000];
        const told = { stream, client, from: began, details };
        const whole = end === null ? presence({ ...told, until: FOREVER }) : presence({ ...told, to: end, over: true });
        await collector.emit(source, { observations: [whole] });
      }
      await collector.flush();
    },
    ask: (path, question) => ask(port, path, question),
    json: async <T>(path: string, headers = {}) => {
      const answer = await ask(port, path, { headers });
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      return JSON.parse(answer.text) as T;
    },
    post: (path, body, headers = bearer('monitor')) =>
      ask(port, path, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close: async () => {
      await facades.stop();
      await server.close();
      await collector.stop();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
