/** Lines and steps of the chart in words. */

import { filterText } from '../filters/filter-text.ts';
import { formatCount, formatInZone, formatTenths } from '../format.ts';
import { texts } from '../texts.ts';
import { DAY, type Zone } from '../zone.ts';
import { type Chart, greatest, type Line, meanOfAll } from './chart.ts';
import type { Split } from './history.svelte.ts';

export function lineText({ key, isOthers }: Line, by: Split | null): string {
  if (isOthers) return texts.history.others;
  return key === null || by === null ? texts.history.all : filterText(by, key);
}

/** When a step begins. Where clocks are set within the chart it says which clock it is. */
export function stepText({ edges }: Chart, step: number, zone: Zone): string {
  const [begin, end, at] = [edges[0]!, edges.at(-1)!, edges[step]!];
  // The first and the last step may be shorter.
  const isOfDays = edges.length > 2 && edges[2]! - edges[1]! > DAY * 0.9;
  const time = formatInZone(at, isOfDays ? 'day' : 'minute', zone.name);
  const isSet = zone.localAt(begin) - begin !== zone.localAt(end) - end;
  return isSet && !isOfDays ? `${time} ${formatInZone(at, 'zoneName', zone.name)}` : time;
}

/** What a line is at a step; without one over the whole chart. */
export function valueText(line: Line, chart: Chart, step: number | null, measure: 'average' | 'peak'): string {
  if (measure === 'peak') return formatCount(step === null ? greatest(line.peak) : (line.peak[step] ?? 0));
  return formatTenths(step === null ? meanOfAll(line, chart.edges) : (line.average[step] ?? 0));
}

/** What lines add up to at a step, on average; without one over the whole chart. */
export function sumOf(lines: readonly Line[], { edges }: Chart, step: number | null): number {
  const at = (line: Line) => (step === null ? meanOfAll(line, edges) : (line.average[step] ?? 0));
  return lines.reduce((sum, line) => sum + at(line), 0);
}
