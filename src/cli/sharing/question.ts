/** What `headcount sharing` is asked, from its options and the environment. */

import type { WallClock } from '../../insights/summary/wall-clock.ts';
import { HeadcountError } from '../../lib/errors.ts';
import type { TautulliAccess } from '../../sources/tautulli/api.ts';
import { choiceOf, readArgs } from '../args.ts';
import type { Terminal } from '../command.ts';
import { type HistoryPlace, placeOfHistory } from '../history.ts';
import { clockOf } from '../time-zone.ts';

export type SharingFormat = 'text' | 'json' | 'csv';

/** Whose look-up says where addresses are. */
export const GEO_BY = ['tautulli', 'headcount'] as const;

export interface Question {
  readonly days: number;
  /** Null: that of the judgement. */
  readonly minScore: number | null;
  readonly classic: boolean;
  readonly geo: boolean;
  /** Null: Tautulli for the classic reports, our tables for the judgement by households. */
  readonly geoBy: (typeof GEO_BY)[number] | null;
  readonly concurrentOnly: boolean;
  readonly timeline: boolean;
  readonly topIps: boolean;
  /** As it was written; null is everybody. */
  readonly user: string | null;
  readonly format: SharingFormat;
  readonly clock: WallClock;
  /** Null if neither is said: the one thing that is told as it always was. */
  readonly where: TautulliPlace | HistoryPlace | null;
}

export interface TautulliPlace {
  readonly base: string;
  readonly access: TautulliAccess;
}

const TIMEOUT = 30_000;

/** Throws `BAD_USAGE`; with `--data` or `--config` also what loading a configuration throws. */
export function readQuestion(args: readonly string[], { env }: Pick<Terminal, 'env'>): Question {
  const { values, positionals } = readArgs(args, {
    host: { type: 'string' },
    'api-key': { type: 'string' },
    days: { type: 'string' },
    'min-score': { type: 'string' },
    geo: { type: 'boolean' },
    'geo-by': { type: 'string' },
    'concurrent-only': { type: 'boolean' },
    timeline: { type: 'boolean' },
    'top-ips': { type: 'boolean' },
    user: { type: 'string' },
    classic: { type: 'boolean' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    'time-zone': { type: 'string', short: 'z' },
    data: { type: 'string' },
    config: { type: 'string', short: 'c' },
  });
  if (positionals.length > 0) throw new HeadcountError('BAD_USAGE', `What is "${positionals[0]}"? Name options only.`);
  const text = (name: string) => (values[name] as string | undefined) ?? null;
  const isSaid = (name: string) => values[name] === true;
  if (isSaid('json') && isSaid('csv')) throw new HeadcountError('BAD_USAGE', 'Say --json or --csv, not both.');
  return {
    days: integerOf('days', text('days') ?? '30', 0, 36_500),
    minScore: text('min-score') === null ? null : integerOf('min-score', text('min-score')!, -1e9, 1e9),
    classic: isSaid('classic'),
    geo: isSaid('geo'),
    geoBy: text('geo-by') === null ? null : choiceOf('--geo-by', text('geo-by')!, GEO_BY),
    concurrentOnly: isSaid('concurrent-only'),
    timeline: isSaid('timeline'),
    topIps: isSaid('top-ips'),
    user: text('user') || null,
    format: isSaid('json') ? 'json' : isSaid('csv') ? 'csv' : 'text',
    clock: clockOf(text('time-zone') ?? 'local'),
    where: whereOf(text, env),
  };
}

function integerOf(option: string, text: string, least: number, most: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new HeadcountError('BAD_USAGE', `--${option} "${text}" is no whole number, or out of bounds.`);
}

function whereOf(text: (name: string) => string | null, env: Terminal['env']): Question['where'] {
  if (text('data') !== null || text('config') !== null) {
    if (text('host') !== null) throw new HeadcountError('BAD_USAGE', 'Say --host, or --data, not both.');
    return placeOfHistory({ config: text('config') ?? undefined, data: text('data') ?? undefined }, { env });
  }
  const host = text('host') || env['TAUTULLI_HOST'] || env['TAUTULLI_URL'];
  const apiKey = text('api-key') || env['TAUTULLI_API_KEY'];
  return host && apiKey ? tautulliAt(host, apiKey) : null;
}

/** A host, `HOST:PORT`, or a URL; without a scheme it is HTTP, without a port that of the scheme. */
export function tautulliAt(host: string, apiKey: string): TautulliPlace {
  const base = (/^https?:\/\//.test(host) ? host : `http://${host}`).replace(/\/+$/, '');
  const url = URL.parse(base);
  if (url === null || url.hostname === '' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new HeadcountError('BAD_USAGE', 'The host of Tautulli must be HOST, HOST:PORT or http://HOST:PORT/ROOT.');
  }
  const tls = url.protocol === 'https:';
  return {
    base,
    access: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
      tls,
      path: url.pathname.replace(/\/+$/, ''),
      apiKey,
      timeout: TIMEOUT,
    },
  };
}
