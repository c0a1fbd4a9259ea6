/** The judgement by households for spreadsheets: a row for each finding of each user; one without, for a user with none. */

import { time } from '../../http/wire.ts';
import type { CsvCell } from '../../lib/csv.ts';
import { table } from './csv.ts';
import { shown } from './figures.ts';
import type { JudgedReport } from './report.ts';

const COLUMNS = [
  ...['user', 'userId', 'score', 'classicScore', 'households', 'finding', 'kind', 'points', 'at', 'distanceKm'],
  ...['gapSeconds', 'devices', 'sessions', 'why', 'whyNotSuppressed'],
];

export function judgedCsv({ flagged }: JudgedReport): string {
  const rows = flagged.flatMap(({ account, shared, judgement }) => {
    const user = [shown(account.name), shown(account.id), shared.score, judgement.score, shared.householdCount];
    const findings = shared.findings.map(({ id, kind, points, at, distanceKm, gapSeconds, ...finding }): CsvCell[] => {
      const km = distanceKm === null ? null : Math.round(distanceKm);
      const texts = [finding.devices.join(' '), finding.plays.join(' '), finding.why, finding.whyNotSuppressed];
      return [shown(id), kind, points, time(at), km, gapSeconds, ...texts.map(shown)];
    });
    if (findings.length === 0) findings.push(COLUMNS.slice(user.length).map(() => null));
    return findings.map((finding) => [...user, ...finding]);
  });
  return table(COLUMNS, rows);
}
