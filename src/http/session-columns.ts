/** A session as one row of plain values, for files that know no nesting. Every column is explained in docs/analyze.md. */

import type { SessionWire } from './contract.ts';

export type SessionValue = string | number | boolean | null;

export interface SessionColumn {
  readonly name: string;
  /** `time` is an ISO 8601 text, UTC; `whole` a whole number. */
  readonly type: 'text' | 'whole' | 'real' | 'flag' | 'time';
  readonly of: (session: SessionWire) => SessionValue;
}

const column = (type: SessionColumn['type']) => (name: string, of: SessionColumn['of']) => ({ name, type, of });
const text = column('text');
const whole = column('whole');
const real = column('real');
const flag = column('flag');
const time = column('time');

export const SESSION_COLUMNS: readonly SessionColumn[] = [
  text('id', ({ id }) => id),
  text('source', ({ source }) => source),
  text('stream', ({ stream }) => stream),
  time('startedAt', ({ startedAt }) => startedAt),
  time('lastSeenAt', ({ lastSeenAt }) => lastSeenAt),
  time('endedAt', ({ endedAt }) => endedAt),
  text('endReason', ({ endReason }) => endReason),
  real('durationSeconds', ({ durationSeconds }) => durationSeconds),
  whole('bytes', ({ bytes }) => bytes),
  whole('requests', ({ requests }) => requests),
  text('ip', ({ client }) => client.ip),
  whole('port', ({ client }) => client.port),
  text('user', ({ client }) => client.user),
  text('device', ({ client }) => client.device),
  text('userAgent', ({ client }) => client.userAgent),
  text('player', ({ player }) => player?.name ?? null),
  text('playerVersion', ({ player }) => player?.version ?? null),
  text('playerType', ({ player }) => player?.type ?? null),
  text('platform', ({ player }) => player?.platform ?? null),
  text('countryCode', ({ geo }) => geo?.countryCode ?? null),
  text('country', ({ geo }) => geo?.country ?? null),
  text('regionCode', ({ geo }) => geo?.regionCode ?? null),
  text('region', ({ geo }) => geo?.region ?? null),
  text('city', ({ geo }) => geo?.city ?? null),
  text('postalCode', ({ geo }) => geo?.postalCode ?? null),
  real('latitude', ({ geo }) => geo?.latitude ?? null),
  real('longitude', ({ geo }) => geo?.longitude ?? null),
  real('accuracyKm', ({ geo }) => geo?.accuracyKm ?? null),
  text('timeZone', ({ geo }) => geo?.timeZone ?? null),
  whole('asn', ({ geo }) => geo?.asn ?? null),
  text('organization', ({ geo }) => geo?.organization ?? null),
  text('quality', ({ quality }) => quality),
  whole('qualityChanges', ({ qualityChanges }) => Math.max(0, qualityChanges.length - 1)),
  text('title', ({ title }) => title),
  whole('packetsUp', ({ traffic }) => traffic?.up.packets ?? null),
  whole('bytesUp', ({ traffic }) => traffic?.up.bytes ?? null),
  whole('packetsDown', ({ traffic }) => traffic?.down.packets ?? null),
  whole('bytesDown', ({ traffic }) => traffic?.down.bytes ?? null),
  text('identity', ({ identity }) => identity),
  flag('bot', ({ bot }) => bot),
  flag('provisional', ({ provisional }) => provisional),
  text('details', ({ details }) => (Object.keys(details).length === 0 ? null : JSON.stringify(details))),
];
