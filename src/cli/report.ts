/** What `headcount analyze` prints, for people and for programs. */

import { SUMMARY_DIMENSIONS, type SummaryDimension, type SummaryGroup } from '../insights/summary/summary.ts';
import { printable } from '../telemetry/log.ts';
import type { Analysis } from './analysis.ts';

/** One object, as DESIGN §7 says it; times are ISO 8601 UTC, unknown is null. */
export function reportJson({ files, tally, summary }: Analysis): string {
  const { bytes, lines, packets, unreadable, statuses, more } = tally;
  const status = Object.entries(statuses ?? {})
    .map(([value, counts]) => ({ value, ...counts }))
    .sort((a, b) => b.requests - a.requests);
  const report = {
    input: { files: files.length, bytes, lines, packets, unreadable },
    sessions: summary.sessions,
    uniqueClients: summary.uniqueClients,
    bots: summary.bots,
    peak: { count: summary.peak.count, at: timeOf(summary.peak.at) },
    listeningSeconds: summary.listeningSeconds,
    bytes: summary.bytes,
    by: { ...summary.by, ...(statuses === null ? {} : { status }) },
    ...more,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

const TOP = 10;
const TITLES: Record<SummaryDimension, string> = {
  stream: 'Streams',
  country: 'Countries',
  city: 'Cities',
  player: 'Players',
  platform: 'Platforms',
  quality: 'Qualities',
  user: 'Users',
};

export function reportText({ files, tally, counters, summary }: Analysis): string {
  const { peak } = summary;
  const units = tally.lines === null ? `${number(tally.packets ?? 0)} packets` : `${number(tally.lines)} lines`;
  const facts: [string, string][] = [
    [
      'Read',
      `${files.length === 1 ? files[0]! : `${files.length} files`}: ${units}, ${size(tally.bytes)}${unreadable(tally.unreadable)}`,
    ],
    ['Sessions', number(summary.sessions)],
    ['Unique clients', number(summary.uniqueClients)],
    [
      'Peak',
      peak.at === null
        ? '0'
        : `${number(peak.count)} at ${new Date(peak.at)
            .toISOString()
            .replace('T', ' ')
            .replace(/\.\d+Z$/, ' UTC')}`,
    ],
    ['Listening time', length(summary.listeningSeconds)],
    ['Bytes', size(summary.bytes)],
    ['Bots', `${number(summary.bots)} sessions, in none of these numbers`],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const head = facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  const tables = SUMMARY_DIMENSIONS.map((dimension) => table(TITLES[dimension], summary.by[dimension])).filter(
    (text) => text !== '',
  );
  const statuses = statusLine(tally.statuses);
  const notes = [
    counters['late'] ? `${number(counters['late'])} requests came too late and are sessions of their own.` : '',
  ];
  const sections = [head.join('\n'), ...tables, statuses, moreLines(tally.more), ...notes].filter(
    (text) => text !== '',
  );
  return printable(`${sections.join('\n\n')}\n`);
}

function table(title: string, groups: readonly SummaryGroup[]): string {
  const isKnown = groups.some(({ value }) => value !== null);
  if (!isKnown) return '';
  const rows = groups
    .slice(0, TOP)
    .map(({ value, sessions, uniqueClients, listeningSeconds, bytes }) => [
      short(value ?? 'unknown'),
      number(sessions),
      number(uniqueClients),
      number(Math.round(listeningSeconds / 360) / 10),
      size(bytes),
    ]);
  const all = [[title, 'sessions', 'clients', 'hours', 'bytes'], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const lines = all.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  const rest = groups.length > TOP ? `\n… and ${number(groups.length - TOP)} more` : '';
  return `${lines.join('\n')}${rest}`;
}

function statusLine(statuses: Analysis['tally']['statuses']): string {
  if (statuses === null) return '';
  const parts = Object.entries(statuses)
    .sort(([, a], [, b]) => b.requests - a.requests)
    .map(([status, { requests }]) => `${status}: ${number(requests)}`);
  return parts.length === 0 ? '' : `Requests by status  ${parts.join('  ')}`;
}

/** What only this kind can say: `turn messages binding request  12`. */
function moreLines(more: Readonly<Record<string, unknown>>, path = ''): string {
  return Object.entries(more)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => {
      const place = path === '' ? name : `${path} ${name}`;
      if (typeof value === 'object' && value !== null) return moreLines(value as Record<string, unknown>, place);
      return `${place}  ${typeof value === 'number' ? number(value) : String(value)}`;
    })
    .filter((text) => text !== '')
    .join('\n');
}

function unreadable(count: number): string {
  return count === 0 ? '' : `, ${number(count)} of them unreadable`;
}

function length(seconds: number): string {
  if (seconds >= 3600) return `${number(Math.round(seconds / 360) / 10)} h`;
  return seconds >= 60 ? `${number(Math.round(seconds / 6) / 10)} min` : `${number(Math.round(seconds * 10) / 10)} s`;
}

function short(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Decimal units, as disks and networks have them. */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let i = 0;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000;
    i++;
  }
  return `${i === 0 ? value : value.toFixed(1)} ${units[i]}`;
}
