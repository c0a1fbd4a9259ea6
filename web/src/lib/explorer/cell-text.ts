/** What a cell of the table of sessions says. All of it comes from outside and is shown as text; empty is not known. */

import type { SessionWire } from '../../../../src/http/contract.ts';
import { filterText } from '../filters/filter-text.ts';
import { formatBits, formatBytes, formatCount, formatDuration, formatInZone } from '../format.ts';
import { countryName } from '../place-name.ts';
import { texts } from '../texts.ts';
import type { ColumnKey } from './columns.svelte.ts';

export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The time zone that times are shown in. */
  readonly zone: string;
}

type Cell = (session: SessionWire, moment: Moment) => string | null;

const CELLS: Readonly<Record<ColumnKey, Cell>> = {
  stream: ({ stream }) => stream,
  source: ({ source }) => source,
  country: ({ geo }) => (geo === null ? null : countryName(geo)),
  city: ({ geo }) => geo?.city ?? null,
  network: ({ geo }) => geo?.organization ?? (geo?.asn == null ? null : texts.filters.network(String(geo.asn))),
  player: ({ player, client }) => {
    if (player?.name == null) return client.userAgent;
    return player.version === null ? player.name : `${player.name} ${player.version.split('.')[0]}`;
  },
  platform: ({ player }) => player?.platform ?? null,
  user: ({ client }) => client.user,
  address: ({ client }) => client.ip,
  startedAt: ({ startedAt }, moment) => timeText(startedAt, moment),
  endedAt: ({ endedAt }, moment) => (endedAt === null ? texts.explorer.stillOpen : timeText(endedAt, moment)),
  duration: (session, { now }) => formatDuration(durationOf(session, now)),
  bytes: ({ bytes }) => formatBytes(bytes),
  rate: ({ bytes, durationSeconds }) =>
    durationSeconds < 1 ? null : texts.explorer.perSecond(formatBits(bytes / durationSeconds)),
  quality: ({ quality }) => quality,
  title: ({ title }) => title,
  requests: ({ requests }) => (requests === 0 ? null : formatCount(requests)),
  identity: ({ identity }) => filterText('identity', identity),
  endReason: ({ endReason }) => (endReason === null ? null : texts.explorer.endReasons[endReason]),
  userAgent: ({ client }) => client.userAgent,
};

export function cellText(key: ColumnKey, session: SessionWire, moment: Moment): string {
  return CELLS[key](session, moment) ?? '';
}

/** An open session goes on while one looks at it. In milliseconds. */
export function durationOf({ startedAt, endedAt, durationSeconds }: SessionWire, now: number): number {
  return endedAt === null ? Math.max(0, now - Date.parse(startedAt)) : durationSeconds * 1000;
}

/** The time alone if it is of today, else with its date. */
function timeText(at: string, { now, zone }: Moment): string {
  const time = Date.parse(at);
  const isToday = formatInZone(time, 'day', zone) === formatInZone(now, 'day', zone);
  return formatInZone(time, isToday ? 'second' : 'minute', zone);
}
