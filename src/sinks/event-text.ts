/**
 * Events in words: the fields that a template may name, their values, and what is said if nobody says otherwise. What a
 * listener or a server can type is cut to a length and rid of what is not seen; whoever writes it somewhere escapes it
 * for that place.
 */

import type { EventWire, SessionWire, StreamWire } from '../http/contract.ts';

export type EventName = EventWire['type'];
type Values = Readonly<Record<string, string>>;
type EventOf<Name extends EventName> = Extract<EventWire, { type: Name }>;

const ANY = ['type', 'at'] as const;
const SESSION = [
  ...(['source', 'stream', 'session', 'ip', 'port', 'user', 'device', 'userAgent', 'player', 'platform'] as const),
  ...(['city', 'region', 'country', 'countryCode', 'title', 'quality', 'duration', 'seconds', 'bytes'] as const),
] as const;
const STREAM = ['source', 'stream', 'status', 'title', 'listeners'] as const;
const LIMIT = ['above', 'below', 'readings'] as const;
const FINDING = ['source', 'user', 'score', 'kind', 'points', 'why', 'km'] as const;

/** By event: the fields that it has. */
export const FIELDS: Readonly<Record<EventName, readonly string[]>> = {
  'audience.above': [...ANY, ...STREAM, ...LIMIT],
  'audience.below': [...ANY, ...STREAM, ...LIMIT],
  'listener.new': [...ANY, ...SESSION],
  'session.closed': [...ANY, ...SESSION],
  'session.opened': [...ANY, ...SESSION],
  'session.superseded': [...ANY, 'session', 'by'],
  'sharing.found': [...ANY, ...FINDING],
  'stream.status': [...ANY, ...STREAM, 'held'],
  digest: [...ANY, 'events', 'from', 'summary'],
};

/** Those of sessions are the words of spyserver_monitor, which said them to Slack (its durations began anew after a day). */
export const TEXTS: Readonly<Record<EventName, string>> = {
  'audience.above': '{stream} has {listeners} listeners, more than {above}',
  'audience.below': '{stream} has {listeners} listeners, fewer than {below}',
  'listener.new': 'New {ip}#{stream} {city}/{country}',
  'session.closed': 'Close {ip}#{stream} {city}/{country} @{duration}',
  'session.opened': 'Open {ip}#{stream} {city}/{country}',
  'session.superseded': 'Session {session} has become {by}',
  'sharing.found': '{user} of {source} looks shared ({score} of 100): {why}',
  'stream.status': '{stream} is {status}',
  digest: '{events} events since {from}: {summary}',
};

const UNKNOWN = 'unknown';
const LONGEST_VALUE = 300;
/** So many kinds of events of streams a summary names. */
const SUMMARY = 5;

/** Every field of `FIELDS` for this type; what is not known is `unknown`. */
export function valuesOf(event: EventWire): Values {
  const values = { type: event.type, at: event.at, ...particulars(event) };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
}

function particulars(event: EventWire): Record<string, string | number | null> {
  switch (event.type) {
    case 'session.superseded':
      return { session: event.sessionId, by: event.by };
    case 'stream.status':
      return { ...ofStream(event.stream), held: clockTime(event.heldSeconds) };
    case 'audience.above':
    case 'audience.below':
      return { ...ofStream(event.stream), ...event.limit };
    case 'sharing.found': {
      const { account, finding } = event;
      const { source, user, score } = account;
      return {
        source,
        user,
        score,
        kind: finding.kind,
        points: finding.points,
        why: finding.why,
        km: finding.distanceKm,
      };
    }
    case 'digest':
      return { events: event.events, from: event.from, summary: summaryOf(event) };
    default:
      return ofSession(event.session);
  }
}

function ofSession(session: SessionWire): Record<string, string | number | null> {
  const { client, player, geo } = session;
  return {
    ...{ source: session.source, stream: session.stream, session: session.id },
    ...{ ip: client.ip, port: client.port, user: client.user, device: client.device, userAgent: client.userAgent },
    player: player === null ? null : [player.name, player.version].filter((part) => part !== null).join(' '),
    platform: player?.platform ?? null,
    ...{ city: geo?.city ?? null, region: geo?.region ?? null, country: geo?.country ?? null },
    countryCode: geo?.countryCode ?? null,
    ...{ title: session.title, quality: session.quality, bytes: session.bytes },
    duration: clockTime(session.durationSeconds),
    seconds: Math.floor(session.durationSeconds),
  };
}

function ofStream(stream: StreamWire): Record<string, string | number | null> {
  const { source, status, title, countOnly, reportedListeners, sessions } = stream;
  const listeners = countOnly ? reportedListeners : sessions;
  return { source, stream: stream.stream, status, title, listeners };
}

function summaryOf({ counts }: EventOf<'digest'>): string {
  const named = counts.slice(0, SUMMARY).map(({ type, stream, events }) => {
    const of = stream === null ? '' : ` of ${clipped(stream, 24)}`;
    return `${events} ${type}${of}`;
  });
  return counts.length > SUMMARY ? `${named.join(', ')} and others` : named.join(', ');
}

/** `HH:MM:SS`; the hours go on beyond a day. */
export function clockTime(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** Line ends, other control characters, and marks that turn the direction of text around become spaces. */
function plain(value: string | number | null): string {
  if (value === null || value === '') return UNKNOWN;
  const seen = String(value).replace(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu, ' ');
  return clipped(seen, LONGEST_VALUE);
}

function clipped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
