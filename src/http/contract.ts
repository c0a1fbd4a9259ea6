/**
 * The wire shapes of the native API, said once: routes validate with them, `/openapi.json` is made from them, and the
 * dashboard imports their types. Times are ISO 8601 UTC with milliseconds; unknown is null, never an empty string.
 */

import { z } from 'zod';
import { CUME_RULES, DIMENSIONS, SESSION_SORTS, SESSION_STATES } from '../core/query.ts';
import { STEPS } from '../insights/metrics/steps.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { SharingFoundWire } from './sharing-contract.ts';
import { YouWire } from './sign-in-contract.ts';

export * from './sharing-contract.ts';
export * from './sign-in-contract.ts';
export * from './trial-contract.ts';

const time = z.iso.datetime({ precision: 3 }).describe('ISO 8601, UTC, with milliseconds.');
const count = z.int().min(0);

export const ErrorBody = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: 'Error', description: 'What went wrong, in a sentence that a person can act on.' });

const Flow = z.object({ packets: count, bytes: count });

export const SessionWire = z
  .object({
    id: z.string().describe('Never moves.'),
    source: z.string().describe('The source that knows the session, or the audience that it shares with others.'),
    stream: z.string(),
    client: z.object({
      ip: z.string().nullable().describe('As `privacy` allows it to be kept.'),
      port: z.int().nullable(),
      userAgent: z.string().nullable(),
      user: z.string().nullable(),
      device: z.string().nullable(),
    }),
    player: z
      .object({
        name: z.string().nullable(),
        version: z.string().nullable(),
        type: z.string().nullable().describe('browser, player, app, library, tool, bot, …'),
        platform: z.string().nullable(),
      })
      .nullable(),
    geo: z
      .object({
        countryCode: z.string().nullable().describe('ISO 3166-1 alpha-2.'),
        country: z.string().nullable().describe('English name.'),
        regionCode: z.string().nullable(),
        region: z.string().nullable(),
        city: z.string().nullable(),
        postalCode: z.string().nullable(),
        latitude: z.number().nullable(),
        longitude: z.number().nullable(),
        accuracyKm: z.number().nullable().describe('The place is somewhere within this radius.'),
        timeZone: z.string().nullable(),
        asn: z.int().nullable(),
        organization: z.string().nullable(),
      })
      .nullable()
      .describe('Where it was when it opened; null if nothing is known.'),
    startedAt: time,
    lastSeenAt: time.describe('The end of its newest presence; never includes the gap.'),
    endedAt: time.nullable().describe('Null while it is open.'),
    endReason: z
      .enum(['left', 'expired', 'lost'])
      .nullable()
      .describe(
        'left: told or seen to be gone; expired: silent for longer than the gap or its lease; lost: the source went silent.',
      ),
    durationSeconds: z.number().min(0),
    bytes: count,
    traffic: z.object({ up: Flow, down: Flow }).nullable().describe('Where packets are counted by direction.'),
    requests: count,
    quality: z.string().nullable().describe('The newest.'),
    qualityChanges: z
      .array(z.object({ at: time, quality: z.string() }))
      .describe('At most 64; the first is the first sight.'),
    title: z.string().nullable(),
    identity: z.enum(['connection', 'declared', 'inferred']).describe('What the session is recognised by.'),
    bot: z.boolean(),
    provisional: z.boolean().describe('A live view; the authoritative row will take its place.'),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'Session' });
export type SessionWire = z.infer<typeof SessionWire>;

export const StreamWire = z
  .object({
    id: z.string(),
    source: z.string(),
    stream: z.string(),
    status: z.enum(['up', 'down', 'unreachable', 'unknown']),
    statusSince: time.nullable(),
    title: z.string().nullable(),
    titleSince: time.nullable(),
    name: z.string().nullable(),
    description: z.string().nullable(),
    genre: z.string().nullable(),
    contentType: z.string().nullable(),
    bitrateKbps: z.number().nullable(),
    startedAt: time.nullable(),
    sessions: count.describe('Open now, bots left out.'),
    bots: count,
    reportedListeners: count
      .nullable()
      .describe('What the server itself counts, where it does: a gauge beside our sessions.'),
    peakListeners: count.nullable().describe('As the server tells it.'),
    uniqueListeners: count.nullable().describe('Different listeners now, by the count of the server.'),
    maxListeners: count.nullable().describe('How many the server lets in. Null: no limit is known.'),
    averageSeconds: z.number().min(0).nullable().describe('How long listeners stay, by the reckoning of the server.'),
    countOnly: z
      .boolean()
      .describe(
        'Its sources tell only how many listen, never who: `reportedListeners` is counted by the server, and there are no sessions of it.',
      ),
  })
  .meta({ id: 'Stream' });
