/** A history for the sharing benchmark: a million plays of two thousand users, one of whom has fifty thousand. */

import { randomFrom } from '../src/enrich/fixture.ts';
import type { Play } from '../src/insights/sharing/play.ts';

const isSmall = process.env['HEADCOUNT_BENCH'] === 'small';
export const USERS = isSmall ? 200 : 2000;
export const PLAYS = isSmall ? 50_000 : 1_000_000;
export const HEAVY_PLAYS = isSmall ? 5000 : 50_000;

const YEAR = 365 * 86_400;
const BEGIN = Date.UTC(2025, 10, 1);
const PLATFORMS = ['iOS', 'Android', 'webOS', 'Roku', 'Chrome', 'tvOS'];

/** The plays of each user; the first one has `HEAVY_PLAYS`. */
export function madePlays(): Play[][] {
  const random = randomFrom(7);
  const each = Math.floor((PLAYS - HEAVY_PLAYS) / (USERS - 1));
  return Array.from({ length: USERS }, (_, user) => playsOf(user, user === 0 ? HEAVY_PLAYS : each, random));
}

/** In a year, newest first as histories come; half of them at home, where there are several devices, the others wherever. */
function playsOf(user: number, count: number, random: () => number): Play[] {
  const whole = (below: number) => Math.floor(random() * below);
  // Public addresses of all the world.
  const address = () => `${20 + whole(160)}.${whole(256)}.${whole(256)}.${1 + whole(254)}`;
  const homes = [address(), '192.168.1.20'];
  const away = Array.from({ length: 4 + Math.floor(count / 200) }, address);
  const devices = Array.from({ length: 2 + whole(5) }, (_, i) => `device-${user}-${i}`);
  const plays = Array.from({ length: count }, () => {
    const startedAt = BEGIN + whole(YEAR) * 1000;
    const playSeconds = 300 + whole(7200);
    const device = whole(devices.length);
    return {
      startedAt,
      stoppedAt: startedAt + (playSeconds + whole(600)) * 1000,
      playSeconds,
      device: devices[device]!,
      platform: PLATFORMS[device % PLATFORMS.length]!,
      player: `Player ${device}`,
      address: random() < 0.5 ? homes[whole(2)]! : away[whole(away.length)]!,
      title: 'A Film',
    };
  });
  return plays.sort((a, b) => b.startedAt - a.startedAt);
}
