/** From query parameters to the filters and periods of core/query.ts. */

import type { Instant, Milliseconds } from '../core/observation.ts';
import type { ProgrammeCount, ProgrammesView } from '../core/programmes.ts';
import { DIMENSIONS, type Dimension, type SessionFilter } from '../core/query.ts';
import { HeadcountError } from '../lib/errors.ts';
import { UNKNOWN } from './contract.ts';
import { notFound } from './route.ts';

type FilterQuery = { readonly [K in Dimension | 'ip' | 'programme']?: string[] | undefined } & {
  readonly bot: 'true' | 'false' | 'all';
};

/** Throws `NOT_FOUND` for a programme that there is not. */
export function filterOf(query: FilterQuery, programmes: ProgrammesView): SessionFilter {
  const filter: Record<string, unknown> = {};
  for (const facet of DIMENSIONS) {
    const values = query[facet];
    if (values !== undefined) filter[facet] = values.map((value) => (value === UNKNOWN ? null : value));
  }
  if (query.ip !== undefined) filter['ip'] = query.ip;
  if (query.programme !== undefined) {
    const names = [...new Set(query.programme)];
    filter['streamPatterns'] = names.flatMap((name) => programmeOf(programmes, name).patterns);
  }
  if (query.bot !== 'all') filter['bot'] = query.bot === 'true';
  return filter;
}

/** Throws `NOT_FOUND` if there is none of this name. */
export function programmeOf(programmes: ProgrammesView, name: string): ProgrammeCount {
  const programme = programmes.get(name);
  if (programme === null) throw notFound('programme of this name');
  return programme;
}

const DAY = 86_400_000;

/** The period that is asked for; by default the last day. */
export function periodOf(
  query: { from?: Instant | undefined; to?: Instant | undefined },
  now: Instant,
): { from: Instant; to: Instant } {
  const to = query.to ?? now;
  const from = query.from ?? to - DAY;
  checkPeriod(from, to);
  return { from, to };
}

/** Throws unless some time lies between them. */
export function checkPeriod(from: Instant, to: Instant): void {
  if (from >= to) throw new HeadcountError('BAD_REQUEST', 'The period is empty: "from" must be before "to".');
}

/** At most this many steps make a timeline. */
const MOST_STEPS = 10_000;
const NICE_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Milliseconds of a step: what was asked for, or a round number that makes about 300 of them. */
export function stepOf(seconds: number | undefined, from: Instant, to: Instant): Milliseconds {
  const period = (to - from) / 1000;
  const step = seconds ?? NICE_STEPS.find((nice) => period / nice <= 300) ?? Math.ceil(period / 300 / 86_400) * 86_400;
  if (period / step > MOST_STEPS) {
    throw new HeadcountError('BAD_REQUEST', `That would be more than ${MOST_STEPS} steps: ask for longer ones.`);
  }
  return Math.max(Math.round(step * 1000), 1);
}
