/**
 * Who is signed in by a cookie. What the cookie holds is random and is kept nowhere: here, and in the file that lets
 * everybody stay signed in over a restart, there is its hash, and a proof of the password that was right then. The proof is
 * keyed by what the cookie holds, so the file alone is of no use to guess passwords with; and once the password or
 * the token is another one, or gone, it proves nothing any more.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { replaceFile } from '../lib/replace-file.ts';
import type { Log } from '../telemetry/log.ts';
import type { Credential } from './accounts.ts';

const HOUR = 3_600_000;
/** Without "stay signed in": since it was last used. */
const IDLE = 12 * HOUR;
/** With it: since the sign-in. */
export const STAYS = 30 * 24 * HOUR;
/** When it was used is written down no more often than that. */
const NOTED_EVERY = HOUR / 6;
/** Browsers of one user or token; whichever was not used for the longest time goes. */
const MOST_EACH = 20;
const MOST = 5000;
const SECRET_BYTES = 32;

const kept = z.object({
  hash: z.string().length(43),
  list: z.enum(['users', 'tokens']),
  name: z.string().max(1000),
  proof: z.string().length(43),
  stays: z.boolean(),
  since: z.number(),
  usedAt: z.number(),
});
type Kept = z.infer<typeof kept>;
const File = z.object({ signedIn: z.array(kept).max(MOST) });

type Credentials = Readonly<Record<Kept['list'], readonly Credential[]>>;

export interface CookieSessionsOptions {
  /** Null: nobody stays signed in over a restart. */
  readonly file: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

export class CookieSessions {
  readonly #options: CookieSessionsOptions;
  readonly #byHash = new Map<string, Kept>();
  /** As the file has it, or is about to. */
  #notedAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: CookieSessionsOptions) {
    this.#options = options;
    for (const each of this.#read()) this.#byHash.set(each.hash, each);
  }

  /** What the cookie is to hold. */
  open(list: Kept['list'], { name, secret }: Credential, stays: boolean): string {
    const now = this.#options.clock.now();
    const cookie = randomBytes(SECRET_BYTES).toString('base64url');
    this.#makeRoom(list, name, now);
    const hash = hashOf(cookie);
    this.#byHash.set(hash, { hash, list, name, proof: proofOf(cookie, secret), stays, since: now, usedAt: now });
    void this.#write();
    return cookie;
  }

  /** Whose it is, as it is configured now; null if it is over or never was. Using it makes it last. */
  find(cookie: string, credentials: Credentials): Credential | null {
    const each = this.#valid(cookie, credentials);
    if (each === null) return null;
    const now = this.#options.clock.now();
    each.session.usedAt = now;
    if (now - this.#notedAt > NOTED_EVERY) void this.#write();
    return each.credential;
  }

  /** Would it be found? Asking does not make it last. */
  lasts(cookie: string, credentials: Credentials): boolean {
    return this.#valid(cookie, credentials) !== null;
  }

  /** Resolves when it would be over after a restart, too. */
  async close(cookie: string): Promise<void> {
    if (this.#byHash.delete(hashOf(cookie))) await this.#write();
  }

  /** Resolves when what was last used is written down. */
  async stop(): Promise<void> {
    if (this.#byHash.size > 0) await this.#write();
  }

  #valid(cookie: string, credentials: Credentials): { session: Kept; credential: Credential } | null {
    const session = this.#byHash.get(hashOf(cookie));
    if (session === undefined) return null;
    const credential = credentials[session.list].find(({ name }) => name === session.name);
    const isRight = credential !== undefined && isSame(proofOf(cookie, credential.secret), session.proof);
    if (isRight && !isOver(session, this.#options.clock.now())) return { session, credential };
    this.#byHash.delete(session.hash);
    return null;
  }

  #makeRoom(list: Kept['list'], name: string, now: number): void {
    for (const each of this.#byHash.values()) if (isOver(each, now)) this.#byHash.delete(each.hash);
    const all = [...this.#byHash.values()].sort((a, b) => a.usedAt - b.usedAt);
    const own = all.filter((each) => each.list === list && each.name === name);
    for (const each of own.slice(0, Math.max(own.length - MOST_EACH + 1, 0))) this.#byHash.delete(each.hash);
    if (this.#byHash.size >= MOST) this.#byHash.delete(all.find(({ hash }) => this.#byHash.has(hash))!.hash);
  }

  #read(): readonly Kept[] {
    const { file, log } = this.#options;
    if (file === null) return [];
    try {
      return File.parse(JSON.parse(readFileSync(file, 'utf8'))).signedIn;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        log.warn(`${file} cannot be read: everybody has to sign in again`);
      }
      return [];
    }
  }

  /** One after the other; each writes what there is when its turn comes. */
  #write(): Promise<void> {
    const { file, clock, log } = this.#options;
    this.#notedAt = clock.now();
    if (file === null) return Promise.resolve();
    this.#writing = this.#writing.then(async () => {
      try {
        await replaceFile(file, JSON.stringify({ signedIn: [...this.#byHash.values()] }), 0o600);
      } catch (error) {
        log.warn(
          `who is signed in cannot be written down, and has to sign in again after a restart: ${messageOf(error)}`,
        );
      }
    });
    return this.#writing;
  }
}

function isOver({ stays, since, usedAt }: Kept, now: number): boolean {
  return stays ? now - since > STAYS : now - usedAt > IDLE;
}

function hashOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url');
}

function proofOf(cookie: string, secret: string): string {
  return createHmac('sha256', cookie).update(secret).digest('base64url');
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
