/**
 * The service as somebody sees it who may not see everything: what the routes, the live events and the metrics are given
 * in the place of the whole one. Nothing that they could ask tells of another stream: it answers as if there were no
 * other. So they need not know of rights, and a new route is within them from the start.
 */

import type { PatternAccess } from '../core/access.ts';
import { type AudienceView, LimitedAudience } from '../core/limited-audience.ts';
import type { SessionFilter } from '../core/query.ts';
import type { SessionRecord } from '../core/session.ts';
import { HeadcountError } from '../lib/errors.ts';
import type { RecentLine } from '../telemetry/recent-lines.ts';
import { maskedSession, maskedText } from './masked.ts';
import type { RejectInfo, Service, SourceInfo, StoreView, StreamsView } from './service.ts';

/** Who sees everything has the service itself. */
export function serviceAs(service: Service, access: PatternAccess): Service {
  const { seesAll, seesAddresses } = access;
  if (seesAll && seesAddresses) return service;
  const shown = (record: SessionRecord) => (seesAddresses ? record : maskedSession(record));
  const audience = seesAll
    ? service.audience
    : new LimitedAudience(service.audience, access, {
        elapsed: () => service.clock.elapsed(),
        known: () => service.streams.list(),
      });
  const view: Service = {
    ...service,
    describe: (session) => shown(service.describe(session)),
    output: (source) => withoutAddresses(service.output(source)),
    sources: () => service.sources().map((source) => ({ ...source, rejects: source.rejects.map(withoutExample) })),
    audience: checkedAudience(audience, access),
    store: storeAs(service, access, shown),
    forget: async (who) => {
      checkForget(who, access);
      return service.forget(who);
    },
    sharing: () => {
      throw new HeadcountError(
        'FORBIDDEN',
        'Shared accounts are told by names, addresses and all streams: it takes the right to see them all.',
      );
    },
  };
  return seesAll ? view : { ...view, ...limitedParts(service, view, access) };
}

function limitedParts(service: Service, { audience }: Service, access: PatternAccess): Partial<Service> {
  const streams = streamsAs(service, access);
  const isSeen = ({ source, stream }: { source: string; stream: string }) => access.sees(source, stream);
  return {
    streams,
    sources: () => sourcesAs(service, { streams, audience }, access),
    output: () => {
      throw new HeadcountError('FORBIDDEN', 'What a program prints is only for those who see every stream.');
    },
    // They count what all streams do, and the names of some say which.
    counters: () => ({}),
    onNews: (listener) =>
      service.onNews((news) =>
        listener({
          joined: news.joined.filter(isSeen),
          left: news.left.filter(isSeen),
          streams: news.streams.filter(isSeen),
        }),
      ),
  };
}

function checkForget(who: Parameters<Service['forget']>[0], { seesAll, seesAddresses }: PatternAccess): void {
  if (seesAll && (seesAddresses || who.ip === undefined)) return;
  throw new HeadcountError(
    'FORBIDDEN',
    'Forgetting somebody touches the sessions of all streams: it takes the right to see them all, and for an address the right to see addresses.',
  );
}

/** The filter with what may be seen. Throws if it asks for what may not: how many answer to an address would tell it. */
function filterAs(filter: SessionFilter, { seesAll, seesAddresses, streams }: PatternAccess): SessionFilter {
  if (filter.ip !== undefined && !seesAddresses) {
    throw new HeadcountError('FORBIDDEN', 'You may not see addresses, and so not look for one either.');
  }
  return seesAll ? filter : { ...filter, within: streams };
}

function checkedAudience(audience: AudienceView, access: PatternAccess): AudienceView {
  return {
    get version() {
      return audience.version;
    },
    get total() {
      return audience.total;
    },
    get programmes() {
      return audience.programmes;
    },
    sessions: audience.sessions,
    alike: () => audience.alike(),
    counts: (dimension) => audience.counts(dimension),
    countOf: (dimension, value) => audience.countOf(dimension, value),
    countOfStream: (source, stream) => audience.countOfStream(source, stream),
    streams: () => audience.streams(),
    places: () => audience.places(),
    page: (asked) => audience.page({ ...asked, filter: filterAs(asked.filter, access) }),
  };
}

