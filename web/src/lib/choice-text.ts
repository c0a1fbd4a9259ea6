/** A chosen value in words. */

import type { Chosen } from './choice.svelte.ts';
import { formatCountry } from './format.ts';
import { texts } from './texts.ts';

export function choiceText({ facet, value }: Chosen): string {
  if (value === null) return texts.unknown;
  if (facet === 'asn') return texts.filters.network(value);
  return facet === 'country' ? formatCountry(value) : value;
}