export type StreamWire = z.infer<typeof StreamWire>;

export const StreamDetailWire = StreamWire.extend({
  history: z
    .array(z.object({ at: time, status: StreamWire.shape.status, title: z.string().nullable() }))
    .describe('Changes of status or title, newest first.'),
  titles: z
    .array(z.object({ at: time, title: z.string() }))
    .describe('What has played, with the time at which it began: at most the last 50 titles, newest last.'),
}).meta({ id: 'StreamDetail' });
export type StreamDetailWire = z.infer<typeof StreamDetailWire>;

export const StreamListenersWire = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number(),
    steps: z.array(time).describe('The start of each step.'),
    average: z
      .array(z.number().nullable())
      .describe('Weighted by time, over what is known of the step. Null: nothing is.'),
    peak: z.array(z.number().nullable()).describe('The greatest count that was kept.'),
  })
  .meta({
    id: 'StreamListeners',
    description: 'What the server itself counted: a gauge, kept when it changes, at most every ten seconds.',
  });
export type StreamListenersWire = z.infer<typeof StreamListenersWire>;

export const ProgrammeWire = z
  .object({
    name: z.string(),
    status: StreamWire.shape.status.describe('up if one of its streams is.'),
    title: z.string().nullable().describe('The newest of those of its streams that are up.'),
    titleSince: time.nullable(),
    sessions: count.describe('Open now on all of its streams, bots and relays left out.'),
    listeners: count.describe('Distinct listeners among them: who is on several streams counts once.'),
    bots: count,
    reportedListeners: count
      .nullable()
      .describe('What the servers of its streams count, added up: connections, relays and all.'),
    streamCount: count,
    streamsUp: count,
  })
  .meta({ id: 'Programme', description: 'What several streams carry: mounts, bitrates, servers.' });
export type ProgrammeWire = z.infer<typeof ProgrammeWire>;

export const ProgrammesWire = z.object({ items: z.array(ProgrammeWire) }).meta({ id: 'Programmes' });
export type ProgrammesWire = z.infer<typeof ProgrammesWire>;

export const ProgrammeDetailWire = ProgrammeWire.extend({
  streams: z.array(StreamWire).describe('The greatest audience first.'),
}).meta({ id: 'ProgrammeDetail' });
export type ProgrammeDetailWire = z.infer<typeof ProgrammeDetailWire>;

export const SessionPageWire = z
  .object({ items: z.array(SessionWire), nextCursor: z.string().nullable(), total: count })
  .meta({ id: 'SessionPage' });
export type SessionPageWire = z.infer<typeof SessionPageWire>;

export const SessionTitlesWire = z
  .object({
    items: z
      .array(
        z.object({
          from: time.describe('When it began, or the session, whichever came later.'),
          to: time.describe('When another one began, or the last sight of the session.'),
          title: z.string(),
        }),
      )
      .describe('In their order, and within the session.'),
  })
  .meta({
    id: 'SessionTitles',
    description:
      'What its stream played while a session was there, by what the sources told of the stream: the newest 1000 changes before its end.',
  });
export type SessionTitlesWire = z.infer<typeof SessionTitlesWire>;

export const AudienceWire = z
  .object({
    at: time,
    total: z.object({ sessions: count, listeners: count, bots: count }),
    by: z.enum(DIMENSIONS).nullable(),
    groups: z.array(
      z.object({ value: z.string().nullable(), label: z.string().nullable(), sessions: count, bots: count }),
    ),
  })
  .meta({
    id: 'Audience',
    description:
      'Who is here now: includes those who are silent but still within their gap. With `at`, who was there then by the history: their presence, without the gap.',
  });
export type AudienceWire = z.infer<typeof AudienceWire>;

/** A stream may carry several programmes, or none: their sums are nothing. */
const HISTORY_BY = [...DIMENSIONS, 'programme'] as const;

