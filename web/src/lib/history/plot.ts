/**
 * The chart of the past, drawn by uPlot: the average as an area under the line of the peak; or a stack of averages; or a
 * peak a line. Time is the zone's. Gestures are gestures.ts's.
 */

import uPlot from 'uplot';
import { formatInZone, formatShortCount } from '../format.ts';
import type { Span } from '../period.ts';
import { colourOf, withAlpha } from '../theme.svelte.ts';
import type { Zone } from '../zone.ts';
import { type Chart, type Line, stacked, ticksOf } from './chart.ts';

/** `whole`: undivided. */
export type Drawing = 'whole' | 'stack' | 'peaks';

export interface View {
  readonly chart: Chart;
  /** Those that are switched on. */
  readonly lines: readonly Line[];
  /** Of the period compared with, by step. */
  readonly before: readonly (number | null)[] | null;
  readonly span: Span;
  readonly zone: Zone;
  /** Milliseconds since 1970. */
  readonly at: number | null;
}

export interface HistoryPlot {
  readonly plot: uPlot;
  show(view: View): void;
  /** Moves the cursor of the moment alone. */
  mark(at: number | null): void;
  remove(): void;
}

/** Colours of stacked neighbours differ in lightness: they are told apart without their hue, too. */
export const COLOURS = 8;

export function colourName(index: number, isOthers: boolean): `--series-${number | 'others'}` {
  return isOthers ? '--series-others' : `--series-${index % COLOURS}`;
}

/** Another look is another plot. */
export interface Look {
  readonly drawing: Drawing;
  /** Of the lines, in the order of `View.lines`. */
  readonly colours: readonly `--${string}`[];
  readonly hasBefore: boolean;
}

/** `onPoint` hears of the step under the pointer. */
export function createHistoryPlot(
  frame: HTMLElement,
  { drawing, colours, hasBefore }: Look,
  onPoint: (step: number | null) => void,
): HistoryPlot {
  const palette = {
    quiet: colourOf('--quiet'),
    track: colourOf('--track'),
    ink: colourOf('--ink'),
    card: colourOf('--card'),
  };
  let view: View | null = null;
  const marks = { edge: palette.quiet, card: palette.card, ink: palette.ink };
  const plot = new uPlot(
    {
      ...sizeOf(frame),
      padding: [10, 26, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: true, range: () => (view === null ? [0, 1] : [view.span.from / 1000, view.span.to / 1000]) },
        y: { range: (_, __, most) => [0, Math.max((most || 0) * 1.06, 4)] },
      },
      axes: axesOf(palette, () => view),
      cursor: { y: false, drag: { x: false, y: false }, points: { show: drawing !== 'stack', size: 7 } },
      series: [
        {},
        ...seriesOf(
          drawing,
          colours.map((name) => colourOf(name)),
          palette.card,
        ),
        ...(hasBefore ? [{ stroke: palette.ink, width: 1.5, dash: [5, 4], points: { show: false } }] : []),
      ],
      hooks: {
        draw: [(self) => drawMarks(self, view, marks)],
        setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)],
      },
    },
    undefined,
    frame,
  );
  const observer = new ResizeObserver(() => plot.setSize(sizeOf(frame)));
  observer.observe(frame);
  return {
    plot,
    show: (next) => {
      view = next;
      plot.setData(dataOf(next, drawing, hasBefore));
    },
    mark: (at) => {
      if (view === null || view.at === at) return;
      view = { ...view, at };
      plot.redraw(false);
    },
    remove: () => {
      observer.disconnect();
      plot.destroy();
    },
  };
}

function sizeOf(frame: HTMLElement): { width: number; height: number } {
  return { width: Math.max(frame.clientWidth, 120), height: Math.max(frame.clientHeight, 120) };
}

/** A point a step, in the midst of it; what is drawn first lies below. */
function dataOf({ chart, lines, before }: View, drawing: Drawing, hasBefore: boolean): uPlot.AlignedData {
  const times = chart.edges.slice(0, -1).map((start, i) => (start + chart.edges[i + 1]!) / 2000);
  const drawn = () => {
    if (drawing === 'stack') return stacked(lines).reverse();
    if (drawing === 'peaks') return lines.map(({ peak }) => [...peak]);
    return lines.flatMap(({ average, peak }) => [[...average], [...peak]]);
  };
  return [times, ...drawn(), ...(hasBefore ? [[...(before ?? times.map(() => null))]] : [])];
}

function seriesOf(drawing: Drawing, colours: readonly string[], card: string): uPlot.Series[] {
  const points = { show: false };
  if (drawing === 'stack') {
    return colours.toReversed().map((colour) => ({ stroke: card, width: 1, fill: colour, points }));
  }
  if (drawing === 'peaks') return colours.map((colour) => ({ stroke: colour, width: 2, points }));
  return colours.flatMap((colour) => [
    { stroke: withAlpha(colour, 0.55), width: 1, fill: withAlpha(colour, 0.24), points },
    { stroke: colour, width: 2, points },
  ]);
}

/** So wide is a label of the axis of time, with the space around it, in pixels. */
const TICK = 74;

function axesOf({ quiet, track }: { quiet: string; track: string }, viewOf: () => View | null): uPlot.Axis[] {
  const ticks = (self: uPlot) => {
    const view = viewOf();
    return view === null ? [] : ticksOf(view.span, view.zone, Math.max(Math.floor(self.width / TICK), 2));
  };
  const font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
  return [
    {
      ...{ stroke: quiet, font, size: 30, gap: 6 },
      grid: { show: false },
      ticks: { stroke: track, width: 1, size: 5 },
      splits: (self) => ticks(self).map(({ at }) => at / 1000),
      values: (self) => ticks(self).map(({ at, style }) => formatInZone(at, style, viewOf()!.zone.name)),
    },
    {
      ...{ stroke: quiet, font, size: 46, gap: 6 },
      grid: { stroke: track, width: 1 },
      ticks: { show: false },
      // Nobody is half there.
      incrs: [1, 2, 5].flatMap((digit) => Array.from({ length: 10 }, (_, i) => digit * 10 ** i)).sort((a, b) => a - b),
      values: (_, splits) => splits.map((value) => formatShortCount(value)),
    },
  ];
}

/** What may still change is veiled, and begins with a dotted line; the moment that is looked at has a solid one. */
function drawMarks(self: uPlot, view: View | null, colours: { edge: string; card: string; ink: string }): void {
  if (view === null) return;
  const { ctx, bbox } = self;
  const { provisionalFrom } = view.chart;
  const { from, to } = view.span;
  const x = (at: number) => self.valToPos(at / 1000, 'x', true);
  const pixel = devicePixelRatio;
  ctx.save();
  if (provisionalFrom !== null && provisionalFrom < to) {
    const left = x(Math.max(provisionalFrom, from));
    ctx.fillStyle = withAlpha(colours.card, 0.5);
    ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
    vertical(ctx, left, bbox, { colour: colours.edge, width: pixel, dash: [2 * pixel, 3 * pixel] });
  }
  if (view.at !== null && view.at >= from && view.at <= to) {
    const left = x(view.at);
    vertical(ctx, left, bbox, { colour: colours.ink, width: 2 * pixel, dash: [] });
    ctx.fillStyle = colours.ink;
    ctx.beginPath();
    ctx.arc(left, bbox.top, 5 * pixel, 0, Math.PI * 2);
    ctx.fill();
  }
  ctx.restore();
}

function vertical(
  ctx: CanvasRenderingContext2D,
  x: number,
  { top, height }: uPlot.BBox,
  { colour, width, dash }: { colour: string; width: number; dash: number[] },
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
}
