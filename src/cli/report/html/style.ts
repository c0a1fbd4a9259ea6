/** The look of the HTML report: the palette of the dashboard, light and dark, paper and phone. Nothing is fetched. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f5f4f0, #101314);
  --card: light-dark(#ffffff, #191d1f);
  --ink: light-dark(#1a1d1f, #eceeed);
  --quiet: light-dark(#575d61, #a4adb1);
  --line: light-dark(#e5e3dc, #2b3134);
  --track: light-dark(#eeece6, #262b2e);
  --accent: light-dark(#0f766e, #5cc8ba);
  --soft: light-dark(#cfe6e2, #1d4742);
  --land: light-dark(#e6e4dd, #2d3336);
  --warn: light-dark(#955400, #f0b657);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere; -webkit-font-smoothing: antialiased; }
main, footer { max-width: 1120px; margin: 0 auto; padding: 0 28px; }
header { padding: 52px 0 30px; }
.brand { display: flex; align-items: center; gap: 9px; margin: 0 0 30px; color: var(--quiet); font-weight: 600; }
.brand svg { width: 24px; height: 24px; }
h1 { margin: 0; max-width: 22em; font-size: clamp(27px, 4.6vw, 46px); line-height: 1.13; font-weight: 680; letter-spacing: -0.024em; text-wrap: balance; }
h1 em { font-style: normal; color: var(--accent); }
.when { margin: 16px 0 0; color: var(--quiet); font-size: 17px; }
.quiet, small { color: var(--quiet); }
h2, caption { margin: 0; padding: 0; font-size: 17px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; text-align: left; }
h2 small, caption small { margin-left: 9px; font-size: 13px; font-weight: 400; letter-spacing: 0; }
.card { min-width: 0; padding: 22px 24px 20px; border-radius: 16px; background: var(--card); border: 1px solid var(--line); }
.facts { display: grid; grid-template-columns: repeat(6, auto); gap: 1px; margin: 0 0 20px; padding: 0; overflow: hidden; border-radius: 16px; background: var(--line); border: 1px solid var(--line); }
.facts div { padding: 17px 20px 15px; background: var(--card); }
dt { color: var(--quiet); font-size: 13px; }
dd { margin: 0; }
.facts dd { font-size: 25px; line-height: 1.25; font-weight: 640; letter-spacing: -0.02em; white-space: nowrap; }
.facts dd span { margin-left: 3px; font-size: 15px; font-weight: 500; letter-spacing: 0; color: var(--quiet); }
.stack { display: grid; gap: 20px; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; align-items: start; }
.columns { columns: 2; column-gap: 20px; }
.columns .card { margin-bottom: 20px; break-inside: avoid; }
svg { display: block; }
svg text { fill: var(--quiet); font-size: 12px; }

.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 3px 0 6px; font-size: 13px; color: var(--quiet); }
.legend span::before { content: ""; display: inline-block; width: 16px; height: 9px; margin-right: 7px; border-radius: 2px; background: var(--soft); border-top: 2px solid var(--accent); }
.legend span + span::before { height: 0; margin-bottom: 3px; background: none; border-top: 1.5px solid var(--quiet); opacity: 0.65; }
.chart { overflow: visible; }
.grid line { stroke: var(--line); }
.levels text { paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.times line { stroke: var(--quiet); opacity: 0.5; }
.area { fill: var(--soft); opacity: 0.75; }
.average { fill: none; stroke: var(--accent); stroke-width: 1.8; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.peaks { fill: none; stroke: var(--quiet); stroke-width: 1; opacity: 0.6; vector-effect: non-scaling-stroke; }
.summit circle { fill: var(--card); stroke: var(--accent); stroke-width: 2.5; }
.summit text { fill: var(--ink); font-size: 13px; font-weight: 620; paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.steps rect { fill: transparent; }
.steps line { stroke: var(--ink); opacity: 0.55; }
.steps text { fill: var(--ink); font-size: 13px; paint-order: stroke; stroke: var(--card); stroke-width: 7px; stroke-linejoin: round; }
.steps text:first-of-type { font-weight: 620; }
.steps line, .steps text { visibility: hidden; pointer-events: none; }
.steps g:hover line, .steps g:hover text { visibility: visible; }
.chart:has(.steps g:hover) .summit text { visibility: hidden; }

.map { width: 100%; height: auto; margin: 6px 0 2px; }
.land { fill: var(--land); stroke: var(--card); stroke-width: 1.6; stroke-linejoin: round; }
.busy1 { fill: color-mix(in oklab, var(--accent) 16%, var(--land)); }
.busy2 { fill: color-mix(in oklab, var(--accent) 25%, var(--land)); }
.busy3 { fill: color-mix(in oklab, var(--accent) 34%, var(--land)); }
.busy4 { fill: color-mix(in oklab, var(--accent) 43%, var(--land)); }
.busy5 { fill: color-mix(in oklab, var(--accent) 52%, var(--land)); }
.points circle { fill: var(--accent); fill-opacity: 0.72; stroke: var(--card); stroke-width: 1.6; }
.points circle:hover { fill-opacity: 1; }
.names { pointer-events: none; }
.names text { fill: var(--ink); font-size: 26px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 7px; stroke-linejoin: round; }

table { width: 100%; border-collapse: collapse; }
caption { margin-bottom: 8px; }
thead th { padding: 0 0 4px 16px; color: var(--quiet); font-size: 12.5px; font-weight: 400; text-align: right; vertical-align: bottom; white-space: nowrap; overflow-wrap: normal; }
tbody th, tbody td { padding: 7px 0 0; vertical-align: top; line-height: 1.35; }
tbody th { width: 100%; font-weight: 500; text-align: left; }
tbody td { padding-left: 16px; text-align: right; white-space: nowrap; }
th i { font-weight: 400; color: var(--quiet); }
.bar { width: 100%; height: 5px; margin-top: 4px; }
.bar rect { fill: var(--track); }
.bar .value { fill: var(--accent); }
details { margin-top: 12px; }
summary { width: max-content; color: var(--accent); cursor: pointer; font-size: 14px; }
details p { margin: 10px 0 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.week { table-layout: fixed; border-spacing: 3px; border-collapse: separate; }
.week caption { margin-bottom: 6px; }
.week th { width: auto; padding: 0; color: var(--quiet); font-size: 12px; font-weight: 400; text-align: center; vertical-align: middle; }
.week tbody th, .week thead td { width: 38px; text-align: left; }
.week th span { visibility: hidden; }
.week abbr { text-decoration: none; }
.week tbody td { height: 26px; padding: 0; border-radius: 4px; background: var(--track); }
.week td span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.week tbody td:not([class]) { background: none; box-shadow: inset 0 0 0 1px var(--line); }
${Array.from({ length: 9 }, (_, i) => `.week .heat${i + 1} { background: color-mix(in oklab, var(--accent) ${8 + i * 11.5}%, var(--track)); }`).join('\n')}

.small-print { font-size: 14px; }
.small-print dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 5px 18px; margin: 10px 0 0; }
.small-print dd.number { text-align: right; }
.small-print tbody th { font-weight: 400; }
.warn { color: var(--warn); }
footer { display: flex; flex-wrap: wrap; gap: 4px 20px; padding-top: 26px; padding-bottom: 46px; color: var(--quiet); font-size: 13px; }
a { color: inherit; text-underline-offset: 2px; }
footer span:first-child { margin-right: auto; }

@media (max-width: 900px) {
  .facts { grid-template-columns: repeat(3, auto); }
}
@media (max-width: 760px) {
  main, footer { padding-left: 14px; padding-right: 14px; }
  header { padding: 26px 0 22px; }
  .brand { margin-bottom: 20px; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .columns { columns: 1; }
  .columns .card { margin-bottom: 14px; }
  .card { padding: 17px 16px 15px; border-radius: 14px; }
  .stack, .pair { gap: 14px; }
  .facts { grid-template-columns: repeat(2, auto); margin-bottom: 14px; }
  .facts div { padding: 12px 16px 11px; }
  .facts dd { font-size: 21px; }
  .names { display: none; }
  .times .odd text { display: none; }
  .map { width: calc(100% + 32px); margin-left: -16px; }
  .week { border-spacing: 1px; }
  .week tbody th, .week thead td { width: 30px; }
  .week tbody td { height: 20px; border-radius: 2px; }
  .week thead th { font-size: 10.5px; }
}
@media (min-width: 761px) and (max-width: 940px) {
  .clients { display: none; }
}
@media (max-width: 520px) {
  .wide { display: none; }
  .week caption small, h2 small { display: block; margin-left: 0; }
}
@media print {
  :root { color-scheme: light; font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; --page: #fff; }
  main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  header { padding-top: 0; }
  .card, .facts { break-inside: avoid; }
  details:not([open]), .steps, .clients { display: none; }
  .pair { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
`;