export const HistoryWire = z
  .object({
    from: time,
    to: time,
    by: z.enum(HISTORY_BY).nullable(),
    groups: z.array(
      z.object({
        value: z.string().nullable(),
        label: z.string().nullable(),
        sessions: count,
        uniqueClients: count,
        listeningSeconds: z.number().min(0),
        bytes: count,
      }),
    ),
  })
  .meta({ id: 'History', description: 'Sessions clipped to the period; open ones count as they stand.' });
export type HistoryWire = z.infer<typeof HistoryWire>;

export const TimelineWire = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number(),
    provisionalFrom: time.nullable().describe('From here on sessions that seem over may still turn out to go on.'),
    steps: z.array(time).describe('The start of each step.'),
    series: z.array(
      z.object({
        value: z.string().nullable(),
        label: z.string().nullable(),
        average: z.array(z.number()).describe('Time-weighted.'),
        peak: z.array(count).describe('Exact: the greatest number of sessions at once.'),
      }),
    ),
  })
  .meta({ id: 'Timeline', description: 'Concurrency; never includes the gap.' });
export type TimelineWire = z.infer<typeof TimelineWire>;

const AudienceFigures = z.object({
  tlhHours: z.number().min(0).describe('Total listening hours (TLH): the time that sessions were there, added up.'),
  tlhSeconds: z.number().min(0),
  aas: z.number().min(0).describe('Average active sessions (AAS): TLH by the hours of the period.'),
  ss: count.describe('Session starts (SS): sessions that began in the period.'),
  as: count.describe('Active sessions (AS): sessions that were there in the period, whenever they began.'),
  cume: count
    .nullable()
    .describe('Distinct listeners (CUME), by the rule. Null if that needs a whole quarter-hour and there is none.'),
  tslSeconds: z.number().min(0).nullable().describe('Time spent listening (TSL): TLH by CUME. Null without listeners.'),
  atslSeconds: z
    .number()
    .min(0)
    .nullable()
    .describe('Average time spent listening (ATSL): TLH by AS. Null without sessions.'),
  aqh: z
    .number()
    .min(0)
    .nullable()
    .describe(
      'Average quarter-hour listeners (AQH): who listens for five minutes of a clock quarter-hour, averaged over all quarter-hours that lie in the period as a whole. Null if none does.',
    ),
  quarterHours: count.describe('How many these are.'),
  peak: z
    .object({ count, at: time.nullable() })
    .describe('The greatest number of sessions at once, and when it was first reached.'),
  grossSessions: count.describe('Active sessions, also those that are shorter than `minSessionSeconds`.'),
});

const reported = {
  from: time,
  to: time,
  hours: z.number().min(0).describe('How long the period really lasts: a day may have 23 or 25 hours.'),
};

export const AudienceReportWire = z
  .object({
    ...reported,
    timeZone: z.string(),
    step: z.enum(STEPS).nullable(),
    provisionalFrom: time.nullable().describe('From here on sessions that seem over may still turn out to go on.'),
    rules: z.object({
      minSessionSeconds: z.number().min(0).describe('Sessions that last shorter, in all, are gross sessions only.'),
      cumeRule: z.enum(CUME_RULES),
      bot: z.enum(['true', 'false', 'all']).describe('Only bots, only people, or both.'),
    }),
    totals: AudienceFigures,
    steps: z.array(AudienceFigures.extend(reported)).describe('None unless `step` is given.'),
  })
  .meta({
    id: 'AudienceReport',
    description: 'Listening metrics; docs/metrics.md has the definitions. Open sessions count as they stand.',
  });
export type AudienceReportWire = z.infer<typeof AudienceReportWire>;

export const PlacesWire = z
  .object({
    at: time,
    places: z.array(
      z.object({
        latitude: z.number(),
        longitude: z.number(),
        accuracyKm: z.number().nullable(),
        city: z.string().nullable(),
        countryCode: z.string().nullable(),
        country: z.string().nullable(),
        count,
      }),
    ),
    unplaced: count.describe('Sessions whose place is not known.'),
  })
  .meta({ id: 'Places', description: 'Where the open sessions are; with `at`, those that were there then.' });
export type PlacesWire = z.infer<typeof PlacesWire>;

