/**
 * Which texts a regular expression cannot do without, read from its source: `(?:Lib)?VLC/([\d.]+)` matches nothing that
 * does not contain `vlc/`. With that, hundreds of expressions need not be tried (rule-index.ts).
 *
 * Understands as much of the syntax as the rules use; of what it does not understand it says nothing, which costs time and
 * never a match.
 */

/**
 * Texts in lower case of which every match contains at least one, whatever its case (that of ASCII letters); null if there
 * are none. Of several such sets it is the one with the least `price` in all: the price of a text says how often it comes.
 */
export function requiredLiterals(source: string, price: (text: string) => number): readonly string[] | null {
  return new Reader(source, price).alternatives();
}

/** Escapes of letters that stand for a set, a place or another character, none of which is a text. */
const NO_TEXT = /[a-z\d]/i;

const PLAIN = /[\w /;,:=%!-]+/y;

class Reader {
  readonly #source: string;
  readonly #price: (text: string) => number;
  #at = 0;

  constructor(source: string, price: (text: string) => number) {
    this.#source = source;
    this.#price = price;
  }

  /** Up to the closing bracket, or the end. Each alternative must have its set. */
  alternatives(): readonly string[] | null {
    const sets = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      sets.push(this.#sequence());
    }
    return sets.some((set) => set === null) ? null : [...new Set(sets.flatMap((set) => set ?? []))];
  }

  #sequence(): readonly string[] | null {
    let best: readonly string[] | null = null;
    let run = '';
    const offer = (set: readonly string[] | null) => {
      if (set !== null && (best === null || this.#costOf(set) < this.#costOf(best))) best = set;
    };
    const endRun = () => {
      if (run !== '') offer([run]);
      run = '';
    };
    while (this.#at < this.#source.length) {
      run += this.#plain();
      const char = this.#source[this.#at];
      if (char === undefined || char === '|' || char === ')') break;
      const atom = char === '(' ? this.#group() : this.#single(char);
      const times = this.#quantifier();
      if (typeof atom === 'string' && times !== 'maybe') run += atom;
      if (typeof atom === 'string' && times === 'once') continue;
      endRun();
      if (typeof atom !== 'string' && times !== 'maybe') offer(atom);
    }
    endRun();
    return best;
  }

  #costOf(set: readonly string[]): number {
    return set.reduce((sum, text) => sum + this.#price(text), 0);
  }

  /** What can be taken as it is, in one go: by far the most. Its last character is left if there is a quantifier behind it. */
  #plain(): string {
    PLAIN.lastIndex = this.#at;
    const found = PLAIN.exec(this.#source)?.[0] ?? '';
    const next = this.#source[this.#at + found.length];
    const isQuantified = next === '*' || next === '+' || next === '?' || next === '{';
    const text = isQuantified ? found.slice(0, -1) : found;
    this.#at += text.length;
    return text.toLowerCase();
  }

  /** A group's set; what looks ahead or behind has none. */
  #group(): readonly string[] | null {
    const kind = /\(\?(?:<?[=!])?/y;
    kind.lastIndex = this.#at;
    const opening = kind.exec(this.#source)?.[0] ?? '(';
    this.#at += opening.length;
    if (opening === '(?') this.#at = this.#source.indexOf(this.#source[this.#at] === '<' ? '>' : ':', this.#at) + 1;
    const set = this.alternatives();
    this.#at++;
    return opening.length > 2 ? null : set;
  }

  /** The text of one character in lower case, `''` for a place, null for a set of characters. */
  #single(char: string): string | null {
    if (char === '[') return this.#class();
    this.#at++;
    if (char === '^' || char === '$') return '';
    if (char === '.') return null;
    if (char !== '\\') return textOf(char);
    const escaped = this.#source[this.#at++] ?? '';
    if (escaped === 'b' || escaped === 'B') return '';
    return NO_TEXT.test(escaped) ? null : textOf(escaped);
  }

  /** `[Bb]` is one text. */
  #class(): string | null {
    const start = ++this.#at;
    while (this.#at < this.#source.length && this.#source[this.#at] !== ']')
      this.#at += this.#source[this.#at] === '\\' ? 2 : 1;
    const inside = this.#source.slice(start, this.#at++);
    return /^([a-z])\1*$/i.test(inside) ? textOf(inside[0]!) : null;
  }

  #quantifier(): 'once' | 'often' | 'maybe' {
    const char = this.#source[this.#at];
    if (char !== '*' && char !== '+' && char !== '?' && char !== '{') return 'once';
    const pattern = /(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return 'once';
    this.#at += found[0].length;
    return char === '*' || char === '?' || found[1] === '0' ? 'maybe' : 'often';
  }
}

/** Other letters than those of ASCII have cases that are not worth the trouble. */
function textOf(char: string): string | null {
  return char <= '\u007f' ? char.toLowerCase() : null;
}
