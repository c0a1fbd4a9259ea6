/**
 * The cookie of a browser that is signed in (RFC 6265bis): never shown to scripts, never sent along from another site, and
 * over TLS alone where we are reached by TLS. Its prefix then lets no other host, and no plain HTTP, set one in its place.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { canonicalIp } from '../lib/ip.ts';
import type { TrustOptions } from './auth.ts';

export interface Whence {
  /** Of the connection. */
  readonly peer: string;
  readonly headers: IncomingHttpHeaders;
}

/** We speak no TLS ourselves: a proxy that is believed says so, or the configured address of the page does. */
export function cameByTls({ peer, headers }: Whence, { isTrustedProxy, origins }: TrustOptions): boolean {
  const [told] = [headers['x-forwarded-proto'] ?? []].flat();
  if (told !== undefined && isTrustedProxy(canonicalIp(peer) ?? peer)) return /^\s*https\s*(,|$)/i.test(told);
  return origins.has(`https://${(headers.host ?? '').toLowerCase().replace(/:443$/, '')}`);
}

/** Cookies know no ports: those of two on one host have two names. */
export function cookieName({ host = '' }: IncomingHttpHeaders, basePath: string, isSecure: boolean): string {
  const prefix = isSecure ? (basePath === '/' ? '__Host-' : '__Secure-') : '';
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  return `${prefix}headcount${port === undefined ? '' : `-${port}`}`;
}

/** Null if there is none. */
export function cookieIn({ cookie }: IncomingHttpHeaders, name: string): string | null {
  for (const pair of (cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

export interface CookieOptions {
  readonly basePath: string;
  readonly isSecure: boolean;
  /** Null is until the browser is closed, 0 is gone. */
  readonly seconds: number | null;
}

/** The value of `Set-Cookie`. */
export function setCookie(name: string, value: string, { basePath, isSecure, seconds }: CookieOptions): string {
  const parts = [`${name}=${value}`, `Path=${basePath}`, 'HttpOnly', 'SameSite=Strict'];
  if (isSecure) parts.push('Secure');
  if (seconds !== null) parts.push(`Max-Age=${seconds}`);
  return parts.join('; ');
}
