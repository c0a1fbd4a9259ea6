/**
 * What every outgoing HTTP request has in common: which addresses are never connected to, and how a failure is told.
 *
 * Trust: no link-local address is ever connected to (RFC 3927, RFC 4291 §2.5.6): that is where clouds keep their metadata
 * services. Addresses are checked after the name has been resolved, and the address that was checked is the one that is
 * connected to.
 */

import { type LookupAddress, lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { HeadcountError } from './errors.ts';
import { isInCidr, parseCidr, parseIp } from './ip.ts';

const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map((text) => parseCidr(text)!);

/** Host and port as they are told to people: without credentials, path or query. */
export function peerOf(url: URL): string {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return `${url.hostname}:${port}`;
}

function isLinkLocal(address: string): boolean {
  const bytes = parseIp(address);
  return bytes !== null && LINK_LOCAL.some((cidr) => isInCidr(bytes, cidr));
}

class LinkLocalRefused extends Error {}
class AddressWithheld extends Error {}

/** Addresses that are not connected to, beside the link-local ones. */
type Withheld = (address: string) => boolean;
const NONE: Withheld = () => false;

/** Throws if the host of the URL is a link-local address: names are not looked up when they are addresses already. */
export function refuseLinkLocalLiteral(url: URL, isWithheld = NONE): void {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) === 0) return;
  if (isLinkLocal(literal)) throw new LinkLocalRefused();
  if (isWithheld(literal)) throw new AddressWithheld();
}

/** For `lookup` of a request: as the system resolves names, but without link-local addresses. */
export function lookupWithout(isWithheld: Withheld): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const routable = addresses.filter(({ address }) => !isLinkLocal(address) && !isWithheld(address));
      const [first] = routable;
      if (first === undefined) callback(refusalOf(addresses), '', 0);
      else if (options.all) callback(null, routable);
      else callback(null, first.address, first.family);
    });
  };
}

export const lookupRoutable = lookupWithout(NONE);

function refusalOf(addresses: readonly LookupAddress[]): Error {
  return addresses.some(({ address }) => isLinkLocal(address)) ? new LinkLocalRefused() : new AddressWithheld();
}

export interface ExchangeLimits {
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs an exchange, which ends when its signal aborts. Rejects with the reason of `limits.signal` if that aborts, with
 * `HeadcountError`s as they are, and with `PEER_UNREACHABLE` for the rest and when time is up. `peer` is asked then: whom
 * the exchange is with may change on the way.
 */
export async function inTime<Answer>(
  { timeoutMs, signal }: ExchangeLimits,
  peer: () => URL,
  exchange: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    return await exchange(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof HeadcountError) throw error;
    if (timeout.signal.aborted) throw unreachable(peer(), `it did not answer within ${timeoutMs} ms`);
    throw unreachable(peer(), reasonOf(error), causeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer',
  EACCES: 'the system forbids the connection',
};

/** `PEER_UNREACHABLE`: there was no whole answer; `reason` is a half sentence. */
function unreachable(url: URL, reason: string, cause?: unknown): HeadcountError {
  const message = `Cannot reach ${peerOf(url)}: ${reason}. Check the address, and that the server runs.`;
  return new HeadcountError('PEER_UNREACHABLE', message, cause === undefined ? undefined : { cause });
}

function reasonOf(error: unknown): string {
  if (error instanceof LinkLocalRefused) return 'it is a link-local address, to which Headcount never connects';
  if (error instanceof AddressWithheld) return 'it is an address to which Headcount does not connect here';
  const { code, message } = causeOf(error) as { code?: string; message?: string };
  if (code?.startsWith('HPE_')) return 'what it answers is not HTTP';
  if (code?.includes('CERT') || code?.includes('TLS') || code?.includes('SSL')) return `TLS failed (${code})`;
  return REASONS[code ?? ''] ?? code ?? message ?? 'it cannot be told why';
}

/** If a name has several addresses, the failure of the first stands for all. */
function causeOf(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] as unknown) : error;
}
