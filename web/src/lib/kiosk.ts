/**
 * What a wall screen is asked to show, by the address: `?kiosk` the audience, `?kiosk=stream:NAME` one stream,
 * `?kiosk=audience,sources&every=30` pages in turn. Pure.
 */

export interface Kiosk<Page extends string> {
  /** The name of the one stream that it is about; null is all of them. */
  readonly stream: string | null;
  /** In turn; at least one. */
  readonly pages: readonly [Page, ...Page[]];
  /** Each is shown for so long, in milliseconds. */
  readonly every: number;
}

const DEFAULT_SECONDS = 30;
const LEAST_SECONDS = 5;
const MOST_SECONDS = 3600;

/** Null if the address asks for no wall screen. Pages that there are not are left out; without any it is the first that there is. */
export function kioskOf<Page extends string>(search: string, known: readonly [Page, ...Page[]]): Kiosk<Page> | null {
  const query = new URLSearchParams(search);
  const wanted = query.get('kiosk');
  if (wanted === null) return null;
  const every = secondsOf(query.get('every')) * 1000;
  const stream = /^stream:(.+)$/s.exec(wanted)?.[1] ?? null;
  if (stream !== null) return { stream, pages: [known[0]], every };
  const asked = wanted.split(',').flatMap((name) => known.filter((page) => page === name.trim()));
  const [first = known[0], ...others] = asked;
  return { stream, pages: [first, ...others], every };
}

function secondsOf(written: string | null): number {
  const seconds = written === null || written === '' ? Number.NaN : Number(written);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, LEAST_SECONDS), MOST_SECONDS) : DEFAULT_SECONDS;
}

/** Where the whole picture stands after so many moves, in pixels: a small square, so that no edge burns in. */
export function shiftOf(moves: number): readonly [x: number, y: number] {
  const corners = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
  ] as const;
  return corners[moves % corners.length]!;
}
