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
  readonly access: Access;
}

/** Everybody who may sign in with a name and a password. */
export interface Accounts {
  /** Null for a name or a password that is not right; how long it takes says nothing of which. */
  signIn(name: string, password: string): Account | null;
  /** For those who prove themselves otherwise, by a signature. Null if there is no such name. */
  named(name: string): Account | null;
}

export const ALL_ACCESS: Access = { seesAll: true, seesAddresses: true, sees: () => true };
