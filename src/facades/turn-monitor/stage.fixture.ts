/** The facade behind a real reader of packets, tracker and audience, at a time of its own. */

import { createHash } from 'node:crypto';
import * as write from '../../../lab/turn-packets.ts';
import { ALL_ACCESS, accessTo, parseStreamPattern } from '../../core/access.ts';
import { Audience } from '../../core/audience.ts';
import { type Client, identify } from '../../core/identity.ts';
import { Messages } from '../../core/messages.ts';
import { type ClientFacts, type Observation, presence } from '../../core/observation.ts';
import { Streams } from '../../core/streams.ts';
import { Tracker } from '../../core/tracker.ts';
import { createClient } from '../../enrich/client.ts';
import { type Credential, createAccounts } from '../../http/accounts.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { TurnReader } from '../../sources/turn/reader.ts';
import { Counters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import { createCaptureReader } from '../../transports/capture/pcap.ts';
import type { FacadeContext } from '../facade.ts';
import { NO_HISTORY } from '../fixture.ts';
import { turnMonitor } from './index.ts';
import type { OriginalUser } from './users.ts';

export const NOON = Date.UTC(2026, 4, 1, 12);
export const SERVER: write.At = { address: '198.51.100.1', port: 3478 };
export const ALICE: write.At = { address: '192.0.2.10', port: 50_000 };
export const PEER: write.At = { address: '203.0.113.9', port: 7000 };

export interface Stats {
  readonly currentUserAmount: number;
  readonly activeUserList: Readonly<Record<string, OriginalUser>>;
  readonly log: readonly {
    readonly remoteIp: string;
    readonly message: Readonly<Record<string, unknown>> & {
      readonly attributeList?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    readonly timestamp: string;
  }[];
}

export interface StageOptions {
  readonly options?: Record<string, unknown>;
  /** False: addresses are hidden from everybody. */
  readonly hasMessages?: boolean;
  readonly users?: readonly Credential[];
  readonly info?: (text: string) => void;
}

export type Stage = ReturnType<typeof stage>;

const user = (name: string, access: Credential['access']): Credential => ({
  ...{ name, secret: `password of ${name}`, write: false, groups: [], access },
});

export const USERS: readonly Credential[] = [
  user('whole', ALL_ACCESS),
  user('masked', accessTo(null, false)),
  user('limited', accessTo([parseStreamPattern('relay/example.net')], true)),
];

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 20);

export function stage({ options = {}, hasMessages = true, users = [], info }: StageOptions = {}) {
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 'relay', audience: null, gap: 0, departures: 'inOrder', provisional: false });
  const audience = new Audience();
  const counters = new Counters();
  const messages = new Messages();
  let now = NOON;
  const context: FacadeContext = {
    audience,
    streams: new Streams(hash),
    titles: () => [],
    sources: () => [
      { name: 'relay', audience: null, isUnreachable: false, lastBatchAt: now, tellsStreams: true, relays: true },
    ],
    describe: (session) => tracker.describe(session),
    ...(hasMessages ? { messages } : {}),
    ...NO_HISTORY,
    inboxes: new Inboxes(),
    accounts: createAccounts(() => ({ users, tokens: [] })),
    clock: { now: () => now, elapsed: () => now - NOON, sleep: async () => new Promise((done) => setImmediate(done)) },
    log: info === undefined ? silentLog : { ...silentLog, info },
    counters: counters.scope('facade turn-monitor'),
    random: () => 0.5,
  };
  const facade = turnMonitor.create(turnMonitor.config.parse(options) as never, context);
  const [stats] = facade.endpoints!;
  const reader = new TurnReader({
    ...{ ports: [3478], maxAllocations: 1000, foldMs: Number.POSITIVE_INFINITY, seed: 7 },
    ...{ counters: counters.scope('relay'), messages: messages.of('relay') },
  });
  const capture = createCaptureReader(reader.onPacket);
  capture.write(write.pcapHeader());

  const settle = () => {
    const { observations } = reader.cut();
    const known = observations.map((each) => identified(each));
    for (const each of known) if (each.kind !== 'report') tracker.observe('relay', each);
    tracker.advance('relay', now);
    audience.apply(tracker.changes());
  };
  const ask = async (query = '', more: { as?: string; headers?: Record<string, string>; address?: string } = {}) => {
    settle();
    const basic = more.as === undefined ? null : Buffer.from(`${more.as}:password of ${more.as}`).toString('base64');
    return stats!.answer({
      ...{ method: 'GET', path: '/stats', params: {}, address: more.address ?? '127.0.0.1' },
      parameters: [...new URLSearchParams(query)],
      json: null,
      headers: {
        host: '127.0.0.1:3001',
        ...(basic === null ? {} : { authorization: `Basic ${basic}` }),
        ...more.headers,
      },
    });
  };
  return {
    facade,
    counters,
    messages,
    ask,
    /** Seconds after noon. */
    at: (second: number) => {
      now = NOON + second * 1000;
    },
    send: (from: write.At, to: write.At, datagram: Buffer) => {
      capture.write(write.pcapRecord({ time: now, bytes: write.frame(from, to, datagram) }));
    },
    /** What is there, past the reader of packets. */
    tell: (facts: ClientFacts, more: Partial<Parameters<typeof presence>[0]> = {}) => {
      tracker.observe(
        'relay',
        presence({ stream: 'example.org', from: now, until: now + 600_000, ...more, client: clientOf(facts) } as never),
      );
    },
    stats: async (query = '', as?: string): Promise<Stats> => {
      const { status, body } = await ask(query, as === undefined ? {} : { as });
      if (status !== 200) throw new Error(`${status}: ${body}`);
      return JSON.parse(String(body)) as Stats;
    },
  };
}

