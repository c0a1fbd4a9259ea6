/**
 * The report as one page that needs nothing else: no script, no other file, no network. Its content policy allows only
 * the one style that it has, by its hash, so whatever a stranger's name may hold, nothing can be run, styled or fetched.
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { ATTRIBUTION as GEO } from '../../../enrich/geo/index.ts';
import { ATTRIBUTION as NETWORKS } from '../../../enrich/network/index.ts';
import { concurrencyOf } from '../../../insights/summary/concurrency.ts';
import { SUMMARY_DIMENSIONS } from '../../../insights/summary/summary.ts';
import type { WallClock } from '../../../insights/summary/wall-clock.ts';
import { weekOf } from '../../../insights/summary/week.ts';
import { Markup, markup } from '../../../lib/markup.ts';
import { VERSION } from '../../../version.ts';
import type { Analysis } from '../../analysis.ts';
import { decimal, hours, number, percent, period, Reading, size, step } from '../figures.ts';
import type { Report } from '../report.ts';
import { factsOf, notesOf, unitOf, unreadableReasons } from '../words.ts';
import { concurrencyChart } from './chart.ts';
import { STYLE } from './style.ts';
import { groupTable, relayTables, statusTable } from './tables.ts';
import { weekTable } from './week-table.ts';
import { worldMap } from './world-map.ts';

const STEPS = 240;
/** Less than that says nothing of the hours of a week. */
const WEEK_FROM = 24 * 3_600_000;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/><path d="M9 20v3M14 15v8M19 18v5M24 10v13" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;

