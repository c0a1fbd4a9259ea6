/** For the tests of this folder: a history of accounts in a store's shape, and a household that lends its account. */

import type { SessionFilter, SessionPage, SessionQuery } from '../../../core/query.ts';
import type { SessionRecord } from '../../../core/session.ts';
import { closedSession } from '../../../store/suite/rows.ts';
import type { SharingHistory } from './history.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const PLACES = {
  home: { address: '192.0.2.10', city: 'Berlin', latitude: 52.52, longitude: 13.405, asn: 64_496 },
  away: { address: '198.51.100.20', city: 'Lyon', latitude: 45.76, longitude: 4.84, asn: 64_511 },
} as const;

export function playedAt(
  id: string,
  where: keyof typeof PLACES,
  device: string,
  startedAt: number,
  more: Partial<SessionRecord> = {},
): SessionRecord {
  const { address, city, latitude, longitude, asn } = PLACES[where];
  const geo = { countryCode: where === 'home' ? 'DE' : 'FR', city, latitude, longitude, accuracyKm: 20 };
  const place = {
    geo: { ...geo, regionCode: null, region: null, postalCode: null, timeZone: null },
    ...{ asn, organization: `Example Cable ${asn}` },
  };
  return closedSession(id, {
    ...{ source: 'plex', stream: `Film ${id}`, user: 'anna', listener: 'l-anna', address, device, place },
    ...{ startedAt, lastSeenAt: startedAt + 2 * HOUR, details: {} },
    ...more,
  });
}

/** Three weeks of evenings on a television at home, and on another one far away at the same time. */
export function lentAccount(now: number, evenings = 21): SessionRecord[] {
  const sessions: SessionRecord[] = [];
  for (let day = 1; day <= evenings; day++) {
    const at = now - day * DAY;
    sessions.push(playedAt(`home-${day}`, 'home', 'tv', at), playedAt(`away-${day}`, 'away', 'box', at + HOUR / 2));
  }
  return sessions;
}

/** The same from home alone. */
export function family(now: number): SessionRecord[] {
  return lentAccount(now)
    .filter(({ device }) => device === 'tv')
    .map((session) => ({ ...session, id: `ben ${session.id}`, user: 'ben', listener: 'l-ben' }));
}

/** A store that has just these; pages of three, so that there are several. */
export function historyOf(sessions: SessionRecord[]): SharingHistory & { refusal: Error | null } {
  const history = {
    refusal: null as Error | null,
    sessions: async (query: SessionQuery): Promise<SessionPage> => {
      if (history.refusal !== null) throw history.refusal;
      const found = sessions
        .filter((each) => isAsked(each, query.filter) && each.lastSeenAt > query.from!)
        .sort((a, b) => b.startedAt - a.startedAt);
      const from = Number(query.cursor ?? 0);
      const items = found.slice(from, from + 3);
      return { items, nextCursor: from + 3 < found.length ? String(from + 3) : null, total: found.length };
    },
    aggregate: async ({ by, filter }: { by: string | null; filter: SessionFilter }) => {
      if (history.refusal !== null) throw history.refusal;
      const found = sessions.filter((each) => isAsked(each, filter));
      const values = new Set(found.map((each) => (by === 'source' ? each.source : each.user)));
      return [...values].map((value) => ({ value, sessions: 1, uniqueClients: 1, listeningSeconds: 1, bytes: 1 }));
    },
  };
  return history;
}

function isAsked(session: SessionRecord, { source, user }: SessionFilter): boolean {
  return (source?.includes(session.source) ?? true) && (user?.includes(session.user) ?? true);
}
