/** Tables that fit: which columns there is room for, and how wide each is. */

import type { Line, Span, Tone } from './paint.ts';

export interface Column<Row> {
  readonly label: string;
  /** The key that sorts by it, and what that is called; absent where nothing can be sorted by it. */
  readonly letter?: string;
  readonly sort?: string;
  /** Columns of the terminal that it needs, and that are of use. */
  readonly least: number;
  readonly most: number;
  /** Those with the smallest come first where there is no room for all. */
  readonly rank: number;
  readonly isRight?: boolean;
  text(row: Row): string;
  tone?(row: Row): Tone | undefined;
}

export interface Placed<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

const BETWEEN = 2;

/** In the order in which they were given. What remains of the room goes to those that can use it. */
export function placed<Row>(columns: readonly Column<Row>[], width: number): Placed<Row>[] {
  const chosen = new Set<Column<Row>>();
  let room = width;
  for (const column of [...columns].sort((a, b) => a.rank - b.rank)) {
    const needed = column.least + (chosen.size === 0 ? 0 : BETWEEN);
    if (needed > room && chosen.size > 0) break;
    chosen.add(column);
    room -= needed;
  }
  const shown = columns.filter((column) => chosen.has(column));
  const widths = shown.map(({ least }) => Math.min(least, width));
  // One after the other, so that all grow alike.
  for (let isGrowing = room > 0; isGrowing; ) {
    isGrowing = false;
    for (const [i, { most }] of shown.entries()) {
      if (room === 0 || widths[i]! >= most) continue;
      widths[i]!++;
      room--;
      isGrowing = true;
    }
  }
  return shown.map((column, i) => ({ column, width: widths[i]! }));
}

export interface Heading {
  /** Stands in place of the label of the first column. */
  readonly title: string;
  readonly sortedBy: string;
  readonly isDescending: boolean;
}

export function headingLine<Row>(all: readonly Placed<Row>[], { title, sortedBy, isDescending }: Heading): Line {
  return lineOf(all, ({ label, sort }, isFirst) => {
    const mark = sort === sortedBy && all.length > 1 ? (isDescending ? '▾' : '▴') : '';
    return { text: `${isFirst ? title : label}${mark}` };
  });
}

export function rowLine<Row>(all: readonly Placed<Row>[], row: Row): Line {
  return lineOf(all, (column) => ({ text: column.text(row), tone: column.tone?.(row) }));
}

function lineOf<Row>(
  all: readonly Placed<Row>[],
  cell: (column: Column<Row>, isFirst: boolean) => { text: string; tone?: Tone | undefined },
): Line {
  return all.flatMap(({ column, width }, i): Span[] => {
    const span = { ...cell(column, i === 0), width, isRight: column.isRight };
    return i === 0 ? [span] : [{ text: ' '.repeat(BETWEEN) }, span];
  });
}
