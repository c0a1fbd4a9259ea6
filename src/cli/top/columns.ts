/** What stands in the three tables: streams, sessions, sources. */

import type { SourceWire, StreamWire } from '../../http/contract.ts';
import { number, size } from '../report/figures.ts';
import type { Tone } from './paint.ts';
import { isInTrouble, type SessionLine } from './picture.ts';
import type { Column } from './table.ts';

/** `45 s`, `12:05`, `1:02:33`, `3 d 04 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 86_400)} d ${two(Math.floor(whole / 3600) % 24)} h`;
}

const UNKNOWN = '–';

const STATUS: Readonly<Record<StreamWire['status'], { readonly mark: string; readonly tone: Tone }>> = {
  up: { mark: '●', tone: 'good' },
  down: { mark: '○', tone: 'bad' },
  unreachable: { mark: '✕', tone: 'bad' },
  unknown: { mark: '·', tone: 'quiet' },
};

/** What a server counts stands beside our own where it tells no more than that. */
function audienceOf({ sessions, countOnly, reportedListeners }: StreamWire): number {
  return countOnly ? (reportedListeners ?? 0) : sessions;
}

export const STREAM_COLUMNS: readonly Column<StreamWire>[] = [
  {
    ...{ label: 'Stream', letter: 'n', sort: 'name', least: 12, most: 36, rank: 0 },
    text: ({ stream }) => stream,
  },
  {
    ...{ label: 'Here', letter: 'l', sort: 'sessions', least: 7, most: 9, rank: 1, isRight: true },
    text: (stream) => `${number(audienceOf(stream))}${stream.countOnly ? '*' : ''}`,
  },
  {
    ...{ label: 'Status', letter: 'a', sort: 'status', least: 13, most: 13, rank: 2 },
    text: ({ status }) => `${STATUS[status].mark} ${status}`,
    tone: ({ status }) => STATUS[status].tone,
  },
  {
    ...{ label: 'Now playing', letter: 't', sort: 'title', least: 14, most: 200, rank: 3 },
    text: ({ title, name }) => title ?? name ?? '',
    tone: ({ title }) => (title === null ? 'quiet' : undefined),
  },
  {
    ...{ label: 'Source', letter: 'o', sort: 'source', least: 10, most: 20, rank: 4 },
    text: ({ source }) => source,
    tone: () => 'quiet',
  },
];

export function placeText({ geo }: SessionLine): string {
  if (geo === null || geo.countryCode === null) return UNKNOWN;
  return geo.city === null ? (geo.country ?? geo.countryCode) : `${geo.city}, ${geo.countryCode}`;
}

export function playerText({ player }: SessionLine): string {
  return [player?.name, player?.version].filter((each) => each != null).join(' ') || UNKNOWN;
}

const IPV4 = 15;
const IPV6 = 39;

/**
 * Only what is known of some session has a column. `now` is the time of the server: who is here has been here until now,
 * in whatever way the source tells it.
 */
export function sessionColumns(now: number, sessions: readonly SessionLine[]): Column<SessionLine>[] {
  const knowsUsers = sessions.some(({ client }) => client.user !== null);
  const longestAddress = sessions.reduce((most, { client }) => Math.max(most, client.ip?.length ?? 0), 0);
  const addressColumns = Math.min(Math.max(longestAddress, IPV4), IPV6);
  const all: (Column<SessionLine> | null)[] = [
    {
      ...{ label: 'Stream', sort: 'stream', least: 10, most: 28, rank: 0 },
      text: ({ stream }) => stream,
    },
    {
      ...{ label: 'Place', sort: 'country', least: 10, most: 26, rank: 2 },
      text: placeText,
    },
    { ...{ label: 'Player', sort: 'player', least: 10, most: 24, rank: 3 }, text: playerText },
    knowsUsers
      ? {
          ...{ label: 'User', sort: 'user', least: 8, most: 20, rank: 4 },
          text: ({ client }) => client.user ?? UNKNOWN,
        }
      : null,
    longestAddress === 0
      ? null
      : {
          ...{ label: 'Address', least: IPV4, most: addressColumns, rank: 8 },
          text: ({ client }) => client.ip ?? UNKNOWN,
        },
    { ...{ label: 'Quality', least: 8, most: 8, rank: 7 }, text: ({ quality }) => quality ?? UNKNOWN },
    {
      ...{ label: 'For', sort: 'duration', least: 8, most: 8, rank: 1, isRight: true },
      text: ({ startedAt }) => duration((now - Date.parse(startedAt)) / 1000),
    },
    {
      ...{ label: 'Bytes', sort: 'bytes', least: 9, most: 9, rank: 6, isRight: true },
      text: ({ bytes }) => size(bytes),
    },
    {
      ...{ label: 'Rate', least: 12, most: 12, rank: 5, isRight: true },
      text: ({ rate }) => (rate === null ? UNKNOWN : `${size(rate * 8).replace('B', 'bit')}/s`),
    },
    sessions.some(({ title }) => title !== null)
      ? { ...{ label: 'Hears', least: 20, most: 60, rank: 9 }, text: ({ title }) => title ?? '', tone: () => 'quiet' }
      : null,
  ];
  return all.filter((column) => column !== null);
}

