/** The report for people at a terminal: 80 columns, the numbers first, then who listened to what, where and when. */

import { countryName } from '../../http/wire.ts';
import { concurrencyOf } from '../../insights/summary/concurrency.ts';
import { SUMMARY_DIMENSIONS, type SummaryDimension, type SummaryGroup } from '../../insights/summary/summary.ts';
import type { WallClock } from '../../insights/summary/wall-clock.ts';
import type { ReadTally } from '../../sources/source.ts';
import { printable } from '../../telemetry/log.ts';
import type { Analysis } from '../analysis.ts';
import { fit, widthOf } from '../text-width.ts';
import { hours, length, number, percent, period, Reading, size, step } from './figures.ts';
import { rate, relayFacts, talkerName } from './relay.ts';
import type { Report } from './report.ts';
import { factsOf, notesOf, type Reason, TITLES, unitOf, unreadableReasons } from './words.ts';

const TOP = 10;
const NAME = 24;
const BAR = 12;

export function reportText({ analysis, clock }: Report): string {
  const { tally, counters, summary } = analysis;
  const sections = [
    head(analysis, clock),
    facts(analysis, clock),
    chart(analysis, clock),
    ...SUMMARY_DIMENSIONS.map((dimension) => table(dimension, summary.by[dimension])),
    relayed(analysis),
    statuses(tally),
    moreLines(tally.more),
    unreadable(analysis),
    listed('Worth knowing', notesOf(counters)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

function head({ files, tally, summary }: Analysis, clock: WallClock): string {
  const name = printable(files[0] === '-' ? 'standard input' : files[0]!);
  const others = files.length - 1;
  const title = others === 0 ? name : `${name} and ${others} more`;
  const count = `${number(tally.lines ?? tally.packets ?? 0)} ${unitOf(tally)}, ${size(tally.bytes)}`;
  const when =
    summary.period === null ? [] : [`${period(summary.period.from, summary.period.to, clock)} ${clock.zone}`];
  return [title, ...when, count].join('\n');
}

function facts({ summary }: Analysis, clock: WallClock): string {
  const { sessions, uniqueClients, peak, listeningSeconds, bytes, bots } = summary;
  const pairs = [
    ['Sessions', number(sessions), 'Unique clients', number(uniqueClients)],
    ['Listening time', length(listeningSeconds), 'Bytes', size(bytes)],
    ['Average session', sessions === 0 ? '–' : length(listeningSeconds / sessions), 'Bots, left out', number(bots)],
  ] as const;
  const lines = pairs.map(
    ([left, value, right, other]) =>
      `  ${left.padEnd(18)}${value.padStart(14)}      ${right.padEnd(18)}${other.padStart(14)}`,
  );
  const at = peak.at === null ? null : new Reading(peak.at, clock);
  const when = at === null ? '' : `      on ${at.day} at ${at.second}`;
  return [...lines, `  ${'Peak'.padEnd(18)}${number(peak.count).padStart(14)}${when}`].join('\n');
}

const CHART_WIDTH = 66;
const CHART_HEIGHT = 6;
const EIGHTHS = ' ▁▂▃▄▅▆▇█';

/** Average concurrency as columns, the peak of all above its axis. Nothing where there is next to no time to show. */
function chart({ summary: { presences, period: all } }: Analysis, clock: WallClock): string {
  const concurrency = all === null ? null : concurrencyOf(presences, CHART_WIDTH, clock.offsetAt(all.from));
  if (concurrency === null || concurrency.average.length < 8) return '';
  const { from, step: each, average } = concurrency;
  const top = Math.max(...average);
  const label = number(top);
  const wide = Math.floor(CHART_WIDTH / average.length);
  const rows = Array.from({ length: CHART_HEIGHT }, (_, i) => {
    const below = CHART_HEIGHT - 1 - i;
    const columns = average.map((value) => {
      const eighths = Math.ceil((value / top) * CHART_HEIGHT * 8) - below * 8;
      return EIGHTHS[Math.min(Math.max(eighths, 0), 8)]!.repeat(wide);
    });
    const mark = i === 0 ? label : below === 0 ? '0' : '';
    return `${mark.padStart(Math.max(label.length, 5))} │${columns.join('')}`.trimEnd();
  });
  const unit = wide * average.length;
  const begin = new Reading(from, clock);
  const end = new Reading(from + each * average.length, clock);
  const isShort = each * average.length < 2 * 86_400_000;
  const [left, right] = isShort ? [begin.minute, end.minute] : [begin.shortDay, end.shortDay];
  const margin = ' '.repeat(Math.max(label.length, 5) + 2);
  const axis = `${margin}${left}${right.padStart(unit - left.length)}`;
  return [`At once (the average of each ${step(each)})`, ...rows, axis].join('\n');
}

function table(dimension: SummaryDimension, groups: readonly SummaryGroup[]): string {
  if (!groups.some(({ value }) => value !== null)) return '';
  const most = groups[0]!.listeningSeconds;
  const rows = groups
    .slice(0, TOP)
    .map(({ value, sessions, uniqueClients, listeningSeconds, bytes }) =>
      row(
        nameOf(dimension, value),
        bar(listeningSeconds / most),
        hours(listeningSeconds),
        number(sessions),
        number(uniqueClients),
        size(bytes),
      ),
    );
  const rest = groups.length > TOP ? [`  … and ${number(groups.length - TOP)} more`] : [];
  return [heading(TITLES[dimension], 'hours', 'sessions', 'clients', 'bytes'), ...rows, ...rest].join('\n');
}

type Figures = readonly [string, string, string, string];

function row(name: string, drawn: string, ...figures: Figures): string {
  return `  ${fit(name, NAME)} ${drawn.padEnd(BAR)}${aligned(figures)}`;
}

/** Hangs out to the left of its rows. */
function heading(title: string, ...figures: Figures): string {
  return `${title.padEnd(2 + NAME + 1 + BAR)}${aligned(figures)}`;
}

function aligned(figures: Figures): string {
  return figures.map((figure, i) => figure.padStart(i === 0 ? 9 : 10)).join('');
}

export function nameOf(dimension: SummaryDimension, value: string | null): string {
  if (value === null) return 'unknown';
  return printable(dimension === 'country' ? (countryName(value) ?? value) : value);
}

const PARTS = ' ▏▎▍▌▋▊▉█';

function bar(share: number): string {
  const eighths = Number.isFinite(share) ? Math.max(1, Math.round(share * BAR * 8)) : 0;
  return ('█'.repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8]!).trimEnd();
}

function relayed({ relay }: Analysis): string {
  if (relay === null) return '';
  const facts = relayFacts(relay).map(([name, value]) => `  ${fit(name, NAME)}${value}`);
  const lines = relay.talkers.slice(0, TOP).map((talker) => {
    const { bitsPerSecond, up, down, peers } = talker;
    const figures = [
      rate(bitsPerSecond),
      size(up.bytes),
      size(down.bytes),
      peers === null ? '' : number(peers),
    ] as const;
    // Where others have a bar, these have an address.
    return `  ${fit(printable(talkerName(talker)), NAME + BAR)} ${aligned(figures)}`;
  });
  const talkers = lines.length === 0 ? [] : ['', heading('Top talkers', 'average', 'up', 'down', 'peers'), ...lines];
  return ['Relayed', ...facts, ...talkers].join('\n');
}

function statuses({ statuses: counts }: ReadTally): string {
  const all = Object.entries(counts ?? {}).sort(([, a], [, b]) => b.requests - a.requests);
  if (all.length === 0) return '';
  const total = all.reduce((sum, [, { requests }]) => sum + requests, 0);
  const most = all[0]![1].requests;
  const lines = all.map(([status, { requests, bytes }]) =>
    row(printable(status), bar(requests / most), percent(requests / total), number(requests), '', size(bytes)),
  );
  return [heading('Statuses', 'share', 'requests', '', 'bytes'), ...lines].join('\n');
}

/** What only this kind can say: `turn messages binding request  12`. */
function moreLines(more: Readonly<Record<string, unknown>>): string {
  const facts = factsOf(more);
  const width = Math.max(0, ...facts.map(([name]) => widthOf(name)));
  return facts.map(([name, value]) => `  ${fit(name, width)}${value.padStart(14)}`).join('\n');
}

function unreadable({ tally, counters }: Analysis): string {
  const reasons = unreadableReasons(counters);
  if (tally.unreadable === 0 && reasons.length === 0) return '';
  const units = unitOf(tally);
  const share = percent(tally.unreadable / (tally.lines ?? tally.packets ?? 0));
  const one = tally.unreadable === 1;
  const title = `${number(tally.unreadable)} ${one ? units.slice(0, -1) : units} could not be read${share === '' ? '' : ` (${share})`}`;
  return reasons.length === 0 ? `${title}.` : listed(title, reasons);
}

function listed(title: string, reasons: readonly Reason[]): string {
  const lines = reasons.map(({ words, count }) => `  ${fit(words, NAME + BAR + 16)}${number(count).padStart(12)}`);
  return lines.length === 0 ? '' : [`${title}:`, ...lines].join('\n');
}
