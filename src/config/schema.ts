/**
 * The configuration: what may be written, with defaults and a sentence for everything. The options of source kinds come
 * from their own declarations. From here come validation, the JSON Schema, docs/reference.md and headcount.example.yaml.
 */

import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../core/event.ts';
import { cidr, duration, exclusion, flag, list, listenAddress, number, secret } from '../lib/options.ts';
import { namedZoneOffset } from '../lib/zone-offset.ts';
import { MapOptions } from './map.ts';

/** What a user, a token or a group may do and see. */
const rights = {
  streams: list(z.string().min(1).max(500))
    .optional()
    .describe(
      'Only these: `STREAM` or `SOURCE/STREAM`, with `*` for any text. All, if neither this nor a group names any.',
    ),
  addresses: flag(true).describe('May it see whole addresses? If not, they are masked everywhere.'),
  write: flag(false).describe('May it also change things, such as forgetting a listener?'),
};

export const Group = z.strictObject({
  name: z.string().min(1).max(100).describe('What users and tokens call it.'),
  ...rights,
  streams: rights.streams.describe('Its members see these, beside those that they see otherwise.'),
});
export type Group = z.output<typeof Group>;

const credential = (what: 'token' | 'password') =>
  z.strictObject({
    name: z.string().min(1).describe('Shown in messages and logs.'),
    [what]: secret().describe(what === 'token' ? 'Sent as "Authorization: Bearer …".' : 'For signing in.'),
    ...rights,
    groups: list(z.string().min(1))
      .default([])
      .describe('Which streams these see is added, and whether they write; a mask of one of them masks.'),
  });

/** Options that every source has, beside those of its kind. */
export const CommonSourceOptions = z.object({
  name: z
    .string()
    .regex(/^[^\s/\\"'<>&]{1,100}$/, { error: 'must be 1 to 100 characters, without spaces, quotes or slashes' })
    .optional()
    .describe('What it is called. Part of every session id: do not change it. Default: its kind and host or path.'),
  audience: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Sources with the same audience count a client on several of them as one: the edges of one CDN.'),
});

/** How the gap and the lateness of a kind are written; their defaults are the kind's. */
export function timingOptions(standard: { gap: string; lateness: string }) {
  return z.object({
    gap: duration(standard.gap, { most: '24h' }).describe('Presences no further apart than this are one session.'),
    lateness: duration(standard.lateness, { most: '24h' }).describe(
      'How much later than its time something may be told.',
    ),
  });
}

/** Everything but what has to be looked up in the history, and what is said of people. */
const COMMON_EVENTS = EVENT_TYPES.filter((type) => type !== 'listener.new' && type !== 'sharing.found');

export function eventNames(standard: readonly EventType[]) {
  return list(z.enum(EVENT_TYPES))
    .default([...standard])
    .describe('What it is told of.');
}

const STATUSES = ['up', 'down', 'unreachable', 'unknown'] as const;

const Threshold = z
  .strictObject({
    above: number({ least: 0, most: 1e9 }).describe('More open sessions than this are told.'),
    below: number({ least: 0, most: 1e9 })
      .optional()
      .describe('Fewer than this are told, after there were more. Default: the same number.'),
    readings: number({ least: 1, most: 1000 })
      .default(3)
      .describe('So many readings one after the other must agree: there is one every ten seconds.'),
  })
  .refine(({ above, below = above }) => below <= above, { path: ['below'], error: 'must not be greater than above' })
  .transform(({ above, below = above, readings }) => ({ above, below, readings }));

/** Comes out as minutes since midnight. */
const quietHours = z
  .string()
  .refine((text) => parseHours(text) !== null, { error: 'must be FROM-TO, such as 22:00-07:00' })
  .transform((text) => parseHours(text)!);

function parseHours(text: string): { from: number; to: number } | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  if (match === null) return null;
  const [from, to] = [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])];
  return from === to || to > 1440 ? null : { from, to };
}

