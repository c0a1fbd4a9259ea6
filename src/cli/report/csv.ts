/** The report for spreadsheets: a row for the total, and one for every value of every dimension. See docs/analyze.md. */

import { timeOrNull } from '../../http/wire.ts';
import type { RelaySummary } from '../../insights/summary/relay.ts';
import { SUMMARY_DIMENSIONS } from '../../insights/summary/summary.ts';
import { type CsvCell, csvLine } from '../../lib/csv.ts';
import { printable } from '../../telemetry/log.ts';
import { talkerName } from './relay.ts';
import type { Report } from './report.ts';
import { unitOf, unreadableReasons, valuesOf } from './words.ts';

const COLUMNS = [
  'dimension',
  'value',
  'sessions',
  'uniqueClients',
  'listeningSeconds',
  'bytes',
  'requests',
  'records',
] as const;

type Row = Partial<Readonly<Record<(typeof COLUMNS)[number], CsvCell>>>;

export function reportCsv({ analysis: { tally, counters, summary, relay } }: Report): string {
  const { sessions, uniqueClients, listeningSeconds, bytes, bots, peak } = summary;
  const rows: Row[] = [
    { dimension: 'input', value: unitOf(tally), records: tally.lines ?? tally.packets, bytes: tally.bytes },
    { dimension: 'unreadable', records: tally.unreadable },
    ...unreadableReasons(counters).map(({ counter, count }) => ({
      dimension: 'unreadable',
      value: counter,
      records: count,
    })),
    { dimension: 'total', sessions, uniqueClients, listeningSeconds, bytes },
    { dimension: 'bots', sessions: bots },
    { dimension: 'peak', value: timeOrNull(peak.at), sessions: peak.count },
    ...SUMMARY_DIMENSIONS.flatMap((dimension) => summary.by[dimension].map((group) => ({ dimension, ...group }))),
    ...(relay === null ? [] : relayRows(relay)),
    ...valuesOf(tally.more).flatMap(([value, records]) =>
      typeof records === 'number' ? [{ dimension: 'counted', value, records }] : [],
    ),
    ...Object.entries(tally.statuses ?? {}).map(([value, counts]) => ({ dimension: 'status', value, ...counts })),
  ];
  return [csvLine(COLUMNS), ...rows.map((row) => csvLine(COLUMNS.map((column) => cellOf(row[column]))))].join('');
}

function relayRows({ up, down, talkers }: RelaySummary): Row[] {
  return [
    { dimension: 'relayed', value: 'up', bytes: up.bytes, records: up.packets },
    { dimension: 'relayed', value: 'down', bytes: down.bytes, records: down.packets },
    ...talkers.map((each) => ({
      dimension: 'talker',
      value: talkerName(each),
      sessions: 1,
      listeningSeconds: each.seconds,
      bytes: each.up.bytes + each.down.bytes,
      records: each.up.packets + each.down.packets,
    })),
  ];
}

/** Whoever prints a CSV on a terminal must not be steered by it. */
function cellOf(cell: CsvCell | undefined): CsvCell {
  return typeof cell === 'string' ? printable(cell) : (cell ?? null);
}
