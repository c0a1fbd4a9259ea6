/** Events, POSTed as JSON to an address of the operator's, signed. The page of this sink is docs/sinks/webhook.md. */

import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { duration, httpUrl, number, secret } from '../../lib/options.ts';
import { peerOf } from '../../lib/outgoing.ts';
import { type PostAnswer, postJson } from '../../lib/post.ts';
import { defineSink, Later, Refused, type Told } from '../sink.ts';

const config = z.strictObject({
  url: httpUrl().describe('Where the events are POSTed to.'),
  secret: secret()
    .optional()
    .describe('Signs what is sent, so that the receiver knows whom it is from. Without it nothing is signed.'),
  timeout: duration('10s', { least: '100ms', most: '5m' }).describe('How long one request may take.'),
  maxEvents: number({ least: 1, most: 1000 }).default(100).describe('So many events go into one request.'),
  maxBytes: number({ least: 1024, most: 16_777_216 })
    .default(262_144)
    .describe('So many bytes of events go into one request; a single event may have more.'),
});

/** Nobody is waited for longer because he asks for it. */
const LONGEST_WAIT = 3_600_000;

export const webhook = defineSink({
  kind: 'webhook',
  summary: 'Events, POSTed as JSON to an address of yours, signed.',
  config,
  defaultName: ({ url }) => `webhook:${peerOf(new URL(url))}`,
  create: (options, { clock }) => ({
    batch: { events: options.maxEvents, bytes: options.maxBytes },
    deliver: async (told, signal) => {
      const url = new URL(options.url);
      const body = bodyOf(told);
      const timestamp = String(Math.floor(clock.now() / 1000));
      const headers = {
        'X-Headcount-Event-Id': told[0]!.event.id,
        'X-Headcount-Timestamp': timestamp,
        ...(options.secret === undefined
          ? {}
          : { 'X-Headcount-Signature': signature(options.secret, timestamp, body) }),
      };
      judge(url, await postJson(url, { body, headers, timeoutMs: options.timeout, signal }));
    },
  }),
});

function bodyOf(told: readonly Told[]): string {
  return `{"events":[${told.map(({ json }) => json).join(',')}]}`;
}

/** HMAC-SHA256 (RFC 2104) of `TIMESTAMP.BODY`: the time is signed, too, so that nothing can be sent again later. */
export function signature(key: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** Too much, too early, too long: what a receiver says of the moment, and not of what was sent. */
const TRY_AGAIN = new Set([408, 425, 429]);

function judge(url: URL, { status, retryAfterMs }: PostAnswer): void {
  if (status >= 200 && status < 300) return;
  const message = `${peerOf(url)} answered with HTTP ${status}`;
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) throw new Refused(message);
  if (status >= 300 && status < 400) throw new Error(`${message}: redirects are not followed`);
  throw new Later(message, Math.min(retryAfterMs ?? 0, LONGEST_WAIT));
}
