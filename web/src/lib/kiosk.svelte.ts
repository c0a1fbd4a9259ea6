/**
 * The wall screen at work: pages in turn, type as large as the screen allows, a pointer that hides, a picture that moves a
 * little, a screen that stays awake. What it shows is in components/kiosk.
 */

import '../kiosk.css';
import { kioskOf, shiftOf } from './kiosk.ts';
import { PAGES } from './route.svelte.ts';

/** Read once: nobody types at a wall screen. Null on every other screen. */
export const kiosk = kioskOf(location.search, PAGES);

/** What the page was drawn for, in pixels; a larger screen has everything larger. */
const WIDTH = 1440;
const HEIGHT = 810;
const POINTER_HIDES = 4000;
const MOVES = 180_000;

/** Runs until what it answers is called. */
export function startKiosk({ pages, every }: NonNullable<typeof kiosk>): () => void {
  const root = document.documentElement;
  const ends = [fill(root), hidePointer(root), move(), stayAwake(), ...(pages.length > 1 ? [turn(pages, every)] : [])];
  if (pages.length === 1) show(pages[0]);
  root.dataset['kiosk'] = '';
  return () => {
    delete root.dataset['kiosk'];
    for (const end of ends) end();
  };
}

/** Leaves nothing to go back to: a week of pages in turn would be a long history. */
function show(page: string): void {
  location.replace(`#${page}`);
}

function turn(pages: readonly string[], every: number): () => void {
  let at = 0;
  show(pages[at]!);
  const timer = setInterval(() => {
    at = (at + 1) % pages.length;
    show(pages[at]!);
  }, every);
  return () => clearInterval(timer);
}

function fill(root: HTMLElement): () => void {
  const measure = () => {
    root.style.setProperty('--kiosk', String(Math.min(innerWidth / WIDTH, innerHeight / HEIGHT)));
  };
  measure();
  addEventListener('resize', measure);
  return () => removeEventListener('resize', measure);
}

function hidePointer(root: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    clearTimeout(timer);
    delete root.dataset['idle'];
    timer = setTimeout(() => {
      root.dataset['idle'] = '';
    }, POINTER_HIDES);
  };
  show();
  addEventListener('pointermove', show);
  return () => {
    clearTimeout(timer);
    removeEventListener('pointermove', show);
  };
}

function move(): () => void {
  let moves = 0;
  const timer = setInterval(() => {
    const [x, y] = shiftOf(++moves);
    document.body.style.translate = `${x}px ${y}px`;
  }, MOVES);
  return () => clearInterval(timer);
}

/** Only over TLS or on this machine; elsewhere the screen's own settings decide. The browser lets go when the page is hidden. */
function stayAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  const hold = async () => {
    if (document.hidden || !('wakeLock' in navigator)) return;
    // It may be refused, as when the battery is low.
    lock = await navigator.wakeLock.request('screen').catch(() => null);
  };
  const follow = () => void hold();
  follow();
  document.addEventListener('visibilitychange', follow);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    void lock?.release();
  };
}