export const SOURCE_COLUMNS: readonly Column<SourceWire>[] = [
  {
    ...{ label: 'Source', letter: 'n', sort: 'name', least: 12, most: 30, rank: 0 },
    text: ({ name }) => name,
  },
  {
    ...{ label: 'State', letter: 'a', sort: 'trouble', least: 10, most: 10, rank: 1 },
    text: ({ status }) => status,
    tone: (source) => (isInTrouble(source) ? 'bad' : source.status === 'running' ? 'good' : 'quiet'),
  },
  {
    ...{ label: 'Here', letter: 'l', sort: 'sessions', least: 7, most: 9, rank: 2, isRight: true },
    text: ({ sessions }) => number(sessions),
  },
  {
    ...{ label: 'Behind', letter: 'd', sort: 'lag', least: 8, most: 9, rank: 3, isRight: true },
    text: ({ lagSeconds }) => (lagSeconds === null ? UNKNOWN : duration(lagSeconds)),
  },
  {
    ...{ label: 'Kind', least: 10, most: 14, rank: 5 },
    text: ({ kind }) => kind,
    tone: () => 'quiet',
  },
  {
    ...{ label: 'What is wrong', least: 20, most: 200, rank: 4 },
    text: (source) => (isInTrouble(source) ? (source.lastError?.message ?? '') : ''),
  },
];

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const STATUS_ORDER = ['unknown', 'up', 'down', 'unreachable'];

/** Ascending; the names decide what is equal. */
const STREAM_ORDERS: Readonly<Record<string, (a: StreamWire, b: StreamWire) => number>> = {
  name: () => 0,
  sessions: (a, b) => audienceOf(a) - audienceOf(b),
  status: (a, b) => STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status),
  title: (a, b) => compareText(a.title ?? '', b.title ?? ''),
  source: (a, b) => compareText(a.source, b.source),
};

const SOURCE_ORDERS: Readonly<Record<string, (a: SourceWire, b: SourceWire) => number>> = {
  name: () => 0,
  trouble: (a, b) => Number(isInTrouble(a)) - Number(isInTrouble(b)),
  sessions: (a, b) => a.sessions - b.sessions,
  lag: (a, b) => (a.lagSeconds ?? -1) - (b.lagSeconds ?? -1),
};

export interface Sort {
  readonly by: string;
  readonly isDescending: boolean;
}

function sorted<Row>(
  rows: readonly Row[],
  { by, isDescending }: Sort,
  orders: Readonly<Record<string, (a: Row, b: Row) => number>>,
  nameOf: (row: Row) => string,
): Row[] {
  const sign = isDescending ? -1 : 1;
  const order = orders[by]!;
  // Only where the name is sorted by is its direction meant.
  const signOfName = by === 'name' ? sign : 1;
  return [...rows].sort((a, b) => sign * order(a, b) || signOfName * compareText(nameOf(a), nameOf(b)));
}

export function sortedStreams(streams: readonly StreamWire[], sort: Sort): StreamWire[] {
  return sorted(streams, sort, STREAM_ORDERS, ({ stream, id }) => `${stream} ${id}`);
}

export function sortedSources(sources: readonly SourceWire[], sort: Sort): SourceWire[] {
  return sorted(sources, sort, SOURCE_ORDERS, ({ name }) => name);
}
