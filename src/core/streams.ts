/**
 * What the sources say of their streams: status, title, properties. Several sources may speak of one stream (edges of
 * one audience): it is up if one of them says so, and its properties are the newest known.
 */

import type { Hash } from './identity.ts';
import type { Instant, StreamReport, StreamStatus, TitleChange } from './observation.ts';
import { isSame, MAX_TITLES, mergeTitles, shortTitle } from './titles.ts';

/** A stream as it is known now. Unknown is null. */
export interface StreamState {
  readonly id: string;
  /** The name of the source, or of the audience that it shares. */
  readonly source: string;
  readonly stream: string;
  readonly status: StreamStatus;
  /** When it last came to have this status. */
  readonly statusSince: Instant | null;
  readonly title: string | null;
  readonly titleSince: Instant | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly genre: string | null;
  readonly contentType: string | null;
  readonly bitrate: number | null;
  readonly startedAt: Instant | null;
  /** The server's own count, where it gives one. */
  readonly reportedListeners: number | null;
  readonly peakListeners: number | null;
  readonly uniqueListeners: number | null;
  readonly maxListeners: number | null;
  /** Seconds, by the server's own reckoning. */
  readonly averageSeconds: number | null;
  /** No source of it tells who listens: `reportedListeners` is all there is to know, and never becomes sessions. */
  readonly countOnly: boolean;
}

/** Streams of one source that are remembered; those that were silent for longest go first. */
const MAX_STREAMS = 10_000;

const PROPERTIES = ['name', 'description', 'genre', 'contentType', 'bitrate', 'startedAt'] as const;

type Known = { -readonly [K in keyof Omit<StreamReport, 'kind' | 'gap'>]-?: Exclude<StreamReport[K], undefined> } & {
  statusSince: Instant;
  titleSince: Instant | null;
};

const RANK: Record<StreamStatus, number> = { up: 3, down: 2, unreachable: 1, unknown: 0 };

/** What is said of several as one: the best that is said of any. */
export function bestStatus(statuses: readonly StreamStatus[]): StreamStatus {
  return statuses.reduce((best, status) => (RANK[status] > RANK[best] ? status : best), 'unknown');
}

export class Streams {
  readonly #hash: Hash;
  /** By space, stream and source. */
  readonly #spaces = new Map<string, Map<string, Map<string, Known>>>();

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  idOf(space: string, stream: string): string {
    return this.#hash(JSON.stringify(['stream', space, stream]));
  }

  /** The report with just those of its titles that are not known yet: what is worth keeping of it. */
  withNewTitles(space: string, source: string, report: StreamReport): StreamReport {
    if (report.titles === undefined) return report;
    const known = this.#spaces.get(space)?.get(report.stream)?.get(source)?.titles ?? [];
    const { titles, ...rest } = report;
    const news = newestOf(titles)
      .map(({ at, title }) => ({ at, title: shortTitle(title) }))
      .filter((each) => !known.some((other) => isSame(each, other)));
    return news.length === 0 ? rest : { ...rest, titles: news };
  }

  /** Takes a report in; answers whether it changed more than counts: then it is worth keeping. */
  apply(space: string, source: string, report: StreamReport): boolean {
    const streams = this.#spaces.get(space) ?? new Map<string, Map<string, Known>>();
    this.#spaces.set(space, streams);
    const sources = streams.get(report.stream) ?? new Map<string, Known>();
    // Moved to the end: the first one is the one that was silent for longest.
    streams.delete(report.stream);
    streams.set(report.stream, sources);
    if (streams.size > MAX_STREAMS) streams.delete(streams.keys().next().value!);

    const before = sources.get(source);
    if (before !== undefined && report.at < before.at) return false;
    const after = merge(before, report);
    sources.set(source, after);
    return (
      before === undefined ||
      before.status !== after.status ||
      before.title !== after.title ||
      before.titles !== after.titles ||
      before.countOnly !== after.countOnly ||
      PROPERTIES.some((property) => before[property] !== after[property])
    );
  }

  /** The source cannot be reached: so are its streams, as far as we know. Answers the reports that say so. */
  fail(space: string, source: string, at: Instant): StreamReport[] {
    const reports: StreamReport[] = [];
    for (const [stream, sources] of this.#spaces.get(space) ?? []) {
      const known = sources.get(source);
      if (known === undefined || known.status === 'unreachable' || known.status === 'down') continue;
      const report: StreamReport = { kind: 'report', stream, at: Math.max(at, known.at), status: 'unreachable' };
      if (this.apply(space, source, report)) reports.push(report);
    }
    return reports;
  }

  /** After a restart the newest that is known of streams is what they were: whether they are up has to be told anew. */
  unsettle(): void {
    for (const streams of this.#spaces.values()) {
      for (const sources of streams.values()) {
        for (const known of sources.values()) {
          known.status = 'unknown';
          known.statusSince = known.at;
        }
      }
    }
  }

