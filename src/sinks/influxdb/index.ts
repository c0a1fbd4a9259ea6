/**
 * How many listen, written to InfluxDB on a schedule: one point for each stream. The page of this sink is
 * docs/sinks/influxdb.md.
 */

import { z } from 'zod';
import { allStreams } from '../../http/live-streams.ts';
import { messageOf } from '../../lib/errors.ts';
import { duration, httpUrl, secret } from '../../lib/options.ts';
import { peerOf } from '../../lib/outgoing.ts';
import { type PostAnswer, postJson } from '../../lib/post.ts';
import { defineSink, Refused, type SinkContext } from '../sink.ts';
import { linesOf, type Reading } from './line-protocol.ts';

const text = () => z.string().min(1).max(200);

const config = z
  .strictObject({
    url: httpUrl().default('http://localhost:8086').describe('Where InfluxDB is.'),
    token: secret()
      .regex(/^[\x21-\x7e]+$/, { error: 'must be one word' })
      .optional()
      .describe('Of InfluxDB 2 and later: may write to the bucket.'),
    org: text().optional().describe('Of InfluxDB 2: the organization.'),
    bucket: text().optional().describe('Of InfluxDB 2: where to write to. Either this or a database.'),
    database: text().optional().describe('Of InfluxDB 1: where to write to. Either this or a bucket.'),
    user: text().optional().describe('Of InfluxDB 1, where it asks for one.'),
    password: secret().optional().describe('Of InfluxDB 1, for the user.'),
    measurement: text().default('spyserver_status').describe('The measurement.'),
    names: z
      .record(z.string().min(1), text())
      .default({})
      .describe(
        'The tag `name` of streams: `{ hf.config: 40m }`. Others go by their own names; equal ones are added up.',
      ),
    every: duration('1m', { least: '1s', most: '1h' }).describe('How often.'),
    timeout: duration('10s', { least: '100ms', most: '5m' }).describe('How long one request may take.'),
  })
  .superRefine(({ bucket, database, token, org, user, password }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((bucket === undefined) === (database === undefined)) wrong('bucket', 'or a database is needed, and not both');
    else if (bucket !== undefined && token === undefined) wrong('token', 'is needed for a bucket');
    else if (bucket !== undefined && user !== undefined) wrong('user', 'is for a database: a bucket has a token');
    else if (database !== undefined && token !== undefined) wrong('token', 'is for a bucket: a database has a user');
    else if (database !== undefined && org !== undefined) wrong('org', 'is for a bucket');
    else if ((user === undefined) !== (password === undefined)) wrong('user', 'and password belong together');
  });

type Options = z.output<typeof config>;

/** Lines that are kept while they cannot be written: a day of every minute for thirty streams. */
const MOST_LINES = 50_000;
const LINES_AT_ONCE = 5000;
/** Streams that once had an audience are written as 0 from then on: so many. */
const MOST_NAMES = 10_000;

export const influxdb = defineSink({
  kind: 'influxdb',
  summary: 'How many listen, to InfluxDB, on a schedule.',
  config,
  defaultName: ({ url, bucket, database }) =>
    `influxdb:${peerOf(new URL(url))}/${bucket ?? database}`.replace(/\s/g, '_'),
  create: (options, context) => ({
    batch: null,
    deliver: async () => {},
    run: (signal) => writeRegularly(options, context, signal),
  }),
});

async function writeRegularly(options: Options, context: SinkContext, signal: AbortSignal): Promise<void> {
  const { clock, log, counters } = context;
  const names = new Set<string>();
  let lines: string[] = [];
  let trouble: string | null = null;
  while (!signal.aborted) {
    const readings = readingsOf(options, context, names);
    lines.push(...linesOf(options.measurement, readings, Math.floor(clock.now() / 1000)));
    const tooMany = lines.length - MOST_LINES;
    if (tooMany > 0) {
      lines = lines.slice(tooMany);
      counters.add('pointsDropped', tooMany);
    }
    try {
      while (lines.length > 0 && !signal.aborted) await write(options, context, lines, signal);
      if (trouble !== null) log.info('points are written again');
      trouble = null;
    } catch (error) {
      if (signal.aborted) return;
      counters.add('writesFailed');
      const message = error instanceof Refused ? `points are given up: ${error.message}` : waiting(error);
      if (trouble !== message) log.warn(message);
      trouble = message;
    }
    await clock.sleep(options.every, signal);
  }
}

function waiting(error: unknown): string {
  return `points wait, and are written later: ${messageOf(error)}`;
}

/** The first of the lines, which are removed once they are written, or refused. */
async function write(options: Options, { counters }: SinkContext, lines: string[], signal: AbortSignal): Promise<void> {
  const some = lines.slice(0, LINES_AT_ONCE);
  const { url, headers, auth } = requestOf(options);
  const body = `${some.join('\n')}\n`;
  const answer = await postJson(url, { body, headers, auth, timeoutMs: options.timeout, signal });
  const refusal = judge(url, answer);
  lines.splice(0, some.length);
  if (refusal === null) {
    counters.add('points', some.length);
    return;
  }
  counters.add('pointsGivenUp', some.length);
  throw refusal;
}

/** https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite, and of version 1 `/write`. */
function requestOf({ url, token, org, bucket, database, user, password }: Options) {
  const isSecond = bucket !== undefined;
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const target = new URL(isSecond ? 'api/v2/write' : 'write', base);
  if (isSecond) {
    if (org !== undefined) target.searchParams.set('org', org);
    target.searchParams.set('bucket', bucket);
  } else {
    target.searchParams.set('db', database!);
  }
  target.searchParams.set('precision', 's');
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(isSecond && { authorization: `Token ${token}` }) };
  return { url: target, headers, auth: user === undefined ? null : { user, password: password! } };
}

const TRY_AGAIN = new Set([408, 425, 429]);

const ADVICE: Readonly<Record<number, string>> = {
  401: ': check the token, or user and password',
  403: ': the token may not write there',
  404: ': there is no such bucket, database or organization',
};

/** Null if it was written, `Refused` if it never will be; throws if it may be later. */
function judge(url: URL, { status }: PostAnswer): Refused | null {
  if (status >= 200 && status < 300) return null;
  const message = `${peerOf(url)} answered with HTTP ${status}${ADVICE[status] ?? ''}`;
  if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) return new Refused(message);
  throw new Error(message);
}

/** Every stream that there is, and every one that there was: a series ends with 0, and not with its last listener. */
function readingsOf({ names: given }: Options, { live, wantsStream }: SinkContext, known: Set<string>): Reading[] {
  const users = new Map<string, number>([...known].map((name) => [name, 0]));
  for (const { source, stream, sessions, countOnly, reportedListeners } of allStreams(live)) {
    if (!wantsStream(source, stream)) continue;
    const name = Object.hasOwn(given, stream) ? given[stream]! : stream;
    if (known.size < MOST_NAMES) known.add(name);
    users.set(name, (users.get(name) ?? 0) + (countOnly ? (reportedListeners ?? 0) : sessions));
  }
  return [...users].map(([name, count]) => ({ name, users: count }));
}
