/**
 * What a user agent calls itself, by the custom that RFC 9110 (10.1.5) puts into words: products with versions, the most
 * important first, comments in brackets. Apps follow it more or less: `BBC%20Sounds/1.13 CFNetwork/1107.1 Darwin/19.0.0`,
 * `Radio X 5.6 (iPhone; …)`, `GaanaAndroid-8.13.0/Dalvik/2.1.0`, `com.example.radio/3 (Linux;Android 14)`. Read here is the first
 * product that is not merely what an app is built on.
 */

import { appName } from './app-name.ts';

export interface Product {
  readonly name: string;
  readonly version: string | null;
}

/** So many are looked at, of user agents that begin with what they are built on. */
const MOST_PRODUCTS = 16;

/** Null if there is no name in it. Expects what `decoded` makes of a user agent. */
export function readProduct(userAgent: string): Product | null {
  let at = isRobotLike(userAgent) ? userAgent.indexOf(';') + 1 : beginning(userAgent);
  for (let i = 0; i < MOST_PRODUCTS && at < userAgent.length; i++) {
    at = skipComments(userAgent, at);
    const head = headAt(userAgent, at);
    const name = appName(head.text);
    if (name !== null) return { name, version: versionAt(userAgent, head.end) };
    at = userAgent[head.end] === '/' ? endOfWord(userAgent, head.end + 1) : Math.max(head.end, at + 1);
  }
  return null;
}

/** `Mozilla/5.0 (compatible; Some/1.0 …`: not a browser, but something that wants to be let in like one. */
export function isRobotLike(userAgent: string): boolean {
  return /^Mozilla\/[\d.]+ \(compatible; (?!MSIE|Windows|Linux|X11|Macintosh|Android|iP)/.test(userAgent);
}

/** Behind what does not count: `Linux/5.4 UPnP/1.0 Some/1.0`. */
function beginning(userAgent: string): number {
  return /^[\w.-]+(?:\/[\w.-]+)?,? UPnP\/[\d.]+,? /.exec(userAgent)?.[0].length ?? 0;
}

/**
 * The app that shows itself among the products of a browser, `… Safari/537.36 SomeApp/2.1`: a browser's user agent is mostly
 * made of names that are not its own, so nothing counts but a single word with a version, or the last one.
 */
export function readGuest(userAgent: string): Product | null {
  const products = userAgent.replace(/\([^()]*\)/g, ' ').matchAll(GUEST);
  for (const [, written = '', version = null] of products) {
    const name = appName(written);
    if (name !== null) return { name, version };
  }
  return null;
}

const GUEST = /(?<=\s)(\p{L}[\p{L}\d._+-]+)(?:\/v?(\d[\w.+-]*)|$)/gu;

/** What stands at `at` as a version: `/1.2`, ` v1.2`, `-1.2`, `/iOS 1.2`; null if nothing does. */
export function versionAt(userAgent: string, at: number): string | null {
  const pattern = /(?:\/(?:android|ios|macos|windows)(?=[ /-]))?[/ -]?[vV]?(\d[\w.+-]*)/iy;
  return matchAt(pattern, userAgent, at)?.[1] ?? null;
}

/** `BBC%20Sounds/1` is `BBC Sounds/1`. What is not encoded, or not well, stays as it is. */
export function decoded(userAgent: string): string {
  if (!userAgent.includes('%')) return userAgent;
  return userAgent.replace(/(?:%[\da-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

interface Head {
  readonly text: string;
  readonly end: number;
}

/** What may be a name: up to a slash, a comment or a separator, or up to a version behind a space. */
function headAt(userAgent: string, at: number): Head {
  const text = matchAt(/[^/()[\]{};,|<>"]*/y, userAgent, at)?.[0] ?? '';
  const ends = [...text.matchAll(/(?:[\s_]|(?<=\w{3})-)v?\d+(?:\.\d+)+| [-–] /g)];
  const end = ends.find(({ index }) => /[^\s\d.-]/.test(text.slice(0, index)))?.index ?? text.length;
  return { text: text.slice(0, end), end: at + end };
}

function skipComments(userAgent: string, at: number): number {
  const start = at + (matchAt(/[\s;,/|"'<>-]*/y, userAgent, at)?.[0].length ?? 0);
  const closing = CLOSING[userAgent[start] ?? ''];
  if (closing === undefined) return start;
  const end = userAgent.indexOf(closing, start);
  return end < 0 ? userAgent.length : skipComments(userAgent, end + 1);
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function endOfWord(userAgent: string, at: number): number {
  return at + (matchAt(/[^\s(]*/y, userAgent, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
