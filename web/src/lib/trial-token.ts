/** The token that was printed at the start: from the address, which it then leaves, and kept while the tab is open. */

import { route } from './route.svelte.ts';

const KEY = 'headcount.trial';

/** Null is none. To be asked when the page is made. */
export function trialToken(): string | null {
  const token = route.query.get('token');
  try {
    if (token === null) return sessionStorage.getItem(KEY);
    sessionStorage.setItem(KEY, token);
  } catch {
    // A browser that keeps nothing: then it stays in the address.
    return token;
  }
  route.setQuery({ token: null }, { isStep: true });
  return token;
}
