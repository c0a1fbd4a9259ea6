/** What the suite commits: sessions with every field filled in unless said otherwise, and commits around them. */

import type { AudienceEvent } from '../../core/event.ts';
import type { SessionQuery } from '../../core/query.ts';
import type { SessionRecord, SessionState } from '../../core/session.ts';
import type { OpenSession } from '../../core/snapshot.ts';
import type { Commit, Resumed, Store } from '../store.ts';

/** 2026-01-01T00:00:00Z. */
export const NOON = 1_767_225_600_000;

export function closedSession(id: string, fields: Partial<SessionRecord> = {}): SessionRecord {
  const startedAt = fields.startedAt ?? NOON;
  const lastSeenAt = fields.lastSeenAt ?? startedAt + 60_000;
  return {
    id,
    source: 'edge-1',
    stream: 'radio',
    identity: 'inferred',
    listener: `listener of ${id}`,
    address: '192.0.2.7',
    port: 4711,
    userAgent: 'VLC/3.0.20 LibVLC/3.0.20',
    user: 'anna',
    device: 'kitchen',
    player: { name: 'VLC', version: '3.0.20', type: 'player', platform: 'Linux' },
    place: {
      geo: {
        countryCode: 'DE',
        regionCode: 'BE',
        region: 'Berlin',
        city: 'Berlin',
        postalCode: '10115',
        latitude: 52.520_008,
        longitude: 13.404_954,
        accuracyKm: 20,
        timeZone: 'Europe/Berlin',
      },
      asn: 64_496,
      organization: 'Example Networks',
    },
    bot: false,
    provisional: false,
    startedAt,
    lastSeenAt,
    endedAt: lastSeenAt,
    reason: 'left',
    bytes: 1_000_000,
    requests: 42,
    traffic: { up: { packets: 1, bytes: 100 }, down: { packets: 20, bytes: 20_000 } },
    quality: '720p',
    qualities: [
      { at: startedAt, value: '480p' },
      { at: startedAt + 10, value: '720p' },
    ],
    title: 'Title',
    details: { mount: '/live', slot: 3, secure: true },
    ...fields,
  };
}

/** The same client about whom nothing at all is known. */
export function bareSession(id: string, fields: Partial<SessionRecord> = {}): SessionRecord {
  return closedSession(id, {
    address: null,
    port: null,
    userAgent: null,
    user: null,
    device: null,
    player: null,
    place: null,
    traffic: null,
    quality: null,
    qualities: [],
    title: null,
    details: {},
    bytes: 0,
    requests: 0,
    ...fields,
  });
}

const STATE: SessionState = {
  key: 'key',
  selfDeclared: true,
  agent: 'agent',
  network: 'network',
  listenerRank: 0,
  seenBy: 'edge-1',
  seen: NOON,
  end: null,
  rare: {
    reason: null,
    lease: { until: Number.MAX_SAFE_INTEGER, givenAt: NOON },
    title: { at: NOON, value: 'Title' },
    details: [['mount', { at: NOON, value: '/live' }]],
    attributes: null,
    placeAt: null,
    floor: null,
    visit: 2,
    roster: 1,
    openedBy: null,
    replacedBy: null,
  },
};

export function openSession(id: string, fields: Partial<SessionRecord> = {}): OpenSession {
  const record = closedSession(id, { ...fields, endedAt: fields.endedAt ?? null, reason: fields.reason ?? null });
  return { id, record, state: { ...STATE, key: `key of ${id}` } };
}

/** The event of a session of its own. */
export function closedEvent(id: string, fields: Partial<SessionRecord> = {}): AudienceEvent {
  const session = closedSession(`session of ${id}`, fields);
  return { id, type: 'session.closed', at: session.lastSeenAt, stream: session.stream, session };
}

/** All sessions on one page, in the order of their coming. */
export const EVERYTHING: SessionQuery = {
  state: 'all',
  filter: {},
  from: null,
  to: null,
  sort: 'startedAt',
  descending: false,
  limit: 1000,
  cursor: null,
};

export const NOTHING_WAITS = { watermarks: {}, waiting: [] };

export function commitOf(sequence: number, fields: Partial<Commit> = {}): Commit {
  return {
    sequence,
    superseded: [],
    closed: [],
    open: [],
    reports: [],
    samples: [],
    cursors: {},
    residue: NOTHING_WAITS,
    ...fields,
  };
}

/** In an order that can be compared. */
export function inOrder(resumed: Resumed): Resumed {
  const nameOf = (stored: Resumed['reports'][number]) => `${stored.source} ${stored.report.stream}`;
  return {
    ...resumed,
    open: [...resumed.open].sort((a, b) => (a.record.id < b.record.id ? -1 : 1)),
    reports: [...resumed.reports].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
  };
}

/** Puts rows into the store by a commit of its own: the closed ones, and as open rows the open ones and every fifth. */
export function createWriter(store: Store): (rows: readonly SessionRecord[]) => Promise<void> {
  let sequence = 0;
  return async (rows) => {
    // A session that has ended, but may still change, lies among the open ones.
    const isFinal = (row: SessionRecord, index: number) => row.endedAt !== null && index % 5 !== 0;
    const closed = rows.filter(isFinal);
    const open = rows
      .filter((row, index) => !isFinal(row, index))
      .map((record) => ({ id: record.id, record, state: STATE }));
    sequence++;
    await store.commit(commitOf(sequence, { closed, open }));
  };
}
