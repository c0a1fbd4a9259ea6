/**
 * Who plays, by user agent. First our own rules (streaming.ts); then what Matomo's rules say (matomo.ts) and what the user agent
 * calls itself (product.ts): a rule counts if it is about that name, and not about something else that is mentioned. So
 * no browser is named where an app says what it is. An answer takes some 20 µs (rule-index.ts).
 */

import { isJob, isNamedBot } from './bots.ts';
import { ENGINES, type Engine } from './built-on.ts';
import { filled } from './filled.ts';
import { type Finding, type PlayerType, playerOf } from './finding.ts';
import { type Kind, Matomo, readRules, type Told } from './matomo.ts';
import { decoded, isRobotLike, type Product, readGuest, readProduct, versionAt } from './product.ts';
import { RuleIndex } from './rule-index.ts';
import { STREAMING_RULES } from './streaming.ts';

export type Detector = (userAgent: string) => Finding;

/** What is longer is read no further: no expression has then much to go back and forth on. */
const LONGEST_READ = 512;
const MAX_NAME = 100;
const MAX_VERSION = 50;

/** Matomo's names, where ours are others. */
const PLATFORMS: Readonly<Record<string, string>> = { Mac: 'macOS', 'GNU/Linux': 'Linux' };

/** Browsers as which many an app passes: what else it says of itself is who it is. */
const EVERYBODYS = /^(?:Chrom(?:e|ium)|Mobile Safari|Safari|Firefox|Android Browser|Internet Explorer|IE Mobile)/;

/** Who it is. */
interface Name {
  readonly name: string;
  readonly version: string | null;
  readonly type: PlayerType;
}

/** Reads the rules: some 40 ms, once. */
export function createDetector(): Detector {
  const ours = new RuleIndex(STREAMING_RULES.map(({ pattern }) => pattern.source));
  const matomo = new Matomo(readRules());

  return (userAgent) => {
    const raw = userAgent.replace(/^user-agent:\s*/i, '').slice(0, LONGEST_READ);
    const text = decoded(raw);
    const told = matomo.ask(raw);
    const platform = () => {
      const system = told('system')?.name ?? null;
      return system === null ? null : (PLATFORMS[system] ?? system);
    };
    for (const number of ours.candidates(text)) {
      const rule = STREAMING_RULES[number]!;
      const match = rule.pattern.exec(text);
      if (match === null) continue;
      const name = filled(rule.name, match);
      const version = versionAt(text, match.index + match[0].length);
      return finding({ name, version, type: rule.type }, rule.platform ?? platform(), rule.bot);
    }
    const isBrowserLike = /^(?:Mozilla|Opera)\//.test(text) && !isRobotLike(text);
    const product = isBrowserLike ? readGuest(text) : readProduct(text);
    const system = platform();
    const bot = told('bot');
    if (bot !== null || isNamedBot(raw) || (system === null && isJob(raw)))
      return finding(botName(bot, told('library'), product), system, true);
    if (isBrowserLike) return finding(guestOrBrowser(told, product), system, false);
    const engine = product === null ? engineOf(text) : null;
    if (engine !== null) return finding(engine, engine.platform ?? system, false);
    return finding(nameOf(told, product, text), system, false);
  };
}

type Ask = (kind: Kind) => Told | null;

const TYPES = {
  feed: 'app',
  app: 'app',
  media: 'player',
  mail: 'app',
  browser: 'browser',
  library: 'library',
} as const;

/** Of what looks like a browser: what rules know, unless it is a browser as which many pass and something else shows. */
function guestOrBrowser(told: Ask, guest: Product | null): Name | null {
  for (const kind of ['feed', 'app', 'media', 'mail', 'browser', 'library'] as const) {
    const found = told(kind);
    if (found === null || (kind === 'browser' && guest !== null && EVERYBODYS.test(found.name))) continue;
    return nameIn(kind, found);
  }
  return guest === null ? null : { ...guest, type: 'app' };
}

/** Of everything else: what rules know of the product, or of its first word if that is only what it is built on. */
function nameOf(told: Ask, product: Product | null, text: string): Name | null {
  const subject = (product?.name ?? /^[\w.-]+/.exec(text)?.[0] ?? '').toLowerCase();
  for (const kind of ['feed', 'app', 'media', 'mail', 'library', 'browser'] as const) {
    const found = told(kind);
    // Not of a part of the name, and not of what else is mentioned.
    if (found !== null && decoded(found.matched).toLowerCase().includes(subject)) return nameIn(kind, found);
  }
  return product === null ? null : { ...product, type: 'app' };
}

function nameIn(kind: keyof typeof TYPES, { name, version }: Told): Name {
  return { name, version, type: TYPES[kind] };
}

function engineOf(text: string): (Name & Engine) | null {
  for (const engine of ENGINES) {
    const match = engine.pattern.exec(text);
    if (match !== null) return { ...engine, version: versionAt(text, match.index + match[0].length) };
  }
  return null;
}

function botName(bot: Told | null, library: Told | null, product: Product | null): Name | null {
  const name = bot !== null && bot.name !== 'Generic Bot' ? bot.name : (library?.name ?? product?.name ?? null);
  return name === null ? null : { name, version: null, type: 'bot' };
}

function finding(name: Name | null, platform: string | null, bot: boolean): Finding {
  if (name === null && platform === null && !bot) return { player: null, bot };
  const type = name?.type ?? (bot ? 'bot' : null);
  return {
    player: playerOf(cut(name?.name, MAX_NAME), cut(name?.version, MAX_VERSION), type, cut(platform, MAX_NAME)),
    bot,
  };
}

/** Names and versions are partly taken from the user agent, which anybody can write. */
function cut(text: string | null | undefined, most: number): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed.slice(0, most);
}
