/** What the allocations of two answers say together: how fast each relays, and whose they are. */

import type { SessionWire } from '../../../src/http/contract.ts';

/** Bytes a second. */
export interface Rate {
  readonly up: number;
  readonly down: number;
}

export interface Allocation {
  readonly session: SessionWire;
  readonly rate: Rate;
}

export interface RelayUser {
  /** Null is without a name. */
  readonly name: string | null;
  readonly allocations: number;
  readonly bytes: number;
  readonly rate: Rate;
}

export const NO_RATE: Rate = { up: 0, down: 0 };

/** An answer of the API, and when it was true, in milliseconds. */
export interface Answer {
  readonly at: number;
  readonly sessions: readonly SessionWire[];
}

/** Those that relay fastest first. Whoever came since the answer before has relayed all since then. */
export function allocationsOf(now: Answer, before: Answer | null): Allocation[] {
  const earlier = new Map(before?.sessions.map((session) => [session.id, session]));
  const seconds = before === null ? 0 : (now.at - before.at) / 1000;
  const allocations = now.sessions.map((session) => {
    const known = earlier.get(session.id);
    const isNew = before !== null && Date.parse(session.startedAt) >= before.at;
    if (seconds <= 0 || (known === undefined && !isNew)) return { session, rate: NO_RATE };
    const rateOf = (way: 'up' | 'down') =>
      Math.max(0, (session.traffic?.[way].bytes ?? 0) - (known?.traffic?.[way].bytes ?? 0)) / seconds;
    return { session, rate: { up: rateOf('up'), down: rateOf('down') } };
  });
  return allocations.sort((a, b) => total(b.rate) - total(a.rate) || b.session.bytes - a.session.bytes);
}

/** Those who relay fastest first. */
export function usersOf(allocations: readonly Allocation[]): RelayUser[] {
  const users = new Map<string | null, RelayUser>();
  for (const { session, rate } of allocations) {
    const name = session.client.user;
    const user = users.get(name) ?? { name, allocations: 0, bytes: 0, rate: NO_RATE };
    users.set(name, {
      name,
      allocations: user.allocations + 1,
      bytes: user.bytes + session.bytes,
      rate: sum(user.rate, rate),
    });
  }
  return [...users.values()].sort((a, b) => total(b.rate) - total(a.rate) || b.bytes - a.bytes);
}

export function sumOf(rates: readonly Rate[]): Rate {
  return rates.reduce(sum, NO_RATE);
}

export function total({ up, down }: Rate): number {
  return up + down;
}

function sum(a: Rate, b: Rate): Rate {
  return { up: a.up + b.up, down: a.down + b.down };
}