/** Options that every sink has, beside those of its kind. docs/sinks/rules.md explains them. */
export const CommonSinkOptions = z.object({
  name: z
    .string()
    .regex(/^[^\s"'<>&]{1,200}$/, { error: 'must be 1 to 200 characters, without spaces or quotes' })
    .optional()
    .describe('What it is called: its place in the queue goes by it. Default: its kind and host or path.'),
  events: eventNames(COMMON_EVENTS),
  streams: list(z.string().min(1))
    .default([])
    .describe('Of these streams only: STREAM or SOURCE/STREAM, with * for any text. Default: all.'),
  statuses: list(z.enum(STATUSES))
    .default([...STATUSES])
    .describe('Of stream.status: which of them.'),
  statusFor: duration('0s', { most: '24h' }).describe('Of stream.status: told once it has been so for this long.'),
  thresholds: z.array(Threshold).max(20).default([]).describe('When audience.above and audience.below are told.'),
  quietHours: list(quietHours).default([]).describe('What happens then is not told: 22:00-07:00.'),
  timeZone: z
    .string()
    .refine((text) => namedZoneOffset(text) !== null, { error: 'is no time zone: write Europe/Berlin, or UTC' })
    .default('UTC')
    .describe('Where the quiet hours are.'),
  cooldown: duration('0s', { most: '7d' }).describe('For so long the same is not told again of the same stream.'),
  digestAfter: number({ least: 0, most: 1_000_000 })
    .default(0)
    .describe('So many events are told one by one within digestWithin; the rest is told as one. 0 is any number.'),
  digestWithin: duration('1m', { least: '1s', most: '24h' }).describe('The time that digestAfter is about.'),
  queue: number({ least: 100, most: 10_000_000 })
    .default(100_000)
    .describe('So many events may wait on disk; then the oldest are dropped, and counted.'),
  giveUpAfter: duration('24h', { least: '1s' }).describe('Events that could not be told for so long are given up.'),
});

/** Comes out as megabytes. */
const bytes = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,6}(MB|GB)$/, { error: 'must be a size such as 512MB or 2GB' })
    .prefault(standard)
    .transform((text) => Number.parseInt(text, 10) * (text.endsWith('GB') ? 1024 : 1));

/** Where places come from. */
export const GeoOptions = z
  .strictObject({
    enabled: flag(true).describe('Look up where addresses are.'),
    provider: z
      .enum(['bundled', 'ip-api', 'findip', 'ipgeolocation'])
      .default('bundled')
      .describe('Databases on this machine, or a web service, to which the addresses of listeners are sent.'),
    database: z
      .string()
      .min(1)
      .optional()
      .describe('An .mmdb file (GeoIP2, GeoLite2, DB-IP) instead of the bundled DB-IP City Lite.'),
    asnDatabase: z.string().min(1).optional().describe('An .mmdb file with AS numbers instead of the bundled table.'),
    token: secret()
      .optional()
      .describe(
        'The token or key for the web service: findip and ipgeolocation need one, ip-api only for a paid plan.',
      ),
    url: z
      .url({ protocol: /^https?$/, error: 'must be a URL such as https://pro.ip-api.com/json/' })
      .optional()
      .describe('What the web service is asked at instead: the address of a paid plan, or of a proxy.'),
    perMinute: number({ least: 1, most: 100_000 })
      .optional()
      .describe('How often the web service may be asked. Default: 45 times for ip-api, 60 times for the others.'),
    timeout: duration('5s', { least: '100ms', most: '1m' }).describe('How long the web service may take to answer.'),
    cacheSize: number({ least: 1, most: 10_000_000 })
      .default(50_000)
      .describe('How many addresses are remembered, so that the web service is not asked again.'),
    cacheTime: duration('30d', { least: '1m' }).describe('How long they are remembered.'),
  })
  .superRefine(({ provider, database, asnDatabase, token, url }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (provider === 'bundled') {
      if (token !== undefined) wrong('token', 'is for a web service: say which, with provider');
      if (url !== undefined) wrong('url', 'is for a web service: say which, with provider');
      return;
    }
    if (database !== undefined) wrong('database', `is not used with the provider ${provider}: leave one of them out`);
    if (asnDatabase !== undefined)
      wrong('asnDatabase', `is not used with the provider ${provider}: leave one of them out`);
  })
  .superRefine(({ provider, token, url }, context) => {
    if ((provider !== 'findip' && provider !== 'ipgeolocation') || token !== undefined || url !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['token'],
      message: `is missing: ${provider} answers nobody without one`,
    });
  });

const Programme = z.strictObject({
  name: z
    .string()
    .regex(/^[^\p{Cc}/\\]{1,100}$/u, { error: 'must be 1 to 100 characters, without slashes' })
    .describe('What it is called.'),
  streams: list(z.string().min(1).max(500))
    .refine((patterns) => patterns.length > 0 && patterns.length <= 100, { error: 'must be 1 to 100 streams' })
    .describe('The streams, as SOURCE/STREAM, where * is any characters: radio/jazz, edge*/jazz-*.'),
});

