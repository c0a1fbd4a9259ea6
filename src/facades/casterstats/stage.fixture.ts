/** A facade that is served, with an audience that the test tells; and what XML says, read back by its shape. */

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { type Account, type Accounts, ALL_ACCESS, accessTo, type PatternAccess } from '../../core/access.ts';
import { Audience } from '../../core/audience.ts';
import { type Client, identify, type Place, type Player } from '../../core/identity.ts';
import { clientFacts, FOREVER, presence, type StreamReport } from '../../core/observation.ts';
import { Streams } from '../../core/streams.ts';
import { Tracker } from '../../core/tracker.ts';
import { createClient } from '../../enrich/client.ts';
import { serveEndpoints } from '../../http/endpoints.ts';
import { type Answer, ask, type Question } from '../../http/fixture.ts';
import { parseCidrs } from '../../lib/cidr.ts';
import { Inboxes } from '../../lib/inboxes.ts';
import { Counters } from '../../telemetry/counters.ts';
import { silentLog } from '../../telemetry/log.ts';
import type { FacadeContext, FacadeSource } from '../facade.ts';
import { NO_HISTORY } from '../fixture.ts';
import { ANSWERS } from './answers.ts';
import { casterstats } from './index.ts';
import type { Shape } from './shape.ts';
import { xmlSchema } from './xml.ts';

export const NOW = Date.UTC(2026, 10, 21, 12);

/** Signs in with a password that is the name, twice. */
export function accountsOf(accesses: Readonly<Record<string, PatternAccess>>): Accounts {
  const named = (name: string): Account | null => {
    const access = accesses[name];
    return access === undefined ? null : { name, access, groups: name === 'admin' ? ['owners'] : [] };
  };
  return {
    ...{ named, isEmpty: false, bearing: () => null },
    signIn: (name, password) => (password === name + name ? named(name) : null),
  };
}

export const only = (...streams: string[]): PatternAccess =>
  accessTo(
    streams.map((stream) => ({ source: 'radio', stream })),
    true,
  );

export const ACCOUNTS = accountsOf({
  admin: ALL_ACCESS,
  guest: only('/one'),
  discreet: { ...ALL_ACCESS, seesAddresses: false },
});

export interface Listening {
  readonly stream?: string;
  readonly ip?: string | null;
  readonly player?: Player | null;
  readonly place?: Place | null;
  readonly bot?: boolean;
  /** Seconds. */
  readonly for?: number;
}

/** What of a session is told, if nothing else is said of it. */
export const VLC: Player = { name: 'VLC media player', version: '3.0.20', type: 'player', platform: 'Linux' };

export function placeIn(countryCode: string, city: string | null): Place {
  const nowhere = { regionCode: null, region: null, postalCode: null, accuracyKm: null, timeZone: null };
  return { geo: { ...nowhere, countryCode, city, latitude: 50.5, longitude: -4.25 }, asn: null, organization: null };
}

/** Everybody may see everything. */
export const PUBLIC = { public: true, publicAddresses: true };

/** Of a user list, what tests look at. */
export interface Users {
  readonly TotalUsers: number;
  readonly CurrentUsers: number;
  readonly Pages: number;
  readonly Streams: readonly {
    readonly Name: string;
    readonly Status: string;
    readonly Age: number | null;
    readonly Stale: boolean;
    readonly CurrentUsers: number;
    readonly Users: readonly { readonly IpAddress: string | null; readonly Location?: unknown }[];
  }[];
}

export const addresses = ({ Streams }: Users) =>
  Streams.flatMap((each) => each.Users.map(({ IpAddress }) => IpAddress));
export const names = ({ Streams }: Users) => Streams.map(({ Name }) => Name);

export interface Stage {
  readonly counters: Counters;
  readonly clock: { pass(ms: number): void };
  sources: FacadeSource[];
  /** How often the audience was gone through. */
  readonly readings: () => number;
  listen(...listening: Listening[]): void;
  report(stream: string, report: Partial<StreamReport>): void;
  fail(): void;
  /** Sources have spoken: from here on questions are answered. */
  begin(): void;
  ask(path: string, question?: Question): Promise<Answer>;
  /** The JSON of an answer, which must have this status. */
  json<T = Record<string, unknown>>(path: string, status?: number): Promise<T>;
  /** The code of a refusal, after its status. */
  refusal(path: string, question?: Question): Promise<string>;
  /** For everybody who waits; false if there is nobody. */
  timeIsUp(): boolean;
  close(): Promise<void>;
}

