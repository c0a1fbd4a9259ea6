/** The options of this source. What the reader makes of them is reader-options.ts. */

import { z } from 'zod';
import { parseDuration } from '../../lib/duration.ts';
import { cidr, duration, flag, inherited, list } from '../../lib/options.ts';
import { FORMAT_NAMES, formatMistake } from './formats/index.ts';
import { patternOption } from './pattern-option.ts';
import { GAP } from './reader-options.ts';

const streamGap = z.string().refine((text) => parseDuration(GAP.exec(text)?.[2] ?? '') !== null, {
  error: 'must be STREAM=DURATION, such as rock=2m',
});

export const config = z.strictObject({
  path: z
    .string()
    .min(1)
    .refine((path) => !path.startsWith('syslog:') || isAddress(path.slice('syslog:'.length)), {
      error: 'must be syslog:HOST:PORT, such as syslog:127.0.0.1:5140',
    })
    .describe('The log file, or a pattern such as `/var/log/nginx/*.log`; `syslog:HOST:PORT`; `-` is standard input.'),
  protocol: z
    .enum(['udp', 'tcp', 'both'])
    .default('both')
    .describe('Of syslog: how lines are sent; nginx sends them by UDP.'),
  senders: list(cidr())
    .default([])
    .describe('Of syslog: addresses and blocks that may send; without any, whoever can.'),
  format: z
    .string()
    .min(1)
    .superRefine((text, context) => {
      const mistake = formatMistake(text);
      if (mistake !== null) context.addIssue({ code: 'custom', message: mistake });
    })
    .default('auto')
    .describe(`How lines are written: ${FORMAT_NAMES.join(', ')}, or a log_format of nginx or Apache.`),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'is no time zone: write it as Europe/London' })
    .default('UTC')
    .describe('Of times without a zone, as HAProxy writes them.'),
  captures: list(z.string().min(1))
    .default([])
    .describe('HAProxy: the request headers that are captured, in order, such as `User-Agent,X-Forwarded-For`.'),
  from: z
    .string()
    .refine((text) => text === 'start' || text === 'end' || parseDuration(text) !== null, {
      error: 'must be start, end or a duration such as 12h',
    })
    .default('start')
    .describe('Where to begin at the very first start: `start`, `end`, or so long ago, such as `12h`.'),
  follow: flag(true).describe('Go on reading as the file grows. Without it, read to the end and finish.'),
  rules: z
    .array(patternOption)
    .default([])
    .describe('What paths mean, before the rules that are built in; the first that fits tells.'),
  gaps: list(streamGap).default([]).describe('Streams with a gap of their own: `rock=2m`.'),
  playbackId: list(z.string().min(1))
    .default([])
    .describe('Query parameters and cookies that hold a playback id, the most telling first, such as `session`.'),
  playbackIssued: flag(false).describe(
    'The server gives and checks these ids: then there is no limit to how many one network may have.',
  ),
  cmcd: flag(true).describe('Read what players say by CMCD: who they are, and how the playback goes.'),
  trustedProxies: inherited(
    list(cidr()).default([]).describe('Addresses and blocks of proxies whose X-Forwarded-For is believed.'),
  ),
  poll: duration('250ms', { least: '10ms', most: '1m' }).describe(
    'How often to look for new lines where nobody tells.',
  ),
});

export type Options = z.output<typeof config>;

/** `HOST:PORT`; of an IPv6 address in brackets. */
export function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port: Number(port) };
}

function isAddress(text: string): boolean {
  return addressOf(text).port <= 65_535;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
