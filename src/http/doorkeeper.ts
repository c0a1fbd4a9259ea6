/**
 * Who a request is from: by what it says in `Authorization`, else by the cookie of a browser that has signed in. Slows
 * down whoever guesses, in whichever way (sign-ins.ts).
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { HeadcountError } from '../lib/errors.ts';
import { type Credential, findToken, findUser } from './accounts.ts';
import { authenticate, hasCredentials, type Principal, principalOf, type TrustOptions, userIn } from './auth.ts';
import { type CookieSessions, STAYS } from './cookie-sessions.ts';
import { cameByTls, cookieIn, cookieName, setCookie } from './cookies.ts';
import { type Attempt, clientOf, type FailedSignIns } from './sign-ins.ts';

export interface DoorkeeperOptions {
  readonly basePath: string;
  readonly trust: () => TrustOptions;
  readonly failures: FailedSignIns;
  readonly sessions: CookieSessions;
}

/** What somebody types. */
export type Given = { readonly name: string; readonly password: string } | { readonly token: string };

/** Signing in and out, for one request. */
export interface Door {
  /** Throws `NOT_SIGNED_IN` or `TOO_MANY_ATTEMPTS`. */
  signIn(given: Given, stays: boolean): Principal;
  /** Also when nobody is signed in. */
  signOut(): Promise<void>;
}

export class Doorkeeper {
  readonly #options: DoorkeeperOptions;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
  }

  /** Throws `NOT_SIGNED_IN` or `TOO_MANY_ATTEMPTS`; without any credentials, it is somebody unknown. */
  admit(request: FastifyRequest): Principal {
    const trust = this.#options.trust();
    const { headers } = request;
    const { authorization } = headers;
    if (authorization !== undefined) {
      return this.#guarded(request, userIn(authorization)?.name ?? null, () => authenticate(headers, trust));
    }
    // Whoever does not try to sign in guesses nothing: health checks behind the same proxy go on.
    const found = this.#signedIn(request);
    return found === null ? authenticate(headers, trust) : { ...principalOf(found), cookie: this.#cookieOf(request)! };
  }

  /** Does what a principal has come in with still hold? */
  holds({ cookie }: Principal): boolean {
    return cookie === undefined || this.#options.sessions.lasts(cookie, this.#options.trust());
  }

  doorFor(request: FastifyRequest, reply: FastifyReply): Door {
    const { sessions, basePath } = this.#options;
    const tell = (value: string, seconds: number | null) => {
      const isSecure = this.#isSecure(request);
      const name = cookieName(request.headers, basePath, isSecure);
      reply.header('set-cookie', setCookie(name, value, { basePath, isSecure, seconds }));
    };
    const leave = async () => {
      const cookie = this.#cookieOf(request);
      if (cookie !== null) await sessions.close(cookie);
    };
    return {
      signIn: (given, stays) => {
        const { list, found } = this.#check(request, given);
        // One browser, one session: what it had is over.
        void leave();
        tell(sessions.open(list, found, stays), stays ? STAYS / 1000 : null);
        return principalOf(found);
      },
      signOut: async () => {
        await leave();
        tell('', 0);
      },
    };
  }

  #check(request: FastifyRequest, given: Given): { list: 'users' | 'tokens'; found: Credential } {
    const { users, tokens } = this.#options.trust();
    const list = 'token' in given ? 'tokens' : 'users';
    const found = this.#guarded(request, 'token' in given ? null : given.name, () => {
      const credential =
        'token' in given ? findToken(tokens, given.token) : findUser(users, given.name, given.password);
      if (credential === null) throw new HeadcountError('NOT_SIGNED_IN', 'These credentials are not right.');
      return credential;
    });
    return { list, found };
  }

  #guarded<Found>({ headers, raw }: FastifyRequest, name: string | null, find: () => Found): Found {
    const { failures, trust } = this.#options;
    const client = clientOf(raw.socket.remoteAddress ?? '', headers, trust().isTrustedProxy);
    const attempt: Attempt = { client, name };
    failures.check(attempt);
    try {
      const found = find();
      failures.succeeded(attempt);
      return found;
    } catch (error) {
      failures.failed(attempt);
      throw error;
    }
  }

  #signedIn(request: FastifyRequest): Credential | null {
    const trust = this.#options.trust();
    const cookie = hasCredentials(trust) ? this.#cookieOf(request) : null;
    return cookie === null ? null : this.#options.sessions.find(cookie, trust);
  }

  #cookieOf(request: FastifyRequest): string | null {
    const name = cookieName(request.headers, this.#options.basePath, this.#isSecure(request));
    return cookieIn(request.headers, name);
  }

  #isSecure({ headers, raw }: FastifyRequest): boolean {
    return cameByTls({ peer: raw.socket.remoteAddress ?? '', headers }, this.#options.trust());
  }
}
