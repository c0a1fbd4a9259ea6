/** The whole screen, line by line, for a terminal of any size. */

import { number } from '../report/figures.ts';
import { SOURCE_COLUMNS, STREAM_COLUMNS, sessionColumns } from './columns.ts';
import { countsLine, type Moment, sparkLine, titleLine, troubleLine } from './head.ts';
import type { Line, Tone } from './paint.ts';
import { type Picture, serverTime } from './picture.ts';
import { type Column, headingLine, placed, rowLine } from './table.ts';
import { chosenPlace, type Lists, type Pane, sortChoices, type View } from './view.ts';

export interface FrameLine {
  readonly line: Line;
  readonly tone?: Tone;
}

export interface Frame {
  /** As many as the terminal has rows. */
  readonly lines: readonly FrameLine[];
  /** Rows of the list with the focus that are seen. */
  readonly page: number;
}

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** From so many rows on the streams stand above the sessions. */
const SPLIT_FROM = 20;
const SPARKLINE_FROM = 14;
const OTHERS: readonly Pane[] = ['streams', 'sources'];

export function frameOf(current: Picture, view: View, lists: Lists, { columns, rows }: FrameSize, now: number): Frame {
  const picture = view.paused ?? current;
  const moment: Moment = { now: view.paused === null ? now : view.paused.heardAt, columns };
  const trouble = troubleLine(current, { now, columns });
  const head: FrameLine[] = [
    { line: titleLine({ ...picture, phase: current.phase }, view.paused !== null, moment) },
    { line: countsLine(picture, moment) },
    ...(rows >= SPARKLINE_FROM ? [{ line: sparkLine(picture, moment) }] : []),
    ...(trouble === null ? [] : [{ line: trouble }]),
  ];
  const room = Math.max(rows - head.length - 1, 0);
  const scene: Scene = { picture, view, lists, moment };
  const body = view.mode === 'help' ? { lines: helpLines(), page: 1 } : panes(scene, room, rows >= SPLIT_FROM);
  const filled = [...head, ...body.lines.slice(0, room)];
  while (filled.length < rows - 1) filled.push({ line: [] });
  return { lines: [...filled.slice(0, rows - 1), { line: footLine(view) }], page: Math.max(body.page, 1) };
}

interface Scene {
  readonly picture: Picture;
  readonly view: View;
  readonly lists: Lists;
  readonly moment: Moment;
}

interface Block {
  readonly lines: readonly FrameLine[];
  readonly page: number;
}

function panes(scene: Scene, room: number, isSplit: boolean): Block {
  const { view, lists } = scene;
  if (!isSplit) return pane(scene, view.pane, ['streams', 'sessions', 'sources'], room);
  const above = view.pane === 'sources' ? 'sources' : 'streams';
  // A heading, the labels, and no more rows than there are.
  const height = Math.min(Math.max(lists[above].length, 1) + 2, Math.max(Math.floor(room / 3), 5));
  const upper = pane(scene, above, OTHERS, height);
  const lower = pane(scene, 'sessions', ['sessions'], room - height - 1);
  const page = view.pane === 'sessions' ? lower.page : upper.page;
  return { lines: [...upper.lines, { line: [] }, ...lower.lines], page };
}

function pane(scene: Scene, shown: Pane, tabs: readonly Pane[], height: number): Block {
  const { lists, moment, picture } = scene;
  const now = serverTime(picture, moment.now);
  const table: Table = { scene, shown, height: Math.max(height - 2, 0) };
  const body = {
    streams: () => tableLines(table, STREAM_COLUMNS, lists.streams),
    sessions: () => tableLines(table, sessionColumns(now, lists.sessions), lists.sessions),
    sources: () => tableLines(table, SOURCE_COLUMNS, lists.sources),
  }[shown]();
  return { lines: [{ line: tabsLine(scene, shown, tabs) }, ...body], page: table.height };
}

interface Table {
  readonly scene: Scene;
  readonly shown: Pane;
  /** Rows below the labels. */
  readonly height: number;
}

