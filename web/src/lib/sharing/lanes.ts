/** What the timeline draws: a lane for each device, bars on it, and what overlaps or jumps between them. Pure. */

import type { SharingReportWire } from '../../../../src/http/contract.ts';
import type { Span } from './span.ts';

export type Play = SharingReportWire['timeline'][number];
export type Household = SharingReportWire['allHouseholds'][number];
export type Finding = SharingReportWire['allFindings'][number];

export interface Bar {
  readonly play: Play;
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  /** Its place in the report's households; -1 is none that is known. */
  readonly household: number;
}

/** Two bars that a finding is about. */
export interface Link {
  readonly finding: Finding;
  readonly earlier: Bar;
  readonly later: Bar;
}

export interface Lanes {
  /** Names of devices; null is not known. */
  readonly devices: readonly (string | null)[];
  readonly bars: readonly Bar[];
  readonly links: readonly Link[];
  /** Devices of this time that have no lane. */
  readonly hidden: number;
}

const MOST_LANES = 10;

/** Devices that a finding of this time is about come first, then those with most time. */
export function lanesOf(report: SharingReportWire, { from, to }: Span): Lanes {
  const shown = report.timeline.filter((play) => endOf(play) > from && startOf(play) < to);
  const inSpan = new Set(shown.map(({ id }) => id));
  const findings = report.allFindings.filter(({ plays }) => plays.length === 2 && plays.every((id) => inSpan.has(id)));
  const named = new Set(findings.flatMap(({ plays }) => plays));
  const weights = new Map<string | null, number>();
  for (const play of shown) {
    const weight = endOf(play) - startOf(play) + (named.has(play.id) ? 1e12 : 0);
    weights.set(play.device, (weights.get(play.device) ?? 0) + weight);
  }
  const all = [...weights].sort(([, a], [, b]) => b - a).map(([device]) => device);
  const devices = all.slice(0, MOST_LANES);
  const bars = shown.flatMap((play): Bar[] => {
    const lane = devices.indexOf(play.device);
    if (lane < 0) return [];
    return [{ play, lane, from: startOf(play), to: endOf(play), household: householdOf(play, report.allHouseholds) }];
  });
  const byId = new Map(bars.map((bar) => [bar.play.id, bar]));
  const links = findings.flatMap((finding): Link[] => {
    const [earlier, later] = finding.plays.map((id) => byId.get(id));
    return earlier === undefined || later === undefined ? [] : [{ finding, earlier, later }];
  });
  return { devices, bars, links, hidden: all.length - devices.length };
}

export function startOf({ startedAt, stoppedAt }: Play): number {
  return Date.parse(startedAt ?? stoppedAt ?? '1970-01-01T00:00:00Z');
}

export function endOf(play: Play): number {
  return Math.max(startOf(play), play.stoppedAt === null ? 0 : Date.parse(play.stoppedAt));
}

/** By its network; a household says only the newest of them, so else by place and provider. */
export function householdOf({ address, place, asn }: Play, households: readonly Household[]): number {
  const byNetwork =
    address === null ? -1 : households.findIndex(({ networks }) => networks.some((each) => isIn(address, each)));
  if (byNetwork >= 0 || place?.city == null) return byNetwork;
  return households.findIndex((each) => each.asn === asn && each.place?.city === place.city);
}

/** `2001:db8:1:2::/64`, or an address. */
function isIn(address: string, network: string): boolean {
  const [prefix = '', bits] = network.split('/');
  return address === prefix || (bits === '64' && address.startsWith(prefix.replace(/:$/, '')));
}
