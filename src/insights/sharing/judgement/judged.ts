/** What the judgement of an account reads, and what it answers: the shapes that commands, pages and events have in common. */

import type { Instant } from '../../../core/observation.ts';
import type { WallClock } from '../../summary/wall-clock.ts';
import type { Play, Whereabouts } from '../play.ts';

/** What a network says of where its users are: of all but `fixed` it is little. */
export type NetworkKind = 'fixed' | 'mobile' | 'satellite' | 'vpn' | 'hosting';

export interface JudgedPlace extends Whereabouts {
  /** The true place lies within so many kilometres; null is not known, which counts as 50. */
  readonly accuracyKm: number | null;
}

export interface JudgedPlay extends Play {
  /** Of the session; no two plays of an account have the same. */
  readonly id: string;
  /** Null if it could not be placed, or nobody asked. */
  readonly place: JudgedPlace | null;
  readonly asn: number | null;
  readonly organization: string | null;
  /** Null: found out by the name of the organization. */
  readonly networkKind: NetworkKind | null;
}

export interface JudgeOptions {
  /** The name of the account, compared with `allowed.users`; null is none. */
  readonly user: string | null;
  /** What is known to be fine: nothing of it becomes a finding. It never raises a score. */
  readonly allowed: {
    /** As `Play.device` has them. */
    readonly devices: readonly string[];
    /** Addresses, or blocks such as 192.0.2.0/24. */
    readonly networks: readonly string[];
    readonly users: readonly string[];
  };
  /** Ids of findings that somebody said are fine, or patterns (`Finding.pattern`) of which all are. */
  readonly dismissed: readonly string[];
  /** Of the account: its days, weeks and working hours. */
  readonly clock: WallClock;
  readonly thresholds: Thresholds;
}

export interface Thresholds {
  /** No airliner is faster. */
  readonly maxSpeedKmh: number;
  /** Two plays that overlap by less are one after the other: the next episode, a player that reconnects. */
  readonly leastOverlapSeconds: number;
  /** Of one title: it goes on in another quality, or on another device. */
  readonly leastOverlapOfTitleSeconds: number;
  /** Nobody watches longer without a touch: what is left of a play is a television that sleeps. */
  readonly mostAttendedSeconds: number;
}

export type FindingKind = 'simultaneous' | 'travel' | 'households' | 'new-devices' | 'resale';

/** Evidence for a signal. */
export interface Finding {
  /** The same sessions give the same id, whatever else was played. */
  readonly id: string;
  readonly kind: FindingKind;
  /** What it has in common with its repeats: the kind, and the devices. */
  readonly pattern: string;
  /** What it adds to its signal, which is capped. */
  readonly points: number;
  /** Ids of the sessions, earlier first: two for `simultaneous`, `travel` and `households`, else one of each device. */
  readonly plays: readonly string[];
  /** One for each of `plays`. */
  readonly places: readonly (JudgedPlace | null)[];
  /** One for each of `plays`, as `Play.device` has them. */
  readonly devices: readonly string[];
  /** Between the centres of both places, null if not both are known or there are not two. */
  readonly distanceKm: number | null;
  /** From the end of the earlier to the start of the later; negative while they were at once. Null if there are not two. */
  readonly gapSeconds: number | null;
  /** When it came to light. */
  readonly at: Instant;
  /** In words, naming all its sessions: plain text that holds names of devices and places as strangers typed them. */
  readonly why: string;
  readonly whyNotSuppressed: string;
}

export interface Signal {
  readonly kind: FindingKind;
  /** Of `most`. */
  readonly points: number;
  readonly most: number;
  readonly why: string;
}

/** Why pairs of plays, or devices, that look like sharing are none. */
export const SUPPRESSIONS = [
  'allowed',
  'dismissed',
  'same-household',
  'mobile',
  'satellite',
  'vpn',
  'hosting',
  'next-episode',
  'same-title',
  'family-device',
  'work',
  'trip',
  'place-unknown',
  'within-accuracy',
] as const;
export type Suppression = (typeof SUPPRESSIONS)[number];

/** `home` is where most is played; `work` in working hours only; `stay` once, for a while; `visited` hardly ever. */
export type HouseholdKind = 'home' | 'habitual' | 'work' | 'stay' | 'visited' | 'mobile' | 'satellite' | 'masked';

/** Networks that are one place of people: one address, one IPv6 /64, a line that changes them, all local ones. */
export interface Household {
  /** A network of it: the one seen first. */
  readonly id: string;
  readonly kind: HouseholdKind;
  /** The newest ones; `networkCount` has all. */
  readonly networks: readonly string[];
  readonly networkCount: number;
  readonly place: JudgedPlace | null;
  readonly asn: number | null;
  readonly organization: string | null;
  /** The most used ones; `deviceCount` has all. */
  readonly devices: readonly string[];
  readonly deviceCount: number;
  readonly plays: number;
  /** Days on which something began. */
  readonly days: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

export interface Judgement {
  /** 0 … 100, whole: the sum of the points of `signals`, capped. */
  readonly score: number;
  /** Only those with points, most first. */
  readonly signals: readonly Signal[];
  /** Most points first, then newest first; the `MOST_FINDINGS` first ones. */
  readonly findings: readonly Finding[];
  /** With those that are not in `findings`. */
  readonly findingCount: number;
  /** How many pairs of plays, or devices, each reason has kept from being evidence. */
  readonly suppressed: Readonly<Record<Suppression, number>>;
  /** Most days first; the `MOST_HOUSEHOLDS` first ones. */
  readonly households: readonly Household[];
  readonly householdCount: number;
  /** Plays that were not compared with those before them, as there were too many pairs: then the score is "at least". */
  readonly droppedPairs: number;
}

export const MOST_FINDINGS = 200;
export const MOST_HOUSEHOLDS = 100;
