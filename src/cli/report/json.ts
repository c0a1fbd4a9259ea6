/** The report for programs: one object, as docs/analyze.md says it. Times are ISO 8601 UTC, unknown is null. */

import { timeOrNull } from '../../http/wire.ts';
import { type Concurrency, concurrencyOf } from '../../insights/summary/concurrency.ts';
import type { RelaySummary } from '../../insights/summary/relay.ts';
import { printableJson } from '../../lib/printable.ts';
import type { ReadTally } from '../../sources/source.ts';
import type { Report } from './report.ts';
import { unreadableReasons } from './words.ts';

const STEPS = 1000;
const PLACES = 1000;

export function reportJson({ analysis: { files, tally, counters, summary, relay } }: Report): string {
  const { bytes, lines, packets, unreadable, more } = tally;
  const reasons = Object.fromEntries(unreadableReasons(counters).map(({ counter, count }) => [counter, count]));
  const { sessions, uniqueClients, bots, peak, listeningSeconds, period } = summary;
  const report = {
    input: { files: files.length, bytes, lines, packets, unreadable, reasons },
    period: { from: timeOrNull(period?.from ?? null), to: timeOrNull(period?.to ?? null) },
    sessions,
    uniqueClients,
    bots,
    peak: { count: peak.count, at: timeOrNull(peak.at) },
    listeningSeconds,
    bytes: summary.bytes,
    by: { ...summary.by, ...statusesOf(tally) },
    timeline: timelineOf(concurrencyOf(summary.presences, STEPS)),
    places: summary.places.slice(0, PLACES),
    ...(relay === null ? {} : { relay: relayOf(relay) }),
    ...more,
  };
  return `${printableJson(JSON.stringify(report, null, 2))}\n`;
}

function statusesOf({ statuses }: ReadTally): object {
  if (statuses === null) return {};
  const status = Object.entries(statuses)
    .map(([value, counts]) => ({ value, ...counts }))
    .sort((a, b) => b.requests - a.requests);
  return { status };
}

function relayOf({ talkers, ...sums }: RelaySummary): object {
  return { ...sums, talkers: talkers.map((each) => ({ ...each, startedAt: timeOrNull(each.startedAt) })) };
}

function timelineOf(concurrency: Concurrency | null): object | null {
  if (concurrency === null) return null;
  const { from, step, average, peak } = concurrency;
  return {
    stepSeconds: step / 1000,
    steps: average.map((_, i) => timeOrNull(from + i * step)),
    average: average.map((value) => Math.round(value * 1000) / 1000),
    peak,
  };
}
