/**
 * Which networks are one place of people. One address and one IPv6 /64 are to begin with, and all local addresses; what
 * devices do tells which of these belong together:
 *
 * - *two stacks*: a device goes back and forth between an IPv4 and an IPv6 network of one provider at one place;
 * - *a line that changes its address*: a device goes from one network to another of the same provider and place, and the
 *   one was not used any more when the other began to be;
 * - *a pool* (CGNAT): a device hops between many addresses of a provider within hours, or comes back to several of them: so do
 *   all of its customers, and where the addresses are says little;
 * - *two lines of a house*: again and again a title goes on in the other network within two minutes;
 * - *a public address of the local network*: a device changes between both within half an hour, again and again.
 *
 * Mobile and satellite networks, and those that hide where their users are, are one for each provider.
 */

import { distanceKm } from '../distance.ts';
import type { JudgedPlace } from './judged.ts';
import { HOUR, type Network, type Sightings } from './sightings.ts';

/** How far from where it is said to be, where nobody says. */
export const ASSUMED_ACCURACY_KM = 50;
/** Beyond the accuracies of both, places of one line are no further apart. */
const ONE_PLACE_KM = 30;
const LEAST_STACK_CHANGES = 2;
const LEAST_LAN_CHANGES = 3;
const QUICK = 0.5 * HOUR;
/** Two sessions of a line that has just changed may overlap. */
const LINE_OVERLAP = 6 * HOUR;
const HOP_WITHIN = 12 * HOUR;
const LEAST_HOPS = 4;
const LEAST_HOP_SHARE = 0.3;
const LEAST_POOL = 4;
/** A line that changes does not come back to an address; a person comes back to a home and a workplace. */
const LEAST_RETURNS = 3;
const LEAST_HANDOVERS = 3;
const LEAST_HANDOVER_SHARE = 0.3;
const HANDOVER_WITHIN = 120_000;

export interface Grouping {
  /** By number of network: the household, counted from 0 in the order of their first plays. */
  readonly households: Uint32Array;
  readonly count: number;
  /** By household: is it a pool? */
  readonly isPool: Uint8Array;
}

export function groupNetworks(sightings: Sightings): Grouping {
  const { networkList } = sightings;
  const parents = Uint32Array.from(networkList, (_, i) => i);
  const rootOf = (network: number): number => {
    let root = network;
    while (parents[root] !== root) root = parents[root] = parents[parents[root]!]!;
    return root;
  };
  /** The older one stays. */
  const join = (a: number, b: number) => {
    const [one, other] = [rootOf(a), rootOf(b)];
    parents[Math.max(one, other)] = Math.min(one, other);
  };
  const { changes, pools } = changesOf(sightings);
  joinProviders(networkList, pools, join);
  for (const change of changes.values()) {
    if (isOnePlace(networkList[change.from]!, networkList[change.to]!, change)) join(change.from, change.to);
  }
  return numbered(networkList, pools, rootOf);
}

