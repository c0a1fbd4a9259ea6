/** What a report is made from, and the shapes that it can have. Each shape is loaded when it is asked for. */

import type { WallClock } from '../../insights/summary/wall-clock.ts';
import type { Analysis } from '../analysis.ts';

export interface Report {
  readonly analysis: Analysis;
  /** For times that people read; programs are given UTC. */
  readonly clock: WallClock;
}

/** The whole report. Made of nothing but what it is given: the same input gives the same text. */
export type Writer = (report: Report) => string | Promise<string>;

export const FORMATS = ['text', 'json', 'csv', 'html'] as const;
export type Format = (typeof FORMATS)[number];

const WRITERS: Readonly<Record<Format, () => Promise<Writer>>> = {
  text: async () => (await import('./text.ts')).reportText,
  json: async () => (await import('./json.ts')).reportJson,
  csv: async () => (await import('./csv.ts')).reportCsv,
  html: async () => (await import('./html/page.ts')).reportHtml,
};

export function writerOf(format: Format): Promise<Writer> {
  return WRITERS[format]();
}
