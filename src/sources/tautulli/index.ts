/**
 * Tautulli, which keeps the history of a Plex server: every row of its history is a finished session, and what plays
 * now is a provisional one until its row is written. Uses `get_history` and `get_activity` of API v2 (2.17).
 *
 * parse.ts reads the answers, history.ts knows which rows are new, api.ts asks. Limits: 20 MB an answer, pages of 2,000
 * rows; while there are more of them, a look at the activity comes after the page that is under way.
 */

import { z } from 'zod';
import type { Instant } from '../../core/observation.ts';
import { parseDuration } from '../../lib/duration.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { duration, secret } from '../../lib/options.ts';
import { everyTick } from '../../transports/poll/every-tick.ts';
import { answeredBadly } from '../../transports/poll/fetch-text.ts';
import { hostAndPort, pageUrl, peerAddress, readPeerUrl } from '../../transports/poll/peer-address.ts';
import { countBadAnswer } from '../polled.ts';
import { type CommonOptions, defineSource, type Source, type SourceContext } from '../source.ts';
import { ask } from './api.ts';
import { beginPass, type Pass, type Progress, progressFrom, takePage } from './history.ts';
import { parseActivity, parseHistory } from './parse.ts';
import { Reporter } from './reporter.ts';

const config = z.strictObject({
  ...peerAddress(8181),
  apiKey: secret().describe('The API key, from Settings, Web Interface.'),
  every: duration('10s', { least: '1s', most: '5m' }).describe('How often to ask what plays now.'),
  historyEvery: duration('1m', { least: '1s', most: '1h' }).describe(
    'How often to read the history, beside whenever somebody has stopped.',
  ),
  from: z
    .string()
    .refine((text) => text === 'start' || text === 'end' || parseDuration(text) !== null, {
      error: 'must be start, end, or how far back: 30d',
    })
    .default('start')
    .describe('Where in the history to begin, the first time: start, end, or how far back.'),
  overlap: duration('2d', { least: '1h', most: '60d' }).describe(
    'How far back to look for rows of plays that took long; longer plays may be missed.',
  ),
  timeout: duration('30s', { least: '100ms', most: '5m' }).describe('How long one answer may take.'),
});

type Config = z.output<typeof config>;

const PAGE_LENGTH = 2000;

export const tautulli = defineSource({
  kind: 'tautulli',
  schemes: ['tautulli', 'tautullis'],
  claims: null,
  summary: 'A Plex server through its Tautulli: what plays, and all that was ever played.',
  usage: 'tautulli://APIKEY@HOST:8181',
  config,
  traits: {
    departures: 'inOrder',
    provisional: true,
    // A play is there until a look at the activity lacks it; nothing needs to be bridged.
    gap: 0,
    // So long a live session waits for its row. Rows come within seconds of the end.
    lateness: 600_000,
    resumes: true,
  },
  counts: {
    work: ['polls', 'rows'],
    rejects: { badAnswers: 'polls', unreadableRows: null, unreadableSessions: null },
  },
  trial: { options: [] },
  fromUrl: (url) => {
    const { user, password: _, ...address } = readPeerUrl(url, 'tautullis');
    return { ...address, apiKey: user };
  },
  defaultName: (options) => `tautulli:${hostAndPort(options)}`,
  create: createTautulli,
});

interface History {
  progress: Progress;
  /** A pass that needs several ticks. */
  pass: Pass | null;
  readonly reporter: Reporter;
  /** Does the collector have a cursor? Even without rows it must know where we began. */
  isSaved: boolean;
}

