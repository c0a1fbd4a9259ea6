/** Fetches the base map: assets of the build, so that no other host is asked. */

import fine from 'world-atlas/countries-50m.json?url';
import coarse from 'world-atlas/countries-110m.json?url';
import { type Atlas, type World, worldOf } from './world.ts';

/** Natural Earth's scales: 1:110 million (39 KB compressed) and 1:50 million (236 KB), for those who look closer. */
export type Detail = 'coarse' | 'fine';

/** Rejects when the asset cannot be had. */
export async function loadWorld(detail: Detail): Promise<World> {
  const response = await fetch(detail === 'coarse' ? coarse : fine);
  if (!response.ok) throw new Error(`the base map answered ${response.status}`);
  return worldOf((await response.json()) as Atlas);
}
