/**
 * The contract of a facade: the voice of another product, imitated, so that whoever listens to that product can listen to
 * us. Translation only: if a facade needs logic, the logic belongs further in.
 *
 * A kind is declared once, with `defineFacade`; from the declaration come the configuration, its JSON Schema, the
 * reference page and the contract tests (contract.test.ts), which run every registered kind through this list:
 *
 * 1. Its routes answer at any time after `create`, and are behind the same rights as everything else.
 * 2. `run` resolves soon after `signal` aborts, and leaves no socket, file or timer behind. It never rejects: what
 *    cannot be written or reached is said once, counted, and tried again.
 * 3. Its page says what is not imitated.
 */

import type { z } from 'zod';
import type { Accounts } from '../core/access.ts';
import type { Audience } from '../core/audience.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import type { Clock } from '../lib/clock.ts';
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

export interface FacadeContext {
  readonly audience: Audience;
  describe(session: Session): SessionRecord;
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
  create(options: z.output<Schema>, context: FacadeContext): Facade;
}

export function defineFacade<Schema extends z.ZodObject>(kind: FacadeKind<Schema>): FacadeKind<Schema> {
  return kind;
}
