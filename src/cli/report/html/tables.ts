/** The tables of a report: who listened to what, from where, on what; and how servers answered. */

import { countryName } from '../../../http/wire.ts';
import type { RelaySummary } from '../../../insights/summary/relay.ts';
import type { SummaryDimension, SummaryGroup } from '../../../insights/summary/summary.ts';
import { type Markup, markup } from '../../../lib/markup.ts';
import type { ReadTally } from '../../../sources/source.ts';
import { hours, number, percent, size } from '../figures.ts';
import { rate, relayFacts, talkerName } from '../relay.ts';
import { TITLES } from '../words.ts';

/** So many rows are seen at once, and so many more if asked for. */
const SHOWN = 8;
const MORE = 92;
const LONGEST_NAME = 160;

/** Null if nothing is known of the dimension. */
export function groupTable(dimension: SummaryDimension, groups: readonly SummaryGroup[]): Markup | null {
  if (!groups.some(({ value }) => value !== null)) return null;
  const most = groups[0]!.listeningSeconds;
  const rows = groups.slice(0, SHOWN + MORE).map(
    ({
      value,
      sessions,
      uniqueClients,
      listeningSeconds,
      bytes,
    }) => markup`<tr><th scope="row">${nameOf(dimension, value)}${bar(
      listeningSeconds / most,
    )}</th><td>${hours(listeningSeconds)}</td><td>${number(sessions)}</td><td class="wide clients">${number(uniqueClients)}</td><td class="wide">${size(bytes)}</td></tr>
`,
  );
  const head = markup`<thead><tr><td></td><th scope="col">hours</th><th scope="col">sessions</th><th scope="col" class="wide clients">clients</th><th scope="col" class="wide">bytes</th></tr></thead>`;
  return card(TITLES[dimension], groups.length, head, rows);
}

/** What a relay has done, and through which allocations. Null where there is none. */
export function relayTables(relay: RelaySummary | null): Markup | null {
  if (relay === null) return null;
  const facts = relayFacts(relay).map(
    ([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`,
  );
  const sums = markup`<section class="card"><table><caption>Relayed</caption><tbody>${facts}</tbody></table></section>
`;
  const [first] = relay.talkers;
  if (first === undefined) return sums;
  const most = first.up.bytes + first.down.bytes;
  const rows = relay.talkers.map(
    (each) => markup`<tr><th scope="row"><bdi>${shortened(talkerName(each))}</bdi>${bar(
      (each.up.bytes + each.down.bytes) / most,
    )}</th><td>${rate(each.bitsPerSecond)}</td><td>${size(each.up.bytes)}</td><td>${size(each.down.bytes)}</td><td class="wide">${
      each.peers === null ? '' : number(each.peers)
    }</td></tr>
`,
  );
  const head = markup`<thead><tr><td></td><th scope="col">on average</th><th scope="col">up</th><th scope="col">down</th><th scope="col" class="wide">peers</th></tr></thead>`;
  return markup`<div class="pair">${sums}${card('Top talkers', relay.talkers.length, head, rows)}</div>`;
}

/** Null where there are none. */
export function statusTable({ statuses }: ReadTally): Markup | null {
  const all = Object.entries(statuses ?? {}).sort(([, a], [, b]) => b.requests - a.requests);
  if (all.length === 0) return null;
  const total = all.reduce((sum, [, { requests }]) => sum + requests, 0);
  const rows = all.map(
    ([status, { requests, bytes }]) => markup`<tr><th scope="row">${shortened(status)}${bar(
      requests / all[0]![1].requests,
    )}</th><td>${percent(requests / total)}</td><td>${number(requests)}</td><td class="wide">${size(bytes)}</td></tr>
`,
  );
  const head = markup`<thead><tr><td></td><th scope="col">share</th><th scope="col">requests</th><th scope="col" class="wide">bytes</th></tr></thead>`;
  return card('Statuses', all.length, head, rows.slice(0, SHOWN + MORE));
}

function card(title: string, count: number, head: Markup, rows: readonly Markup[]): Markup {
  const beyond = rows.slice(SHOWN);
  const caption = markup`<caption>${title}${count > SHOWN ? markup`<small>${number(count)}</small>` : null}</caption>`;
  const more =
    beyond.length === 0
      ? null
      : markup`<details><summary>${number(beyond.length)} more</summary><table><caption class="unseen">More ${title.toLowerCase()}</caption>${head}<tbody>${beyond}</tbody></table>${
          count > SHOWN + MORE ? markup`<p class="quiet">… and ${number(count - SHOWN - MORE)} more.</p>` : null
        }</details>`;
  return markup`<section class="card"><table>${caption}${head}<tbody>${rows.slice(0, SHOWN)}</tbody></table>${more}</section>
`;
}

function bar(share: number): Markup {
  const width = Number.isFinite(share) ? Math.max(0.5, Math.round(share * 1000) / 10) : 0;
  return markup`<svg class="bar" aria-hidden="true"><rect width="100%" height="100%" rx="2.5"/><rect class="value" width="${width}%" height="100%" rx="2.5"/></svg>`;
}

function nameOf(dimension: SummaryDimension, value: string | null): Markup {
  if (value === null) return markup`<i>unknown</i>`;
  const name = dimension === 'country' ? (countryName(value) ?? value) : value;
  // What strangers typed may run the other way; it must not turn the row around.
  return markup`<bdi>${shortened(name)}</bdi>`;
}

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}