export const SourceWire = z
  .object({
    name: z.string(),
    kind: z.string(),
    audience: z.string().nullable(),
    relays: z.boolean().describe('Its sessions are allocations of a relay (TURN), with traffic in both directions.'),
    status: z.enum(['starting', 'running', 'waiting', 'finished', 'stopped']),
    statusSince: time,
    lastBatchAt: time.nullable(),
    watermark: time.nullable().describe('Everything up to here has been told.'),
    lagSeconds: z.number().nullable().describe('How far the watermark is behind the clock.'),
    restarts: count,
    lastError: z.object({ code: z.string(), message: z.string(), at: time }).nullable(),
    sessions: count,
    hasOutput: z.boolean().describe('It runs a program, whose newest lines may be asked for.'),
    counters: z.record(z.string(), z.number()),
    gapSeconds: z.number().describe('A session ends when nothing was seen of it for so long.'),
    latenessSeconds: z.number().describe('What it tells may be so old: it is always behind by as much.'),
    rates: z
      .array(z.object({ counter: z.string(), perSecond: z.number() }))
      .describe('What it takes in, over the last minute, the most telling first; empty in the first second.'),
    rejects: z
      .array(
        z.object({
          counter: z.string(),
          count,
          of: count.nullable().describe('How many there were of that in all; null where nothing counts those.'),
          example: z
            .object({
              text: z.string(),
              expected: z.string().nullable().describe('What it should have been, such as the name of a format.'),
              at: time,
            })
            .nullable()
            .describe('The newest, anonymised; only for whoever sees every stream and addresses.'),
        }),
      )
      .describe('What came and could not be used.'),
  })
  .meta({ id: 'Source' });
export type SourceWire = z.infer<typeof SourceWire>;

export const SourcesWire = z.object({ items: z.array(SourceWire) }).meta({ id: 'Sources' });
export type SourcesWire = z.infer<typeof SourcesWire>;

export const SourceOutputWire = z
  .object({
    items: z
      .array(z.object({ at: time.describe('When the line was read.'), text: z.string() }))
      .describe('Oldest first. Clients may have written any part of it: it is text, and nothing else.'),
  })
  .meta({ id: 'SourceOutput' });
export type SourceOutputWire = z.infer<typeof SourceOutputWire>;

export const StreamsWire = z.object({ items: z.array(StreamWire) }).meta({ id: 'Streams' });
export type StreamsWire = z.infer<typeof StreamsWire>;

const MapWire = z.object({
  tiles: z.string().describe('The URL of a raster tile of 256 pixels, with {z}, {x} and {y}.'),
  attribution: z.object({ text: z.string(), url: z.string().nullable() }),
});
export type MapWire = z.infer<typeof MapWire>;

export const StatusWire = z
  .object({
    version: z.string(),
    startedAt: time,
    at: time,
    demo: z.boolean(),
    timeZone: z.string().describe('The IANA name of the time zone of the machine that Headcount runs on.'),
    stalled: z
      .object({ since: time, message: z.string() })
      .nullable()
      .describe('Set while reading has stopped for want of room.'),
    gapSeconds: z
      .number()
      .describe('The longest gap of any source: the live audience includes those still within theirs.'),
    store: z.object({ bytes: count, sessions: count }).nullable().describe('Null for whoever may not see all streams.'),
    you: YouWire,
    attribution: z.array(z.object({ text: z.string(), url: z.string() })),
    map: MapWire.nullable().describe('The tiles that the configuration has for the map; null is the base map alone.'),
  })
  .meta({ id: 'Status' });
export type StatusWire = z.infer<typeof StatusWire>;

/** `event: audience` of `/api/v1/live`, once a second. */
export const LiveAudience = z
  .object({
    at: time,
    sessions: count,
    listeners: count,
    bots: count,
    joined: count.describe('People who came since the event before, also those whose `session` event was left out.'),
    left: count,
    streams: z.record(z.string(), count).describe('Sessions by stream id.'),
    top: z
      .record(
        z.string(),
        z.array(z.object({ value: z.string().nullable(), label: z.string().nullable(), sessions: count })),
      )
      .describe('The ten greatest values of country, city, player, quality and asn.'),
    stalled: z.boolean(),
  })
  .meta({ id: 'LiveAudience' });
export type LiveAudience = z.infer<typeof LiveAudience>;

/** `event: session` of `/api/v1/live`: at most 20 a second, unless all are asked for. */
export const LiveSession = z
  .object({ change: z.enum(['joined', 'left']), session: SessionWire })
  .meta({ id: 'LiveSession' });
