/** The sharing reports as text, to the byte as the detector that they replace prints them. */

import { effectiveEnd } from '../../insights/sharing/classic/concurrent.ts';
import type { DeviceUse } from '../../insights/sharing/classic/judgement.ts';
import { type Jump, MAX_SPEED_KMH, type Sighting } from '../../insights/sharing/classic/jumps.ts';
import type { Places, Play } from '../../insights/sharing/play.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';
import type { Account } from './accounts.ts';
import { day, duration, left, locationOf, minute, right, shown, tenths, whole } from './figures.ts';
import type { AccountAddresses, FlaggedAccount, SharingReport, TopAddresses } from './report.ts';

const WIDTH = 78;
const MOST_JUMPS = 10;
const LONGEST_TITLE = 40;

export function sharingText({ flagged, timeline, clock }: SharingReport): string {
  if (flagged.length === 0) return 'No users flagged for potential account sharing.\n';
  const count = `${flagged.length} user(s) flagged`;
  const devices = section(
    `DEVICE BREAKDOWN  —  ${count}`,
    flagged.map((each) => devicesOf(each, clock)),
  );
  return timeline ? devices + timelinesText(flagged, clock) : devices;
}

export function timelinesText(flagged: readonly FlaggedAccount[], clock: WallClock): string {
  return section(
    `SESSION TIMELINE  —  ${flagged.length} user(s) flagged`,
    flagged.map((each) => timelineOf(each, clock)),
  );
}

export function topAddressesText({ accounts, places }: TopAddresses): string {
  return section(
    `IP USAGE BY USER  —  ${accounts.length} user(s)`,
    accounts.map((each) => addressesOf(each, places)),
  );
}

export function section(title: string, users: readonly (readonly string[])[]): string {
  const rule = '='.repeat(WIDTH);
  const lines = ['', rule, ` ${title}`, rule, '', ...users.flatMap((user) => [...user, '', '-'.repeat(WIDTH), ''])];
  return lines.map((line) => `${line}\n`).join('');
}

export function named({ name, id }: Account): string {
  return `  ${shown(name)}  (user_id: ${shown(id)})`;
}

function devicesOf({ account, judgement, places }: FlaggedAccount, clock: WallClock): string[] {
  const { score, devices, heavyDevices, plays, playSeconds, concurrency, jumps } = judgement;
  // Who has too many pairs to look at all of them has at least so many.
  const more = concurrency.notCompared === 0 ? '' : '+';
  const counts = [
    `Score: ${score}`,
    `Devices: ${devices.length}`,
    `Heavy devices: ${heavyDevices}`,
    `Concurrent sessions: ${concurrency.overlaps}${more}`,
    `Concurrent device pairs: ${concurrency.devicePairs}${more}`,
  ];
  return [
    named(account),
    `  ${counts.join('  |  ')}`,
    `  Total plays: ${plays}  |  Total watch time: ${duration(playSeconds)}`,
    '',
    ...table(
      ['Platform', 16],
      ['Player', 24],
      'IPs',
      devices.map((device) => deviceRow(device, places)),
    ),
    ...(jumps.length === 0 ? [] : ['', `    TELEPORTATION DETECTED  (${jumps.length} event(s)):`]),
    ...jumps.slice(0, MOST_JUMPS).flatMap((jump) => jumpLines(jump, clock)),
  ];
}

type Column = readonly [head: string, width: number];

function table([platform, wide]: Column, [player, wider]: Column, last: string, rows: readonly string[]): string[] {
  const dashes = [wide, wider, 6, 11].map((width) => '-'.repeat(width)).join(' ');
  const heads = `${left(platform, wide)} ${left(player, wider)} ${right('Plays', 6)} ${right('Watch Time', 11)}`;
  return [`    ${heads}  ${last}`, `    ${dashes}  ${'-'.repeat(30)}`, ...rows];
}

function deviceRow({ platform, player, plays, playSeconds, addresses }: DeviceUse, places: Places | null): string {
  const facts = `${left(shown(platform), 16)} ${left(shown(player), 24)} ${right(plays, 6)}`;
  const where = addresses.map((address) => located(address, places)).join(', ');
  return `    ${facts} ${right(duration(playSeconds), 11)}  ${where === '' ? '—' : where}`;
}

function located(address: string, places: Places | null): string {
  const text = shown(address);
  return places === null ? text : `${text} (${shown(locationOf(address, places))})`;
}

function jumpLines({ from, to, km, hours, speedKmh }: Jump, clock: WallClock): string[] {
  const seen = ({ at, place }: Sighting) =>
    `${day(at, clock)} ${minute(at, clock)} ${shown(place.city)}, ${shown(place.region ?? '')}`;
  return [
    `      ${seen(from)}  -->  ${seen(to)}`,
    `        ${whole(km)} km in ${tenths(hours)}h  (${whole(speedKmh)} km/h — max plausible: ${MAX_SPEED_KMH} km/h)`,
    `        Devices: ${shown(from.play.platform)} -> ${shown(to.play.platform)}`,
  ];
}

function timelineOf({ account, judgement, places }: FlaggedAccount, clock: WallClock): string[] {
  const { plays } = judgement.concurrency;
  const lines = [`${named(account)}  —  score: ${judgement.score}`, ''];
  if (plays.length === 0) return [...lines, '    (no concurrent sessions)'];
  let today = '';
  for (const play of plays) {
    const date = day(play.startedAt!, clock);
    if (date !== today) lines.push(`    ${date}`);
    today = date;
    lines.push(...playLines(play, places, clock));
  }
  return lines;
}

function playLines(play: Play, places: Places | null, clock: WallClock): string[] {
  const { platform, player, address, title, playSeconds } = play;
  const start = play.startedAt!;
  const period = `${minute(start, clock)}-${minute(effectiveEnd(play, start), clock)}`;
  const where = address === null ? '?' : located(address, places);
  const facts = `${left(shown(platform), 14)} ${left(shown(player), 20)} ${where}`;
  return [`      ${period}  ${right(duration(playSeconds), 7)}  ${facts}`, `        ${shortTitle(shown(title))}`];
}

function shortTitle(title: string): string {
  const characters = [...title];
  return characters.length > LONGEST_TITLE ? `${characters.slice(0, LONGEST_TITLE - 3).join('')}...` : title;
}

function addressesOf({ account, report }: AccountAddresses, places: Places | null): string[] {
  const { plays, playSeconds, addresses } = report;
  const dashes = [22, 6, 11, 5].map((width) => '-'.repeat(width)).join(' ');
  return [
    named(account),
    `  Total: ${plays} plays, ${duration(playSeconds)} watch time, ${addresses.length} unique IP(s)`,
    '',
    `    ${left('IP', 22)} ${right('Plays', 6)} ${right('Watch Time', 11)} ${right('Pct', 5)}  Devices`,
    `    ${dashes}  ${'-'.repeat(30)}`,
    ...addresses.map((use) => {
      const figures = `${right(use.plays, 6)} ${right(duration(use.playSeconds), 11)} ${right(whole(use.share * 100), 4)}%`;
      const devices = use.platforms.map(shown).sort().join(', ');
      return `    ${left(located(use.address, places), 22)} ${figures}  ${devices}`;
    }),
  ];
}
