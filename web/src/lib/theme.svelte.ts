/** Light, dark, or as the system says: kept in this browser, and told to the stylesheet by an attribute of the root. */

const KEY = 'headcount.theme';

export const THEMES = ['light', 'system', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
let isSystemDark = $state(systemIsDark.matches);
systemIsDark.addEventListener('change', () => {
  isSystemDark = systemIsDark.matches;
});

let chosen = $state<Theme>(remembered());
apply(chosen);

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
    return chosen === 'system' ? isSystemDark : chosen === 'dark';
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
