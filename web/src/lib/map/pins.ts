/**
 * The marks of the map: HTML over the canvas, so that no glyphs are needed and the browser's own text is shown. Names and
 * counts are set as text.
 */

import { type Map as MapLibreMap, Marker } from 'maplibre-gl';
import { type Mark, markSize } from './cluster.ts';

export interface PinOptions {
  readonly isCalm: boolean;
  /** How a count is written on a mark. */
  readonly writeCount: (count: number) => string;
  /** How a mark is called. */
  readonly nameMark: (mark: Mark) => string;
  /** The pointer is over a mark (where its upper edge is, within the map), or has left it. */
  readonly onPoint: (mark: Mark | null, at: { x: number; y: number }) => void;
}

export interface Pin {
  readonly marker: Marker;
  readonly element: HTMLElement;
  mark: Mark;
}

const NOWHERE = { x: 0, y: 0 };
/** Of a wider one nothing but a tint over everything would be seen: it is left out, never drawn smaller than it is. */
const LARGEST_DISC = 4000;

/** Marks that are still there move and change; the others come and go. */
export function drawPins(map: MapLibreMap, pins: Map<string, Pin>, marks: readonly Mark[], options: PinOptions): void {
  const wanted = new Set(marks.map(({ key }) => key));
  for (const [key, { marker, element }] of pins) {
    if (wanted.has(key)) continue;
    // What is taken away under the pointer never says that the pointer has left.
    if (element.matches(':hover')) options.onPoint(null, NOWHERE);
    marker.remove();
    pins.delete(key);
  }
  for (const mark of marks) {
    const pin = pins.get(mark.key) ?? createPin(map, mark, options);
    pins.set(mark.key, pin);
    pin.mark = mark;
    dress(pin, options);
  }
}

function createPin(map: MapLibreMap, mark: Mark, { onPoint, isCalm }: PinOptions): Pin {
  const element = document.createElement('div');
  element.className = 'mark';
  const label = document.createElement('span');
  element.append(label);
  const marker = new Marker({ element }).setLngLat([mark.longitude, mark.latitude]).addTo(map);
  const pin: Pin = { marker, element, mark };
  label.addEventListener('pointerenter', () => {
    const box = label.getBoundingClientRect();
    const frame = map.getContainer().getBoundingClientRect();
    onPoint(pin.mark, { x: box.x + box.width / 2 - frame.x, y: box.y - frame.y });
  });
  label.addEventListener('pointerleave', () => onPoint(null, NOWHERE));
  label.addEventListener('click', (originalEvent) => {
    const { longitude, latitude } = pin.mark;
    onPoint(null, NOWHERE);
    const closer = { center: [longitude, latitude] as [number, number], zoom: map.getZoom() + 1.5, animate: !isCalm };
    map.easeTo(closer, { originalEvent });
  });
  return pin;
}

function dress({ marker, element, mark }: Pin, { writeCount, nameMark }: PinOptions): void {
  const isVague = mark.spread > 0;
  const size = markSize(mark.count);
  const isDrawn = isVague && 2 * mark.spread <= LARGEST_DISC;
  const disc = isDrawn ? Math.round(2 * mark.spread) : size;
  marker.setLngLat([mark.longitude, mark.latitude]);
  element.style.setProperty('--size', `${size}px`);
  element.style.setProperty('--disc', `${disc}px`);
  element.style.setProperty('--dx', `${mark.label.dx}px`);
  element.style.setProperty('--dy', `${mark.label.dy}px`);
  element.classList.toggle('vague', isDrawn);
  element.classList.toggle('rough', isVague || mark.isRough);
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', nameMark(mark));
  element.firstElementChild!.textContent = writeCount(mark.count);
}
