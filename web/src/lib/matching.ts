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
export function ranked<T extends { readonly text: string }>(offers: readonly T[], wanted: string): readonly T[] {
  const sought = plain(wanted);
  if (sought === '') return [];
  return offers
    .map((offer) => ({ offer, rank: rankOf(plain(offer.text), sought) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .map(({ offer }) => offer);
}

/** As the API compares it; null if it can be none. */
export function addressOf(wanted: string): string | null {
  return ADDRESS.test(wanted) ? wanted.toLowerCase() : null;
}

/** The first few, and before them what looks like an address. */
export function matching(offers: readonly Offer[], wanted: string): readonly Offer[] {
  const value = addressOf(wanted);
  const address: Offer[] = value === null ? [] : [{ facet: 'ip' satisfies Facet, value, text: value, sessions: null }];
  return [...address, ...ranked(offers, wanted)].slice(0, MOST_OFFERED);
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
