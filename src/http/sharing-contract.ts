/** The wire shapes of shared accounts: part of contract.ts, which says how times and what is unknown are written. */

import { z } from 'zod';
import { AUDITED, FEEDBACK_KINDS } from '../insights/sharing/live/kinds.ts';

const time = z.iso.datetime({ precision: 3 }).describe('ISO 8601, UTC, with milliseconds.');
const count = z.int().min(0);

export const FINDING_KINDS = ['simultaneous', 'travel', 'households', 'new-devices', 'resale'] as const;
const findingKind = z
  .enum(FINDING_KINDS)
  .describe(
    'simultaneous: at once in two households; travel: faster than anybody can; households: at home in several; new-devices: many new devices at once; resale: many devices in many networks.',
  );

const HOUSEHOLD_KINDS = ['home', 'habitual', 'work', 'stay', 'visited', 'mobile', 'satellite', 'masked'] as const;

const placeName = {
  city: z.string().nullable(),
  region: z.string().nullable(),
  country: z.string().nullable().describe('English name.'),
};

const JudgedPlaceWire = z.object({
  ...placeName,
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  accuracyKm: z.number().nullable(),
});

const SignalWire = z.object({
  kind: findingKind,
  points: z.number().min(0).describe('Of `most`.'),
  most: z.number(),
  why: z.string(),
});

const finding = {
  id: z.string().describe('The same sessions give the same id.'),
  kind: findingKind,
  points: z.number().min(0),
  at: time.describe('When it came to light.'),
  plays: z
    .array(z.string())
    .describe('Ids of sessions, earlier first. `devices` and `places` are theirs, in this order.'),
  devices: z.array(z.string()),
  distanceKm: z.number().nullable(),
  gapSeconds: z
    .number()
    .nullable()
    .describe('From the end of the earlier to the start of the later session; negative while they were at once.'),
  why: z.string().describe('In words.'),
  whyNotSuppressed: z.string(),
};

export const FindingWire = z
  .object({
    ...finding,
    pattern: z.string().describe('What it has in common with its repeats: as feedback, all of them are fine.'),
    places: z.array(JudgedPlaceWire.nullable()),
  })
  .meta({ id: 'Finding' });
export type FindingWire = z.infer<typeof FindingWire>;

/** What sinks and live events tell of a finding. */
export const SharingFoundWire = z.object({
  account: z.object({ id: z.string(), source: z.string(), user: z.string(), score: z.number() }),
  finding: z.object({ ...finding, places: z.array(z.object(placeName).nullable()) }).omit({ id: true, at: true }),
});

export const SharedAccountWire = z
  .object({
    id: z.string().describe('For `/sharing/{id}`. Never moves.'),
    source: z.string().describe('The source, or the audience that it shares: the same name on two is two accounts.'),
    user: z.string(),
    score: z.number().min(0).max(100).describe('How likely several households use it.'),
    classicScore: z.number().min(0).describe('By the rules of the detector for Tautulli, without an upper end.'),
    signals: z.array(SignalWire).describe('What the score is made of, most points first.'),
    findings: count,
    newestFinding: FindingWire.nullable(),
    plays: count.describe('Sessions that were judged.'),
    devices: count,
    households: count,
    lastSeenAt: time.nullable(),
    judgedAt: time,
    isCut: z.boolean().describe('It has too many sessions: only the newest were judged.'),
  })
  .meta({ id: 'SharedAccount' });
export type SharedAccountWire = z.infer<typeof SharedAccountWire>;

export const SharedAccountsWire = z
  .object({
    items: z.array(SharedAccountWire).describe('Highest score first.'),
    nextCursor: z.string().nullable(),
    total: count,
    days: count.describe('How far back sessions are judged.'),
    accounts: count.describe('All that there are, judged or not yet.'),
    judged: count,
    isCut: z.boolean().describe('There are more accounts than are judged.'),
  })
  .meta({ id: 'SharedAccounts' });
