/** The accounts that have been judged, highest score first, page by page. */

import type { Instant } from '../../../core/observation.ts';
import { HeadcountError } from '../../../lib/errors.ts';
import type { Finding, Signal } from '../judgement/judgement.ts';
import type { AccountName } from './history.ts';

export interface AccountSummary extends AccountName {
  /** A keyed hash of both names: no name stands in an address. */
  readonly id: string;
  readonly score: number;
  readonly classicScore: number;
  readonly signals: readonly Signal[];
  readonly findingCount: number;
  /** The newest; null if there is none. */
  readonly newest: Finding | null;
  readonly plays: number;
  readonly devices: number;
  readonly households: number;
  readonly lastAt: Instant | null;
  readonly judgedAt: Instant;
  /** Only its newest sessions were judged. */
  readonly isCut: boolean;
}

export interface RankingQuery {
  readonly source: readonly string[] | null;
  readonly user: readonly string[] | null;
  readonly minScore: number;
  /** With a finding at or after this time; null is all. */
  readonly foundSince: Instant | null;
  readonly limit: number;
  /** Opaque: the `nextCursor` of the page before. */
  readonly cursor: string | null;
}

export interface Ranked {
  readonly items: readonly AccountSummary[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** Throws `BAD_CURSOR`. */
export function ranked(accounts: Iterable<AccountSummary>, query: RankingQuery): Ranked {
  const { source, user, minScore, foundSince } = query;
  const after = query.cursor === null ? null : readCursor(query.cursor);
  const asked = [...accounts].filter(
    (account) =>
      account.score >= minScore &&
      (source === null || source.includes(account.source)) &&
      (user === null || user.includes(account.user)) &&
      (foundSince === null || (account.newest?.at ?? Number.NEGATIVE_INFINITY) >= foundSince),
  );
  const rest = after === null ? asked : asked.filter((account) => byRank(after, account) < 0);
  const items = rest.sort(byRank).slice(0, query.limit);
  return { items, nextCursor: items.length < rest.length ? writeCursor(items.at(-1)!) : null, total: asked.length };
}

type Rank = Pick<AccountSummary, 'id' | 'score' | 'classicScore'>;

/** An account that moves while somebody turns pages may be on two of them, or on none. */
function byRank(a: Rank, b: Rank): number {
  return b.score - a.score || b.classicScore - a.classicScore || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function writeCursor({ score, classicScore, id }: Rank): string {
  return Buffer.from(JSON.stringify([score, classicScore, id])).toString('base64url');
}

function readCursor(cursor: string): Rank {
  try {
    const [score, classicScore, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    if (typeof score === 'number' && typeof classicScore === 'number' && typeof id === 'string') {
      return { score, classicScore, id };
    }
  } catch {
    // Said below.
  }
  throw new HeadcountError('BAD_CURSOR', 'The cursor is not one that this query gave.');
}
