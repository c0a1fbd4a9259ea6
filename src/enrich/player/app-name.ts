/** Names of apps as people know them, from what apps write in their user agents. */

import { isBuiltOn } from './built-on.ts';

const LONGEST_WRITTEN = 120;
const LONGEST_NAME = 60;
const MOST_WORDS = 8;

/** The name in what is written, or null: without the system, the kind of build, and the rest of a package's name. */
export function appName(written: string): string | null {
  const plain = fromPackage(written.trim())
    .replace(/[\s_]+/g, ' ')
    .replace(/^[\s'"+:*#=~.-]+|[\s'"+:*=~.-]+$/g, '');
  if (plain.length > LONGEST_WRITTEN) return null;
  const name = ownWords(withoutSystem(plain));
  if (name.length < 2 || name.length > LONGEST_NAME || name.split(' ').length > MOST_WORDS) return null;
  return /^[\p{L}\d].*\p{L}|^\p{L}/u.test(name) && !isNumberLike(name) ? name : null;
}

const TOP_LEVEL =
  /^(?:com|org|net|fm|tv|io|app|co|me|de|nl|uk|fr|es|it|no|se|dk|fi|br|ru|pl|vn|cn|jp|kr|in|au|ca|us|ch|at|be)$/i;
/** Parts of a package's name that any package may have. */
const ANY_PACKAGE =
  /^(?:app|apps|android|ios|mobile|phone|tablet|tv|player|radio|podcasts?|audiobooks?|audio|music|media|video|free|paid|pro|lite|plus|premium|release|debug|beta|client|main|co|com)$/i;

/** `fm.castbox.audiobook.radio.podcast` is Castbox: the last part that says something, and not the domain. */
function fromPackage(name: string): string {
  const parts = name.split('.');
  if (parts.length < 2 || name.includes(' ') || !TOP_LEVEL.test(parts[0]!)) return name;
  if (parts.some((part) => part === '')) return name;
  return parts.slice(1).findLast((part) => !ANY_PACKAGE.test(part)) ?? parts.at(-1)!;
}

/** Without what it is built on, if that stands before or behind it: `Mobile Safari`, `kasts LibVLC`. */
function ownWords(name: string): string {
  const words = name.split(' ');
  const first = words.findIndex((word) => !isBuiltOn(word));
  return first < 0 ? '' : words.slice(first, words.findLastIndex((word) => !isBuiltOn(word)) + 1).join(' ');
}

const SYSTEM = '(?:android|ios|iphone|ipad|ipados|macos|osx|tvos|watchos|windows|linux|kaios|harmonyos|carplay)';
const BUILD = '(?:alpha|beta|dev|debug|staging|test|nightly|canary|snapshot|release|production|prod)';
const LEADING_SYSTEM = new RegExp(`^(?:${SYSTEM})[ -]+(?=\\p{L})`, 'iu');
const TRAILING_WORD = new RegExp(`(?:[ .-]+(?:for )?${SYSTEM}|[ -]+${BUILD})$`, 'i');
/** `GaanaAndroid`, `SomePodcastiOS`: written as one word, but told by the case. */
const TRAILING_GLUED = /(?<=[a-z\d]{3})(?:Android|IOS|iOS|iPhone|IPhone|IPad)$/;
const TRAILING_APP = /(?<=\p{L}{3})[ -](?:mobile )?app$/iu;
/** With nothing but this in front of it, `App` is part of the name. */
const NEEDS_APP = /^(?:the )?(?:podcasts?|radio|music|player|news|audio|mobile|my)$/i;

function withoutSystem(name: string): string {
  let rest = name.replace(LEADING_SYSTEM, '');
  for (let before = ''; before !== rest; ) {
    before = rest;
    const shorter = rest.replace(TRAILING_WORD, '').replace(TRAILING_GLUED, '');
    if (shorter.length >= 2) rest = shorter;
  }
  const bare = rest.replace(TRAILING_APP, '');
  return NEEDS_APP.test(bare) ? rest : bare;
}

/** Hashes, ids and versions are no names. */
function isNumberLike(name: string): boolean {
  return /^(?=.*\d)[\da-f-]{8,}$/i.test(name) || /^v?\d[\d.]*\w?$/i.test(name) || /^\p{L}?\d{5,}/u.test(name);
}