export type LiveSession = z.infer<typeof LiveSession>;

const Event = z.object({
  id: z.string().describe('Never moves, however often the event is told: tell by it what you have seen already.'),
  at: time.describe('When it happened, by the time of the source.'),
});

/** What sinks tell. */
export const EventWire = z
  .discriminatedUnion('type', [
    Event.extend({ type: z.enum(['listener.new', 'session.opened', 'session.closed']), session: SessionWire }),
    Event.extend({
      type: z.literal('session.superseded'),
      sessionId: z.string().describe('It is part of, or replaced by, another session; or open again.'),
      by: z.string().describe('The id of that session.'),
    }),
    Event.extend({ type: z.literal('sharing.found'), ...SharingFoundWire.shape }),
    Event.extend({
      type: z.literal('stream.status'),
      stream: StreamWire,
      heldSeconds: z.number().min(0).describe('It was so for this long before it was told; 0 is at once.'),
    }),
    Event.extend({
      type: z.enum(['audience.above', 'audience.below']),
      stream: StreamWire,
      limit: z
        .object({ above: count, below: count, readings: count })
        .describe('The audience was greater than `above`, or less than `below`, for so many readings.'),
    }),
    Event.extend({
      type: z.literal('digest'),
      events: count.describe('So many events that are told as one.'),
      from: time.describe('When the first of them happened.'),
      counts: z
        .array(z.object({ type: z.string(), stream: z.string().nullable(), events: count }))
        .describe('At most 50, the greatest first.'),
    }),
  ])
  .meta({ id: 'Event' });
export type EventWire = z.infer<typeof EventWire>;

/** What a webhook is sent. */
export const EventsWire = z.object({ events: z.array(EventWire).min(1) }).meta({ id: 'Events' });
export type EventsWire = z.infer<typeof EventsWire>;

/** What a snapshot in a file says. */
export const SnapshotWire = z
  .object({
    at: time,
    total: AudienceWire.shape.total,
    streams: z.array(StreamWire),
    sessions: z.array(SessionWire).describe('The newest; `total` says how many there are.'),
  })
  .meta({ id: 'Snapshot' });
export type SnapshotWire = z.infer<typeof SnapshotWire>;

export const ForgottenWire = z
  .object({ sessions: count.describe('How many sessions were touched.') })
  .meta({ id: 'Forgotten' });
export type ForgottenWire = z.infer<typeof ForgottenWire>;

// Queries. A parameter that may be given several times means "one of these"; `~` means "unknown".

const several = z
  .union([z.string(), z.array(z.string()).max(100)], { error: 'may be given at most 100 times' })
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .optional();

export const UNKNOWN = '~';

const filters = {
  stream: several,
  source: several,
  country: several.describe('ISO 3166-1 alpha-2.'),
  city: several.describe('With its country, since there are many of one name: `London, GB`.'),
  player: several,
  platform: several,
  quality: several,
  asn: several,
  programme: several.describe('On the streams of a programme.'),
  user: several,
  identity: several,
  ip: several.describe('As it is kept.'),
  bot: z.enum(['true', 'false', 'all']).default('false').describe('Only bots, only people, or both.'),
};

const LATEST = Date.UTC(9999, 11, 31);
const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
  .transform((text) => Date.parse(text))
  .refine((at) => at >= 0 && at <= LATEST, { error: 'must lie between the years 1970 and 9999' });
const from = instant.optional().describe('ISO 8601. Default: a day before `to`.');
const to = instant.optional().describe('ISO 8601. Default: now.');
const by = z.enum(DIMENSIONS).optional();

const at = instant
  .optional()
  .describe(
    'ISO 8601, not in the future: whoever was there at this moment (`startedAt` ≤ `at` < `lastSeenAt`), by the history; open sessions reach to their last sight.',
  );
const filtersThen = Object.fromEntries(
  Object.entries(filters).map(([name, schema]) => [
    name,
    schema.describe(`${schema.description ?? ''} Only with \`at\`.`.trim()),
  ]),
) as typeof filters;

