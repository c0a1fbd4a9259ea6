/** The sharing reports for programs, as docs/sharing.md says them. Times are ISO 8601 UTC, unknown is null. */

import { timeOrNull } from '../../http/wire.ts';
import { effectiveEnd } from '../../insights/sharing/classic/concurrent.ts';
import type { Jump, Sighting } from '../../insights/sharing/classic/jumps.ts';
import type { Places, Play, Whereabouts } from '../../insights/sharing/play.ts';
import { printableJson } from '../../lib/printable.ts';
import { locationOf } from './figures.ts';
import type { FlaggedAccount, SharingReport, TopAddresses } from './report.ts';

export function sharingJson({ flagged, timeline, clock }: SharingReport): string {
  const users = flagged.map((each) => userOf(each, timeline));
  return written({ judgement: 'classic', timeZone: clock.zone, users });
}

export function topAddressesJson({ accounts, places }: TopAddresses): string {
  const users = accounts.map(({ account: { id, name }, report: { plays, playSeconds, addresses } }) => ({
    ...{ id, name, plays, playSeconds },
    addresses: addresses.map((use) => ({ ...use, location: locatedAt(use.address, places) })),
  }));
  return written({ users });
}

export function written(report: object): string {
  return `${printableJson(JSON.stringify(report, null, 2))}\n`;
}

function userOf({ account, judgement, places }: FlaggedAccount, timeline: boolean): object {
  const { score, devices, heavyDevices, plays, playSeconds, concurrency, jumps } = judgement;
  const { overlaps, devicePairs, notCompared } = concurrency;
  return {
    ...{ id: account.id, name: account.name, score, plays, playSeconds, heavyDevices },
    concurrent: { sessions: overlaps, devicePairs, notCompared },
    devices: devices.map(({ addresses, ...device }) => ({
      ...device,
      addresses: addresses.map((address) => ({ address, location: locatedAt(address, places) })),
    })),
    jumps: places === null ? null : jumps.map(jumpOf),
    ...(timeline ? { timeline: concurrency.plays.map((play) => playOf(play, places)) } : {}),
  };
}

/** Null if nobody asked where. */
function locatedAt(address: string, places: Places | null): string | null {
  return places === null ? null : locationOf(address, places);
}

export function playOf({ startedAt, playSeconds, ...play }: Play, places: Places | null): object {
  const { device, platform, player, address, title } = play;
  return {
    startedAt: timeOrNull(startedAt),
    endedAt: timeOrNull(effectiveEnd({ ...play, startedAt, playSeconds }, startedAt!)),
    ...{ playSeconds, device, platform, player, address, title },
    location: address === null ? null : locatedAt(address, places),
  };
}

function jumpOf({ from, to, km, hours, speedKmh }: Jump): object {
  return { from: sightingOf(from), to: sightingOf(to), km, hours, speedKmh };
}

function sightingOf({ at, address, play, place }: Sighting): object {
  const { city, region, country, latitude, longitude }: Whereabouts = place;
  const { device, platform, title } = play;
  return { at: timeOrNull(at), address, city, region, country, latitude, longitude, device, platform, title };
}
