/**
 * A crowd for Icecast (icecast.ts): listeners that come and go by a plan drawn from a seed, and what is true of them
 * afterwards. A third of them are gone again within a second.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../src/enrich/fixture.ts';
import type { LabIcecast } from './icecast.ts';

/** Milliseconds after the start of the crowd. */
export interface Visit {
  /** No two have the same. */
  readonly userAgent: string;
  readonly mount: string;
  readonly from: number;
  readonly to: number;
}

export interface IcecastCrowdPlan {
  readonly seed: number;
  /** At most 200. */
  readonly visits: number;
  readonly mounts: readonly string[];
  /** Milliseconds from the first to the last. */
  readonly length: number;
}

/** What was true: when a connection was really opened, heard something, and was closed. */
export interface TrueVisit {
  readonly userAgent: string;
  readonly mount: string;
  readonly connectedAt: number;
  readonly heardAt: number;
  readonly leftAt: number;
}

export const MOST_VISITS = 200;

export function planCrowd({ seed, visits, mounts, length }: IcecastCrowdPlan): Visit[] {
  if (visits > MOST_VISITS) throw new Error(`a crowd has at most ${MOST_VISITS} listeners`);
  const random = randomFrom(seed);
  return Array.from({ length: visits }, (_, i) => {
    const isShort = random() < 1 / 3;
    const stay = isShort ? 100 + random() * 600 : 2500 + random() * (length - 2500);
    const from = random() * (length - stay);
    const mount = mounts[Math.floor(random() * mounts.length)]!;
    return { userAgent: `LabPlayer/${i}.0${isShort ? ' (short)' : ''}`, mount, from, to: from + stay };
  });
}

/** Resolves when everybody has left; rejects when `signal` aborts. */
export function performCrowd(server: LabIcecast, plan: readonly Visit[], signal?: AbortSignal): Promise<TrueVisit[]> {
  const begun = Date.now();
  return Promise.all(
    plan.map(async ({ userAgent, mount, from, to }) => {
      await sleep(from, undefined, { signal });
      const { connectedAt, heardAt, leave } = await server.listen(mount, userAgent);
      await sleep(Math.max(begun + to - Date.now(), 0), undefined, { signal });
      return { userAgent, mount, connectedAt, heardAt, leftAt: leave() };
    }),
  );
}