function numbered(
  networks: readonly Network[],
  pools: ReadonlySet<string>,
  rootOf: (network: number) => number,
): Grouping {
  const numbers = new Map<number, number>();
  const households = Uint32Array.from(networks, (_, network) => {
    const root = rootOf(network);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
  const isPool = new Uint8Array(numbers.size);
  for (const [i, network] of networks.entries()) if (pools.has(providerOf(network) ?? '')) isPool[households[i]!] = 1;
  return { households, count: numbers.size, isPool };
}

/** Null: nobody knows whose it is. */
function providerOf({ asn, organization, kind }: Network): string | null {
  if (asn === null && organization === null) return kind === 'fixed' ? null : kind;
  return `${kind} ${asn ?? organization}`;
}

/** All networks of a pool, and of a provider that does not tell where its users are. */
function joinProviders(
  networks: readonly Network[],
  pools: ReadonlySet<string>,
  join: (a: number, b: number) => void,
): void {
  const first = new Map<string, number>();
  for (const [i, network] of networks.entries()) {
    const provider = providerOf(network);
    if (provider === null || (network.kind === 'fixed' && !pools.has(provider))) continue;
    const before = first.get(provider);
    if (before === undefined) first.set(provider, i);
    else join(before, i);
  }
}

/** From one network to another, by any device, in either direction. */
interface Change {
  readonly from: number;
  readonly to: number;
  count: number;
  /** Of them within half an hour. */
  quick: number;
  /** Titles that went on in the other one, on whatever device. */
  handovers: number;
}

function changesOf(sightings: Sightings) {
  const { starts, ends, devices, networks, deviceNames, networkList } = sightings;
  const changes = new Map<number, Change>();
  countHandovers(changes, sightings);
  const hops = new Map<string, Hops>();
  const last = new Int32Array(deviceNames.length).fill(-1);
  for (let i = 0; i < starts.length; i++) {
    const device = devices[i]!;
    const before = last[device]!;
    last[device] = i;
    if (before === -1) continue;
    const [from, to] = [networks[before]!, networks[i]!];
    const gap = starts[i]! - ends[before]!;
    if (networkList[from]!.kind !== 'fixed' || networkList[to]!.kind !== 'fixed') continue;
    const own = hopsOf(hops, device, networkList[from]!, networkList[to]!);
    if (own !== null) countHop(own, from, to, gap <= HOP_WITHIN);
    if (from === to) continue;
    const change = changeBetween(changes, networkList.length, from, to);
    change.count++;
    if (gap <= QUICK) change.quick++;
  }
  const pools = new Set([...hops.values()].filter(isPool).map(({ provider }) => provider));
  return { changes, pools };
}

function countHandovers(changes: Map<number, Change>, { plays, starts, ends, networks, networkList }: Sightings): void {
  const last = new Map<string, number>();
  for (let i = 0; i < starts.length; i++) {
    const { title } = plays[i]!;
    if (title === null) continue;
    const before = last.get(title);
    last.set(title, i);
    if (before === undefined || Math.abs(starts[i]! - ends[before]!) > HANDOVER_WITHIN) continue;
    const [from, to] = [networks[before]!, networks[i]!];
    if (from === to || networkList[from]!.kind !== 'fixed' || networkList[to]!.kind !== 'fixed') continue;
    changeBetween(changes, networkList.length, from, to).handovers++;
  }
}

function changeBetween(changes: Map<number, Change>, networks: number, from: number, to: number): Change {
  const [one, other] = [Math.min(from, to), Math.max(from, to)];
  const key = one * networks + other;
  let change = changes.get(key);
  if (change === undefined) {
    change = { from: one, to: other, count: 0, quick: 0, handovers: 0 };
    changes.set(key, change);
  }
  return change;
}

/** Of one device with one provider. */
interface Hops {
  readonly provider: string;
  stayed: number;
  hopped: number;
  readonly networks: Set<number>;
  /** Networks that it came back to. */
  readonly returns: Set<number>;
}

function countHop(hops: Hops, from: number, to: number, isSoon: boolean): void {
  if (from !== to && hops.networks.has(to)) hops.returns.add(to);
  hops.networks.add(from).add(to);
  if (!isSoon) return;
  if (from === to) hops.stayed++;
  else hops.hopped++;
}

/** Null between providers, and between IPv4 and IPv6: a device has both. */
function hopsOf(all: Map<string, Hops>, device: number, from: Network, to: Network): Hops | null {
  const provider = providerOf(from);
  if (provider === null || provider !== providerOf(to) || from.family !== to.family) return null;
  const key = `${device} ${provider}`;
  let hops = all.get(key);
  if (hops === undefined) {
    hops = { provider, stayed: 0, hopped: 0, networks: new Set(), returns: new Set() };
    all.set(key, hops);
  }
  return hops;
}

function isPool({ stayed, hopped, networks, returns }: Hops): boolean {
  if (networks.size < LEAST_POOL) return false;
  return returns.size >= LEAST_RETURNS || (hopped >= LEAST_HOPS && hopped >= LEAST_HOP_SHARE * (hopped + stayed));
}

function isOnePlace(a: Network, b: Network, { count, quick, handovers }: Change): boolean {
  const least = LEAST_HANDOVER_SHARE * Math.min(a.plays, b.plays);
  if (handovers >= Math.max(LEAST_HANDOVERS, least) && areNear(a.place, b.place) !== false) return true;
  if (a.family === 'lan' || b.family === 'lan') return quick >= LEAST_LAN_CHANGES;
  if (a.asn !== b.asn || a.family === 'token' || b.family === 'token') return false;
  const places = areNear(a.place, b.place);
  // Whose they are, or where: one of them must be known.
  if (places === false || (places === null && a.asn === null)) return false;
  if (a.family !== b.family) return count >= LEAST_STACK_CHANGES;
  const [older, newer] = a.firstAt <= b.firstAt ? [a, b] : [b, a];
  return older.lastAt - newer.firstAt <= LINE_OVERLAP && newer.lastAt > older.lastAt;
}

/** Null: not both are known. */
function areNear(a: JudgedPlace | null, b: JudgedPlace | null): boolean | null {
  const km = leastDistanceKm(a, b);
  return km === null ? null : km <= ONE_PLACE_KM;
}

/** How far they are apart at least, by the accuracies of both; null if not both are known. */
function leastDistanceKm(a: JudgedPlace | null, b: JudgedPlace | null): number | null {
  const km = centresKm(a, b);
  if (km === null) return null;
  return Math.max(km - (a!.accuracyKm ?? ASSUMED_ACCURACY_KM) - (b!.accuracyKm ?? ASSUMED_ACCURACY_KM), 0);
}

export function centresKm(a: JudgedPlace | null, b: JudgedPlace | null): number | null {
  if (a === null || b === null) return null;
  const { latitude, longitude } = a;
  if (latitude === null || longitude === null || b.latitude === null || b.longitude === null) return null;
  return distanceKm({ latitude, longitude }, { latitude: b.latitude, longitude: b.longitude });
}
