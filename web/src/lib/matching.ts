/** Which of the known values somebody means who types a few letters. Pure. */

import type { Chosen, Facet } from './choice.svelte.ts';

const MOST_OFFERED = 8;
/** IPv4, IPv6, or one that is hidden as a hash: only what can be an address is offered as one. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*:[\da-f:.]*|[\da-f]{16,})$/i;

export interface Offer extends Chosen {
  readonly text: string;
  /** Null where only the server's answer will tell. */
  readonly sessions: number | null;
}

/** Those that begin with it first, then those that have a word that does, then those that hold it. */
export function matching(offers: readonly Offer[], wanted: string): readonly Offer[] {
  const sought = plain(wanted);
  if (sought === '') return [];
  const ranked = offers
    .map((offer) => ({ offer, rank: rankOf(plain(offer.text), sought) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .map(({ offer }) => offer);
  const address: Offer[] = ADDRESS.test(wanted)
    ? [{ facet: 'ip' satisfies Facet, value: wanted.toLowerCase(), text: wanted.toLowerCase(), sessions: null }]
    : [];
  return [...address, ...ranked].slice(0, MOST_OFFERED);
}

function rankOf(text: string, sought: string): number {
  if (text.startsWith(sought)) return 3;
  if (text.includes(` ${sought}`)) return 2;
  return text.includes(sought) ? 1 : 0;
}

/** Without accents and case: `sao` finds São Paulo. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
