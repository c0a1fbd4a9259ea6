/** How many columns of a terminal a text takes: most characters one, East Asian ones and pictures two, marks none. */

/** Without control characters: see `printable`. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += widthOfChar(char);
  return width;
}

/** Cut to so many columns, with an ellipsis if something is missing, and filled up with spaces. */
export function fit(text: string, columns: number): string {
  const width = widthOf(text);
  if (width <= columns) return text + ' '.repeat(columns - width);
  let kept = '';
  let taken = 0;
  for (const char of text) {
    const next = widthOfChar(char);
    if (taken + next > columns - 1) break;
    kept += char;
    taken += next;
  }
  return `${kept}…${' '.repeat(columns - 1 - taken)}`;
}

const NONE = /^[\p{M}\p{Cf}]$/u;
/** The wide blocks of Unicode's EastAsianWidth.txt. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

function widthOfChar(char: string): number {
  if (char < '\u0300') return 1;
  if (NONE.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}
