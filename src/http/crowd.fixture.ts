/**
 * A crowd that the tests of this folder know by heart: who watched what, from where, on what, from when to when. What
 * the API should answer is computed from this list by other means than the API's own.
 */

import type { Geo, Place, Player } from '../core/identity.ts';
import { clientFacts, FOREVER, type Instant, type Observation, presence } from '../core/observation.ts';
import type { Dimension } from '../core/query.ts';
import type { SourceTraits } from '../core/spaces.ts';

/** The time at which the tests take place. */
export const NOW = Date.UTC(2026, 2, 1, 12);
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Two edges of one audience that see requests, and a server that tells who is connected. */
export const SOURCES: readonly (SourceTraits & { readonly kind: string; readonly watermark: Instant })[] = [
  {
    name: 'edge-1',
    kind: 'access-log',
    audience: 'cdn',
    gap: 40 * SECOND,
    departures: 'never',
    provisional: false,
    watermark: NOW - 5 * SECOND,
  },
  {
    name: 'edge-2',
    kind: 'access-log',
    audience: 'cdn',
    gap: 40 * SECOND,
    departures: 'never',
    provisional: false,
    watermark: NOW - 5 * SECOND,
  },
  {
    name: 'radio',
    kind: 'icecast',
    audience: null,
    gap: 0,
    departures: 'inOrder',
    provisional: false,
    watermark: NOW - SECOND,
  },
];

/** One session as it was planned, with what it must look like. */
export interface Visit {
  readonly source: string;
  /** The source or the audience that it shares: what the API calls the source. */
  readonly space: string;
  readonly stream: string;
  readonly address: string;
  readonly userAgent: string | null;
  readonly user: string | null;
  readonly quality: string | null;
  readonly from: Instant;
  /** Its last sight. */
  readonly to: Instant;
  readonly isOpen: boolean;
  readonly bytes: number;
  readonly requests: number;
}

const AGENTS = ['VLC/3.0.20 LibVLC/3.0.20', 'ExamplePhone/17', null, 'ExampleBrowser/120'] as const;
const BOT = 'ExampleBot/1.0';
const USERS = ['anna', 'bela', null, null, null, 'zoë'] as const;
const PLACES = [
  ['/news', 'edge-1'],
  ['/news', 'edge-2'],
  ['/sport', 'edge-1'],
  ['/jazz', 'radio'],
  ['/talk', 'radio'],
] as const;

/** 36 that are here and 24 that have gone, six of all of them bots. */
export const CROWD: readonly Visit[] = Array.from({ length: 60 }, (_, i) => visit(i));

function visit(i: number): Visit {
  const [stream, source] = PLACES[i % PLACES.length]!;
  const isRadio = source === 'radio';
  const isOpen = i < 36;
  const from = NOW - (i + 1) * MINUTE - 250;
  const closedAfter = (20 + 7 * (i % 11)) * SECOND;
  // The lease of a connection runs to the watermark; who makes requests was last seen at one.
  const openTo = isRadio ? NOW - SECOND : NOW - (6 + (i % 20)) * SECOND;
  return {
    source,
    space: isRadio ? source : 'cdn',
    stream,
    address: i % 4 === 3 ? `2001:db8:0:${(i + 1).toString(16)}::1` : `192.0.2.${i + 1}`,
    userAgent: i % 9 === 8 ? BOT : AGENTS[i % AGENTS.length]!,
    user: USERS[i % 7] ?? null,
    quality: isRadio ? null : (['720p', '480p', null] as const)[i % 3]!,
    from,
    to: isOpen ? openTo : from + closedAfter,
    isOpen,
    bytes: 1000 * (i + 1),
    requests: i % 13,
  };
}

export const isBot = ({ userAgent }: Visit): boolean => botOf(userAgent);
export const PEOPLE: readonly Visit[] = CROWD.filter((each) => !isBot(each));
export const OPEN: readonly Visit[] = CROWD.filter(({ isOpen }) => isOpen);
export const HERE: readonly Visit[] = OPEN.filter((each) => !isBot(each));

export function botOf(userAgent: string | null): boolean {
  return userAgent !== null && /bot/i.test(userAgent);
}

