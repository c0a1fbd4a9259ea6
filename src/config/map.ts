/** The map of the dashboard: pictures of a tile server over its own base map. */

import { z } from 'zod';

const PLACEHOLDERS = ['{z}', '{x}', '{y}'];

const webAddress = z.url({
  protocol: /^https?$/,
  error: 'must be a URL such as https://www.openstreetmap.org/copyright',
});

export const MapOptions = z.strictObject({
  tiles: z
    .string()
    .max(1000)
    .superRefine((tiles, context) => {
      const message = mistakeIn(tiles);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .describe(
      'Pictures of this tile server, asked by the browsers of your viewers: https://tile.openstreetmap.org/{z}/{x}/{y}.png.',
    ),
  attribution: z
    .string()
    .min(1)
    .max(200)
    .describe('Whom the tile server wants to be named on the map: © OpenStreetMap contributors.'),
  attributionUrl: webAddress
    .optional()
    .describe('Where that leads: https://www.openstreetmap.org/copyright. Not needed if the attribution is a URL.'),
});

/** What the dashboard is told. */
export interface MapTiles {
  /** An http(s) URL with {z}, {x} and {y}. */
  readonly tiles: string;
  readonly attribution: { readonly text: string; readonly url: string | null };
}

/** Null is the base map alone. */
export function mapTilesOf(options: z.output<typeof MapOptions> | null): MapTiles | null {
  if (options === null) return null;
  const { tiles, attribution, attributionUrl } = options;
  const url = attributionUrl ?? (webAddress.safeParse(attribution).success ? attribution : null);
  return { tiles, attribution: { text: attribution, url } };
}

/** Null if it is right. Its host becomes part of the content policy, so it must be nothing but a host. */
function mistakeIn(tiles: string): string | null {
  const url = URL.parse(tiles);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'must be a URL such as https://tile.openstreetmap.org/{z}/{x}/{y}.png';
  }
  if (url.username !== '' || url.password !== '') return 'must not have a password: every viewer would see it';
  if (!/^([a-z0-9.-]+|\[[0-9a-f:]+\])$/.test(url.hostname)) return 'must name one server: write one of them out';
  if (!PLACEHOLDERS.every((each) => tiles.includes(each))) return 'must have {z}, {x} and {y} in it';
  const other = (tiles.match(/\{[^}]*\}/g) ?? []).find((each) => !PLACEHOLDERS.includes(each));
  return other === undefined ? null : `must have no other placeholder than {z}, {x} and {y}: what is ${other}?`;
}
