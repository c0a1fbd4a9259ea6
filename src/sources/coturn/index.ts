/**
 * coturn, a TURN server, asked over its own command line (`ps`): every allocation with its user, peers and traffic. The page
 * of this source is docs/sources/coturn.md. What the answer means is parse.ts, how it is asked command-line.ts.
 */

import { z } from 'zod';
import type { Presence } from '../../core/observation.ts';
import { port, secret } from '../../lib/options.ts';
import { hostAndPort, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { POLLED_TRAITS, type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource } from '../source.ts';
import { SteadyInstants } from '../steady-instants.ts';
import { askCommandLine } from './command-line.ts';
import { parseSessions, type Totals } from './parse.ts';

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
    const begins = new SteadyInstants();
    const traffic = new TrafficDeltas();
    return polledSource(options.every, (poll) => askServer(options, poll, begins, traffic));
  },
});

async function askServer(
  { host, port: at, password, stream, timeout }: Config,
  poll: Poll,
  begins: SteadyInstants,
  traffic: TrafficDeltas,
): Promise<PollAnswer> {
  const { signal, counters } = poll;
  const limits = { timeoutMs: timeout, maxBytes: MOST_BYTES, signal };
  const printed = parseSessions(await askCommandLine('ps', { host, port: at, password, ...limits }), stream, poll.at);
  counters.set('allocations', printed.allocations.length);
  counters.set('unreadableAllocations', printed.unreadable);
  // coturn prints a limited number of them.
  counters.set('notPrinted', Math.max(0, (printed.total ?? 0) - printed.allocations.length - printed.unreadable));
  const begun = begins.take(printed.begins);
  const told = printed.allocations.map((each) => ({ ...each, since: begun.get(connectionOf(each)) ?? null }));
  const streams = new Set(told.map((each) => each.stream));
  return {
    reports: [...streams].map((each) => ({ kind: 'report', stream: each, at: poll.at, status: 'up' })),
    listeners: { unknown: new Set(), present: traffic.take(told, printed.totals) },
  };
}

function connectionOf({ client }: Presence): string {
  return client.connection!;
}

/** What has come since the answer before; of those that were there in the first answer, from then on. */
class TrafficDeltas {
  #before: ReadonlyMap<string, Totals> | null = null;

  take(present: readonly Presence[], totals: ReadonlyMap<string, Totals>): Presence[] {
    const before = this.#before;
    this.#before = totals;
    return present.map((each) => {
      const now = totals.get(connectionOf(each))!;
      const earlier = before === null ? now : before.get(connectionOf(each));
      const up = difference(now.up, earlier?.up);
      const down = difference(now.down, earlier?.down);
      return { ...each, bytes: up.bytes + down.bytes, traffic: { up, down } };
    });
  }
}

/** A total that goes down has begun anew. */
function difference(now: Totals['up'], earlier: Totals['up'] | undefined): Totals['up'] {
  if (earlier === undefined || now.bytes < earlier.bytes || now.packets < earlier.packets) return now;
  return { packets: now.packets - earlier.packets, bytes: now.bytes - earlier.bytes };
}
