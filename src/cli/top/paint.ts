/**
 * From spans of text to what a terminal is sent. The one place of `headcount top` that writes escape sequences: every
 * text passes `oneLine` here, so that nothing of a stranger can be one.
 */

import { fit, oneLine, widthOf } from '../text-width.ts';

/** What colour means. Whoever sees none has the words and marks beside it. */
export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'strong' | 'chosen';

export interface Span {
  readonly text: string;
  /** Columns; absent is what the text takes. */
  readonly width?: number | undefined;
  readonly isRight?: boolean | undefined;
  readonly tone?: Tone | undefined;
}

export type Line = readonly Span[];

const COLOURS: Readonly<Record<Tone, string>> = {
  good: '32',
  bad: '31',
  warn: '33',
  quiet: '90',
  strong: '1',
  chosen: '7',
};
/** These are no colours: NO_COLOR leaves them (https://no-color.org). */
const WITHOUT_COLOURS: Readonly<Partial<Record<Tone, string>>> = { strong: '1', chosen: '7' };

export interface PaintOptions {
  readonly columns: number;
  readonly isColoured: boolean;
}

/** One line for a terminal, at most so wide; the whole line may have a tone, too. */
export function paint(line: Line, { columns, isColoured }: PaintOptions, tone?: Tone): string {
  const codes = isColoured ? COLOURS : WITHOUT_COLOURS;
  const ofLine = tone === undefined ? '' : (codes[tone] ?? '');
  let painted = '';
  let column = 0;
  for (const { text, tone: own } of placed(line, columns, tone !== undefined)) {
    const code = [ofLine, own === undefined ? '' : (codes[own] ?? '')].filter((each) => each !== '').join(';');
    painted += code === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
    column += widthOf(text);
    // Terminals do not agree on the width of every character: what follows stands where it belongs.
    if (!/^[ -~]*$/.test(text) && column < columns) painted += `\u001b[${column + 1}G`;
  }
  return painted;
}

/** The same as plain text. */
export function plainLine(line: Line, columns: number): string {
  return placed(line, columns, false)
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

function placed(line: Line, columns: number, isFilled: boolean): { readonly text: string; readonly tone?: Tone }[] {
  const spans: { readonly text: string; readonly tone?: Tone }[] = [];
  let room = columns;
  for (const { text, width, isRight, tone } of line) {
    if (room <= 0) break;
    const safe = oneLine(text);
    const fitted = fit(safe, Math.min(width ?? widthOf(safe), room));
    const blank = isRight === true ? fitted.length - fitted.trimEnd().length : 0;
    const aligned = blank === 0 ? fitted : ' '.repeat(blank) + fitted.slice(0, -blank);
    spans.push(tone === undefined ? { text: aligned } : { text: aligned, tone });
    room -= widthOf(aligned);
  }
  if (isFilled && room > 0) spans.push({ text: ' '.repeat(room) });
  return spans;
}
