/** The picture once, for whoever reads it later: as text, or as the answers of the API in one object. */

import { number } from '../report/figures.ts';
import type { Api } from './api.ts';
import { SOURCE_COLUMNS, STREAM_COLUMNS, sessionColumns } from './columns.ts';
import { countsLine, type Moment, troubleLine } from './head.ts';
import { type Line, plainLine } from './paint.ts';
import { isInTrouble, type Picture, serverTime } from './picture.ts';
import { type Column, headingLine, placed, rowLine } from './table.ts';
import { FIRST_VIEW, listsOf } from './view.ts';

const MOST_ROWS = 100;

export function snapshotText(picture: Picture, moment: Moment): string {
  const lists = listsOf(picture, FIRST_VIEW);
  const now = serverTime(picture, moment.now);
  const trouble = troubleLine(picture, moment);
  const failing = lists.sources.filter(isInTrouble);
  const lines: Line[] = [
    [{ text: `Headcount ${picture.name}, ${new Date(now).toISOString()}` }],
    countsLine(picture, moment),
    ...(trouble === null ? [] : [trouble]),
    ...part('Streams', lists.streams, STREAM_COLUMNS, picture.streams.length, moment),
    ...part('Sessions', lists.sessions, sessionColumns(now, lists.sessions), picture.sessions?.total ?? 0, moment),
    ...(failing.length === 0 ? [] : part('Sources in trouble', failing, SOURCE_COLUMNS, failing.length, moment)),
  ];
  return lines.map((line) => `${plainLine(line, moment.columns)}\n`).join('');
}

function part<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  total: number,
  moment: Moment,
): Line[] {
  const places = placed(columns, moment.columns);
  const shown = rows.slice(0, MOST_ROWS);
  const heading = headingLine(places, { title: columns[0]!.label, sortedBy: '', isDescending: false });
  const more = total - shown.length;
  return [
    [],
    [{ text: `${title}: ${number(total)}` }],
    ...(shown.length === 0 ? [] : [heading]),
    ...shown.map((row) => rowLine(places, row)),
    ...(more > 0 ? [[{ text: `… and ${number(more)} more` }]] : []),
  ];
}

/** What the API answers, in one object; of the sessions the newest. Rejects as `Api.get` does. */
export async function snapshotJson(api: Api, signal: AbortSignal): Promise<string> {
  const asked = ['status', 'audience', 'streams', 'sources', 'sessions'];
  const answers = await Promise.all(asked.map((path) => api.get<unknown>(path, signal)));
  return `${JSON.stringify(Object.fromEntries(asked.map((path, i) => [path, answers[i]])), null, 2)}\n`;
}