function createTautulli(options: Config, { lateness }: CommonOptions): Source {
  return {
    run: async (context) => {
      const { signal, clock, counters } = context;
      const begin = beginningOf(options.from, clock.now());
      const progress = progressFrom(context.cursor, begin);
      const history: History = { progress, pass: null, reporter: new Reporter(context), isSaved: false };
      let historyIsDueAt = Number.NEGATIVE_INFINITY;
      let playing: ReadonlySet<string> = new Set();
      try {
        for await (const tick of everyTick(clock, options.every, signal)) {
          counters.add('polls');
          // Rows have whole seconds. So has the live view, lest a row end just before its live session began.
          const at = Math.floor(tick / 1000) * 1000;
          const now = await tellActivity(context, options, history, at, lateness);
          const hasStopped = now !== null && [...playing].some((connection) => !now.has(connection));
          playing = now ?? playing;
          if (history.pass !== null || hasStopped || clock.elapsed() >= historyIsDueAt) {
            history.pass ??= beginPass(history.progress, options.overlap / 1000);
            historyIsDueAt = clock.elapsed() + options.historyEvery;
            await tellHistory(context, options, history);
          }
          if (now === null) throw plexIsGone(options);
        }
      } catch (error) {
        if (signal.aborted) return;
        countBadAnswer(error, counters);
        throw error;
      }
    },
  };
}

/** Seconds since the epoch. */
function beginningOf(from: string, now: Instant): number {
  return from === 'start' ? 0 : Math.floor((now - (from === 'end' ? 0 : parseDuration(from)!)) / 1000);
}

/** The connections that play; null, and nobody is told, if Tautulli does not know. */
async function tellActivity(
  { emit, signal, counters }: SourceContext,
  options: Config,
  history: History,
  at: Instant,
  lateness: number,
): Promise<ReadonlySet<string> | null> {
  const activity = parseActivity(await ask(options, 'get_activity', {}, signal), at);
  if (activity === null) return null;
  const { present, unreadable } = activity;
  counters.set('unreadableSessions', unreadable);
  await emit({
    observations: [{ kind: 'roster', at, streams: null, present }],
    watermark: at - lateness,
    ...(history.isSaved ? {} : { cursor: history.progress }),
  });
  history.isSaved = true;
  return new Set(present.map(({ client }) => client.connection!));
}

/** Goes on with the pass until the next look at the activity is due; each page is told with the cursor behind it. */
async function tellHistory(
  { emit, signal, clock, counters }: SourceContext,
  options: Config,
  history: History,
): Promise<void> {
  const overlap = options.overlap / 1000;
  const due = clock.elapsed() + options.every;
  while (history.pass !== null) {
    const { pass } = history;
    const page = parseHistory(await ask(options, 'get_history', queryOf(pass), signal));
    if (page === null) throw answeredBadly(pageUrl(options, '/'), 'what is no page of history');
    if (page.filtered < pass.filtered) {
      // Rows were deleted: those behind them have moved up, perhaps to pages that were read already.
      history.pass = beginPass(history.progress, overlap);
      counters.add('restartedReadings');
      continue;
    }
    const { progress, fresh, forgotten } = takePage(history.progress, pass, page, overlap);
    // As of the last pass: it meets the same rows again and again.
    counters.set('activeRows', pass.active);
    counters.set('unreadableRows', pass.unreadable);
    counters.add('forgottenRows', forgotten);
    counters.add('rows', fresh.length);
    history.progress = progress;
    if (fresh.length > 0) await emit({ observations: fresh.map(({ presence }) => presence), cursor: progress });
    if (page.length === 0 || pass.start >= page.filtered) history.pass = null;
    history.reporter.tell(pass.start, page.filtered);
    if (clock.elapsed() >= due) return;
  }
}

function queryOf({ after, start }: Pass): Record<string, string> {
  return {
    grouping: '0',
    include_activity: '0',
    order_column: 'started',
    order_dir: 'asc',
    start: String(start),
    length: String(PAGE_LENGTH),
    ...(after === null ? {} : { after }),
  };
}

function plexIsGone(options: Config): HeadcountError {
  const message = `Tautulli at ${hostAndPort(options)} answers, but cannot reach its Plex server. Check Plex.`;
  return new HeadcountError('PEER_UNREACHABLE', message);
}
