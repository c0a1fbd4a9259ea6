/**
 * Light, dark, or as the system says: kept in this browser, and told to the stylesheet by an attribute of the root. Paper is
 * always light.
 */

import { flushSync } from 'svelte';

const KEY = 'headcount.theme';

export const THEMES = ['light', 'system', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
let isSystemDark = $state(systemIsDark.matches);
systemIsDark.addEventListener('change', () => {
  isSystemDark = systemIsDark.matches;
  tellBrowser();
});

let chosen = $state<Theme>(remembered());
let isPrinting = $state(false);
apply(chosen);
// The browser takes its picture when these return: what is drawn on canvas is drawn anew by then.
addEventListener('beforeprint', () => setPrinting(true));
addEventListener('afterprint', () => setPrinting(false));

export const theme = {
  get chosen(): Theme {
    return chosen;
  },
  set chosen(next: Theme) {
    chosen = next;
    apply(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing: it is dark until the page is left.
    }
  },
  /** What is seen, whoever decided it. */
  get isDark(): boolean {
    if (isPrinting) return false;
    return chosen === 'system' ? isSystemDark : chosen === 'dark';
  },
  /** Whatever is drawn in pixels is wanted finer. */
  get isPrinting(): boolean {
    return isPrinting;
  },
};

function remembered(): Theme {
  try {
    return THEMES.find((each) => each === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

function apply(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  tellBrowser();
}

function setPrinting(next: boolean): void {
  apply(next ? 'light' : chosen);
  isPrinting = next;
  flushSync();
}

/** What is around the page, as the bar of a phone's browser, has its colour. */
function tellBrowser(): void {
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', colourOf('--page'));
}

/** A colour of the stylesheet as the browser resolves it at the moment: for canvas and map, which know no variables. */
export function colourOf(name: `--${string}`): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The same, let through: browsers resolve colours to `rgb(15, 118, 110)`. */
export function withAlpha(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