export const SessionsQuery = z.strictObject({
  ...filters,
  at: at.describe(`${at.description} Takes the place of \`state\`, \`from\` and \`to\`.`),
  state: z.enum(SESSION_STATES).optional().describe('Default: `open`.'),
  from: instant.optional().describe('Sessions that were there at or after this time.'),
  to: instant.optional().describe('Sessions that were there before this time.'),
  sort: z
    .enum([...SESSION_SORTS, ...SESSION_SORTS.map((sort) => `-${sort}` as const)])
    .default('-startedAt')
    .describe('`-` in front is descending.'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(2000).optional().describe('The `nextCursor` of the page before.'),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe(
      'So many are left out in front, in the place of `cursor`: for a table that is scrolled anywhere. Whoever reads all pages uses cursors, which lose and repeat none while sessions come and go.',
    ),
});

const { limit: _, cursor: __, offset: ___, ...choice } = SessionsQuery.shape;

export const SessionsExportQuery = z.strictObject({
  ...choice,
  format: z.enum(['csv', 'jsonl', 'parquet']),
  columns: several
    .transform((values) => values?.flatMap((value) => value.split(',')).map((name) => name.trim()))
    .describe(
      'Names of columns, in this order; several with commas between. Default: all; docs/analyze.md explains them.',
    ),
});

/** Bots are counted beside the people: there is no filter for them. */
const { bot: botThen, ...facetsThen } = filtersThen;

export const AudienceQuery = z.strictObject({
  ...facetsThen,
  at,
  by,
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

export const PlacesQuery = z.strictObject({ ...facetsThen, bot: botThen, at });

export const StreamsQuery = z.strictObject({
  at: at.describe(
    'ISO 8601, not in the future: what was known of the streams at this moment, and how many sessions were there. What servers counted then is in `/streams/{id}/listeners`.',
  ),
});

export const HistoryRequest = z.strictObject({
  ...filters,
  from,
  to,
  by: z.enum(HISTORY_BY).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
});

const step = z.coerce
  .number()
  .min(1)
  .max(31_622_400)
  .optional()
  .describe('Seconds. Default: the period in about 300 steps.');

export const StreamListenersQuery = z.strictObject({ from, to, step });

export const TimelineRequest = z.strictObject({
  ...filters,
  from,
  to,
  step,
  by,
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('So many series; the rest is one series, `(others)`.'),
});

const LONGEST_MINIMUM = 86_400_000;
const EDGE = { error: 'must be a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31, from 1980 on' };
const edge = z.union([instant, z.iso.date(EDGE)], EDGE);

export const AudienceReportRequest = z.strictObject({
  ...filters,
  from: edge
    .optional()
    .describe(
      'ISO 8601; a date is the beginning of that day in the time zone. Not before 1980. Default: a day before `to`.',
    ),
  to: edge.optional().describe('The same, not included. What is still to come is left out. Default: now.'),
  timeZone: z
    .string()
    .max(64)
    .default('UTC')
    .describe('The IANA name of the time zone of dates and steps, such as `Europe/Berlin`.'),
  step: z
    .enum(STEPS)
    .optional()
    .describe('Also by hour, day, week (from Monday) or month of the time zone; at most 10,000 of them.'),
  minSession: z
    .string()
    .default('60s')
    .transform((text, context) => {
      const duration = parseDuration(text);
      if (duration !== null && duration <= LONGEST_MINIMUM) return duration;
      context.addIssue({
        code: 'custom',
        message: `must be a duration such as 60s, of at most ${formatDuration(LONGEST_MINIMUM)}`,
      });
      return z.NEVER;
    })
    .describe('Sessions that last shorter count as gross sessions only: the one-minute rule.'),
  cumeRule: z
    .enum(CUME_RULES)
    .default('session')
    .describe(
      'Who is a listener: `session`, who has a session that is long enough; `quarter-hour`, who listens for five minutes of a clock quarter-hour.',
    ),
});

export const LiveQuery = z.strictObject({ events: z.enum(['sampled', 'sessions']).default('sampled') });

export const IdParam = z.object({ id: z.string().min(1).max(200) });

export const NameParam = z.object({ name: z.string().min(1).max(100) });
export const SourceParam = z.object({ name: z.string().min(1).max(1000).describe('The name of the source.') });

export const ForgetBody = z
  .strictObject({
    ip: z.string().min(1).optional(),
    user: z.string().min(1).optional(),
    session: z.string().min(1).optional(),
  })
  .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
    error: 'must say exactly one of ip, user or session',
  })
  .meta({ id: 'Forget' });
