/**
 * Connections that monitors of spyservers elsewhere report, by POST /open and /close of the facade ssmon, which hands them
 * to an inbox here. The page of this source is docs/sources/ssmon.md.
 *
 * What a connection says is parse.ts, who may post it the facade's.
 */

import { z } from 'zod';
import type { Observation } from '../../core/observation.ts';
import { cidr, duration, list } from '../../lib/options.ts';
import { defineSource, type SourceContext } from '../source.ts';
import { Connections } from './connections.ts';

const config = z.strictObject({
  inbox: z
    .string()
    .regex(/^[\w.-]{1,100}$/, { error: 'must be letters, digits, dots and hyphens' })
    .default('ssmon')
    .describe('Connections of the facade ssmon that has the same inbox come here.'),
  ignore: list(cidr())
    .default([])
    .describe('Clients of these addresses, and of blocks such as 192.168.0.0/16, are not taken.'),
  longest: duration('24h', { least: '1m', most: '365d' }).describe(
    'A connection of which no end is told is taken to have ended after so long: its monitor is gone.',
  ),
});

export type Options = z.output<typeof config>;

/** Observations that wait to be handed over. */
const MOST_WAITING = 10_000;
const BEAT_MS = 1000;

export const ssmon = defineSource({
  kind: 'ssmon',
  schemes: ['ssmon'],
  claims: null,
  summary: 'Connections of spyservers that monitors elsewhere POST to the facade ssmon.',
  usage: 'ssmon:INBOX',
  config,
  traits: { departures: 'inOrder', provisional: false, gap: 0, lateness: 0, resumes: false },
  counts: {
    work: ['posts'],
    rejects: { malformedPosts: 'posts', droppedPosts: 'posts' },
  },
  fromUrl: (url) => {
    const inbox = String(url).replace(/^ssmon:(?:\/\/)?/, '');
    return inbox === '' ? {} : { inbox };
  },
  defaultName: ({ inbox }) => (inbox === 'ssmon' ? inbox : `ssmon:${inbox}`),
  create: (options) => ({ run: (context) => run(options, context) }),
});

async function run(options: Options, context: SourceContext): Promise<void> {
  const { signal, clock, counters, inboxes } = context;
  const connections = new Connections(options, counters);
  let waiting: Observation[] = [];
  let now = clock.now();
  let wake = () => {};
  const close = inboxes.open(options.inbox, (message) => {
    if (waiting.length >= MOST_WAITING) {
      counters.add('droppedPosts');
      return 'full';
    }
    // Told in order: times must not go back.
    now = Math.max(now, clock.now());
    counters.add('posts');
    const { receipt, observations } = connections.take(message, now);
    waiting.push(...observations);
    wake();
    return receipt;
  });
  try {
    while (!signal.aborted) {
      const observations = waiting;
      waiting = [];
      now = Math.max(now, clock.now());
      await context.emit({ observations, watermark: now });
      const rung = new AbortController();
      wake = () => rung.abort();
      if (waiting.length === 0) await clock.sleep(BEAT_MS, AbortSignal.any([signal, rung.signal]));
    }
  } finally {
    close();
  }
}
