/** The hours of the week as a table whose cells are the darker the more were there. */

import type { Week } from '../../../insights/summary/week.ts';
import { type Markup, markup } from '../../../lib/markup.ts';
import { decimal } from '../figures.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const LEVELS = 9;

export function weekTable(week: Week, zone: string): Markup {
  const most = Math.max(...week.flat().map((value) => value ?? 0));
  const cell = (value: number | null, day: string, hour: number) => {
    if (value === null) return markup`<td></td>`;
    const level = value === 0 ? 0 : Math.ceil((value / most) * LEVELS);
    const words = `${day}, ${clock(hour)} to ${clock(hour + 1)}: ${decimal(value)} on average`;
    return markup`<td class="heat${level}" title="${words}"><span>${decimal(value)}</span></td>`;
  };
  return markup`<table class="week">
<caption>When they listened<small>sessions at once, on average, by the clock of ${zone}</small></caption>
<thead><tr><td></td>${Array.from({ length: 24 }, (_, hour) => markup`<th scope="col">${hour % 3 === 0 ? hour : markup`<span>${hour}</span>`}</th>`)}</tr></thead>
<tbody>${week.map((hours, day) => {
    const name = DAYS[day]!;
    return markup`<tr><th scope="row"><abbr title="${name}">${name.slice(0, 3)}</abbr></th>${hours.map((value, hour) => cell(value, name, hour))}</tr>
`;
  })}</tbody></table>`;
}

function clock(hour: number): string {
  return `${hour % 24}:00`;
}
