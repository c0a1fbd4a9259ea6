/** What the API says of sources, in the viewer's words. */

import type { SourceWire } from '../../../src/http/contract.ts';
import { formatAmount, formatBytes } from './format.ts';
import { wordsOf } from './source-state.ts';
import { texts } from './texts.ts';

/** `12 lines/s`; what is rarer than that, in a minute. */
export function rateText({ counter, perSecond }: SourceWire['rates'][number]): string {
  const { work, rate } = texts.sourcesPage;
  const what = work[counter] ?? wordsOf(counter);
  if (counter === 'bytes') return rate.perSecond(formatBytes(perSecond), what);
  const isRare = perSecond > 0 && perSecond < 0.95;
  return isRare ? rate.perMinute(formatAmount(perSecond * 60), what) : rate.perSecond(formatAmount(perSecond), what);
}

export function kindText(kind: string): string {
  return texts.sourcesPage.kinds[kind] ?? kind;
}

export function reasonText(counter: string): string {
  const words = wordsOf(counter);
  return texts.sourcesPage.reasons[counter] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
