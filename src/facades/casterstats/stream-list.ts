/**
 * The streams of the facade, and who listens to them, as they are at one moment. One such moment serves every question
 * until it is over: however many ask, the audience is gone through once.
 */

import type { Audience } from '../../core/audience.ts';
import type { Instant } from '../../core/observation.ts';
import type { Session } from '../../core/session.ts';
import type { StreamState } from '../../core/streams.ts';
import type { FacadeContext, FacadeSource } from '../facade.ts';
import type { StreamHead } from './answers.ts';

/** A stream as the configuration has it. */
export interface NamedStream {
  readonly name: string;
  /** The name of a source, or of the audience that it shares. */
  readonly source: string;
  /** As the source calls it; absent is all of that source as one. */
  readonly stream?: string | undefined;
  readonly public: boolean;
  /** Users and groups; absent is everybody whose account sees it. */
  readonly access?: readonly string[] | undefined;
}

export type StreamListContext = Pick<FacadeContext, 'audience' | 'streams' | 'sources'>;

/** What is shown under one name. */
export interface ListedStream {
  readonly name: string;
  readonly public: boolean;
  readonly access: ReadonlySet<string> | null;
  /** What it is made of, as the sources call it. */
  readonly parts: readonly Part[];
  readonly status: StreamHead['Status'];
  /** When its server last told something; null is never. */
  readonly toldAt: Instant | null;
  /** What is known of those of its parts that are spoken of, the best status first. */
  readonly states: readonly StreamState[];
  /** Longest there first. */
  sessions(): readonly Session[];
}

export interface Part {
  readonly source: string;
  readonly stream: string;
}

const STATUS = { up: 'Up', down: 'Down', unreachable: 'Unreachable', unknown: 'Unknown' } as const;
const RANK: readonly StreamHead['Status'][] = ['Up', 'Down', 'Unreachable', 'Unknown'];

export interface ListOptions {
  /** Null is every stream that is known, by its own name. */
  readonly streams: readonly NamedStream[] | null;
  /** All of them are public. */
  readonly public: boolean;
  readonly bots: boolean;
}

export function listStreams(options: ListOptions, context: StreamListContext): ListedStream[] {
  const sessions = sessionsByStream(context.audience, options.bots);
  const spoken = context.streams.list();
  const known = allParts(sessions, spoken);
  const sources = context.sources();
  const listed = ({ name, parts, source, ...rights }: Unlisted): ListedStream => {
    const states = parts
      .flatMap((part) => context.streams.get(part.source, part.stream) ?? [])
      .sort((a, b) => rankOf(a) - rankOf(b));
    const own = sources.filter((each) => each.name === source || each.audience === source);
    let sorted: readonly Session[] | null = null;
    return {
      ...{ name, ...rights, parts, states },
      status: states[0] === undefined ? statusWithout(own) : STATUS[states[0].status],
      toldAt: own.reduce<Instant | null>((newest, each) => later(newest, each.lastBatchAt), null),
      sessions: () => {
        sorted ??= parts.flatMap((part) => sessions.get(part.source)?.get(part.stream) ?? []).sort(compareSessions);
        return sorted;
      },
    };
  };
  if (options.streams === null) {
    const rights = { public: options.public, access: null };
    return known.map((part) => listed({ ...rights, name: part.stream, source: part.source, parts: [part] }));
  }
  return options.streams.map(({ name, source, stream, access, public: isPublic }) =>
    listed({
      ...{ name, source, public: isPublic || options.public },
      access: access === undefined ? null : new Set(access),
      parts: stream === undefined ? known.filter((part) => part.source === source) : [{ source, stream }],
    }),
  );
}

interface Unlisted extends Pick<ListedStream, 'name' | 'public' | 'access' | 'parts'> {
  readonly source: string;
}

type SessionsByStream = ReadonlyMap<string, ReadonlyMap<string, Session[]>>;

function sessionsByStream({ sessions }: Pick<Audience, 'sessions'>, bots: boolean): SessionsByStream {
  const all = new Map<string, Map<string, Session[]>>();
  for (const session of sessions.values()) {
    if (session.bot && !bots) continue;
    const streams = all.get(session.source) ?? new Map<string, Session[]>();
    all.set(session.source, streams);
    const own = streams.get(session.stream);
    if (own === undefined) streams.set(session.stream, [session]);
    else own.push(session);
  }
  return all;
}

/** Those that are spoken of, and those that only have an audience; by source and name. */
function allParts(sessions: SessionsByStream, spoken: readonly StreamState[]): Part[] {
  const parts = new Map<string, Part>();
  const add = (source: string, stream: string) => parts.set(JSON.stringify([source, stream]), { source, stream });
  for (const { source, stream } of spoken) add(source, stream);
  for (const [source, streams] of sessions) for (const stream of streams.keys()) add(source, stream);
  return [...parts.values()].sort((a, b) => compareTexts(a.stream, b.stream) || compareTexts(a.source, b.source));
}

/** Of a stream that no source has spoken of. */
function statusWithout(own: readonly FacadeSource[]): StreamHead['Status'] {
  if (own.length > 0 && own.every(({ isUnreachable }) => isUnreachable)) return 'Unreachable';
  // A server that tells its streams, and not this one: nobody feeds it.
  if (
    own.some(({ lastBatchAt, tellsStreams, isUnreachable }) => tellsStreams && !isUnreachable && lastBatchAt !== null)
  )
    return 'Down';
  return 'Unknown';
}

function rankOf({ status }: StreamState): number {
  return RANK.indexOf(STATUS[status]);
}

function later(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || (b !== null && b > a) ? b : a;
}

function compareSessions(a: Session, b: Session): number {
  return a.start - b.start || compareTexts(a.id, b.id);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
