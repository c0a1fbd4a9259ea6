/** For bench/store.ts: a year of closed sessions, the same in every run, and the commits that bring them. */

import type { SessionRecord } from '../src/core/session.ts';
import type { OpenSession } from '../src/core/snapshot.ts';
import { randomFrom } from '../src/enrich/fixture.ts';
import type { Commit } from '../src/store/store.ts';

export const SESSIONS = 1_000_000;
/** Sessions in a commit: the most that a collector lets wait. */
export const BATCH = 50_000;
const DAY = 86_400_000;
/** 2025-01-01T00:00:00Z. */
export const START = 1_735_689_600_000;
export const END = START + 365 * DAY;

export const COUNTRIES = Array.from({ length: 50 }, (_, i) =>
  String.fromCharCode(65 + (i % 26), 65 + Math.floor(i / 26)),
);

/** Session number `i` of a year, in order of time: 50 countries, 2,000 cities, 200 players, 20 streams, 400,000 listeners. */
export function sessionOf(i: number, random: () => number): SessionRecord {
  const startedAt = Math.floor(START + (i / SESSIONS) * (END - START) + random() * 60_000);
  const seconds = Math.ceil(-1800 * Math.log(1 - random()));
  const listener = Math.floor(random() * 400_000);
  // A few countries and players have most of the audience, as everywhere.
  const city = Math.floor(random() ** 2 * 2000);
  const player = Math.floor(random() ** 3 * 200);
  const lastSeenAt = startedAt + seconds * 1000;
  return {
    id: tokenOf(i, 0x1234567),
    source: `edge-${i % 4}`,
    stream: `stream-${Math.floor(random() * 20)}`,
    identity: 'inferred',
    listener: tokenOf(listener, 0x7654321),
    address: `198.51.${listener & 255}.${(listener >> 8) & 255}`,
    port: null,
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Player/${player}.0 Safari/537.36`,
    user: null,
    device: null,
    player: { name: `Player ${player}`, version: `${player % 9}.0`, type: 'player', platform: `OS ${player % 7}` },
    place: {
      geo: {
        countryCode: COUNTRIES[city % 50]!,
        regionCode: null,
        region: `Region ${city % 500}`,
        city: `City ${city}`,
        postalCode: null,
        latitude: (city % 180) - 90 + 0.25,
        longitude: (city % 360) - 180 + 0.5,
        accuracyKm: 50,
        timeZone: null,
      },
      asn: 64_496 + (city % 300),
      organization: `Network ${city % 300}`,
    },
    bot: false,
    provisional: false,
    startedAt,
    lastSeenAt,
    endedAt: lastSeenAt,
    reason: 'expired',
    bytes: Math.floor(seconds * 250_000 * random()),
    requests: Math.ceil(seconds / 6),
    traffic: null,
    quality: '720p',
    qualities: [{ at: startedAt, value: '720p' }],
    title: null,
    details: {},
  };
}

/** 22 characters, as a truncated hash has. */
function tokenOf(n: number, salt: number): string {
  const random = randomFrom(n ^ salt);
  let token = '';
  for (let i = 0; i < 3; i++) token += Math.floor(random() * 2 ** 32 + 2 ** 32).toString(36);
  return token.padEnd(22, '0').slice(0, 22);
}

export function commitOf(sequence: number, fields: Partial<Commit>): Commit {
  const residue = { watermarks: {}, waiting: [] };
  return { sequence, superseded: [], closed: [], open: [], reports: [], samples: [], cursors: {}, residue, ...fields };
}

export function openOf(record: SessionRecord, second: number): OpenSession {
  const seen = record.startedAt + second * 1000;
  const state = {
    ...{ key: record.listener, selfDeclared: true, agent: record.listener, network: record.listener, listenerRank: 0 },
    ...{ seenBy: record.source, seen, end: null, rare: null },
  };
  return {
    id: record.id,
    record: { ...record, lastSeenAt: seen, endedAt: null, reason: null, bytes: second * 1000 },
    state,
  };
}
