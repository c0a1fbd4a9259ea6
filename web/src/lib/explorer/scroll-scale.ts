/**
 * A list that is higher than a browser can make anything (Chrome ends at 33 million pixels, Firefox at 17): its scroll bar
 * is shorter than the list. What is scrolled by hand moves the list pixel by pixel, as anywhere; a leap, as of a bar that
 * is dragged, goes to the same share of the list as of the bar. Pure.
 */

export const MOST_PIXELS = 8_000_000;
/** The bar may be so far from where it belongs before it is put there: nobody sees it. */
const SLACK = 60_000;

/** All in pixels. */
export interface Scale {
  /** All rows together. */
  readonly list: number;
  /** What the browser is given to scroll. */
  readonly bar: number;
  /** What is seen at once. */
  readonly view: number;
}

export interface Spot {
  /** `scrollTop` of the browser. */
  readonly top: number;
  /** What has to be added for the place in the list. */
  readonly offset: number;
}

export const BEGIN: Spot = { top: 0, offset: 0 };

export function scaleOf(rows: number, rowHeight: number, view: number): Scale {
  const list = rows * rowHeight;
  return { list, bar: Math.min(list, MOST_PIXELS), view };
}

/** Where it is when the browser has scrolled from a spot; another `top` than the given one has to be set. */
export function scrolled(scale: Scale, before: Spot, top: number): Spot {
  const end = Math.max(scale.list - scale.view, 0);
  const barEnd = Math.max(scale.bar - scale.view, 0);
  if (scale.list <= scale.bar || barEnd === 0) return { top, offset: 0 };
  if (Math.abs(top - before.top) > 2 * scale.view) return { top, offset: Math.round(top * (end / barEnd)) - top };
  const place = top + before.offset;
  const proper = Math.round(Math.min(Math.max(place, 0), end) * (barEnd / end));
  const isAtAnEnd = place <= 0 || place >= end || top <= 0 || top >= barEnd;
  if (!isAtAnEnd && Math.abs(top - proper) <= SLACK) return { top, offset: before.offset };
  return spotOf(scale, place);
}

/** The spot that has this place of the list at the top of the view. */
export function spotOf(scale: Scale, place: number): Spot {
  const end = Math.max(scale.list - scale.view, 0);
  const barEnd = Math.max(scale.bar - scale.view, 0);
  const within = Math.min(Math.max(place, 0), end);
  const top = end === 0 ? 0 : Math.round(within * (barEnd / end));
  return { top, offset: within - top };
}