export type SharedAccountsWire = z.infer<typeof SharedAccountsWire>;

const fine = {
  kind: z
    .enum(FEEDBACK_KINDS)
    .describe('finding: one, or all of its pattern; device and network: wherever they occur; user: the whole account.'),
  value: z
    .string()
    .max(2000)
    .describe(
      'The id or the pattern of a finding, a device, an address or a block such as 192.0.2.0/24; of a user empty.',
    ),
};

const PlayWire = z.object({
  id: z.string(),
  startedAt: time.nullable(),
  stoppedAt: time.nullable(),
  playSeconds: z.number().min(0),
  device: z.string().nullable(),
  platform: z.string().nullable(),
  player: z.string().nullable(),
  address: z.string().nullable(),
  title: z.string().nullable(),
  place: JudgedPlaceWire.nullable(),
  asn: z.int().nullable(),
  organization: z.string().nullable(),
});

export const SharingReportWire = SharedAccountWire.extend({
  from: time,
  to: time,
  allFindings: z.array(FindingWire).describe('Most points first; `findings` says how many there are.'),
  suppressed: z.record(z.string(), count).describe('How much looked like sharing and is none, by why.'),
  droppedPairs: count.describe('Sessions that were not compared with those before: then the score is "at least".'),
  allHouseholds: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(HOUSEHOLD_KINDS),
      networks: z.array(z.string()),
      networkCount: count,
      place: JudgedPlaceWire.nullable(),
      asn: z.int().nullable(),
      organization: z.string().nullable(),
      devices: z.array(z.string()),
      deviceCount: count,
      plays: count,
      days: count,
      firstAt: time,
      lastAt: time,
    }),
  ),
  usedDevices: z
    .array(
      z.object({
        device: z.string().nullable(),
        platform: z.string().nullable(),
        player: z.string().nullable(),
        plays: count,
        playSeconds: z.number().min(0),
        firstAt: time,
        lastAt: time,
      }),
    )
    .describe('Most time first, at most 100.'),
  timeline: z.array(PlayWire).describe('The newest 1,000, and older ones that a finding is about; newest first.'),
  fine: z
    .array(z.object({ ...fine, at: time, by: z.string().nullable(), about: z.string() }))
    .describe('What somebody said is fine.'),
}).meta({ id: 'SharingReport' });
export type SharingReportWire = z.infer<typeof SharingReportWire>;

export const FeedbackBody = z
  .strictObject({
    kind: fine.kind,
    value: fine.value.default(''),
    fine: z.boolean().default(true).describe('false takes it back.'),
  })
  .meta({ id: 'SharingFeedback' });

export const AuditWire = z
  .object({
    items: z
      .array(
        z.object({
          number: count,
          at: time,
          who: z.string().nullable().describe('Null without credentials.'),
          what: z.enum(AUDITED),
          source: z.string().nullable(),
          user: z.string().nullable(),
          fine: z.object({ ...fine, isFine: z.boolean() }).nullable(),
        }),
      )
      .describe('Newest first.'),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'SharingAudit' });
export type AuditWire = z.infer<typeof AuditWire>;

const limit = z.coerce.number().int().min(1).max(1000).default(100);

const several = z
  .union([z.string(), z.array(z.string()).max(100)], { error: 'may be given at most 100 times' })
  .transform((value) => (Array.isArray(value) ? value : [value]))
  .optional();

export const SharingQuery = z.strictObject({
  source: several,
  user: several,
  minScore: z.coerce.number().min(0).max(100).default(0),
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe('Only accounts with a finding of the last so many days. Scores are always of the whole period.'),
  limit,
  cursor: z.string().max(2000).optional().describe('The `nextCursor` of the page before.'),
});

export const AuditQuery = z.strictObject({
  limit,
  cursor: z.coerce.number().int().min(1).optional().describe('The `nextCursor` of the page before.'),
});
