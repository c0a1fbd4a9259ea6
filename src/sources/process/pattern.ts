/**
 * Regular expressions of the configuration, for lines that strangers may have written: what could take its time with a line that
 * was made for it is refused. Besides, matcher.ts stops what takes too long all the same.
 *
 * A pattern begins at the beginning of the line. It may hold one `.*` or `.+`, and another one at its end. What is repeated
 * (`*`, `+`, `{2,}`, …) holds no repetition, no option and no alternative. There are no references to groups (`\1`) and no looking around.
 */

const LONGEST_PATTERN = 1000;

export interface Pattern {
  /** Sticky: matches from the beginning of a line. */
  readonly regexp: RegExp;
  /** The names of its groups. */
  readonly groups: ReadonlySet<string>;
}

/** Throws an Error that ends the sentence "this pattern …". */
export function compilePattern(text: string): Pattern {
  if (text.length > LONGEST_PATTERN) throw new Error(`is longer than ${LONGEST_PATTERN} characters`);
  let probe: RegExp;
  try {
    probe = new RegExp(`(?:${text})|`, 'u');
  } catch (error) {
    throw new Error(`is no regular expression: ${(error as Error).message.replace(/^.*: /, '')}`);
  }
  checkTime(text);
  const groups = new Set(Object.keys(probe.exec('')?.groups ?? {}));
  const strange = [...groups].find((name) => !/^[a-z][A-Za-z0-9]{0,31}$/.test(name));
  if (strange !== undefined) throw new Error(`has a group ${strange}: names are letters and digits, such as userAgent`);
  return { regexp: new RegExp(text, 'uy'), groups };
}

/** A part of the pattern that a quantifier may follow. */
interface Atom {
  /** Something within may be there more or less often. */
  readonly varies: boolean;
  /** It is any character. */
  readonly isAny: boolean;
}

const ONE: Atom = { varies: false, isAny: false };
const ANY: Atom = { varies: false, isAny: true };
const QUANTIFIER = /[*+?]\??|\{\d+(?:,\d*)?\}\??/y;
const CLASS_OF_ALL = /^\[(?:\^|\\s\\S|\\S\\s|\\d\\D|\\D\\d|\\w\\W|\\W\\w)\]$/;

function checkTime(text: string): void {
  const open: { varies: boolean }[] = [{ varies: false }];
  let anyRepeats = 0;
  let last: Atom | null = null;
  for (let at = 0; at < text.length; ) {
    QUANTIFIER.lastIndex = at;
    const [quantifier] = last === null ? [] : (QUANTIFIER.exec(text) ?? []);
    if (quantifier !== undefined) {
      at += quantifier.length;
      const repeats = isRepeat(quantifier);
      if (repeats && last!.varies) throw new Error('repeats what is repeated, optional or has alternatives within');
      if (repeats && last!.isAny && !/^[)$]*$/.test(text.slice(at))) anyRepeats++;
      if (anyRepeats > 1) throw new Error('has .* or .+ twice before its end: write \\S+ or [^ ]+ for one of them');
      open.at(-1)!.varies = true;
      last = null;
      continue;
    }
    const token = tokenAt(text, at);
    at += token.length;
    if (token.startsWith('(')) {
      open.push({ varies: false });
      last = null;
    } else if (token === ')') {
      last = { varies: open.pop()!.varies, isAny: false };
      if (last.varies) open.at(-1)!.varies = true;
    } else if (token === '|') {
      open.at(-1)!.varies = true;
      last = null;
    } else {
      last = token === '.' || CLASS_OF_ALL.test(token) ? ANY : ONE;
    }
  }
}

/** A group with its head, a class, an escape, or a character. */
function tokenAt(text: string, at: number): string {
  const rest = text.slice(at);
  if (/^\\(?:[1-9]|k<)/.test(rest)) throw new Error('refers to a group: that takes too long with some lines');
  if (/^\(\?<?[=!]/.test(rest)) throw new Error('looks around: that takes too long with some lines');
  return /^(?:\[(?:\\.|[^\]])*\]|\((?:\?(?:<\w+>|[a-z-]*:))?|\\(?:[pPu]\{[^}]*\}|c.|x..|u....|.)|.)/su.exec(rest)![0];
}

/** More than once. */
function isRepeat(quantifier: string): boolean {
  const [, least, comma, most] = /^\{(\d+)(,)?(\d*)\}/.exec(quantifier) ?? [];
  if (least === undefined) return !quantifier.startsWith('?');
  return comma === undefined ? Number(least) > 1 : most === '' || Number(most) > 1;
}
