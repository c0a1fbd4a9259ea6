/** The filters and dimensions of core/query.ts as SQL over the columns of a session. */

import type { StreamPattern } from '../../core/access.ts';
import { DIMENSIONS, type Dimension, type SessionFilter } from '../../core/query.ts';
import type { Bindings } from './bindings.ts';

/** As cityOf in core/query.ts. */
export const CITY = "(city || coalesce(', ' || country_code, ''))";

/** The column that a dimension counts by. */
const COLUMN: Readonly<Record<Dimension, string>> = {
  stream: 'stream',
  source: 'source',
  country: 'country_code',
  city: CITY,
  player: 'player_name',
  platform: 'platform',
  quality: 'quality',
  asn: 'asn',
  user: 'user_name',
  identity: 'identity',
};

/** What a session counts under, as text; null is unknown. */
export function facetSql(dimension: Dimension | null): string {
  if (dimension === null) return 'NULL::VARCHAR';
  return dimension === 'asn' ? 'asn::VARCHAR' : COLUMN[dimension];
}

/** Conditions that all have to hold. */
export function filterSql(filter: SessionFilter, bindings: Bindings): string[] {
  const conditions: string[] = [];
  for (const dimension of DIMENSIONS) {
    const wanted = filter[dimension];
    if (wanted === undefined) continue;
    conditions.push(
      dimension === 'asn' ? numbersSql('asn', wanted, bindings) : textsSql(COLUMN[dimension], wanted, bindings),
    );
  }
  if (filter.ip !== undefined) conditions.push(textsSql('address', filter.ip, bindings));
  if (filter.listener !== undefined) conditions.push(textsSql('listener', filter.listener, bindings));
  if (filter.streamPatterns !== undefined) conditions.push(withinSql(filter.streamPatterns, bindings));
  if (filter.bot !== undefined) conditions.push(filter.bot ? 'bot' : 'NOT bot');
  if (filter.within !== undefined) conditions.push(withinSql(filter.within, bindings));
  return conditions;
}

/** As isWithin in core/access.ts. */
function withinSql(patterns: readonly StreamPattern[], bindings: Bindings): string {
  const alternatives = patterns.map(
    ({ source, stream }) =>
      `(${fitsSql('source', source, bindings)} AND (${fitsSql('stream', stream, bindings)} OR ${fitsSql('stream', `/${stream}`, bindings)}))`,
  );
  return alternatives.length === 0 ? 'false' : `(${alternatives.join(' OR ')})`;
}

function fitsSql(column: string, pattern: string, bindings: Bindings): string {
  if (!pattern.includes('*')) return `${column} = ${bindings.text(pattern)}`;
  const like = pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
  return `${column} LIKE ${bindings.text(like)} ESCAPE '\\'`;
}

/** Sessions that overlap `[from, to)`; open ones reach to their last sight, and no time overlaps nobody. */
export function periodSql(from: number | null, to: number | null, bindings: Bindings): string[] {
  if (from !== null && to !== null && from >= to) return ['false'];
  const conditions: string[] = [];
  if (to !== null) conditions.push(`started_at < ${bindings.whole(to)}`);
  if (from !== null) conditions.push(`last_seen_at > ${bindings.whole(from)}`);
  return conditions;
}

export function whereSql(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** Null is unknown. */
export function textsSql(column: string, wanted: readonly (string | null)[], bindings: Bindings): string {
  const texts = wanted.filter((value) => value !== null);
  return oneOfSql(column, texts.map(bindings.text), wanted.includes(null));
}

/** Decimal text is compared as the number that it writes; a text that no number is written as matches nothing. */
function numbersSql(column: string, wanted: readonly (string | null)[], bindings: Bindings): string {
  const numbers = wanted.filter((value) => value !== null && String(Number(value)) === value).map(Number);
  return oneOfSql(column, numbers.filter(Number.isSafeInteger).map(bindings.whole), wanted.includes(null));
}

function oneOfSql(column: string, placeholders: readonly string[], orUnknown: boolean): string {
  const alternatives: string[] = [];
  if (placeholders.length > 0) alternatives.push(`${column} IN (${placeholders.join(', ')})`);
  if (orUnknown) alternatives.push(`${column} IS NULL`);
  return alternatives.length === 0 ? 'false' : `(${alternatives.join(' OR ')})`;
}
