/** An analysis for tests of how it is told: of the sessions that it is given. */

import type { SessionRecord } from '../../core/session.ts';
import { Summarizer } from '../../insights/summary/summary.ts';
import { type WallClock, wallClockOf } from '../../insights/summary/wall-clock.ts';
import type { Analysis } from '../analysis.ts';

export const UTC: WallClock = wallClockOf('UTC')!;

export function analysisOf(
  sessions: readonly SessionRecord[],
  told: Partial<Omit<Analysis, 'summary'>> = {},
): Analysis {
  const summarizer = new Summarizer();
  for (const session of sessions) summarizer.add(session);
  return {
    files: ['access.log'],
    tally: { bytes: 1000, lines: 10, packets: null, unreadable: 0, statuses: null, more: {} },
    counters: {},
    relay: null,
    ...told,
    summary: summarizer.summary(),
  };
}

/** What strangers type: markup, formulas, control characters, wide and endless names. */
export const HOSTILE: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'--><svg onload=alert(1)>",
  '</style></table><iframe src="http://192.0.2.1/">',
  '=HYPERLINK("http://192.0.2.1")',
  '@SUM(1+1)*cmd|calc',
  '\u001b[31mred\u001b]0;title\u0007',
  '\u202egnp.exe',
  '東京ラジオ'.repeat(30),
  `a${'\u0301'.repeat(50)}`,
  'x'.repeat(5000),
  '\ud800',
  '&lt;b&gt;',
  'two\r\nlines',
];
