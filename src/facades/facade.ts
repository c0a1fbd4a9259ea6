/**
 * The contract of a facade: the voice of another product, imitated, so that whoever listens to that product can listen to
 * us. Translation only: if a facade needs logic, the logic belongs further in.
 *
 * A kind is declared once, with `defineFacade`; from the declaration come the configuration, its JSON Schema, the
 * reference page and the contract tests (contract.test.ts), which run every registered kind through this list:
 *
 * 1. Its routes answer at any time after `create`, and are behind the same rights as everything else. Its endpoints have
 *    rights of their own, from `accounts`, and answer nobody who may not see what they say.
 * 2. `run` resolves soon after `signal` aborts, and leaves no socket, file or timer behind. It never rejects: what
 *    cannot be written or reached is said once, counted, and tried again.
 * 3. Its page says what is not imitated.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Accounts } from '../core/access.ts';
import type { Audience } from '../core/audience.ts';
import type { Hash, Place } from '../core/identity.ts';
import type { Messages } from '../core/messages.ts';
import type { Instant } from '../core/observation.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import type { Streams } from '../core/streams.ts';
import type { Clock } from '../lib/clock.ts';
import type { Inboxes } from '../lib/inboxes.ts';
import type { ListenAddress } from '../lib/options.ts';
import type { Store } from '../store/store.ts';
import type { ScopedCounters } from '../telemetry/counters.ts';
import type { Log } from '../telemetry/log.ts';

/** A page in that voice. */
export interface FacadeRoute {
  /** Below the base path; begins with a slash. */
  readonly path: string;
  /** One sentence, for the documentation of the API. */
  readonly summary: string;
  /** The content type. */
  readonly type: string;
  /** It shows everybody only what they may see; otherwise it is for those who may see everything. */
  readonly isForAll?: boolean;
  /** Null: not yet. */
  answer(): string | null;
}

/** What was asked, for an endpoint. */
export interface FacadeRequest {
  readonly method: string;
  /** Below the base path, as it was sent: percent-encoded, without the query. */
  readonly path: string;
  /** What stands in the places of the path, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** The text of a body that was sent as application/json; nobody has parsed it. Null is none. */
  readonly json: string | null;
  /** Names and values, decoded: those of the query, then those of a form in the body. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
  /** The client's. Behind trusted proxies it is the one that they name. */
  readonly address: string;
}

export interface FacadeAnswer {
  readonly status: number;
  /** Names in lower case; with the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A page that depends on what is asked and who asks: it finds out both by itself, and never rejects. */
export interface FacadeEndpoint {
  readonly methods: readonly ('GET' | 'POST' | 'OPTIONS')[];
  /** Below the base path, in Fastify's writing: `/stats/:stream`. It answers with and without a slash behind it. */
  readonly path: string;
  /** One sentence, for the documentation of the API. */
  readonly summary: string;
  /** The content type that it has without being asked for another one. */
  readonly type: string;
  /** A body may be application/json; else it is a form, and what is something else is refused. */
  readonly takesJson?: boolean;
  answer(request: FacadeRequest): Promise<FacadeAnswer>;
}

/** How a source does. */
export interface FacadeSource {
  readonly name: string;
  readonly audience: string | null;
  /** It has failed, and is tried again. */
  readonly isUnreachable: boolean;
  /** When it last told something; null is never. */
  readonly lastBatchAt: Instant | null;
  /** It says of every stream that there is one: what it does not speak of is not there. */
  readonly tellsStreams: boolean;
  /** Its sessions are allocations of a relay. */
  readonly relays?: boolean;
}

export interface TitleSince {
  readonly at: Instant;
  readonly title: string;
}

export interface FacadeContext {
  readonly audience: Audience;
  readonly streams: Pick<Streams, 'get' | 'list' | 'unspoken'>;
  /** What has played, oldest first, as far as it is known. */
  titles(source: string, stream: string): readonly TitleSince[];
  sources(): readonly FacadeSource[];
  describe(session: Session): SessionRecord;
  /** What sources have read on the wire; absent where addresses are hidden from everybody. */
  readonly messages?: Messages;
  /** All sessions there ever were, as of the last commit. */
  readonly store: Pick<Store, 'tally' | 'sessions'>;
  /** Keyed with the installation's key: who has not got it cannot find out what was hashed by trying all. */
  readonly hash: Hash;
  /** Where an address is, as far as that is found out in a moment. */
  locate(address: string): Promise<Place | null>;
  /** Where sources take what facades are sent for them. */
  readonly inboxes: Pick<Inboxes, 'hand'>;
  /** The users of the configuration, as they are now: a reload changes them. */
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: ScopedCounters;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Facade {
  readonly routes: readonly FacadeRoute[];
  readonly endpoints?: readonly FacadeEndpoint[];
  /** Its endpoints are served there, too, beside the place that they have under the main server. */
  readonly listen?: ListenAddress | null;
  /** Served there alone: what has another place, or none, under the main server. */
  readonly ownEndpoints?: readonly FacadeEndpoint[];
  /** Begins when the audience is known, or after some patience. */
  run(signal: AbortSignal): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FacadeKind<Schema extends z.ZodObject = z.ZodObject> {
  /** kebab-case, the folder's name. */
  readonly kind: string;
  /** One sentence for lists of kinds. */
  readonly summary: string;
  /** Every option with a default (or required), a `.describe()` sentence, and `.meta({ secret: true })` on secrets. */
  readonly config: Schema;
  /** Options that variables of the original say; what is written takes the place of them. */
  fromEnvironment(env: Environment): Record<string, unknown>;
  /** Where no facades are configured at all, variables of the original alone may ask for one: its options, or null. */
  impliedBy(env: Environment): Record<string, unknown> | null;
  /** Where no sources are configured at all, those that the same variables ask for, as URLs. */
  impliedSources?(env: Environment): readonly string[];
  create(options: z.output<Schema>, context: FacadeContext): Facade;
}

export function defineFacade<Schema extends z.ZodObject>(kind: FacadeKind<Schema>): FacadeKind<Schema> {
  return kind;
}