function tableLines<Row>(
  { scene, shown, height }: Table,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): FrameLine[] {
  const { view, lists, moment } = scene;
  const places = placed(columns, moment.columns);
  const { by, isDescending } = view.sorts[shown];
  const title = columns[0]!.label;
  const labels = headingLine(places, { title, sortedBy: by, isDescending });
  const chosen = chosenPlace(view, shown, lists);
  // The chosen row stays where it is while others come and go.
  const first = Math.max(Math.min(chosen - Math.floor(height / 2), rows.length - height), 0);
  const seen = rows.slice(first, first + height).map((row, i): FrameLine => {
    const line = rowLine(places, row);
    return shown === view.pane && first + i === chosen ? { line, tone: 'chosen' } : { line };
  });
  const empty: FrameLine[] = rows.length > 0 ? [] : [{ line: [{ text: emptyText(scene, shown), tone: 'quiet' }] }];
  const filler = Array.from({ length: Math.max(height - seen.length - empty.length, 0) }, () => ({ line: [] }));
  return [{ line: labels.map((span) => ({ ...span, tone: 'quiet' as const })) }, ...seen, ...empty, ...filler];
}

function emptyText({ picture, view }: Scene, shown: Pane): string {
  if (shown === 'streams') return view.text === '' ? 'No stream is known yet.' : 'No stream fits.';
  if (shown === 'sources') return view.text === '' ? 'Nothing is watched: add sources.' : 'No source fits.';
  if (picture.sessions === null) return 'Asking …';
  return view.text === '' ? 'Nobody listens now.' : 'Nobody fits.';
}

const NAMES: Readonly<Record<Pane, string>> = { streams: 'Streams', sessions: 'Sessions', sources: 'Sources' };

function tabsLine(scene: Scene, shown: Pane, tabs: readonly Pane[]): Line {
  const { view } = scene;
  return tabs.flatMap((tab) => {
    const tone: Tone = tab === view.pane ? 'chosen' : tab === shown ? 'strong' : 'quiet';
    return [{ text: ` ${NAMES[tab]} ${amountOf(scene, tab)} `, tone }, { text: ' ' }];
  });
}

/** `345`, `12 of 345`, `12 in 10,000 of 98,123` where not all were looked at. */
function amountOf({ picture, view, lists }: Scene, tab: Pane): string {
  const shown = number(lists[tab].length);
  if (tab !== 'sessions') {
    const all = number(picture[tab].length);
    return shown === all ? all : `${shown} of ${all}`;
  }
  const { sessions } = picture;
  if (sessions === null) return '…';
  if (view.text === '') return number(sessions.total);
  const { lookedAt, total, hasMore } = sessions;
  return hasMore && lookedAt < total
    ? `${shown} in ${number(lookedAt)} of ${number(total)}`
    : `${shown} of ${number(total)}`;
}

function footLine(view: View): Line {
  if (view.mode === 'filter') {
    return [
      { text: `/${view.text}` },
      { text: ' ', tone: 'chosen' },
      { text: '  enter keeps it, esc clears', tone: 'quiet' },
    ];
  }
  if (view.mode === 'sort') {
    const choices = sortChoices(view.pane).flatMap(({ letter, label }) => [
      { text: ` ${letter}`, tone: 'strong' as const },
      { text: ` ${label} `, tone: 'quiet' as const },
    ]);
    return [{ text: 'Sort by' }, ...choices];
  }
  if (view.mode === 'help') return [{ text: 'Any key goes back.', tone: 'quiet' }];
  const { stream, text } = view;
  if (stream === null && text === '') return [{ text: KEYS, tone: 'quiet' }];
  const only = stream === null ? '' : `Only ${stream.stream}  `;
  return [{ text: `${only}${text === '' ? '' : `/${text}  `}` }, { text: 'esc shows all again', tone: 'quiet' }];
}

const KEYS = '? help  q quit  tab list  / find  s sort  r reverse  f only this stream  p pause';

const HELP: readonly (readonly [keys: string, what: string])[] = [
  ['↑ ↓  page  home end', 'moves in the list'],
  ['tab', 'goes to the next list: streams, sessions, sources'],
  ['s and a letter', 'sorts by that column; again, the other way round'],
  ['r', 'reverses the order'],
  ['/', 'finds by stream, place, player, user or address'],
  ['f or enter', 'only this stream; again, all of them'],
  ['esc', 'shows all again'],
  ['p', 'holds still, and goes on'],
  ['q or Ctrl-C', 'ends'],
];

function helpLines(): FrameLine[] {
  return [
    { line: [] },
    ...HELP.map(([keys, what]) => ({
      line: [{ text: `  ${keys}`, width: 24, tone: 'strong' as const }, { text: what }],
    })),
  ];
}
