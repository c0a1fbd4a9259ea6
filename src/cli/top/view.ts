/** What a person has chosen to see, and what their keys do to it. Nothing here knows a terminal or a server. */

import type { SourceWire, StreamWire } from '../../http/contract.ts';
import { SOURCE_COLUMNS, type Sort, STREAM_COLUMNS, sortedSources, sortedStreams } from './columns.ts';
import type { Key } from './keys.ts';
import type { Picture, SessionLine } from './picture.ts';
import { containsAll, matcher, type SessionQuestion, wordsOf } from './session-window.ts';

export const PANES = ['streams', 'sessions', 'sources'] as const;
export type Pane = (typeof PANES)[number];

export interface View {
  readonly pane: Pane;
  readonly sorts: Readonly<Record<Pane, Sort>>;
  /** The id of the chosen row, and where it stood, should it go. */
  readonly chosen: Readonly<Record<Pane, { readonly id: string | null; readonly place: number }>>;
  readonly text: string;
  /** `filter` while it is typed, `sort` while a letter is awaited. */
  readonly mode: 'list' | 'filter' | 'sort' | 'help';
  /** Only this one. */
  readonly stream: StreamWire | null;
  /** What is looked at while it does not move. */
  readonly paused: Picture | null;
}

export const FIRST_VIEW: View = {
  pane: 'sessions',
  sorts: {
    streams: { by: 'sessions', isDescending: true },
    sessions: { by: 'startedAt', isDescending: true },
    sources: { by: 'trouble', isDescending: true },
  },
  chosen: {
    streams: { id: null, place: 0 },
    sessions: { id: null, place: 0 },
    sources: { id: null, place: 0 },
  },
  ...{ text: '', mode: 'list', stream: null, paused: null },
};

/** The rows of each pane, in order. */
export interface Lists {
  readonly streams: readonly StreamWire[];
  readonly sessions: readonly SessionLine[];
  readonly sources: readonly SourceWire[];
}

export function listsOf(current: Picture, view: View): Lists {
  const picture = view.paused ?? current;
  const isFound = (pane: Pane, said: readonly (string | null)[]) =>
    view.pane !== pane || containsAll(said, wordsOf(view.text));
  const sessions = picture.sessions?.items ?? [];
  return {
    // Beside the sessions that are looked for all streams are of interest.
    streams: sortedStreams(
      picture.streams.filter(({ stream, source, title, name }) => isFound('streams', [stream, source, title, name])),
      view.sorts.streams,
    ),
    // The text may be newer than what was asked with it.
    sessions: sessions.filter(matcher(view.text)).filter((session) => isOf(session, view.stream)),
    sources: sortedSources(
      picture.sources.filter(({ name, kind }) => isFound('sources', [name, kind])),
      view.sorts.sources,
    ),
  };
}

function isOf({ source, stream }: SessionLine, only: StreamWire | null): boolean {
  return only === null || (source === only.source && stream === only.stream);
}

const idsOf: { [P in Pane]: (lists: Lists) => readonly string[] } = {
  streams: ({ streams }) => streams.map(({ id }) => id),
  sessions: ({ sessions }) => sessions.map(({ id }) => id),
  sources: ({ sources }) => sources.map(({ name }) => name),
};

/** Where the chosen row is now; where it stood if it has gone; 0 in an empty list. */
export function chosenPlace(view: View, pane: Pane, lists: Lists): number {
  const ids = idsOf[pane](lists);
  const { id, place } = view.chosen[pane];
  const found = id === null ? -1 : ids.indexOf(id);
  return found === -1 ? Math.max(Math.min(place, ids.length - 1), 0) : found;
}

/** What the sessions are to be asked for; some more than are seen, so that there is where to go on to. */
export function questionOf(view: View, rows: number): SessionQuestion {
  const { by, isDescending } = view.sorts.sessions;
  const depth = Math.ceil((view.chosen.sessions.place + 2 * rows + 1) / 100) * 100;
  return { sort: `${isDescending ? '-' : ''}${by}`, stream: view.stream, text: view.text.trim(), depth };
}

export interface Sight {
  readonly picture: Picture;
  readonly lists: Lists;
  /** Rows of the list that are seen at once. */
  readonly page: number;
}

/** What a key does. */
export function pressed(view: View, key: Key, sight: Sight): View {
  if (view.mode === 'filter') return typed(view, key);
  if (view.mode === 'sort') return sortChosen(view, key);
  if (view.mode === 'help') return { ...view, mode: 'list' };
  const moved = movedBy(view, key, sight);
  if (moved !== null) return moved;
  switch (key) {
    case 'tab':
    case 'right':
      return inPane(view, 1);
    case 'backTab':
    case 'left':
      return inPane(view, -1);
    case '/':
      return { ...view, mode: 'filter' };
    case 's':
      return { ...view, mode: 'sort' };
    case 'r':
      return sortedAs(view, { ...sortOf(view), isDescending: !sortOf(view).isDescending });
    case 'f':
    case 'enter':
      return narrowed(view, sight.lists);
    case 'p':
      return { ...view, paused: view.paused === null ? sight.picture : null };
    case 'escape':
      return { ...view, text: '', stream: null };
    case '?':
    case 'h':
      return { ...view, mode: 'help' };
    default:
      return view;
  }
}