  /** The source is no longer configured. */
  forget(space: string, source: string): void {
    const streams = this.#spaces.get(space);
    for (const [stream, sources] of streams ?? []) {
      sources.delete(source);
      if (sources.size === 0) streams!.delete(stream);
    }
  }

  get(space: string, stream: string): StreamState | null {
    const sources = this.#spaces.get(space)?.get(stream);
    return sources === undefined ? null : this.#state(space, stream, sources);
  }

  /** What has played, oldest first: at most 50 titles. */
  titles(space: string, stream: string): readonly TitleChange[] {
    const sources = [...(this.#spaces.get(space)?.get(stream)?.values() ?? [])];
    return sources.reduce<readonly TitleChange[]>((all, { titles }) => mergeTitles(all, titles), []);
  }

  /** A stream that has an audience, and of which no source has said anything. */
  unspoken(space: string, stream: string): StreamState {
    return {
      id: this.idOf(space, stream),
      source: space,
      stream,
      status: 'unknown',
      statusSince: null,
      title: null,
      titleSince: null,
      name: null,
      description: null,
      genre: null,
      contentType: null,
      bitrate: null,
      startedAt: null,
      reportedListeners: null,
      peakListeners: null,
      uniqueListeners: null,
      maxListeners: null,
      averageSeconds: null,
      countOnly: false,
    };
  }

  list(): StreamState[] {
    return [...this.#spaces].flatMap(([space, streams]) =>
      [...streams].map(([stream, sources]) => this.#state(space, stream, sources)),
    );
  }

  #state(space: string, stream: string, sources: Map<string, Known>): StreamState {
    const reports = [...sources.values()].sort((a, b) => RANK[b.status] - RANK[a.status] || b.at - a.at);
    const best = reports[0]!;
    const first = <K extends keyof Known>(property: K): Known[K] | null =>
      reports.find((report) => report[property] !== null)?.[property] ?? null;
    const sum = (property: 'listeners' | 'peakListeners' | 'uniqueListeners' | 'maxListeners') => {
      const known = reports.map((report) => report[property]).filter((value) => value !== null);
      return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
    };
    return {
      id: this.idOf(space, stream),
      source: space,
      stream,
      status: best.status,
      statusSince: best.statusSince,
      title: first('title'),
      titleSince: first('title') === null ? null : first('titleSince'),
      name: first('name'),
      description: first('description'),
      genre: first('genre'),
      contentType: first('contentType'),
      bitrate: first('bitrate'),
      startedAt: first('startedAt'),
      reportedListeners: best.status === 'up' ? sum('listeners') : null,
      peakListeners: sum('peakListeners'),
      uniqueListeners: best.status === 'up' ? sum('uniqueListeners') : null,
      maxListeners: sum('maxListeners'),
      averageSeconds: first('averageSeconds'),
      countOnly: reports.every((report) => report.countOnly),
    };
  }
}

/** Fields that a report leaves out keep their value; a stream that is not up has no count of listeners. */
function merge(before: Known | undefined, report: StreamReport): Known {
  const title = report.title === undefined ? (before?.title ?? null) : report.title;
  // A clock that is ahead of ours: its titles are taken when our time has come.
  const told = newestOf(report.titles ?? []).filter(({ at }) => at <= report.at);
  const isNew = title !== null && before?.title !== title;
  const newest = told.at(-1);
  const began = newest !== undefined && newest.title === title ? newest.at : report.at;
  return {
    stream: report.stream,
    at: report.at,
    status: report.status,
    statusSince: before?.status === report.status ? before.statusSince : report.at,
    title,
    titleSince: before !== undefined && before.title === title ? before.titleSince : began,
    name: report.name === undefined ? (before?.name ?? null) : report.name,
    description: report.description === undefined ? (before?.description ?? null) : report.description,
    genre: report.genre === undefined ? (before?.genre ?? null) : report.genre,
    contentType: report.contentType === undefined ? (before?.contentType ?? null) : report.contentType,
    bitrate: report.bitrate === undefined ? (before?.bitrate ?? null) : report.bitrate,
    startedAt: report.startedAt === undefined ? (before?.startedAt ?? null) : report.startedAt,
    listeners: report.listeners ?? null,
    peakListeners: report.peakListeners === undefined ? (before?.peakListeners ?? null) : report.peakListeners,
    uniqueListeners: report.uniqueListeners ?? null,
    maxListeners: report.maxListeners === undefined ? (before?.maxListeners ?? null) : report.maxListeners,
    averageSeconds: report.averageSeconds === undefined ? (before?.averageSeconds ?? null) : report.averageSeconds,
    countOnly: report.countOnly ?? before?.countOnly ?? false,
    titles: mergeTitles(before?.titles ?? [], isNew ? [...told, { at: began, title }] : told),
  };
}

/** In order of time, the oldest first. */
function newestOf(titles: readonly TitleChange[]): TitleChange[] {
  return titles.toSorted((a, b) => a.at - b.at).slice(-MAX_TITLES);
}