/** `isBegun` false: no source has spoken yet. */
export async function stage(options: Record<string, unknown> = {}, isBegun = true): Promise<Stage> {
  const hash = (text: string) => text;
  const tracker = new Tracker({ hash });
  tracker.attach({ name: 'radio', audience: null, gap: 0, departures: 'inOrder', provisional: false });
  const audience = new Audience();
  let readings = 0;
  const watched = new Proxy(audience, {
    get: (target, name) => {
      if (name === 'sessions') readings++;
      return Reflect.get(target, name, target) as unknown;
    },
  });
  const streams = new Streams(hash);
  const counters = new Counters();
  let passed = 0;
  const sleepers = new Set<() => void>();
  const clock = {
    now: () => NOW + passed,
    elapsed: () => passed,
    sleep: (_: number, signal: AbortSignal) =>
      new Promise<void>((done) => {
        sleepers.add(done);
        signal.addEventListener('abort', () => {
          sleepers.delete(done);
          done();
        });
      }),
  };
  const context: FacadeContext = {
    audience: watched,
    streams,
    titles: (source, stream) => streams.titles(source, stream),
    sources: () => made.sources,
    accounts: ACCOUNTS,
    ...NO_HISTORY,
    inboxes: new Inboxes(),
    describe: (session) => tracker.describe(session),
    ...{ clock, log: silentLog, counters: counters.scope('facade casterstats'), random: () => 0.5 },
  };
  const parsed = casterstats.config.parse(options);
  const facade = casterstats.create(parsed as never, context);
  const server = await serveEndpoints({
    endpoints: facade.endpoints ?? [],
    listen: { host: '127.0.0.1', port: 0 },
    isTrusted: parseCidrs(['127.0.0.1']),
    log: silentLog,
  });
  const port = Number(new URL(server.url).port);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let connections = 0;
  const made: Stage = {
    counters,
    clock: {
      pass: (ms) => {
        passed += ms;
      },
    },
    sources: [{ name: 'radio', audience: null, isUnreachable: false, lastBatchAt: NOW - 3000, tellsStreams: true }],
    readings: () => readings,
    listen: (...listening) => {
      for (const each of listening) tracker.observe('radio', presenceOf(each, ++connections));
      tracker.advance('radio', NOW + passed);
      audience.apply(tracker.changes());
    },
    report: (stream, report) => {
      streams.apply('radio', 'radio', { kind: 'report', stream, at: NOW + passed, status: 'up', ...report });
    },
    fail: () => {
      streams.fail('radio', 'radio', NOW + passed);
      made.sources = made.sources.map((source) => ({ ...source, isUnreachable: true }));
    },
    begin: () => {
      running = facade.run(stopping.signal);
    },
    ask: async (path, question) => {
      const answer = await ask(port, path, question);
      if (/xml/.test(String(answer.headers['content-type'])) && !path.includes('.xsd')) checkLater(answer);
      return answer;
    },
    json: async <T>(path: string, status = 200) => {
      const answer = await ask(port, path);
      assert.equal(answer.status, status, `${path}: ${answer.text}`);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      return JSON.parse(answer.text) as T;
    },
    refusal: async (path, question) => {
      const { status, text, headers } = await ask(port, path, question);
      assert.match(String(headers['content-type']), /^application\/json/);
      const { Error: error } = JSON.parse(text) as { Error: { Code: string; Status: number } };
      assert.equal(error.Status, status);
      return `${status} ${error.Code}`;
    },
    timeIsUp: () => {
      for (const wake of sleepers) wake();
      return sleepers.size > 0;
    },
    close: async () => {
      stopping.abort();
      await running;
      await server.close();
    },
  };
  if (isBegun) made.begin();

  function presenceOf(each: Listening, connection: number) {
    const { stream = '/one', ip = `192.0.2.${connection}`, player = VLC, place = placeIn('BE', 'Brussels') } = each;
    const facts = clientFacts({ address: ip, connection: String(connection) });
    const client: Client = createClient({
      identity: identify(facts, ip, true, hash),
      address: ip,
      facts,
      place,
      player,
      bot: each.bot ?? false,
    });
    const from = NOW + passed;
    return presence({ stream, client, from, until: FOREVER, since: from - 1000 * (each.for ?? 61) });
  }
  return made;
}

const unchecked: string[] = [];

function checkLater({ headers, text }: Answer): void {
  if (headers['content-encoding'] === undefined) unchecked.push(text);
}

/** Every XML answer of the tests so far, and these, against the schema that is served: by xmllint. Answers how many. */
export function checkSchema(more: readonly string[] = []): number {
  const folder = mkdtempSync(join(tmpdir(), 'headcount-xml-'));
  try {
    writeFileSync(join(folder, 'schema.xsd'), xmlSchema(ANSWERS));
    const texts = [...unchecked.splice(0), ...more];
    const files = texts.map((text, i) => {
      writeFileSync(join(folder, `${i}.xml`), text);
      return `${i}.xml`;
    });
    execFileSync('xmllint', ['--noout', '--nonet', '--schema', 'schema.xsd', ...files], { cwd: folder, stdio: 'pipe' });
    return files.length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Node {
  readonly name: string;
  readonly children: Node[];
  text: string;
}

/** The root element's name, and the value without what is unknown: JSON without its nulls. */
export function fromXml(xml: string): { name: keyof typeof ANSWERS; value: unknown } {
  const open: Node[] = [{ name: '', children: [], text: '' }];
  const parser = new SaxesParser({});
  parser.on('error', (error) => assert.fail(error));
  parser.on('opentag', ({ name }) => {
    const node = { name, children: [], text: '' };
    open.at(-1)!.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    open.at(-1)!.text += text;
  });
  parser.write(xml).close();
  const root = open[0]!.children[0]!;
  const name = root.name as keyof typeof ANSWERS;
  return { name, value: valueIn(ANSWERS[name], root) };
}

function valueIn(shape: Shape, node: Node): unknown {
  switch (shape.kind) {
    case 'maybe':
      return valueIn(shape.of, node);
    case 'record':
      return Object.fromEntries(node.children.map((child) => [child.name, valueIn(shape.fields[child.name]!, child)]));
    case 'list':
      return node.children.map((child) => valueIn(shape.of, child));
    case 'whole':
    case 'decimal':
      return Number(node.text);
    case 'flag':
      return node.text === 'true';
    default:
      return node.text;
  }
}

export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(known.map(([name, each]) => [name, withoutNulls(each)]));
}
