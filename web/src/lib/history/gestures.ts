/**
 * What fingers and mice do on the chart of the past: a drag chooses a span, a click a moment, and the cursor of the moment
 * can be taken and moved. One path for all pointers; up and down still scrolls the page.
 */

import type uPlot from 'uplot';

export interface Gestures {
  /** Milliseconds since 1970. */
  onMoment(at: number, isDragged: boolean): void;
  onSpan(from: number, to: number): void;
  /** Somebody has begun to drag, or has let go. */
  onBrush(isBrushing: boolean): void;
  /** The moment that has a cursor. */
  moment(): number | null;
}

/** Less is a click of an unsteady hand. */
const LEAST = 6;
/** So near to the cursor it is taken, in pixels. */
const NEAR = { mouse: 7, touch: 18 };

interface Drag {
  readonly pointer: number;
  readonly begin: number;
  readonly takesCursor: boolean;
}

/** Answers how to stop it. */
export function followGestures(plot: uPlot, { onMoment, onSpan, onBrush, moment }: Gestures): () => void {
  const { over } = plot;
  let drag: Drag | null = null;
  const place = ({ clientX }: PointerEvent) => {
    const { left, width } = over.getBoundingClientRect();
    return Math.min(Math.max(clientX - left, 0), width);
  };
  const timeAt = (left: number) => Math.round(plot.posToVal(left, 'x')) * 1000;
  const isNearCursor = (event: PointerEvent) => {
    const at = moment();
    if (at === null) return false;
    const near = event.pointerType === 'mouse' ? NEAR.mouse : NEAR.touch;
    return Math.abs(plot.valToPos(at / 1000, 'x') - place(event)) <= near;
  };
  const select = (from: number, to: number) =>
    plot.setSelect({ left: Math.min(from, to), width: Math.abs(to - from), top: 0, height: over.clientHeight }, false);
  const end = () => {
    drag = null;
    select(0, 0);
    onBrush(false);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0 || drag !== null) return;
    drag = { pointer: event.pointerId, begin: place(event), takesCursor: isNearCursor(event) };
    over.setPointerCapture(event.pointerId);
    onBrush(true);
  };
  const move = (event: PointerEvent) => {
    if (drag === null) over.style.cursor = isNearCursor(event) ? 'ew-resize' : 'crosshair';
    if (drag?.pointer !== event.pointerId) return;
    const left = place(event);
    if (drag.takesCursor) onMoment(timeAt(left), true);
    else if (Math.abs(left - drag.begin) >= LEAST) select(drag.begin, left);
  };
  const up = (event: PointerEvent) => {
    if (drag?.pointer !== event.pointerId) return;
    const { begin, takesCursor } = drag;
    const left = place(event);
    end();
    if (takesCursor) onMoment(timeAt(left), true);
    else if (Math.abs(left - begin) < LEAST) onMoment(timeAt(left), false);
    else onSpan(timeAt(Math.min(begin, left)), timeAt(Math.max(begin, left)));
  };
  const cancel = (event: PointerEvent) => {
    if (drag?.pointer === event.pointerId) end();
  };

  over.style.touchAction = 'pan-y';
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerup', up);
  over.addEventListener('pointercancel', cancel);
  return () => {
    if (drag !== null) end();
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerup', up);
    over.removeEventListener('pointercancel', cancel);
  };
}
