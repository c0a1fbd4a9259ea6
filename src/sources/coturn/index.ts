/**
 * coturn, a TURN server, asked over its own command line (`ps`): every allocation with its user, peers and traffic. The page
 * of this source is docs/sources/coturn.md. What the answer means is parse.ts, how it is asked command-line.ts.
 */

import { z } from 'zod';
import { port, secret } from '../../lib/options.ts';
import { JITTER } from '../../transports/poll/every-tick.ts';
import { hostAndPort, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource } from '../source.ts';
import { Answers } from './answers.ts';
import { askCommandLine } from './command-line.ts';
import { LAST_LINE, parseSessions } from './parse.ts';

const config = z.strictObject({
  host: peerAddress(5766).host,
  port: port(5766).describe('Where its command line listens (cli-port).'),
  password: secret().describe('Its cli-password.'),
  stream: z.string().min(1).default('coturn').describe('What allocations without a realm are on.'),
  ...pollOptions(),
});

type Config = z.output<typeof config>;

/** Of one answer: some 50,000 allocations. */
const MOST_BYTES = 32 * 1024 * 1024;

export const coturn = defineSource({
  kind: 'coturn',
  schemes: ['coturn-cli'],
  claims: null,
  summary: 'coturn, asked over its command line: allocations with their users and traffic.',
  usage: 'coturn-cli://:PASSWORD@HOST:5766',
  config,
  traits: { ...POLLED_TRAITS, relays: true },
  counts: polledCounts({ unreadableAllocations: null, notPrinted: null }),
  fromUrl: (url) => readPeerUrl(url, ''),
  defaultName: (options) => `coturn:${hostAndPort(options)}`,
  create: (options) => {
    const answers = new Answers();
    return polledSource(options.every, (poll) => askServer(options, poll, answers));
  },
});

async function askServer(options: Config, { at, signal, counters }: Poll, answers: Answers): Promise<PollAnswer> {
  const { stream, every, timeout } = options;
  const text = await askCommandLine('ps', LAST_LINE, { ...options, timeoutMs: timeout, maxBytes: MOST_BYTES, signal });
  const printed = parseSessions(text, { stream, at, nextWithin: Math.ceil(every * (1 + JITTER)) + timeout });
  counters.set('allocations', printed.allocations.length);
  counters.set('unreadableAllocations', printed.unreadable);
  // coturn prints a limited number of them.
  counters.set('notPrinted', printed.notPrinted);
  return answers.take(printed, at);
}
