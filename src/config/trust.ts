/** From the configuration to who may ask what (http/auth.ts), and whether it may be served at all. */

import { hostname, networkInterfaces } from 'node:os';
import { type AddressMatcher, parseCidrs } from '../lib/cidr.ts';
import { HeadcountError } from '../lib/errors.ts';
import { isInCidr, parseCidr, parseIp } from '../lib/ip.ts';
import type { LoadedConfig } from './load.ts';

export interface Trust {
  readonly tokens: LoadedConfig['tokens'];
  readonly users: LoadedConfig['users'];
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
  readonly isTrustedProxy: AddressMatcher;
}

const LOOPBACK = ['127.0.0.0/8', '::1'].map((text) => parseCidr(text)!);

/** Throws `BAD_CONFIG` if everybody on the network could read everything. */
export function trustOf(config: LoadedConfig): Trust {
  const { listen, users, tokens, publicUrl } = config;
  if (!isLoopback(listen.host) && users.length + tokens.length === 0) {
    throw new HeadcountError(
      'BAD_CONFIG',
      `Listening on ${listen.host} would show everything to everybody on the network: add users or tokens to the configuration, or listen on 127.0.0.1.`,
    );
  }
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', bracketed(listen.host)]);
  // A page of another site can make a browser use a name of its own for us, but not one of our addresses.
  if (!isLoopback(listen.host)) for (const name of ownNames()) hosts.add(name);
  const origins = new Set(config.origins.map((origin) => new URL(origin).origin));
  if (publicUrl !== undefined) {
    hosts.add(new URL(publicUrl).hostname.toLowerCase());
    origins.add(new URL(publicUrl).origin);
  }
  return { tokens, users, hosts, origins, isTrustedProxy: parseCidrs(config.trustedProxies) };
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const bytes = parseIp(host);
  return bytes !== null && LOOPBACK.some((cidr) => isInCidr(bytes, cidr));
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase();
}

function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return [hostname().toLowerCase(), ...addresses.map(({ address }) => bracketed(address.split('%')[0]!))];
}
