/** Where a polled server is, as options and as a URL: `SCHEME://USER:PASSWORD@HOST:PORT/PATH`. */

import { z } from 'zod';
import { HeadcountError } from '../../lib/errors.ts';
import { flag, port } from '../../lib/options.ts';

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** What its own paths begin with, behind a reverse proxy: empty, or begins and does not end with a slash. */
  readonly path: string;
}

/** The options of a `PeerAddress`, to be spread into the schema of a kind. */
export function peerAddress(standardPort: number) {
  return {
    host: z
      .string()
      .regex(/^[^\s/@?#[\]]+$/, { error: 'is no host name or address' })
      .describe('Host name or address of the server.'),
    port: port(standardPort).describe('Its HTTP port.'),
    tls: flag(false).describe('Ask over HTTPS.'),
    path: z
      .string()
      .regex(/^(\/[^/?#]+)*\/?$/, { error: 'is no path: write /radio' })
      .default('')
      .transform((path) => path.replace(/\/$/, ''))
      .describe('What its own paths begin with, if it is behind a reverse proxy.'),
  };
}

/**
 * What a URL says, as input for a schema; credentials are decoded, absent parts are absent. `tlsScheme` means HTTPS.
 * Throws `BAD_URL`, worded as what is wrong with the URL and without any of it: the loader says how to write it.
 */
export function readPeerUrl(url: URL | string, tlsScheme: string) {
  const { hostname, port: portText, protocol, pathname, username, password } = parse(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    ...(portText === '' ? {} : { port: portText }),
    ...(protocol === `${tlsScheme}:` ? { tls: true } : {}),
    ...(pathname === '' || pathname === '/' ? {} : { path: pathname }),
    ...(username === '' ? {} : { user: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
  };
}

function parse(url: URL | string): URL {
  const parsed = URL.parse(String(url));
  if (parsed === null || parsed.hostname === '') throw new HeadcountError('BAD_URL', 'names no host');
  return parsed;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HeadcountError('BAD_URL', 'has a user or password that is not URL-encoded (a percent sign is %25)');
  }
}

/** HOST:PORT, an IPv6 address in brackets. */
export function hostAndPort({ host, port }: Pick<PeerAddress, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The URL of one of its pages; `page` begins with a slash and may have a query. */
export function pageUrl(address: PeerAddress, page: string): string {
  return `${address.tls ? 'https' : 'http'}://${hostAndPort(address)}${address.path}${page}`;
}
