/** Who is there, by lines that tell of coming and going, or of activity alone. */

import { createHash } from 'node:crypto';
import {
  type ClientFacts,
  clientFacts,
  FOREVER,
  type Instant,
  type Observation,
  type Presence,
  presence,
  type StreamStatus,
} from '../../core/observation.ts';
import type { ScopedCounters } from '../../telemetry/counters.ts';
import { type ClientGroups, clientOf, type Found, keyOf, type LinePatterns } from './parse.ts';

/** If it loses track of so many, the oldest ones are taken to be gone. */
export const MAX_CLIENTS = 10_000;
/** Reports are kept of so many streams. */
const MAX_STREAMS = 1000;

export interface ClientsOptions {
  readonly patterns: LinePatterns;
  /** Of lines that name none. */
  readonly stream: string;
  /** Tells this run of the program from all others; null where the lines are kept, and may be read again. */
  readonly boot: Instant | null;
  readonly counters: ScopedCounters;
}

interface Connected {
  readonly stream: string;
  readonly client: ClientFacts;
  readonly details: ClientGroups['details'];
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly #key: readonly (keyof ClientGroups)[];
  /** Only where every line that tells of going names the stream, two of them may have clients of one key. */
  readonly #isKeyedByStream: boolean;
  readonly #connected = new Map<string, Connected>();
  readonly #streams = new Set<string>();
  #ordinal = 0;

  constructor(options: ClientsOptions) {
    const { open, close } = options.patterns;
    this.#options = options;
    this.#key = keyOf(options.patterns) ?? [];
    this.#isKeyedByStream = close.length > 0 && [...open, ...close].every(({ groups }) => groups.has('stream'));
  }

  /** What a line says that meant `found`. */
  take(found: Found, line: string, at: Instant): readonly Observation[] {
    const { patterns, counters } = this.#options;
    if (found.meaning === 'ignore') return [];
    const groups = clientOf(found.groups);
    if (found.meaning === 'up' || found.meaning === 'down') return this.#status(groups.stream, found.meaning, at);
    const key = this.#keyOf(groups);
    if (key === null) {
      counters.add('unreadableLines');
      counters.example('unreadableLines', () => line);
      return [];
    }
    if (found.meaning === 'close') return this.#close(key, at);
    return patterns.close.length === 0 ? [this.#activity(groups, at)] : this.#open(key, groups, line, at);
  }

  /** Everybody who is there, at this moment. */
  present(at: Instant): Presence[] {
    return [...this.#connected.values()].map((each) => presence({ ...each, from: at, until: FOREVER }));
  }

  /** The program has begun or ended: nobody is there, and a stream that lines do not tell of is up or down. */
  status(status: StreamStatus, at: Instant): readonly Observation[] {
    const gone = this.#leave(() => true, at);
    const { patterns, stream } = this.#options;
    const isTold = status === 'up' && patterns.up.length > 0;
    return isTold ? gone : [...gone, { kind: 'report', stream, at, status }];
  }

  #keyOf(groups: ClientGroups): string | null {
    const parts = this.#key.map((field) => groups[field]);
    if (parts.includes(null)) return null;
    if (this.#isKeyedByStream) parts.push(groups.stream);
    return JSON.stringify(parts);
  }

  #open(key: string, groups: ClientGroups, line: string, at: Instant): Observation[] {
    const { counters, boot } = this.#options;
    const gone = [...this.#end(key, at)];
    if (this.#connected.size >= MAX_CLIENTS) {
      counters.add('droppedClients');
      gone.push(...this.#end(this.#connected.keys().next().value!, at));
    }
    // A line that is read again is the same connection again.
    const run = boot === null ? createHash('sha256').update(line).digest('base64url') : `${boot} ${++this.#ordinal}`;
    const client = factsOf(groups, { connection: `${run} ${key}` });
    const connected = { stream: this.#streamOf(groups), client, details: groups.details };
    this.#connected.set(key, connected);
    counters.add('opened');
    return [...gone, presence({ ...connected, from: at, until: FOREVER })];
  }

  #close(key: string, at: Instant): readonly Observation[] {
    const gone = this.#end(key, at);
    this.#options.counters.add(gone.length > 0 ? 'closed' : 'unknownCloses');
    return gone;
  }

  #activity(groups: ClientGroups, at: Instant): Observation {
    this.#options.counters.add('activities');
    const playback = groups.id === null ? null : { id: groups.id, issued: true };
    const client = factsOf(groups, { playback });
    return presence({ stream: this.#streamOf(groups), client, from: at, requests: 1, details: groups.details });
  }

  #status(named: string | null, status: 'up' | 'down', at: Instant): readonly Observation[] {
    const stream = named ?? this.#options.stream;
    if (!this.#streams.has(stream) && this.#streams.size >= MAX_STREAMS) {
      this.#options.counters.add('streamsIgnored');
      return [];
    }
    this.#streams.add(stream);
    const gone = this.#leave((connected) => named === null || connected.stream === named, at);
    return [...gone, { kind: 'report', stream, at, status }];
  }

  #leave(isMeant: (connected: Connected) => boolean, at: Instant): Observation[] {
    const keys = [...this.#connected].filter(([, connected]) => isMeant(connected)).map(([key]) => key);
    return keys.flatMap((key) => this.#end(key, at));
  }

  #end(key: string, at: Instant): readonly Observation[] {
    const connected = this.#connected.get(key);
    if (connected === undefined) return [];
    this.#connected.delete(key);
    return [{ kind: 'departure', stream: connected.stream, client: connected.client, at }];
  }

  #streamOf({ stream }: ClientGroups): string {
    return stream ?? this.#options.stream;
  }
}

function factsOf(
  { address, port, userAgent, user, device }: ClientGroups,
  identity: Partial<ClientFacts>,
): ClientFacts {
  return clientFacts({ address, port, userAgent, user, device, ...identity });
}
