/** Who was there at one moment, and what was on: the live answers' shapes, worked out of the history. */

import type { Instant } from '../core/observation.ts';
import type { Dimension, SessionFilter, SessionQuery } from '../core/query.ts';
import { type StreamState, Streams } from '../core/streams.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { AudienceWire, PlacesWire, StreamWire } from './contract.ts';
import { checkPeriod } from './filter.ts';
import { greatestAudienceFirst } from './live-streams.ts';
import type { Service } from './service.ts';
import { countryName, labelOf, streamWire, time } from './wire.ts';

const MOST_STREAMS = 10_000;

/** Throws `BAD_REQUEST` for a moment that is still to come. */
export function checkInstant(at: Instant, now: Instant): void {
  if (at <= now) return;
  throw new HeadcountError('BAD_REQUEST', 'The moment "at" is still to come: ask for one in the past.');
}

/** As `/sessions` is asked. */
interface When {
  readonly at?: Instant | undefined;
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly state?: SessionQuery['state'] | undefined;
}

/** At a moment is whoever overlaps the millisecond that begins with it. Throws `BAD_REQUEST` for what contradicts itself. */
export function whenOf({ at, state, from, to }: When, now: Instant): Pick<SessionQuery, 'state' | 'from' | 'to'> {
  if (at === undefined) {
    if (from !== undefined && to !== undefined) checkPeriod(from, to);
    return { state: state ?? 'open', from: from ?? null, to: to ?? null };
  }
  const besides = Object.entries({ state, from, to }).find(([, value]) => value !== undefined);
  if (besides !== undefined) {
    throw new HeadcountError(
      'BAD_REQUEST',
      `Either "at" or "${besides[0]}": a moment has whoever was there then, whether or not they still are.`,
    );
  }
  checkInstant(at, now);
  return { state: 'all', from: at, to: at + 1 };
}

/** Throws `BAD_REQUEST` for filters without a moment: what is live is counted as a whole. */
export function checkUnfiltered(query: Readonly<Record<string, unknown>>, filters: readonly string[]): void {
  const given = filters.find((name) => query[name] !== undefined);
  if (given === undefined) return;
  throw new HeadcountError(
    'BAD_REQUEST',
    `The filter "${given}" is only for a moment of the past: add "at", or leave it out.`,
  );
}

export async function audienceAt(
  { store }: Service,
  at: Instant,
  { filter, by, limit }: { filter: SessionFilter; by: Dimension | null; limit: number },
): Promise<AudienceWire> {
  const [[all], groups] = await Promise.all([
    store.countsAt({ at, by: [], filter, limit: 1 }),
    by === null ? [] : store.countsAt({ at, by: [by], filter, limit }),
  ]);
  const { sessions, listeners, bots } = all!;
  return {
    at: time(at),
    total: { sessions, listeners, bots },
    by,
    groups: groups.map(({ values: [value = null], sessions: people, bots: others }) => ({
      value,
      label: by === null ? null : labelOf(by, value),
      sessions: people,
      bots: others,
    })),
  };
}

export async function placesAt({ store }: Service, at: Instant, filter: SessionFilter): Promise<PlacesWire> {
  const { places, unplaced } = await store.placesAt({ at, filter });
  return {
    at: time(at),
    places: places.map(({ sessions, ...place }) => ({
      ...place,
      country: countryName(place.countryCode),
      count: sessions,
    })),
    unplaced,
  };
}

/**
 * Streams of which something had been said, and streams that only had an audience. The reports are taken in again, in
 * their order: what is known of a stream is what its sources had said by then.
 */
export async function streamsAt(service: Service, at: Instant): Promise<StreamWire[]> {
  const { store, streams } = service;
  const [reports, counted] = await Promise.all([
    store.reportsAt(at),
    store.countsAt({ at, by: ['source', 'stream'], filter: {}, limit: MOST_STREAMS }),
  ]);
  const spaces = new Map(service.sources().map(({ name, audience }) => [name, audience ?? name]));
  const then = new Streams(() => '');
  for (const { source, report } of reports) then.apply(spaces.get(source) ?? source, source, report);

  const keyOf = (source: string, stream: string) => JSON.stringify([source, stream]);
  const counts = new Map(counted.map(({ values: [source, stream], ...count }) => [keyOf(source!, stream!), count]));
  const told = then.list().map((state) => {
    const key = keyOf(state.source, state.stream);
    const count = counts.get(key) ?? { sessions: 0, bots: 0 };
    counts.delete(key);
    return streamWire({ ...withoutCounts(state), id: streams.idOf(state.source, state.stream) }, count);
  });
  const untold = [...counts].map(([key, count]) => {
    const [source, stream] = JSON.parse(key) as [string, string];
    return streamWire(streams.unspoken(source, stream), count);
  });
  return [...told, ...untold].sort(greatestAudienceFirst);
}

/** A count is told more often than it is kept as a report: the one in it may be of long before. */
function withoutCounts(state: StreamState): StreamState {
  const unknown = { reportedListeners: null, peakListeners: null, uniqueListeners: null, averageSeconds: null };
  return { ...state, ...unknown };
}
