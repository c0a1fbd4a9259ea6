/** What keys do on the focused chart of the past. */

import type { Span } from '../period.ts';
import { type Chart, stepAt } from './chart.ts';

export type KeyAction =
  | { readonly kind: 'point'; readonly step: number }
  | { readonly kind: 'moment'; readonly at: number }
  | { readonly kind: 'letGo' }
  | { readonly kind: 'zoom'; readonly span: Span }
  | { readonly kind: 'earlier' }
  | { readonly kind: 'later' };

/** With Shift a key moves by so many steps. */
const FAST = 10;
/** Nothing shorter is shown, in milliseconds. */
const SHORTEST = 60_000;

export interface Focus {
  readonly chart: Chart;
  readonly span: Span;
  /** The step that is pointed at; null if none is. */
  readonly step: number | null;
  /** The moment that is looked at: keys move it in the place of the pointer. */
  readonly at: number | null;
}

/** Null for a key that does nothing here. */
export function actionOf(key: string, isFast: boolean, focus: Focus): KeyAction | null {
  const { chart, span, step, at } = focus;
  const last = chart.edges.length - 2;
  if (last < 0) return null;
  const current = at === null ? step : stepAt(chart.edges, at);
  const around = at ?? (step === null ? null : middleOf(chart, step));
  switch (key) {
    case 'ArrowLeft':
      return moved((current ?? last + 1) - (isFast ? FAST : 1), focus);
    case 'ArrowRight':
      return moved((current ?? -1) + (isFast ? FAST : 1), focus);
    case 'Home':
      return moved(0, focus);
    case 'End':
      return moved(last, focus);
    case 'Enter':
      return current === null ? null : { kind: 'moment', at: middleOf(chart, current) };
    case 'Escape':
      return at === null ? null : { kind: 'letGo' };
    case '+':
    case '=':
      return { kind: 'zoom', span: zoomed(span, around, 0.5) };
    case '-':
      return { kind: 'zoom', span: zoomed(span, around, 2) };
    case 'PageUp':
      return { kind: 'earlier' };
    case 'PageDown':
      return { kind: 'later' };
    default:
      return null;
  }
}

function moved(step: number, { chart, at }: Focus): KeyAction {
  const within = Math.min(Math.max(step, 0), chart.edges.length - 2);
  return at === null ? { kind: 'point', step: within } : { kind: 'moment', at: middleOf(chart, within) };
}

/** Whole seconds, as the API is asked. */
export function middleOf({ edges }: Chart, step: number): number {
  return Math.floor((edges[step]! + edges[step + 1]!) / 2000) * 1000;
}

/** Around a moment, or the middle; by whole minutes, so that addresses stay readable. */
export function zoomed({ from, to }: Span, around: number | null, factor: number): Span {
  const centre = around ?? (from + to) / 2;
  const length = Math.max((to - from) * factor, SHORTEST);
  const share = (centre - from) / (to - from);
  const begin = Math.max(Math.round((centre - length * share) / SHORTEST) * SHORTEST, Date.UTC(1980, 0));
  return { from: begin, to: begin + Math.max(Math.round(length / SHORTEST) * SHORTEST, SHORTEST) };
}
