/** Who may sign in, from the configuration: for this interface, and for facades that sign in for themselves. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Account, Accounts, PatternAccess } from '../core/access.ts';

export interface Credential {
  readonly name: string;
  /** The token, or the password of the user. */
  readonly secret: string;
  readonly write: boolean;
  readonly groups: readonly string[];
  readonly access: PatternAccess;
}

interface Credentials {
  readonly users: readonly Credential[];
  readonly tokens: readonly Credential[];
}

/** `credentials` is asked every time: a reload changes who there is. */
export function createAccounts(credentials: () => Credentials): Accounts {
  return {
    get isEmpty() {
      const { users, tokens } = credentials();
      return users.length + tokens.length === 0;
    },
    signIn: (name, password) => accountOf(findUser(credentials().users, name, password)),
    bearing: (token) => accountOf(findToken(credentials().tokens, token)),
    named: (name) => accountOf(credentials().users.find((user) => user.name === name) ?? null),
  };
}

function accountOf(found: Credential | null): Account | null {
  return found === null ? null : { name: found.name, access: found.access, write: found.write, groups: found.groups };
}

export function findUser(users: readonly Credential[], name: string, password: string): Credential | null {
  return find(users, password, (user) => user.name === name);
}

export function findToken(tokens: readonly Credential[], token: string): Credential | null {
  return find(tokens, token, () => true);
}

/** Compares with all of them, and in constant time: how long it takes says nothing. */
function find(
  credentials: readonly Credential[],
  secret: string,
  applies: (each: Credential) => boolean,
): Credential | null {
  const given = digest(secret);
  let found: Credential | null = null;
  for (const each of credentials) {
    const isRight = timingSafeEqual(digest(each.secret), given);
    if (isRight && applies(each)) found = each;
  }
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
