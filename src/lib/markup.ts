/**
 * HTML and SVG that cannot be broken out of: whatever is put into a template is text and is escaped, unless it is markup
 * that a template has made. Names and user agents are whatever strangers typed, so control characters and those that turn
 * the direction of a line around are replaced, too.
 */

import { escapeHtml } from './html.ts';
import { printable } from './printable.ts';

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Null is nothing. */
export type Part = Markup | string | number | null | readonly Part[];

/** Attributes must be in double quotes, and be none that are run or fetched. */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(template.map((text, i) => (i === 0 ? text : textOf(parts[i - 1]!) + text)).join(''));
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'number') return String(part);
  return typeof part === 'string' ? escapeHtml(printable(part).toWellFormed()) : part.map(textOf).join('');
}
