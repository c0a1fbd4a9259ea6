/** The sharing reports for spreadsheets: a row for each device, or each address, of each user. See docs/sharing.md. */

import { type CsvCell, csvLine } from '../../lib/csv.ts';
import { locationOf, shown } from './figures.ts';
import type { SharingReport, TopAddresses } from './report.ts';

const DEVICE_COLUMNS = [
  ...['user', 'userId', 'score', 'devices', 'heavyDevices', 'concurrentSessions', 'concurrentDevicePairs', 'jumps'],
  ...['device', 'platform', 'player', 'plays', 'playSeconds', 'addresses'],
];
const ADDRESS_COLUMNS = ['user', 'userId', 'address', 'location', 'plays', 'playSeconds', 'share', 'platforms'];

export function sharingCsv({ flagged }: SharingReport): string {
  const rows = flagged.flatMap(({ account, judgement, places }) => {
    const { score, devices, heavyDevices, concurrency, jumps } = judgement;
    const { overlaps, devicePairs } = concurrency;
    const found = [score, devices.length, heavyDevices, overlaps, devicePairs, places === null ? null : jumps.length];
    return devices.map(({ device, platform, player, plays, playSeconds, addresses }) => {
      const own = [device, platform, player].map(cellOf);
      return [shown(account.name), shown(account.id), ...found, ...own, plays, playSeconds, shown(addresses.join(' '))];
    });
  });
  return table(DEVICE_COLUMNS, rows);
}

export function topAddressesCsv({ accounts, places }: TopAddresses): string {
  const rows = accounts.flatMap(({ account, report }) =>
    report.addresses.map(({ address, plays, playSeconds, share, platforms }) => {
      const location = places === null ? null : shown(locationOf(address, places));
      const figures = [plays, playSeconds, Math.round(share * 10_000) / 10_000];
      const names = platforms.map(shown).sort().join(' ');
      return [shown(account.name), shown(account.id), shown(address), location, ...figures, names];
    }),
  );
  return table(ADDRESS_COLUMNS, rows);
}

export function cellOf(text: string | null): CsvCell {
  return text === null ? null : shown(text);
}

export function table(columns: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [columns, ...rows].map(csvLine).join('');
}
