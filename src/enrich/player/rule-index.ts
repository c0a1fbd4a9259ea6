/**
 * Which of some thousand regular expressions are worth trying on a text: those of which a required text (literals.ts)
 * occurs in it. One pass over the text looks up every three characters; what is found there is compared in full.
 */

import { requiredLiterals } from './literals.ts';

/** Three characters begin the search for a text; shorter ones say too little. */
const GRAM = 3;
const TABLE_BITS = 14;

/** Words that nearly every user agent has: they tell no rule from another. */
const EVERYWHERE =
  'mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) version/17.1 chrome/120.0.0.0 ' +
  'mobile/15e148 safari/604.1 (macintosh; intel mac os x 10_15_7) (iphone; cpu iphone os 17_1 like mac os x) ' +
  '(linux; android 13; build/) (x11; linux x86_64; rv:121.0) gecko/20100101 firefox/121.0 cfnetwork/1410 darwin/22.6.0';

interface Entry {
  readonly text: string;
  /** Where the three characters stand in it by which it is found. */
  readonly offset: number;
  /** Numbers of the rules that need it. */
  readonly rules: number[];
  /** The next entry with the same hash, or -1. */
  readonly next: number;
}

export class RuleIndex {
  readonly #heads = new Int32Array(1 << TABLE_BITS).fill(-1);
  readonly #entries: Entry[] = [];
  readonly #byText = new Map<string, Entry>();
  /** Rules without a required text: always worth trying. */
  readonly #always: number[] = [];
  /** For each rule the scan that last named it, so that none is named twice. */
  readonly #named: Uint32Array;
  #scan = 0;

  /** The number of a rule is its place in `sources`. */
  constructor(sources: readonly string[]) {
    this.#named = new Uint32Array(sources.length);
    sources.forEach((source, rule) => {
      const texts = requiredLiterals(source, priceOf);
      if (texts === null || texts.some((text) => text.length < GRAM)) this.#always.push(rule);
      else for (const text of texts) this.#add(text, rule);
    });
  }

  /** How many rules are always tried. */
  get always(): number {
    return this.#always.length;
  }

  /** The numbers of all rules that may match, ascending. */
  candidates(text: string): number[] {
    const scan = ++this.#scan;
    const found = [...this.#always];
    const lower = text.toLowerCase();
    let gram = 0;
    for (let i = 0; i < lower.length; i++) {
      gram = shift(gram, lower.charCodeAt(i));
      let at = this.#heads[hash(gram)]!;
      while (at >= 0) {
        const entry = this.#entries[at]!;
        at = entry.next;
        if (!lower.startsWith(entry.text, i + 1 - GRAM - entry.offset)) continue;
        for (const rule of entry.rules) {
          if (this.#named[rule] === scan) continue;
          this.#named[rule] = scan;
          found.push(rule);
        }
      }
    }
    return found.sort((a, b) => a - b);
  }

  #add(text: string, rule: number): void {
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.rules.push(rule);
      return;
    }
    const offset = this.#rarest(text);
    const slot = hash(gramAt(text, offset));
    const entry: Entry = { text, offset, rules: [rule], next: this.#heads[slot]! };
    this.#heads[slot] = this.#entries.push(entry) - 1;
    this.#byText.set(text, entry);
  }

  /** Which three characters of a text to find it by: not those that are everywhere, rather those that nobody has yet. */
  #rarest(text: string): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let offset = 0; offset + GRAM <= text.length && least > 0; offset++) {
      const gram = gramAt(text, offset);
      const isTaken = this.#heads[hash(gram)]! >= 0;
      const price = (GRAMS_EVERYWHERE.has(gram) ? 2 : 0) + (isTaken ? 1 : 0);
      if (price >= least) continue;
      least = price;
      best = offset;
    }
    return best;
  }
}

const GRAMS_EVERYWHERE: ReadonlySet<number> = new Set(
  Array.from({ length: EVERYWHERE.length + 1 - GRAM }, (_, offset) => gramAt(EVERYWHERE, offset)),
);

/** How often a text comes, roughly: the longer, the rarer. */
function priceOf(text: string): number {
  if (text.length < GRAM) return 1000;
  return EVERYWHERE.includes(text) ? 100 : 4 ** (4 - Math.min(text.length, 8));
}

/** The last three characters as one number; of others than ASCII only a part is seen. */
function shift(gram: number, code: number): number {
  return ((gram << 7) | (code & 0x7f)) & 0x1fffff;
}

function gramAt(text: string, offset: number): number {
  let gram = 0;
  for (let i = offset; i < offset + GRAM; i++) gram = shift(gram, text.charCodeAt(i));
  return gram;
}

function hash(gram: number): number {
  return Math.imul(gram, 0x9e3779b1) >>> (32 - TABLE_BITS);
}
