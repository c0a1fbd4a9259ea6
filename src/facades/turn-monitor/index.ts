/**
 * `GET /stats` of turn-monitor (sj82516/turn-monitor at a2fdaa8): who uses a TURN server, how much, and its newest messages. The
 * page of this facade is docs/facades/turn-monitor.md.
 *
 * Who is told is users.ts, how a message is written message.ts, and who may see what visitor.ts.
 */

import { z } from 'zod';
import { duration, flag, list, listenAddress } from '../../lib/options.ts';
import { defineFacade, type Environment, type FacadeContext, type FacadeRequest } from '../facade.ts';
import { headlineOf, type OriginalEntry, originalEntry } from './message.ts';
import { UserList } from './users.ts';
import { Unwelcome, Visitors } from './visitor.ts';

const config = z.strictObject({
  listen: listenAddress()
    .prefault('127.0.0.1:3001')
    .describe('Serve it at this HOST:PORT too, and nothing else there. Default: the port that the variable port says.'),
  sources: list(z.string().min(1))
    .default([])
    .describe('Only users of these sources, or of these audiences. Default: of all that watch a TURN server.'),
  removeOutdataInterval: duration('10s', { least: '100ms', most: '24h' }).describe(
    'Who was seen within this is a user. The variable of that name is in milliseconds.',
  ),
  verbose: flag(false).describe('Write every message into the log: what it is, without values and addresses.'),
  public: flag(false).describe('Everybody may see the users, with masked addresses; never the messages.'),
});

type Options = z.output<typeof config>;

const JSON_TYPE = 'application/json; charset=utf-8';
/** Of the values of `log` those that mean no. */
const NO: ReadonlySet<string> = new Set(['', 'false', '0', 'no', 'off']);
const LOOK_EVERY = 1000;

export const turnMonitor = defineFacade({
  kind: 'turn-monitor',
  summary: 'GET /stats of turn-monitor: who uses a TURN server, how much, and its newest messages.',
  config,
  fromEnvironment: (env) => ({
    ...(env['port'] ? { listen: `127.0.0.1:${env['port']}` } : {}),
    ...(env['removeOutdataInterval'] ? { removeOutdataInterval: intervalOf(env['removeOutdataInterval']) } : {}),
    // As for the original, nothing but this very word.
    ...(env['verbose'] === 'true' ? { verbose: true } : {}),
  }),
  // The other two names are too common to mean us.
  impliedBy: (env) => (isMeant(env) ? {} : null),
  impliedSources: (env) => (isMeant(env) ? [`turn:${env['networkInterfaceId'] || 'eth0'}`] : []),
  create: (options, context) => {
    const { messages } = context;
    const visitors = new Visitors(options.public, context);
    const users = new UserList(options, context);
    messages?.want();
    return {
      routes: [],
      endpoints: [
        {
          methods: ['GET'],
          path: '/stats',
          summary: 'Users of TURN servers as turn-monitor tells them; with log=true the newest messages, too.',
          type: 'application/json',
          answer: async (request) => answer(request, options, context, visitors, users),
        },
      ],
      listen: options.listen,
      run: (signal) => tellVerbosely(options, context, signal),
    };
  },
});

function isMeant(env: Environment): boolean {
  return Boolean(env['networkInterfaceId'] || env['removeOutdataInterval']);
}

/** Milliseconds; what is no number is refused where options are checked, by the name that it has. */
function intervalOf(text: string): string {
  return /^\d+$/.test(text) ? `${text}ms` : text;
}

function answer(request: FacadeRequest, options: Options, context: FacadeContext, visitors: Visitors, users: UserList) {
  const headers = { 'content-type': JSON_TYPE, 'cache-control': 'no-store' };
  try {
    const access = visitors.accessOf(request);
    const activeUserList = users.list(access);
    const wantsLog = request.parameters.some(([name, value]) => name === 'log' && !NO.has(value.toLowerCase()));
    const seesEverything = access.seesAll && access.seesAddresses;
    const log = wantsLog && seesEverything ? logOf(options, context) : [];
    const body = { currentUserAmount: Object.keys(activeUserList).length, activeUserList, log };
    return { status: 200, headers, body: JSON.stringify(body) };
  } catch (error) {
    if (!(error instanceof Unwelcome)) throw error;
    const { status, code, message } = error;
    return { status, headers: { ...headers, ...error.headers }, body: JSON.stringify({ error: { code, message } }) };
  }
}

function logOf({ sources }: Options, { messages }: FacadeContext): OriginalEntry[] {
  const all = messages?.list() ?? [];
  return all.filter(({ source }) => sources.length === 0 || sources.includes(source)).map(originalEntry);
}

/** Once a second what has come since, as far as it is still kept. */
async function tellVerbosely({ verbose }: Options, context: FacadeContext, signal: AbortSignal): Promise<void> {
  const { clock, log, messages, counters } = context;
  let told = messages?.total ?? 0;
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY, signal);
    if (!verbose || messages === undefined) continue;
    const fresh = messages.total - told;
    told = messages.total;
    const kept = fresh === 0 ? [] : messages.list().slice(-fresh);
    for (const message of kept) log.info(headlineOf(message));
    counters.add('messagesTold', kept.length);
    counters.add('messagesNotTold', fresh - kept.length);
  }
}
