/**
 * CSV that is safe to open in a spreadsheet. RFC 4180: lines end in CR LF, a cell with a comma, quote or line end is in
 * quotes. And no formulas: a text that a spreadsheet would calculate gets an apostrophe before it, as OWASP advises
 * ("CSV Injection"), since names and user agents are whatever strangers typed. Numbers are numbers, also negative ones.
 */

/** Null is an empty cell. A number that is none or not finite is an empty cell too. */
export type CsvCell = string | number | boolean | null;

/** One line with its end. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  if (typeof cell === 'boolean') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The wide forms of = + - @ are calculated by spreadsheets in Chinese, Japanese and Korean. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const QUOTED = /[",\r\n]|^\s|\s$/;