export const Config = z.strictObject({
  listen: listenAddress()
    .prefault('127.0.0.1:8700')
    .describe('Where the dashboard and the API are served. Without users or tokens only on loopback.'),
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('The directory of the history, the cursors and the key that hides addresses.'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The address that browsers use, if a proxy stands in front.'),
  basePath: z
    .string()
    .regex(/^\/([\w.-]+\/)*$/, { error: 'must begin and end with a slash' })
    .default('/')
    .describe('Serve everything below this path.'),
  origins: list(z.url()).default([]).describe('Other origins whose pages may write.'),
  sources: z.array(z.unknown()).default([]).describe('What is watched: URLs, or objects with url and options.'),
  trustedProxies: list(cidr())
    .default([])
    .describe(
      'Proxies whose X-Forwarded-For is believed: in the logs of every source that does not say its own, and of who signs in.',
    ),
  facades: z.array(z.unknown()).default([]).describe('Other products that we speak as: objects with kind and options.'),
  sinks: z.array(z.unknown()).default([]).describe('Where we push to: objects with kind and options.'),
  programmes: z
    .array(Programme)
    .max(100, { error: 'must be at most 100' })
    .default([])
    .superRefine((programmes, context) => {
      const names = programmes.map(({ name }) => name);
      for (const [i, name] of names.entries()) {
        if (names.indexOf(name) === i) continue;
        context.addIssue({ code: 'custom', path: [i, 'name'], message: `another programme is called "${name}" too` });
      }
    })
    .describe('What several streams carry: who listens to more than one of them is counted once.'),
  staleAfter: duration('10m', { least: '10s' }).describe(
    'A source that is silent for so long ends its sessions at their last sight.',
  ),
  users: z.array(credential('password')).default([]).describe('Who may sign in to the dashboard and the API.'),
  tokens: z.array(credential('token')).default([]).describe('For programs that use the API.'),
  groups: z.array(Group).default([]).describe('Rights that several users or tokens have.'),
  exclude: list(exclusion())
    .default([])
    .describe('Who is counted with the bots: addresses, blocks such as 192.0.2.0/24, and agent:TEXT for user agents.'),
  geo: GeoOptions.prefault({}).describe('Places and networks.'),
  map: MapOptions.nullable()
    .default(null)
    .describe(
      'What the map of the dashboard is drawn with, over the base map that is always there: docs/dashboard.md.',
    ),
  identity: z
    .strictObject({
      declared: flag(true).describe('Believe playback ids that a player declares, within the limits below.'),
      maxDeclared: number({ least: 1, most: 1_000_000 })
        .default(256)
        .describe('So many declared playback ids one network may have open; the rest is one crowd.'),
      maxAgents: number({ least: 1, most: 1_000_000 })
        .default(64)
        .describe('So many user agents one network may have open; the rest is one crowd.'),
    })
    .prefault({})
    .describe('How listeners are told apart.'),
  privacy: z
    .strictObject({
      addresses: z
        .enum(['full', 'truncated', 'hashed'])
        .default('full')
        .describe('How addresses are kept and shown, everywhere.'),
      ipv4Bits: number({ least: 0, most: 32 })
        .default(24)
        .describe('So much of an IPv4 address is left when truncated.'),
      ipv6Bits: number({ least: 0, most: 128 })
        .default(48)
        .describe('So much of an IPv6 address is left when truncated.'),
    })
    .prefault({})
    .describe('What of a listener is kept.'),
  retention: z
    .strictObject({
      addresses: duration('90d')
        .nullable()
        .describe('After this it is erased who it was: address, user agent, user, device. null is never.'),
      sessions: duration('3650d').nullable().describe('After this past sessions are deleted. null is never.'),
      samples: duration('365d')
        .nullable()
        .describe('After this titles, statuses and measurements are deleted. null is never.'),
    })
    .prefault({})
    .describe('How long what is kept.'),
  sharing: z
    .strictObject({
      enabled: flag(true).describe('Judge which accounts several households use. What is kept does not depend on it.'),
      days: number({ least: 1, most: 3650 }).default(60).describe('How far back their sessions are judged.'),
      tellFrom: number({ least: 0, most: 100 })
        .default(50)
        .describe('Sinks and live events are told what is found of accounts with at least this score.'),
    })
    .prefault({})
    .describe('Shared accounts: docs/sharing.md.'),
  store: z
    .strictObject({
      memory: bytes('512MB').describe('What the database may use.'),
      threads: number({ least: 1, most: 256 }).default(2).describe('Threads of the database.'),
    })
    .prefault({})
    .describe('The embedded database, DuckDB.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged, on standard error.'),
    })
    .prefault({})
    .describe('The log.'),
});

export type Config = z.output<typeof Config>;