export function reportHtml({ analysis, clock }: Report): string {
  const { tally, summary } = analysis;
  const dimensions = Object.fromEntries(SUMMARY_DIMENSIONS.map((each) => [each, groupTable(each, summary.by[each])]));
  const style = createHash('sha256').update(STYLE).digest('base64');
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${style}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="Headcount ${VERSION}">
<title>Audience of ${titleOf(analysis.files)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
${header(analysis, clock)}
${facts(analysis)}
<div class="stack">
${timeline(analysis, clock)}
${where(analysis)}
${pair(dimensions['country']!, dimensions['city']!)}
${pair(dimensions['stream']!, dimensions['player']!)}
${relayTables(analysis.relay)}
${week(analysis, clock)}
${columns(dimensions['platform']!, dimensions['quality']!, dimensions['user']!, statusTable(tally))}
${smallPrint(analysis)}
</div>
</main>
${footer()}
</body>
</html>
`;
  return page.text;
}

/** Side by side; one alone has all the room. */
function pair(left: Markup | null, right: Markup | null): Markup | null {
  return left === null || right === null ? (left ?? right) : markup`<div class="pair">${left}${right}</div>`;
}

/** As many as there are, in two columns of about one length. */
function columns(...cards: readonly (Markup | null)[]): Markup | null {
  return cards.every((card) => card === null) ? null : markup`<div class="columns">${cards}</div>`;
}

function titleOf(files: readonly string[]): string {
  const name = files[0] === '-' ? 'standard input' : basename(files[0]!);
  return files.length === 1 ? name : `${name} and ${files.length - 1} more`;
}

function header({ files, tally, summary }: Analysis, clock: WallClock): Markup {
  const { peak, period: when } = summary;
  const count = `${number(tally.lines ?? tally.packets ?? 0)} ${unitOf(tally)}`;
  const at = peak.at === null ? null : new Reading(peak.at, clock);
  const headline =
    at === null
      ? markup`Nobody listened.`
      : markup`At most <em>${number(peak.count)}</em> listened at once, on ${at.longDay} at ${at.minute}.`;
  const span = when === null ? '' : `${period(when.from, when.to, clock)} (${clock.zone}) · `;
  return markup`<header>
<p class="brand">${new Markup(ICON.replace('<svg ', '<svg aria-hidden="true" '))}Headcount</p>
<h1>${headline}</h1>
<p class="when">${span}${count} of <bdi>${titleOf(files)}</bdi></p>
</header>`;
}

function facts({ summary }: Analysis): Markup {
  const { sessions, uniqueClients, listeningSeconds, bytes, bots } = summary;
  const [amount, unit] = size(bytes).split(' ') as [string, string];
  const average = sessions === 0 ? null : listeningSeconds / sessions;
  const fact = (name: string, value: string, of = '') =>
    markup`<div><dt>${name}</dt><dd>${value}${of === '' ? null : markup`<span>${of}</span>`}</dd></div>`;
  return markup`<dl class="facts">
${fact('Sessions', number(sessions))}
${fact('Unique clients', number(uniqueClients))}
${fact('Listening time', hours(listeningSeconds), 'h')}
${average === null ? fact('Average session', '–') : average < 3600 ? fact('Average session', decimal(average / 60), 'min') : fact('Average session', hours(average), 'h')}
${fact('Delivered', amount, unit)}
${fact('Bots, left out', number(bots))}
</dl>`;
}

function timeline({ summary: { presences, peak, period: when } }: Analysis, clock: WallClock): Markup | null {
  const concurrency = when === null ? null : concurrencyOf(presences, STEPS, clock.offsetAt(when.from));
  if (concurrency === null) return null;
  return markup`<section class="card"><h2>How many at once<small>every ${step(concurrency.step)}</small></h2>
<p class="legend"><span>on average</span><span>at most</span></p>
${concurrencyChart(concurrency, peak, clock)}</section>`;
}

function where({ summary }: Analysis): Markup | null {
  const map = worldMap(summary);
  if (map === null) return null;
  const unknown = summary.by.country.find(({ value }) => value === null)?.sessions ?? 0;
  const note = unknown === 0 ? '' : `${percent(unknown / summary.sessions)} of the sessions could not be placed`;
  return markup`<section class="card"><h2>Where they were<small>${note}</small></h2>${map}</section>`;
}

function week({ summary: { presences, period: when } }: Analysis, clock: WallClock): Markup | null {
  const hoursOfWeek = when === null || when.to - when.from < WEEK_FROM ? null : weekOf(presences, clock);
  return hoursOfWeek === null ? null : markup`<section class="card">${weekTable(hoursOfWeek, clock.zone)}</section>`;
}

function smallPrint(analysis: Analysis): Markup {
  return markup`<div class="pair small-print">${howRead(analysis)}
<section class="card"><h2>What the numbers mean</h2><dl>
<dt>Session</dt><dd>One client on one stream, without a pause longer than the gap.</dd>
<dt>Client</dt><dd>A user, device or playback id if the log has one, else an address with a user agent.</dd>
<dt>At once</dt><dd>Sessions from their first request to their last; the gap is never part of it.</dd>
<dt>Bots</dt><dd>Recognised by their user agents, and in no number but their own.</dd>
<dt>Places</dt><dd>Looked up by address: right for most countries, less so for cities.</dd>
</dl></section></div>`;
}

function howRead({ files, tally, counters }: Analysis): Markup {
  const units = unitOf(tally);
  const all = tally.lines ?? tally.packets ?? 0;
  const row = (name: string, value: string) =>
    markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`;
  return markup`<section class="card"><table><caption>What was read</caption><tbody>
${row(files.length === 1 ? 'File' : `Files: ${files.map((file) => basename(file)).join(', ')}`.slice(0, 300), files.length === 1 ? basename(files[0]!) : number(files.length))}
${row(`${units === 'lines' ? 'Lines' : 'Packets'}`, number(all))}
${row('Bytes', size(tally.bytes))}
${row('Could not be read', `${number(tally.unreadable)}${tally.unreadable === 0 ? '' : ` (${percent(tally.unreadable / all)})`}`)}
${unreadableReasons(counters).map(({ words, count }) => row(`– ${words}`, number(count)))}
${notesOf(counters).map(({ words, count }) =>
  row(
    words.replace(/^./, (letter) => letter.toUpperCase()),
    number(count),
  ),
)}
${factsOf(tally.more).map(([name, value]) => row(name, value))}
</tbody></table></section>`;
}

function footer(): Markup {
  const link = ({ text, url }: { readonly text: string; readonly url: string }) =>
    markup`<a href="${url}" rel="noreferrer noopener">${text}</a>`;
  const networks = NETWORKS.filter(({ url }) => url !== GEO.url);
  return markup`<footer><span>Headcount ${VERSION}</span>
<span>${link(GEO)}</span><span>Networks: ${networks.map((each, i) => [i === 0 ? '' : ', ', link(each)])}</span>
<span>Map: ${link({ text: 'Natural Earth', url: 'https://www.naturalearthdata.com' })}</span></footer>`;
}
