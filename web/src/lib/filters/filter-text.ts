/** A value of a facet in words. */

import { choiceText } from '../choice-text.ts';
import { texts } from '../texts.ts';
import { type FilterFacet, UNKNOWN } from './filters.svelte.ts';

/** What comes from outside and is no number or code is shown as it is. */
export function filterText(facet: FilterFacet, value: string): string {
  if (value === UNKNOWN) return texts.unknown;
  if (facet === 'country' || facet === 'asn') return choiceText({ facet, value });
  if (facet === 'identity') return identityText(value);
  return value;
}

function identityText(value: string): string {
  const { identities } = texts.details;
  return Object.hasOwn(identities, value) ? identities[value as keyof typeof identities] : value;
}
