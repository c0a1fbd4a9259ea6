/**
 * The page of the original: a map with a point for every place, how many there are and were, the open connections,
 * countries and cities. Made here, without a script: a browser asks again every half minute. What clients call themselves
 * is text in it.
 */

import { type Markup, markup } from '../../../lib/markup.ts';
import { HEIGHT, project, WIDTH } from '../../../lib/world/projection.ts';
import type { Active, Count, Location, Telling } from '../telling.ts';

const POINTS = 1000;
const NUMBERS = 40;
const ROWS = 250;

/** `files` is where the files of static.ts are, as the page is to ask for them. */
export async function renderPage(telling: Telling, files: string): Promise<string> {
  const [total, active, countries, cities, locations] = [
    await telling.total(),
    await telling.active(),
    await telling.countries(),
    await telling.cities(),
    await telling.locations(),
  ];
  const page = markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30">
<title>Spyserver connections</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${files}/page.css">
</head>
<body>
<header>
<h1>Spyserver connections</h1>
<span class="total"><b>${active.TOTAL}</b> active</span>
<span class="total"><b>${total}</b> in total</span>
</header>
<main>
<div>
${map(locations, files)}
<h2 id="active">Active</h2>
${activeTable(active)}
</div>
<div>
<h2 id="countries">Countries</h2>
${countTable('Country', countries)}
<h2 id="cities">Cities</h2>
${countTable('City', cities)}
</div>
</main>
</body>
</html>
`;
  return `<!doctype html>\n${page.text}`;
}

function map(locations: readonly Location[], files: string): Markup {
  const placed = locations.filter(isPlaced).slice(0, POINTS);
  const most = Math.max(1, ...placed.map(({ count }) => count));
  return markup`<svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="A map of the world with ${placed.length} places; the lists have the numbers.">
<image href="${files}/world.svg" width="${WIDTH}" height="${HEIGHT}"/>
${placed.map((location) => point(location, most))}
${placed.slice(0, NUMBERS).map(pointNumber)}
</svg>`;
}

interface Placed extends Location {
  readonly lat: number;
  readonly lon: number;
}

function isPlaced(location: Location): location is Placed {
  return location.lat !== null && location.lon !== null;
}

/** Its area is its share of the greatest. */
function point({ lat, lon, count, city, country }: Placed, most: number): Markup {
  const [x, y] = project(lon, lat);
  const radius = 6 + 30 * Math.sqrt(count / most);
  const name = [city, country].filter((each) => each !== null).join(', ');
  return markup`<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${radius.toFixed(1)}"><title>${name === '' ? 'Unknown' : name}: ${count}</title></circle>`;
}

function pointNumber({ lat, lon, count }: Placed): Markup {
  const [x, y] = project(lon, lat);
  return markup`<text x="${x.toFixed(0)}" y="${(y + 10).toFixed(0)}">${count}</text>`;
}

function countTable(what: string, counts: readonly Count[]): Markup {
  const known = counts.filter(([value]) => value !== null);
  if (known.length === 0) return markup`<p class="quiet">None yet.</p>`;
  return markup`<table>
<tr><th>${what}</th><th class="number">Connections</th></tr>
${known.slice(0, ROWS).map(([value, count]) => markup`<tr><td>${value}</td><td class="number">${count}</td></tr>`)}
</table>
${more(known.length)}`;
}

function activeTable({ SERVER }: Active): Markup {
  const open = Object.values(SERVER).flat().map(connectionOf);
  if (open.length === 0) return markup`<p class="quiet">Nobody is connected.</p>`;
  return markup`<div class="wide"><table>
<tr><th>Server</th><th>Since (UTC)</th><th>City</th><th>Country</th><th>Client</th><th>System</th></tr>
${open
  .slice(0, ROWS)
  .map(
    ({ server_instance, start, city, country, sdr_version, os }) =>
      markup`<tr><td>${server_instance}</td><td>${start.slice(0, 19)}</td><td>${city}</td><td>${country}</td><td>${sdr_version}</td><td>${os}</td></tr>`,
  )}
</table></div>
${more(open.length)}`;
}

type Row = Readonly<Record<'server_instance' | 'start' | 'sdr_version' | 'os', string>> &
  Readonly<Record<'city' | 'country', string | null>>;

/** An object, or the text of one. */
function connectionOf(connection: unknown): Row {
  return (typeof connection === 'string' ? JSON.parse(connection) : connection) as Row;
}

function more(count: number): Markup | null {
  return count <= ROWS ? null : markup`<p class="quiet">And ${count - ROWS} more.</p>`;
}
