/** The files that the page is made of, beside its text: its style, and the outlines of the countries. */

import { readFileSync } from 'node:fs';
import { countryOutlines } from '../../../lib/world/outlines.ts';
import { HEIGHT, WIDTH } from '../../../lib/world/projection.ts';

export interface StaticFile {
  readonly type: string;
  readonly body: string;
}

const MADE: Readonly<Record<string, () => StaticFile>> = {
  'page.css': () => ({
    type: 'text/css; charset=utf-8',
    body: readFileSync(new URL('page.css', import.meta.url), 'utf8'),
  }),
  'world.svg': () => ({ type: 'image/svg+xml', body: worldSvg() }),
};

const made = new Map<string, StaticFile>();

/** Null if there is none of this name. */
export function staticFile(name: string): StaticFile | null {
  if (!Object.hasOwn(MADE, name)) return null;
  const file = made.get(name) ?? MADE[name]!();
  made.set(name, file);
  return file;
}

/** An image cannot ask for the colours of its page: these are seen on light and on dark. */
function worldSvg(): string {
  const land = countryOutlines()
    .map(({ path }) => path)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"><path d="${land}" fill="#8896a5" fill-opacity=".35" stroke="#8896a5" stroke-opacity=".6"/></svg>`;
}
