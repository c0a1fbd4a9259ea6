/**
 * What somebody may see: the streams, and whether whole addresses. One notion for the API, the live events, the dashboard
 * and every facade; where it comes from (users, groups, tokens) is the configuration's.
 */

export interface Access {
  /** True if it is every stream there is and will be: then nobody need ask for each. */
  readonly seesAll: boolean;
  /** False masks addresses wherever they are shown, and whatever would tell them. */
  readonly seesAddresses: boolean;
  /** `source` is the name of a source or of the audience it shares; `stream` as that source calls it. */
  sees(source: string, stream: string): boolean;
}

/** Somebody who has signed in. */
export interface Account {
  readonly name: string;
  readonly access: PatternAccess;
  /** May it write? Absent is no. */
  readonly write?: boolean;
  /** The groups that it is in. Absent is none. */
  readonly groups?: readonly string[];
}

/** Everybody who may sign in. */
export interface Accounts {
  /** Null for a name or a password that is not right; how long it takes says nothing of which. */
  signIn(name: string, password: string): Account | null;
  /** Whose token this is; null if it is nobody's. How long it takes says nothing of that. */
  bearing(token: string): Account | null;
  /** For those who prove themselves otherwise, by a signature. Null if there is no such name. */
  named(name: string): Account | null;
  /** Neither users nor tokens are configured: then whoever is on this machine may read everything. */
  readonly isEmpty: boolean;
}

/**
 * Streams by their names; a `*` in either is any text, also none. A slash that begins the name of a stream may be left
 * out: `radio/jazz` is the mount `/jazz` as well. Both are well-formed.
 */
export interface StreamPattern {
  readonly source: string;
  readonly stream: string;
}

/** Access that is said by patterns: a store can be asked for just these streams, also for those of the past. */
export interface PatternAccess extends Access {
  /** What fits one of them is seen. Not looked at if everything is. */
  readonly streams: readonly StreamPattern[];
}

export const ALL_ACCESS: PatternAccess = { seesAll: true, seesAddresses: true, sees: () => true, streams: [] };

/** Null is every stream. */
export function accessTo(streams: readonly StreamPattern[] | null, seesAddresses: boolean): PatternAccess {
  if (streams === null) return seesAddresses ? ALL_ACCESS : { ...ALL_ACCESS, seesAddresses };
  return {
    seesAll: false,
    seesAddresses,
    sees: (source, stream) => isWithin(streams, source, stream),
    streams,
  };
}

/**
 * `SOURCE/STREAM`, or `STREAM` of any source. The first slash ends the source, unless the text begins with it: `/jazz` is
 * a stream, `radio//jazz` that stream of one source, and `radio/*` all that this source has. Half a character (a lone
 * surrogate) becomes U+FFFD, as in a store: the same streams fit while they are live and when they are past.
 */
export function parseStreamPattern(text: string): StreamPattern {
  const pattern = text.toWellFormed();
  const slash = pattern.indexOf('/');
  if (slash <= 0) return { source: '*', stream: pattern };
  return { source: pattern.slice(0, slash), stream: pattern.slice(slash + 1) };
}

/** Does the stream fit one of them? */
export function isWithin(patterns: readonly StreamPattern[], source: string, stream: string): boolean {
  const names = stream.startsWith('/') ? [stream, stream.slice(1)] : [stream];
  return patterns.some((pattern) => names.some((name) => fits(pattern.stream, name)) && fits(pattern.source, source));
}

/** Takes at most as many steps as one text is long times the other. */
export function fits(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  /** Behind the last `*`, and up to where of the text it reaches. */
  let afterStar = -1;
  let starReach = 0;
  while (place < text.length) {
    if (pattern[at] === '*') {
      afterStar = ++at;
      starReach = place;
    } else if (pattern[at] === text[place]) {
      at++;
      place++;
    } else if (afterStar >= 0) {
      at = afterStar;
      place = ++starReach;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
