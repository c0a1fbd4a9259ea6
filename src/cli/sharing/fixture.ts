/** A Tautulli whose users play what the reports are about, for tests of `headcount sharing`. */

import { type LabTautulli, type LabTautulliOptions, startTautulli } from '../../../lab/tautulli.ts';
import type { HistoryRow } from '../../../lab/tautulli-rows.ts';
import { sharing } from '../sharing.ts';
import { keptTerminal } from '../terminal.fixture.ts';

/** 2026-03-02 20:00 UTC, a Monday. */
export const MONDAY = Date.UTC(2026, 2, 2, 20) / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;

const HOME = '192.0.2.1';
const AWAY = '198.51.100.9';
const IPV6 = '2001:db8::7';

/** Everybody is played by their own name; times are seconds. */
function plays(server: LabTautulli, user: string, id: number) {
  const own = { user, friendly_name: `${user[0]!.toUpperCase()}${user.slice(1)}`, user_id: id };
  return (device: string | null, started: number, seconds: number, address: string | null, more: Partial<HistoryRow>) =>
    server.addRow({
      ...own,
      ...{ machine_id: device, started, stopped: started + seconds, ip_address: address },
      ...{ play_duration: seconds, duration: seconds },
      ...more,
    });
}

/** `anna` shares, `bert` has a large family, `carl` one device, `dora` little, and what `emil` plays tells nothing. */
export async function startPlex(options: LabTautulliOptions = {}): Promise<LabTautulli> {
  const server = await startTautulli(options);
  const anna = plays(server, 'anna', 11);
  const tv = { platform: 'webOS', player: 'Wohnzimmer', full_title: 'Große Serie – Folge' };
  const phone = { platform: 'iOS', player: 'A phone with a very long name', full_title: `${'x'.repeat(40)}` };
  for (let day = 0; day < 6; day++) {
    anna('anna-tv', MONDAY + day * DAY, HOUR, HOME, { ...tv, full_title: `Große Serie – Folge ${day + 1}` });
    anna('anna-phone', MONDAY + day * DAY + 20 * 60, HOUR, AWAY, { ...phone, full_title: `${'x'.repeat(40 + day)}` });
  }
  anna('anna-old', MONDAY - DAY, 30, IPV6, { platform: 'Roku', player: 'Attic', stopped: MONDAY - DAY + 1800 });
  const bert = plays(server, 'bert', 12);
  for (const [i, device] of ['bert-1', 'bert-2', 'bert-3'].entries()) {
    bert(device, MONDAY + i * 600, 1000, `192.168.1.${i + 2}`, { platform: 'Chrome', player: 'Browser' });
  }
  plays(server, 'carl', 13)('carl-tv', MONDAY, 60, HOME, {});
  const dora = plays(server, 'dora', 14);
  dora('dora-1', MONDAY, 5000, HOME, {});
  dora('dora-2', MONDAY + DAY, 90, '203.0.113.77', { platform: 'Android', player: 'Tablet' });
  const emil = plays(server, 'emil', 15);
  const nothing = { platform: null, player: null, full_title: null, title: null };
  emil(null, MONDAY, 600, null, nothing);
  emil('emil-1', MONDAY + 60, 600, '203.0.113.5', nothing);
  emil('emil-2', MONDAY + 120, 600, HOME, { platform: 'tvOS' });
  server.addUser({ user_id: 16, username: 'fred', friendly_name: null });
  server.places.set(HOME, at('London', 'England', 'United Kingdom', 51.5074, -0.1278));
  server.places.set(AWAY, at('New York', null, 'United States', '40.7128', '-74.0060'));
  server.places.set(IPV6, at(null, null, 'Ghana', 0, 0));
  server.places.set('203.0.113.5', at(null, null, null, null, null));
  return server;
}

type Coordinate = number | string | null;

function at(city: string | null, region: string | null, country: string | null, lat: Coordinate, long: Coordinate) {
  return { city, region, country, latitude: lat, longitude: long };
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The classic command, asked of that server; its address is written as `http://plex.example:8181`. */
export function askSharing(server: LabTautulli, ...args: string[]): Promise<Said> {
  return ask(server, ['--classic'], args);
}

/** The same by households. */
export function askHouseholds(server: LabTautulli, ...args: string[]): Promise<Said> {
  return ask(server, [], args);
}

async function ask(server: LabTautulli, judgement: readonly string[], args: readonly string[]): Promise<Said> {
  const base = `http://${server.host}:${server.port}`;
  const terminal = keptTerminal({ env: { TAUTULLI_HOST: base, TAUTULLI_API_KEY: server.apiKey } });
  const code = await sharing.run(['--days', '36500', '-z', 'UTC', ...judgement, ...args], terminal);
  const { out, err } = terminal.written();
  const neutral = (text: string) => text.replaceAll(base, 'http://plex.example:8181');
  return { code, out: neutral(out), err: neutral(err) };
}
