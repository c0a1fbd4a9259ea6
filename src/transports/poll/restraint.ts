/**
 * Limits for whatever asks a server because somebody typed its address into a page: they hold for every question that is
 * asked within a run, whichever kind of source asks it, and beside those that the kind itself has (fetch-text.ts keeps
 * them). No redirect is followed, and no address is connected to where clouds keep their metadata services, in whatever
 * notation it is written.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import { isInCidr, parseCidr, parseIp } from '../../lib/ip.ts';

export interface Restraint {
  /** Of one answer. */
  readonly maxBytes: number;
  readonly maxQuestions: number;
  /** Told of every answer, before its body is looked at. */
  onAnswer(answer: { readonly status: number; readonly headers: IncomingHttpHeaders }): void;
}

interface Restrained extends Restraint {
  questions: number;
}

const running = new AsyncLocalStorage<Restrained>();

/** Runs it with these limits. */
export function restrained<Answer>(restraint: Restraint, run: () => Promise<Answer>): Promise<Answer> {
  return running.run({ ...restraint, questions: 0 }, run);
}

/** Of the run that this is a part of; null if there is none. */
export function restraint(): Restraint | null {
  return running.getStore() ?? null;
}

/** Counts one question; false if it is one too many. */
export function mayAsk(): boolean {
  const store = running.getStore();
  return store === undefined || ++store.questions <= store.maxQuestions;
}

/**
 * Metadata services that are not link-local (those are refused always, lib/outgoing.ts): of AWS and Google by IPv6, of
 * Alibaba, of Oracle; and IPv4 addresses within IPv6 ones, which a translator on the way would unpack (RFC 6052, RFC 3056,
 * RFC 4380).
 */
const METADATA = [
  ...['fd00:ec2::/32', 'fd20:ce::/32', '100.100.100.200/32', '192.0.0.0/24'],
  ...['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32', '::/96', '0.0.0.0/8'],
].map((text) => parseCidr(text)!);

/** Addresses that are not connected to within such a run. Loopback stays: servers are often on the same machine. */
export function isWithheld(address: string): boolean {
  const bytes = parseIp(address);
  if (bytes === null || address === '::1') return false;
  return METADATA.some((cidr) => isInCidr(bytes, cidr));
}
