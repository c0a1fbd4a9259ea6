/**
 * Concurrency over time as an SVG: the average as an area, the peak as a line above it, the greatest of all marked. It
 * stretches with the page while its texts do not: positions are percentages, and only the curves are in a picture of
 * their own that is stretched. Pointing at a step shows its numbers, without a script.
 */

import type { Concurrency, Peak } from '../../../insights/summary/concurrency.ts';
import type { WallClock } from '../../../insights/summary/wall-clock.ts';
import { type Markup, markup } from '../../../lib/markup.ts';
import { decimal, number, Reading, step as stepWords } from '../figures.ts';
import { roundTicks, timeTicks } from './ticks.ts';

/** In pixels of the page. */
const TOP = 34;
const PLOT = 230;
const BOTTOM = TOP + PLOT;
const HEIGHT = BOTTOM + 30;

export function concurrencyChart(concurrency: Concurrency, peak: Peak, clock: WallClock): Markup {
  const { from, step, average, peak: peaks } = concurrency;
  const to = from + step * average.length;
  const ticks = roundTicks(peak.count, 4);
  const top = ticks.at(-1)!;
  const x = (at: number) => percent((at - from) / (to - from));
  const y = (value: number) => round(BOTTOM - (value / top) * PLOT);
  const days = timeTicks(from, to, 7, clock);
  return markup`<svg class="chart" width="100%" height="${HEIGHT}" role="img" aria-labelledby="chart-title chart-words">
<title id="chart-title">Sessions at once</title>
<desc id="chart-words">${describe(concurrency, peak, clock)}</desc>
<g class="grid">${ticks.map((value) => markup`<line x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"/>`)}</g>
<g class="times">${days.map(
    ({ at, label }, i) => markup`<g class="${i % 2 === 0 ? 'even' : 'odd'}">
<line x1="${x(at)}" x2="${x(at)}" y1="${BOTTOM}" y2="${BOTTOM + 5}"/>
<text x="${x(at)}" y="${BOTTOM + 21}" text-anchor="${anchorOf(at, from, to)}">${label}</text></g>`,
  )}</g>
<svg x="0" y="${TOP}" width="100%" height="${PLOT}" viewBox="0 0 ${average.length} ${PLOT}" preserveAspectRatio="none">
<path class="area" d="${stairs(average, top)}V${PLOT}H0Z"/>
<path class="peaks" d="${stairs(peaks, top)}"/>
<path class="average" d="${stairs(average, top)}"/>
</svg>
<g class="levels">${ticks.slice(1).map((value) => markup`<text x="0" y="${y(value) - 5}">${number(value)}</text>`)}</g>
${summit(peak, x, y, from, to)}
<g class="steps">${average.map((_, i) => hover(i, concurrency, clock))}</g>
</svg>`;
}

function summit(
  { count, at }: Peak,
  x: (at: number) => string,
  y: (value: number) => number,
  from: number,
  to: number,
): Markup | null {
  if (at === null) return null;
  const anchor = at - from > (to - from) / 2 ? 'end' : 'start';
  return markup`<g class="summit"><circle cx="${x(at)}" cy="${y(count)}" r="4.5"/>
<text x="${x(at)}" y="${y(count) - 11}" text-anchor="${anchor}">${number(count)} at once</text></g>`;
}

/** What belongs to a step: unseen until it is pointed at. */
function hover(i: number, { from, step, average, peak }: Concurrency, clock: WallClock): Markup {
  const [left, middle, width] = [i, i + 0.5, 1].map((steps) => percent(steps / average.length));
  const isRight = i * 2 > average.length;
  const begin = new Reading(from + i * step, clock);
  const when = step >= 86_400_000 ? begin.day : `${begin.day}, ${step < 60_000 ? begin.second : begin.minute}`;
  const side = markup`x="${middle!}" dx="${isRight ? -8 : 8}" text-anchor="${isRight ? 'end' : 'start'}"`;
  return markup`<g><rect x="${left!}" y="0" width="${width!}" height="${BOTTOM}"/>
<line x1="${middle!}" x2="${middle!}" y1="4" y2="${BOTTOM}"/>
<text ${side} y="14">${when}</text>
<text ${side} y="30">${decimal(average[i]!)} on average, ${number(peak[i]!)} at most</text></g>`;
}

/** A level for each step; whole tenths of a pixel. */
function stairs(values: readonly number[], top: number): string {
  const parts = values.map((value, i) => `${i === 0 ? 'M0 ' : 'V'}${round(PLOT - (value / top) * PLOT)}h1`);
  return parts.join('').replace(/^M0 ([\d.-]+)h1/, 'M0 $1h1');
}

function anchorOf(at: number, from: number, to: number): string {
  const share = (at - from) / (to - from);
  return share < 0.03 ? 'start' : share > 0.97 ? 'end' : 'middle';
}

function describe({ from, step, average }: Concurrency, peak: Peak, clock: WallClock): string {
  const begin = new Reading(from, clock);
  const end = new Reading(from + step * average.length, clock);
  const at = peak.at === null ? '' : `, at most ${number(peak.count)} on ${new Reading(peak.at, clock).day}`;
  return `From ${begin.day} ${begin.minute} to ${end.day} ${end.minute}, every ${stepWords(step)}${at}.`;
}

function percent(share: number): string {
  return `${Math.round(share * 1e5) / 1e3}%`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
