/** Which page is shown: it is in the fragment of the address, so that it works under any base path and can be shared. */

export interface Route {
  readonly page: 'audience' | 'sharing' | 'turn';
  /** The id of the account whose report is shown; null is none. */
  readonly account: string | null;
}

let current = $state.raw<Route>(read());
addEventListener('hashchange', () => {
  current = read();
});

export const route = {
  get page(): Route['page'] {
    return current.page;
  },
  get account(): string | null {
    return current.account;
  },
};

export function hashOf(account: string | null): string {
  return account === null ? '#sharing' : `#sharing/${encodeURIComponent(account)}`;
}

/** Any other fragment is a place on the page of the audience. */
function read(): Route {
  if (location.hash === '#turn') return { page: 'turn', account: null };
  const [, page, account] = /^#(sharing)(?:\/([\w%.~-]+))?$/.exec(location.hash) ?? [];
  if (page === undefined) return { page: 'audience', account: null };
  return { page: 'sharing', account: account === undefined ? null : decodeURIComponent(account) };
}
