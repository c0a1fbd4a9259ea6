/** From our own types to the wire shapes of contract.ts. Translation only. */

import type { AudienceCount } from '../core/audience.ts';
import type { AudienceEvent } from '../core/event.ts';
import type { Instant } from '../core/observation.ts';
import { changePoints } from '../core/quality.ts';
import type { Dimension } from '../core/query.ts';
import type { SessionRecord } from '../core/session.ts';
import type { StreamState } from '../core/streams.ts';
import type { Principal } from './auth.ts';
import type { EventWire, SessionWire, StreamWire, YouWire } from './contract.ts';

/** Between these a time is written with a year of four digits. */
const EARLIEST = Date.parse('0000-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** What servers say of their times may be anything: what cannot be written becomes the nearest time that can be. */
export function time(at: Instant): string {
  return new Date(Math.min(Math.max(at, EARLIEST), LATEST)).toISOString();
}

export function timeOrNull(at: Instant | null): string | null {
  return at === null || !Number.isFinite(at) ? null : time(at);
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** The English name of an ISO 3166-1 alpha-2 code; null if there is none. */
export function countryName(code: string | null): string | null {
  if (code === null || !/^[A-Z]{2}$/.test(code)) return null;
  return countryNames.of(code) ?? null;
}

export function youWire({ name, rights, access }: Principal): YouWire {
  return { name, allStreams: access.seesAll, addresses: access.seesAddresses, write: rights.has('write') };
}

export function sessionWire(session: SessionRecord): SessionWire {
  const { place } = session;
  const geo = place?.geo ?? null;
  return {
    id: session.id,
    source: session.source,
    stream: session.stream,
    client: {
      ip: session.address,
      port: session.port,
      userAgent: session.userAgent,
      user: session.user,
      device: session.device,
    },
    player: session.player,
    geo:
      place === null
        ? null
        : {
            countryCode: geo?.countryCode ?? null,
            country: countryName(geo?.countryCode ?? null),
            regionCode: geo?.regionCode ?? null,
            region: geo?.region ?? null,
            city: geo?.city ?? null,
            postalCode: geo?.postalCode ?? null,
            latitude: geo?.latitude ?? null,
            longitude: geo?.longitude ?? null,
            accuracyKm: geo?.accuracyKm ?? null,
            timeZone: geo?.timeZone ?? null,
            asn: place.asn,
            organization: place.organization,
          },
    startedAt: time(session.startedAt),
    lastSeenAt: time(session.lastSeenAt),
    endedAt: timeOrNull(session.endedAt),
    endReason: session.reason,
    durationSeconds: (session.lastSeenAt - session.startedAt) / 1000,
    bytes: session.bytes,
    traffic: session.traffic,
    requests: session.requests,
    quality: session.quality,
    qualityChanges: changePoints(session.qualities).map(({ at, value }) => ({ at: time(at), quality: value })),
    title: session.title,
    identity: session.identity,
    bot: session.bot,
    provisional: session.provisional,
    details: session.details,
  };
}

export function streamWire(state: StreamState, count: Pick<AudienceCount, 'sessions' | 'bots'>): StreamWire {
  return {
    id: state.id,
    source: state.source,
    stream: state.stream,
    status: state.status,
    statusSince: timeOrNull(state.statusSince),
    title: state.title,
    titleSince: timeOrNull(state.titleSince),
    name: state.name,
    description: state.description,
    genre: state.genre,
    contentType: state.contentType,
    bitrateKbps: state.bitrate,
    startedAt: timeOrNull(state.startedAt),
    sessions: count.sessions,
    bots: count.bots,
    reportedListeners: state.reportedListeners,
    peakListeners: state.peakListeners,
    uniqueListeners: state.uniqueListeners,
    maxListeners: state.maxListeners,
    averageSeconds: state.averageSeconds,
    countOnly: state.countOnly,
  };
}

export function eventWire(event: AudienceEvent): EventWire {
  const { id } = event;
  const at = time(event.at);
  switch (event.type) {
    case 'listener.new':
    case 'session.opened':
    case 'session.closed':
      return { id, type: event.type, at, session: sessionWire(event.session) };
    case 'session.superseded':
      return { id, type: event.type, at, sessionId: event.sessionId, by: event.by };
    case 'sharing.found': {
      const { account, finding } = event;
      const { plays, devices, places, ...facts } = finding;
      const lists = { plays: [...plays], devices: [...devices], places: [...places] };
      return { id, type: event.type, at, account, finding: { ...facts, ...lists } };
    }
    case 'stream.status':
      return {
        id,
        type: event.type,
        at,
        stream: streamWire(event.state, event.count),
        heldSeconds: (event.held ?? 0) / 1000,
      };
    case 'audience.above':
    case 'audience.below':
      return { id, type: event.type, at, stream: streamWire(event.state, event.count), limit: event.limit };
  }
}

/** What a person reads for a value of a dimension, where that is more than the value itself. */
export function labelOf(dimension: Dimension | null, value: string | null): string | null {
  return dimension === 'country' ? countryName(value) : null;
}
