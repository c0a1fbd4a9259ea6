/**
 * Asks a server once, before it is configured, because somebody has typed its address into a page: whether it answers as
 * it should, and how many it tells of. Nothing that it tells becomes an observation, and nothing of what it answered is
 * shown but its name and version.
 */

import type { Observation } from '../core/observation.ts';
import type { Clock } from '../lib/clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import { Inboxes } from '../lib/inboxes.ts';
import { printable } from '../lib/printable.ts';
import { ScopedCounters } from '../telemetry/counters.ts';
import { silentLog } from '../telemetry/log.ts';
import { restrained } from '../transports/poll/restraint.ts';
import type { SourceSetting } from './running.ts';
import type { Batch } from './source.ts';

/** Milliseconds, for all of it. */
const DEADLINE = 8000;
const MOST_BYTES = 2_000_000;
const MOST_QUESTIONS = 60;
const MOST_NAME = 80;

export interface TrialResult {
  readonly kind: string;
  /** The status of its last answer; null if there was none. */
  readonly status: number | null;
  /** What it calls itself: `Icecast 2.4.4`. */
  readonly server: string | null;
  readonly found: { readonly streams: number; readonly listeners: number; readonly isCountOnly: boolean } | null;
  /** Why nothing was found. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Never rejects because of the server. Leaves nothing running. */
export async function tryOnce(setting: SourceSetting, clock: Clock, deadline = DEADLINE): Promise<TrialResult> {
  const { kind } = setting;
  const heard: { status: number | null; server: string | null } = { status: null, server: null };
  const limits = {
    maxBytes: MOST_BYTES,
    maxQuestions: MOST_QUESTIONS,
    onAnswer: ({ status, headers }: { status: number; headers: { server?: string | undefined } }) => {
      heard.status = status;
      heard.server = headers.server === undefined ? heard.server : nameIn(headers.server);
    },
  };
  try {
    const batch = await restrained(limits, () => firstBatch(setting, clock, deadline));
    return { kind: kind.kind, ...heard, found: countIn(batch.observations), error: null };
  } catch (error) {
    return { kind: kind.kind, ...heard, found: null, error: explained(error, kind.kind, heard.status) };
  }
}

async function firstBatch({ kind, common, options }: SourceSetting, clock: Clock, deadline: number): Promise<Batch> {
  const stopping = new AbortController();
  const timer = setTimeout(() => stopping.abort(), deadline);
  let first: Batch | null = null;
  try {
    await kind.create(options as never, common).run({
      emit: async (batch) => {
        first ??= batch;
        stopping.abort();
      },
      signal: stopping.signal,
      cursor: null,
      log: silentLog,
      counters: new ScopedCounters(),
      clock,
      inboxes: new Inboxes(),
    });
  } catch (error) {
    if (first === null) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (first !== null) return first;
  throw new HeadcountError('PEER_UNREACHABLE', `It did not answer within ${deadline / 1000} s.`);
}

function countIn(observations: readonly Observation[]): NonNullable<TrialResult['found']> {
  const streams = new Set<string>();
  let counted = 0;
  let present = 0;
  let isCountOnly = false;
  for (const each of observations) {
    if (each.kind === 'roster') {
      present += each.present.length;
      for (const { stream } of each.present) streams.add(stream);
    } else if (each.kind === 'report') {
      streams.add(each.stream);
      counted += each.listeners ?? 0;
      isCountOnly ||= each.countOnly === true;
    }
  }
  return { streams: streams.size, listeners: isCountOnly ? counted : present, isCountOnly };
}

/** In words of our own: those of a source may hold some of what the server has said. */
function explained(error: unknown, kind: string, status: number | null): { code: string; message: string } {
  const { code, message } = error instanceof HeadcountError ? error : { code: 'PEER_ANSWERED_BADLY', message: '' };
  if (code === 'PEER_UNREACHABLE') return { code, message };
  if (code === 'PEER_REFUSED_LOGIN') {
    return { code, message: 'It refused the login. Check the user and the password, or the key.' };
  }
  if (status !== null && status >= 300 && status <= 399) {
    return {
      code,
      message: `It answered with a redirect (HTTP ${status}), which is not followed here. Check the address.`,
    };
  }
  const answered = status === null ? 'It answers' : `It answers (HTTP ${status})`;
  return {
    code: 'PEER_ANSWERED_BADLY',
    message: `${answered}, but not as a source of the kind ${kind} should, or with more than is read here. Check the kind, the port and the path.`,
  };
}

function nameIn(header: string): string {
  return printable(header).slice(0, MOST_NAME);
}
