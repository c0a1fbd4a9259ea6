/**
 * Matomo's rules as they come in the package `node-device-detector`: some 2,600 regular expressions for bots, apps, media
 * players, browsers, libraries and systems. Only its data is used, and of that not the devices: brand and model are two
 * thirds of it, and nobody counts by them.
 */

import { createRequire } from 'node:module';
import { HeadcountError } from '../../lib/errors.ts';
import { filled } from './filled.ts';
import { RuleIndex } from './rule-index.ts';

/** What a rule tells of, in the order of the rules. */
const FILES = {
  feed: 'client/feed_readers',
  app: 'client/mobile_apps',
  media: 'client/mediaplayers',
  mail: 'client/pim',
  browser: 'client/browsers',
  library: 'client/libraries',
  bot: 'bots',
  system: 'oss',
} as const;

export type Kind = keyof typeof FILES;
const KINDS = Object.keys(FILES) as readonly Kind[];

/** What the first rule of a kind that matches tells. */
export interface Told {
  readonly name: string;
  readonly version: string | null;
  /** The part of the user agent that it is about. */
  readonly matched: string;
}

export interface MatomoRule {
  readonly kind: Kind;
  /** As the package writes it; `patternOf` makes it what it means. */
  readonly source: string;
  readonly name: string;
  readonly version: string;
  /** Made of the source when it is first tried: most never are. */
  pattern: RegExp | null;
}

const require = createRequire(import.meta.url);

export class Matomo {
  readonly #rules: readonly MatomoRule[];
  readonly #index: RuleIndex;

  constructor(rules: readonly MatomoRule[]) {
    this.#rules = rules;
    this.#index = new RuleIndex(this.#rules.map(({ source }) => source));
  }

  /** What can be asked of a user agent. */
  ask(userAgent: string): (kind: Kind) => Told | null {
    const candidates = this.#index.candidates(userAgent);
    return (kind) => {
      for (const number of candidates) {
        const rule = this.#rules[number]!;
        const told = rule.kind === kind ? tell(rule, userAgent) : null;
        if (told !== null) return told;
      }
      return null;
    };
  }
}

/** In the order in which they are to be asked. Throws code `BUNDLED_MISSING`. */
export function readRules(): MatomoRule[] {
  return KINDS.flatMap(rulesOf);
}

function tell(rule: MatomoRule, userAgent: string): Told | null {
  rule.pattern ??= patternOf(rule);
  const match = rule.pattern.exec(userAgent);
  if (match === null) return null;
  const name = filled(rule.name, match).trim();
  const version = filled(rule.version, match).replaceAll('_', '.').replace(/\.$/, '').trim();
  return name === '' ? null : { name, version: version === '' ? null : version, matched: match[0] };
}

interface Row {
  readonly regex?: unknown;
  readonly name?: unknown;
  readonly version?: unknown;
}

function rulesOf(kind: Kind): MatomoRule[] {
  return rowsOf(kind).flatMap(({ regex, name, version }) => {
    // PHP's `++` does not go back; here it does, and matches the same.
    if (typeof regex !== 'string' || typeof name !== 'string') return [];
    return [
      {
        kind,
        source: regex.replaceAll('++', '+'),
        name,
        version: typeof version === 'string' ? version : '',
        pattern: null,
      },
    ];
  });
}

function rowsOf(kind: Kind): readonly Row[] {
  const file = `node-device-detector/regexes/${FILES[kind]}.js`;
  try {
    return require(file) as readonly Row[];
  } catch (cause) {
    throw new HeadcountError('BUNDLED_MISSING', `${file} is not installed: run npm ci.`, { cause });
  }
}

/**
 * How the package reads its own rules: not in the middle of a word, and whatever the case. With `.*` in front, a word may
 * begin anywhere; to try that from every place would be the work of squares.
 */
export function patternOf({ source }: MatomoRule): RegExp {
  const isAnywhere = source.startsWith('.*') && !source.includes('|');
  return new RegExp(isAnywhere ? source.slice(2) : `(?:^|[^A-Z0-9_-]|[^A-Z0-9-]_|sprd-|MZ-)(?:${source})`, 'i');
}
