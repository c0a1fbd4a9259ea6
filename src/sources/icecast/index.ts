/**
 * Icecast, asked every `every` who is listening: as its administrator (admin.ts), or without a password for what it
 * tells everybody, which is numbers (public.ts). What the answers mean is parse.ts's. Icecast 2.4.4; 2.3, 2.5 and
 * icecast-kh by their documents.
 *
 * With its access log at hand (log.ts) sessions end when the log says, and those who come and go between two polls are
 * seen, too (pairing.ts). Not seen without it: just these. Upstream Icecast never tells who is behind a proxy.
 */

import { z } from 'zod';
import type { Presence } from '../../core/observation.ts';
import { parseDuration } from '../../lib/duration.ts';
import { secret } from '../../lib/options.ts';
import { hostAndPort, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { pollOptions } from '../../transports/poll/poll-options.ts';
import { type Poll, type PollAnswer, polledCounts, polledSource } from '../polled.ts';
import { defineSource, type Source, type SourceContext } from '../source.ts';
import { askAdmin } from './admin.ts';
import { type LogRows, openLog, type ServerLog } from './log.ts';
import { LINE_WITHIN, Pairing } from './pairing.ts';
import { askPublic } from './public.ts';

const config = z.strictObject({
  ...peerAddress(8000),
  user: z.string().min(1).default('admin').describe("The administrator's name, `admin-user` in icecast.xml."),
  password: secret()
    .optional()
    .describe("The administrator's password, `admin-password` in icecast.xml. Without it, numbers are all there is."),
  ...pollOptions(),
  accessLog: z
    .string()
    .regex(/^(?!syslog:|-$)./s, { error: 'must be the path of a file' })
    .optional()
    .describe("The server's access.log, if it is on this machine: it has who came and went between two polls."),
  accessLogFrom: z
    .string()
    .refine((text) => text === 'start' || text === 'end' || parseDuration(text) !== null, {
      error: 'must be start, end or a duration such as 12h',
    })
    .default('start')
    .describe('Where to begin in it at the very first start: `start`, `end`, or so long ago, such as `12h`.'),
});

type Config = z.output<typeof config>;

export const icecast = defineSource({
  kind: 'icecast',
  schemes: ['icecast', 'icecasts'],
  claims: null,
  summary: 'An Icecast server: its listeners, or their number where there is no password.',
  usage: 'icecast://USER:PASSWORD@HOST:PORT?every=10s',
  config,
  traits: {
    departures: 'inOrder',
    // Only with an access log there are lines that say better what a roster shows.
    provisional: true,
    // A listener that is on the roster is there until a roster lacks it; nothing needs to be bridged.
    gap: 0,
    lateness: 0,
    // In the access log, if there is one; who is there now has to be asked anew.
    resumes: false,
  },
  counts: polledCounts({
    unreadableListeners: 'listeners',
    namelessMounts: 'mounts',
    mountsFailed: null,
    namelessRows: 'rows',
  }),
  trial: { options: [] },
  fromUrl: (url) => {
    const { password, ...address } = readPeerUrl(url, 'icecasts');
    return password === undefined ? address : { ...address, password };
  },
  defaultName: (options) => `icecast:${hostAndPort(options)}`,
  create: (options) => {
    const { accessLog } = options;
    if (accessLog === undefined) return polledSource(options.every, (poll) => askServer(options, poll));
    return pairedSource(options, { path: accessLog, from: options.accessLogFrom });
  },
});

interface ServerAnswer extends PollAnswer {
  readonly ahead: number;
}

async function askServer(options: Config, poll: Poll): Promise<ServerAnswer> {
  const { password } = options;
  if (password === undefined) return { reports: await askPublic(options, poll), listeners: null, ahead: 0 };
  return askAdmin({ ...options, password }, poll);
}

/** One run at a time: what it knows of listeners outlives it. */
function pairedSource(options: Config, place: { readonly path: string; readonly from: string }): Source {
  const pairing = new Pairing();
  const running: { log?: ServerLog } = {};
  const source = polledSource(options.every, (poll) => askWithLog(options, poll, pairing, running.log!));
  let isFirst = true;
  return {
    run: async (context) => {
      const log = openLog(place, context);
      running.log = log;
      try {
        if (isFirst) await tellBacklog(log, context);
        isFirst = false;
        await source.run(context);
      } finally {
        await log.close();
      }
    },
  };
}

/** What was written while nobody looked, perhaps for years: finished rows, whose listeners no poll of ours has met. */
async function tellBacklog(log: ServerLog, { emit, cursor, clock }: SourceContext): Promise<void> {
  // At the very first start there is nobody to be compared with: rows need not be remembered.
  if (cursor === null) await emit({ observations: [], watermark: clock.now() - LINE_WITHIN });
  for (let isAtEnd = false; !isAtEnd; ) {
    const read = await log.read();
    await emit({ observations: read.rows, ...cursorOf(read) });
    isAtEnd = read.isAtEnd;
  }
}

function cursorOf({ cursor }: LogRows): Pick<PollAnswer, 'cursor'> {
  return cursor === undefined ? {} : { cursor };
}

/** The log first: whoever has a line in it by now is not on the roster that is asked for then. */
async function askWithLog(options: Config, poll: Poll, pairing: Pairing, log: ServerLog): Promise<PollAnswer> {
  const { at, counters } = poll;
  const read = await log.read();
  const { ahead, listeners, reports } = await askServer(options, poll);
  counters.add('rows', read.rows.length);
  const told = { reports, lateness: LINE_WITHIN, ...cursorOf(read) };
  if (listeners === null) return { ...told, listeners, others: read.rows };
  const present = listeners.present.map((each): Presence => ({ ...each, provisional: true }));
  const { observations, unseen, nameless } = pairing.take(present, read.rows, at, ahead);
  counters.add('unseenListeners', unseen);
  counters.add('namelessRows', nameless);
  return { ...told, listeners: { ...listeners, present }, others: observations };
}
