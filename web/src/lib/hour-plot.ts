/** The plot of the last hour: two lines, no axes, zero at the bottom. It follows the size of its frame. */

import uPlot from 'uplot';
import type { Curve } from './curve.ts';
import { colourOf, withAlpha } from './theme.svelte.ts';

export interface HourPlot {
  /** Both edges are in milliseconds. */
  show(curve: Curve, from: number, to: number): void;
  remove(): void;
}

/**
 * `onPoint` hears of the point under the pointer: its time in milliseconds and its count. `fineness` is how many times as
 * large as its frame it is drawn: for paper, where it is laid out smaller again.
 */
export function createHourPlot(
  frame: HTMLElement,
  onPoint: (point: { at: number; count: number } | null) => void,
  fineness = 1,
): HourPlot {
  const accent = colourOf('--accent');
  const track = colourOf('--track');
  // As thick as the type is large: a wall screen is seen from far.
  const width = 2 * fineness * (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 15);
  let edges: [number, number] = [0, 1];
  let most = 0;
  const plot = new uPlot(
    {
      ...sizeOf(frame, fineness),
      padding: [6, 5, 0, 0],
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: true, range: () => edges },
        // Of all points: the newest may lie beyond the edge, by the difference of two clocks, and their line is drawn.
        y: { range: () => [0, Math.max(most * 1.06, 4)] },
      },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7, fill: accent, stroke: accent },
      },
      series: [
        {},
        { stroke: accent, width, fill: fading(accent), points: { show: false } },
        { stroke: accent, width, dash: [1.5 * width, 1.5 * width], fill: fading(accent), points: { show: false } },
      ],
      hooks: {
        drawClear: [(self) => drawFloor(self, track)],
        setCursor: [(self) => onPoint(pointOf(self))],
      },
    },
    [[], [], []],
    frame,
  );
  const observer = new ResizeObserver(() => plot.setSize(sizeOf(frame, fineness)));
  observer.observe(frame);
  return {
    show: (curve, from, to) => {
      edges = [from / 1000, to / 1000];
      most = [...curve.settled, ...curve.live].reduce<number>((greatest, count) => Math.max(greatest, count ?? 0), 0);
      plot.setData([[...curve.times], [...curve.settled], [...curve.live]]);
    },
    remove: () => {
      observer.disconnect();
      plot.destroy();
    },
  };
}

function sizeOf(frame: HTMLElement, fineness: number): { width: number; height: number } {
  return { width: fineness * Math.max(frame.clientWidth, 60), height: fineness * Math.max(frame.clientHeight, 40) };
}

/** From the line's colour to nothing, downwards. */
function fading(colour: string): uPlot.Series.Fill {
  return (self) => {
    const gradient = self.ctx.createLinearGradient(0, self.bbox.top, 0, self.bbox.top + self.bbox.height);
    gradient.addColorStop(0, withAlpha(colour, 0.26));
    gradient.addColorStop(1, withAlpha(colour, 0.03));
    return gradient;
  };
}

/** The line of nobody. */
function drawFloor({ ctx, bbox }: uPlot, colour: string): void {
  ctx.save();
  ctx.fillStyle = colour;
  ctx.fillRect(bbox.left, bbox.top + bbox.height - 1, bbox.width, 1);
  ctx.restore();
}

function pointOf(plot: uPlot): { at: number; count: number } | null {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) return null;
  const [times, settled, live] = plot.data;
  const count = live![idx] ?? settled![idx];
  return count === null || count === undefined ? null : { at: times[idx]! * 1000, count: Math.round(count) };
}
