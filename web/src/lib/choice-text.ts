/** A chosen value in words. */

import type { Chosen } from './choice.svelte.ts';
import { texts } from './texts.ts';

const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

export function choiceText({ facet, value }: Chosen): string {
  if (value === null) return texts.unknown;
  if (facet === 'asn') return `AS${value}`;
  return facet === 'country' ? countryName(value) : value;
}

function countryName(code: string): string {
  try {
    return countries.of(code) ?? code;
  } catch {
    // Somebody wrote something else into the address.
    return code;
  }
}
