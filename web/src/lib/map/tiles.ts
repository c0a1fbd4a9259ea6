/**
 * The tiles that maps are drawn with, if any: as the server said them first, because the page keeps the content policy with
 * which it was loaded. A change of the configuration is seen when the page is loaded anew.
 */

import type { StatusWire } from '../../../../src/http/contract.ts';

let known: StatusWire['map'] | undefined;

export function knowTiles(tiles: StatusWire['map']): void {
  if (known === undefined) known = tiles;
}

/** Null is the base map alone. */
export function tilesOfMap(): StatusWire['map'] {
  return known ?? null;
}