const clients = new Map<string, Client>();

function clientOf(facts: ClientFacts): Client {
  const key = JSON.stringify(facts);
  const { address } = facts;
  const identity = identify(facts, address, true, hash);
  const known = clients.get(key) ?? createClient({ identity, address, facts, place: null, player: null, bot: false });
  clients.set(key, known);
  return known;
}

function identified(observation: Observation): Observation<Client> {
  if (observation.kind === 'report') return observation;
  if (observation.kind === 'roster') return { ...observation, present: [] };
  return { ...observation, client: clientOf(observation.client) };
}

let transactions = 0;

/** A request of a client, and the server's answer. */
export function exchange(
  { send }: Stage,
  method: 'allocate' | 'refresh' | 'channelBind' | 'createPermission',
  more: {
    client?: write.At;
    asks?: (transaction: number) => write.Attribute[];
    answers?: (transaction: number) => write.Attribute[];
    kind?: 'success' | 'error';
  } = {},
): void {
  const { client = ALICE, asks, answers, kind = 'success' } = more;
  const transaction = ++transactions;
  const server = client.address.includes(':') ? { address: '2001:db8::1', port: 3478 } : SERVER;
  send(client, server, write.stun(method, 'request', transaction, ...(asks?.(transaction) ?? [])));
  send(server, client, write.stun(method, kind, transaction, ...(answers?.(transaction) ?? [])));
}

export function allocate(on: Stage, { client = ALICE, user = 'alice', realm = 'example.org' } = {}): void {
  const relayed = { address: SERVER.address, port: 49_000 + (client.port % 1000) };
  exchange(on, 'allocate', {
    client,
    asks: () => [...(user === '' ? [] : [write.username(user)]), write.realm(realm)],
    answers: (transaction) => [write.relayed(relayed, transaction), write.lifetime(600)],
  });
}

export function bind(
  on: Stage,
  channel: number,
  { client = ALICE, user = 'alice', kind = 'success' as 'success' | 'error' } = {},
): void {
  exchange(on, 'channelBind', {
    client,
    kind,
    asks: (transaction) => [
      write.channelNumber(channel),
      write.peer(PEER, transaction),
      ...(user === '' ? [] : [write.username(user)]),
      write.realm('example.org'),
    ],
    answers: () => (kind === 'error' ? [write.errorCode(400)] : []),
  });
}

export function refresh(on: Stage, seconds: number): void {
  exchange(on, 'refresh', { asks: () => [write.lifetime(seconds)], answers: () => [write.lifetime(seconds)] });
}