function inPane(view: View, step: number): View {
  return { ...view, pane: PANES[(PANES.indexOf(view.pane) + step + PANES.length) % PANES.length]! };
}

const STEPS: Readonly<Record<string, (place: number, page: number) => number>> = {
  up: (place) => place - 1,
  k: (place) => place - 1,
  down: (place) => place + 1,
  j: (place) => place + 1,
  pageUp: (place, page) => place - page,
  pageDown: (place, page) => place + page,
  home: () => 0,
  end: () => Number.POSITIVE_INFINITY,
};

function movedBy(view: View, key: Key, { lists, page }: Sight): View | null {
  const step = STEPS[key];
  if (step === undefined) return null;
  const { pane } = view;
  const ids = idsOf[pane](lists);
  const wanted = step(chosenPlace(view, pane, lists), page);
  const place = Math.max(Math.min(wanted, ids.length - 1), 0);
  return { ...view, chosen: { ...view.chosen, [pane]: { id: ids[place] ?? null, place } } };
}

/** Only the chosen stream, or that of the chosen session; once more, and it is all of them again. */
function narrowed(view: View, lists: Lists): View {
  if (view.pane === 'sources') return view;
  if (view.stream !== null) return { ...view, stream: null };
  const place = chosenPlace(view, view.pane, lists);
  const session = view.pane === 'sessions' ? lists.sessions[place] : undefined;
  const stream =
    view.pane === 'streams'
      ? lists.streams[place]
      : lists.streams.find((each) => session !== undefined && isOf(session, each));
  if (stream === undefined) return view;
  const chosen = { ...view.chosen, sessions: { id: null, place: 0 } };
  return { ...view, stream, chosen, pane: 'sessions' };
}

const LONGEST_TEXT = 100;

function typed(view: View, key: Key): View {
  const chosen = { ...view.chosen, sessions: { id: null, place: 0 } };
  const search = (text: string): View => ({ ...view, text, chosen });
  if (key === 'enter') return { ...view, mode: 'list' };
  if (key === 'escape') return { ...search(''), mode: 'list' };
  if (key === 'clear') return search('');
  if (key === 'backspace') return search(withoutLast(view.text));
  const isCharacter = [...key].length === 1;
  return isCharacter && view.text.length < LONGEST_TEXT ? search(view.text + key) : view;
}

/** What a person sees as one character. */
function withoutLast(text: string): string {
  const last = [...new Intl.Segmenter('en').segment(text)].at(-1);
  return last === undefined ? '' : text.slice(0, last.index);
}

export interface SortChoice {
  readonly letter: string;
  readonly label: string;
  readonly sort: string;
}

const SESSION_SORTS: readonly SortChoice[] = [
  { letter: 's', label: 'Start', sort: 'startedAt' },
  { letter: 'd', label: 'For', sort: 'duration' },
  { letter: 't', label: 'Stream', sort: 'stream' },
  { letter: 'c', label: 'Country', sort: 'country' },
  { letter: 'i', label: 'City', sort: 'city' },
  { letter: 'p', label: 'Player', sort: 'player' },
  { letter: 'u', label: 'User', sort: 'user' },
  { letter: 'b', label: 'Bytes', sort: 'bytes' },
];

/** Sessions are sorted by the server, by what it can sort by. */
export function sortChoices(pane: Pane): readonly SortChoice[] {
  if (pane === 'sessions') return SESSION_SORTS;
  const columns = pane === 'streams' ? STREAM_COLUMNS : SOURCE_COLUMNS;
  return columns.flatMap(({ letter, label, sort }) =>
    letter === undefined || sort === undefined ? [] : [{ letter, label, sort }],
  );
}

/** Numbers begin with the greatest. */
const DESCENDING = ['sessions', 'bytes', 'duration', 'startedAt', 'trouble', 'lag', 'status'];

/** A letter sorts by its column, or the other way round if it is so already. */
function sortChosen(view: View, key: Key): View {
  const list: View = { ...view, mode: 'list' };
  const choice = sortChoices(view.pane).find(({ letter }) => letter === key);
  if (choice === undefined) return list;
  const { by, isDescending } = sortOf(view);
  const next = by === choice.sort ? !isDescending : DESCENDING.includes(choice.sort);
  return sortedAs(list, { by: choice.sort, isDescending: next });
}

export function sortOf({ sorts, pane }: View): Sort {
  return sorts[pane];
}

function sortedAs(view: View, sort: Sort): View {
  const { pane } = view;
  const chosen = { ...view.chosen, [pane]: { id: null, place: 0 } };
  return { ...view, chosen, sorts: { ...view.sorts, [pane]: sort } };
}
