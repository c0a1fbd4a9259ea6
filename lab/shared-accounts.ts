/**
 * A Plex server, through the Tautulli stand-in, whose users share their accounts, or do not: three weeks of evenings, and
 * where their addresses are.
 */

import type { DatabaseCity } from './mmdb.ts';
import type { LabTautulli } from './tautulli.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Where they are; a database of them is `cityDatabase(Object.values(SPOTS))`. */
export const SPOTS = {
  berlin: { address: '192.0.2.10', city: 'Berlin', country: ['DE', 'Germany'], at: [52.52, 13.405] },
  lyon: { address: '198.51.100.20', city: 'Lyon', country: ['FR', 'France'], at: [45.76, 4.84] },
  oslo: { address: '203.0.113.30', city: 'Oslo', country: ['NO', 'Norway'], at: [59.91, 10.75] },
  porto: { address: '203.0.113.40', city: 'Porto', country: ['PT', 'Portugal'], at: [41.15, -8.61] },
  hamburg: { address: '198.51.100.50', city: 'Hamburg', country: ['DE', 'Germany'], at: [53.55, 9.99] },
} as const satisfies Record<string, DatabaseCity>;

/** Somebody who lends an account to a friend far away; their names are theirs to choose. */
export interface Lender {
  readonly user: string;
  readonly friendlyName: string;
  readonly title?: string;
}

/** Three weeks of evenings on a television in Berlin, and on a box in Lyon and a tablet in Oslo at the same time. */
export function addLender(server: LabTautulli, { user, friendlyName, title = 'Film' }: Lender): void {
  evenings((evening, day) => {
    const rowAt = (where: DatabaseCity, machine: string, player: string, from: number, hours: number) =>
      addRow(server, {
        user,
        friendlyName,
        where,
        machine,
        player,
        from: evening + from * HOUR,
        hours,
        title: `${title} ${day}`,
      });
    rowAt(SPOTS.berlin, `${user} tv`, 'Living room', 0, 2.5);
    rowAt(SPOTS.lyon, `${user} box`, 'Salon', 0.6, 2);
    if (day % 3 === 0) rowAt(SPOTS.oslo, `${user} tablet`, 'Stue', 1, 1.2);
  });
}

/** One more film for each of the first two, at once: one that has just been watched. `from` in seconds. */
export function addTogether(server: LabTautulli, { user, friendlyName }: Lender, from: number): void {
  const rowAt = (where: DatabaseCity, machine: string, player: string, begun: number) =>
    addRow(server, { user, friendlyName, where, machine, player, from: begun, hours: 1.5, title: 'Another film' });
  rowAt(SPOTS.berlin, `${user} tv`, 'Living room', from);
  rowAt(SPOTS.lyon, `${user} box`, 'Salon', from + HOUR / 2);
}

/** A family at home: a television, and a telephone and a tablet beside it. */
export function addFamily(server: LabTautulli, user: string, where: DatabaseCity): void {
  evenings((evening, day) => {
    const rowAt = (machine: string, player: string, from: number, hours: number) =>
      addRow(server, {
        user,
        friendlyName: user,
        where,
        machine,
        player,
        from: evening + from * HOUR,
        hours,
        title: `Series ${day}`,
      });
    rowAt(`${user} tv`, 'Television', 0, 2);
    rowAt(`${user} phone`, 'Telephone', 0.5, 1);
    if (day % 2 === 0) rowAt(`${user} tablet`, 'Tablet', -3, 1);
  });
}

function evenings(add: (evening: number, day: number) => void): void {
  // What is added today is hours after the last of them, at whatever hour of the day: else it is the same occasion.
  const today = Math.floor((Date.now() / 1000 - DAY / 2) / DAY) * DAY;
  // Oldest first, as a history grows.
  for (let day = 21; day >= 1; day--) add(today - day * DAY + 18 * HOUR, day);
}

interface Row extends Lender {
  readonly where: DatabaseCity;
  readonly machine: string;
  readonly player: string;
  readonly from: number;
  readonly hours: number;
  readonly title: string;
}

function addRow(server: LabTautulli, { user, friendlyName, where, machine, player, from, hours, title }: Row): void {
  const started = Math.round(from);
  const played = Math.round(hours * HOUR);
  const facts = {
    user,
    friendly_name: friendlyName,
    user_id: [...user].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7),
  };
  server.addRow({
    ...{
      ...facts,
      player,
      platform: 'webOS',
      machine_id: machine,
      ip_address: where.address,
      full_title: title,
      title,
    },
    ...{ started, stopped: started + played, duration: played, play_duration: played },
  });
}