export function playerOf(userAgent: string | null): Player | null {
  if (userAgent === null) return null;
  const [name, version] = userAgent.split(/[/ ]/);
  return { name: name!, version: version ?? null, type: 'player', platform: name === 'VLC' ? 'Linux' : null };
}

const CITIES: readonly (readonly [string, string, number, number] | null)[] = [
  ['DE', 'Berlin', 52.52, 13.405],
  ['FR', 'Lyon', 45.76, 4.84],
  null,
  ['NO', 'Oslo', 59.91, 10.75],
  ['FR', 'Paris', 48.85, 2.35],
];

/** Made up, and always the same for the same address. */
export function placeOf(address: string | null): Place | null {
  if (address === null) return null;
  const sum = [...address].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const city = CITIES[sum % CITIES.length]!;
  return { geo: city === null ? null : geoOf(city), asn: 64_496 + (sum % 3), organization: 'Example Networks' };
}

function geoOf([countryCode, city, latitude, longitude]: readonly [string, string, number, number]): Geo {
  return {
    countryCode,
    regionCode: null,
    region: null,
    city,
    postalCode: null,
    latitude,
    longitude,
    accuracyKm: 50,
    timeZone: null,
  };
}

/** Whose session it is, in the words of this list. */
export function listenerOf({ user, address, userAgent }: Visit): string {
  return user === null ? `${address} ${userAgent}` : `user ${user}`;
}

/** What a source tells of these visits, in the order of time. */
export function observationsOf(visits: readonly Visit[]): Observation[] {
  const told = visits.flatMap((each): { at: Instant; observation: Observation }[] => {
    const isRadio = each.source === 'radio';
    const client = clientFacts({
      address: each.address,
      userAgent: each.userAgent,
      user: each.user,
      connection: isRadio ? `${each.address} ${each.from}` : null,
    });
    const { stream, from, bytes, requests, quality } = each;
    const isLeased = isRadio;
    const seen = presence({
      stream,
      client,
      from,
      to: isLeased ? from : each.to,
      until: isLeased ? FOREVER : null,
      bytes,
      requests,
      qualities: quality === null ? null : [{ at: from, value: quality }],
    });
    const began = { at: from, observation: seen };
    if (!isLeased || each.isOpen) return [began];
    return [began, { at: each.to, observation: { kind: 'departure', stream, client, at: each.to } }];
  });
  return told.sort((a, b) => a.at - b.at).map(({ observation }) => observation);
}

/** How many of them there are of each value, the greatest first, equal ones by value: as the API orders them. */
export function tallyOf<T extends string | null>(
  visits: readonly Visit[],
  facetOf: (visit: Visit) => T,
): { value: T; sessions: number; bots: number }[] {
  const counts = new Map<T, { sessions: number; bots: number }>();
  for (const each of visits) {
    const count = counts.get(facetOf(each)) ?? { sessions: 0, bots: 0 };
    count[isBot(each) ? 'bots' : 'sessions']++;
    counts.set(facetOf(each), count);
  }
  return [...counts]
    .map(([value, count]) => ({ value, ...count }))
    .sort((a, b) => b.sessions - a.sessions || b.bots - a.bots || ((a.value ?? '') < (b.value ?? '') ? -1 : 1));
}

/** What a visit counts under, by dimension. */
export const VALUE: Readonly<Record<Dimension, (visit: Visit) => string | null>> = {
  stream: ({ stream }) => stream,
  source: ({ space }) => space,
  country: ({ address }) => placeOf(address)?.geo?.countryCode ?? null,
  city: ({ address }) => {
    const geo = placeOf(address)?.geo ?? null;
    return geo === null ? null : `${geo.city}, ${geo.countryCode}`;
  },
  asn: ({ address }) => placeOf(address)?.asn?.toString() ?? null,
  player: ({ userAgent }) => playerOf(userAgent)?.name ?? null,
  platform: ({ userAgent }) => playerOf(userAgent)?.platform ?? null,
  quality: ({ quality }) => quality,
  user: ({ user }) => user,
  identity: ({ source }) => (source === 'radio' ? 'connection' : 'inferred'),
};
