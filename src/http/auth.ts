/**
 * Who may ask what. Loopback is not an identity: behind a proxy everybody is loopback. Without any credentials in the
 * configuration everybody who reaches us may read, which is why we then listen on loopback only and refuse whatever a
 * proxy has forwarded; writing always needs a token or a user with that right.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { ALL_ACCESS, accessTo, type PatternAccess } from '../core/access.ts';
import type { AddressMatcher } from '../lib/cidr.ts';
import { HeadcountError } from '../lib/errors.ts';
import { type Credential, findToken, findUser } from './accounts.ts';

/** `none` needs no sign-in at all (health checks). */
export type Right = 'none' | 'read' | 'write';

export interface Principal {
  /** Null is somebody unknown. */
  readonly name: string | null;
  readonly rights: ReadonlySet<Right>;
  readonly access: PatternAccess;
  /** What a browser has signed in with. */
  readonly cookie?: string;
}

export interface TrustOptions {
  readonly tokens: readonly Credential[];
  readonly users: readonly Credential[];
  /** Host names, without port, that may stand in the `Host` header. */
  readonly hosts: ReadonlySet<string>;
  /** Origins, as browsers write them, that may write. */
  readonly origins: ReadonlySet<string>;
  /** Proxies that are believed whom they forward. */
  readonly isTrustedProxy: AddressMatcher;
}

const READ: ReadonlySet<Right> = new Set(['none', 'read']);
const WRITE: ReadonlySet<Right> = new Set(['none', 'read', 'write']);
const NOBODY: Principal = { name: null, rights: new Set(['none']), access: accessTo([], false) };
const ANYBODY: Principal = { name: null, rights: READ, access: ALL_ACCESS };
/** Whoever can open the socket in the data directory owns it. */
export const OWNER: Principal = { name: 'owner', rights: WRITE, access: ALL_ACCESS };

const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
];

export function hasCredentials(trust: TrustOptions): boolean {
  return trust.tokens.length + trust.users.length > 0;
}

/** Throws if the request did not come the way it may: by an allowed name, and not through a proxy that nobody set up. */
export function checkHost(headers: IncomingHttpHeaders, trust: TrustOptions): void {
  const host = hostName(headers.host);
  if (host === null || !trust.hosts.has(host)) {
    throw new HeadcountError(
      'HOST_NOT_ALLOWED',
      'This host name is not ours. Set publicUrl in the configuration to the address that browsers use.',
    );
  }
  const forwarding = FORWARDING_HEADERS.find((name) => headers[name] !== undefined);
  if (forwarding !== undefined && !hasCredentials(trust)) {
    throw new HeadcountError(
      'FORWARDED_WITHOUT_CREDENTIALS',
      `The header ${forwarding} says that a proxy stands in front, and no credentials are configured: everybody who reaches the proxy could read everything. Add users or tokens to the configuration.`,
    );
  }
}

/** The name without the port, in lower case; null if it is none. */
export function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec((host ?? '').toLowerCase());
  return match === null ? null : match[1]!.replace(/\.$/, '');
}

/** Who it is. Throws NOT_SIGNED_IN for credentials that are wrong; without any, it is somebody unknown. */
export function authenticate(headers: IncomingHttpHeaders, trust: TrustOptions): Principal {
  const { authorization } = headers;
  if (authorization === undefined) return hasCredentials(trust) ? NOBODY : ANYBODY;
  const user = userIn(authorization);
  // Whatever the scheme is called, what follows is a token.
  const [, token = ''] = authorization.split(/ +/, 2);
  const found = user === null ? findToken(trust.tokens, token) : findUser(trust.users, user.name, user.password);
  if (found === null) throw new HeadcountError('NOT_SIGNED_IN', 'These credentials are not right.');
  return principalOf(found);
}

export function principalOf({ name, write, access }: Credential): Principal {
  return { name, rights: write ? WRITE : READ, access };
}

/** The name and password of HTTP Basic (RFC 7617); null if it is something else. */
export function userIn(authorization: string): { name: string; password: string } | null {
  const [scheme, value = ''] = authorization.split(/ +/, 2);
  if (scheme?.toLowerCase() !== 'basic') return null;
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { name, password: password.join(':') };
}

/** Throws unless the principal has the right. */
export function authorize(principal: Principal, right: Right, trust: TrustOptions): void {
  if (principal.rights.has(right)) return;
  if (right === 'write' && !hasCredentials(trust)) {
    throw new HeadcountError('FORBIDDEN', 'Writing needs a token: add one with "write: true" to the configuration.');
  }
  if (principal.name === null) throw new HeadcountError('NOT_SIGNED_IN', 'Please sign in.');
  throw new HeadcountError('FORBIDDEN', `"${principal.name}" may read, but not write.`);
}

/** Every stream, and whole addresses. */
export function seesEverything({ access }: Principal): boolean {
  return access.seesAll && access.seesAddresses;
}

/**
 * What a write must look like, so that no other site can make a browser send it. Throws otherwise. Browsers say where it
 * comes from; what comes with the cookie of one and does not say so is refused.
 */
export function checkWrite(headers: IncomingHttpHeaders, { cookie }: Principal, trust: TrustOptions): void {
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new HeadcountError('NOT_JSON', 'Send the body as application/json.');
  }
  const { origin } = headers;
  if (origin === undefined && cookie === undefined) return;
  if (origin === undefined || !isOwnOrListed(origin, headers, trust)) {
    throw new HeadcountError('ORIGIN_NOT_ALLOWED', 'Another site may not write here.');
  }
}

/** For a browser a dialog of its own would come before the page that asks for credentials; others are told how to send them. */
export function challengeFor(headers: IncomingHttpHeaders): string | null {
  const isBrowser = /^Mozilla\//.test(headers['user-agent'] ?? '') || headers['sec-fetch-mode'] !== undefined;
  return isBrowser || acceptsHtml(headers) ? null : 'Basic realm="Headcount", charset="UTF-8"';
}

export function acceptsHtml({ accept = '' }: IncomingHttpHeaders): boolean {
  return /\btext\/html\b/i.test(accept);
}

function isOwnOrListed(origin: string, { host }: IncomingHttpHeaders, { origins }: TrustOptions): boolean {
  return origins.has(origin) || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}