function storeAs(service: Service, access: PatternAccess, shown: (record: SessionRecord) => SessionRecord): StoreView {
  const { store } = service;
  const within = <Query extends { readonly filter: SessionFilter }>(query: Query): Query => ({
    ...query,
    filter: filterAs(query.filter, access),
  });
  /** What is stored of a stream is under the name of its source, not of the audience that this shares. */
  const seenNow = () => {
    const spaces = new Map(service.sources().map(({ name, audience }) => [name, audience ?? name]));
    return (source: string, stream: string) => access.seesAll || access.sees(spaces.get(source) ?? source, stream);
  };
  const isSeen = (source: string, stream: string) => seenNow()(source, stream);
  return {
    session: async (id) => {
      const record = await store.session(id);
      return record === null || !access.sees(record.source, record.stream) ? null : shown(record);
    },
    sessions: async (query) => {
      const page = await store.sessions(within(query));
      return { ...page, items: page.items.map(shown) };
    },
    visit: async (query, visit) => store.visit(within(query), (sessions, total) => visit(sessions.map(shown), total)),
    aggregate: async (query) => store.aggregate(within(query)),
    countsAt: async (query) => store.countsAt(within(query)),
    placesAt: async (query) => store.placesAt(within(query)),
    timeline: async (query) => store.timeline(within(query)),
    listening: async (query) => store.listening(within(query)),
    reports: async (source, stream, ...rest) => (isSeen(source, stream) ? store.reports(source, stream, ...rest) : []),
    reportsAt: async (at) => {
      const reports = await store.reportsAt(at);
      const sees = seenNow();
      return reports.filter(({ source, report }) => sees(source, report.stream));
    },
    samples: async (source, stream, ...rest) => (isSeen(source, stream) ? store.samples(source, stream, ...rest) : []),
    size: async () => (access.seesAll ? store.size() : null),
  };
}

function streamsAs({ streams }: Service, access: PatternAccess): StreamsView {
  return {
    idOf: (source, stream) => streams.idOf(source, stream),
    unspoken: (source, stream) => streams.unspoken(source, stream),
    get: (source, stream) => (access.sees(source, stream) ? streams.get(source, stream) : null),
    titles: (source, stream) => (access.sees(source, stream) ? streams.titles(source, stream) : []),
    list: () => streams.list().filter(({ source, stream }) => access.sees(source, stream)),
  };
}

function withoutAddresses(lines: readonly RecentLine[] | null): RecentLine[] | null {
  return lines?.map(({ at, text }) => ({ at, text: maskedText(text) })) ?? null;
}

/** An example is anonymised as far as its shape tells, which is not far enough for those who may not see everything. */
function withoutExample(reject: RejectInfo): RejectInfo {
  return { ...reject, example: null };
}

/** Those that have, or had, a stream of theirs, and those that are named in what they may see. */
function sourcesAs(
  service: Service,
  { streams, audience }: Pick<Service, 'streams' | 'audience'>,
  access: PatternAccess,
): SourceInfo[] {
  const spaces = new Set([
    ...streams.list().map(({ source }) => source),
    ...audience.streams().map(({ source }) => source),
    ...access.streams.map(({ source }) => source),
  ]);
  return service
    .sources()
    .filter(({ name, audience: shared }) => spaces.has(shared ?? name))
    .map((source) => ({
      ...source,
      // These are about all of its streams.
      counters: {},
      rates: [],
      rejects: [],
      hasOutput: false,
      lastBatchAt: null,
      // The sentence may name another one.
      lastError: source.lastError === null ? null : { ...source.lastError, message: 'The source has a problem.' },
    }));
}
