/**
 * Which page is shown, and what of it: `#history?from=…`. It is in the fragment of the address, so that it works under any
 * base path, can be shared, and back and forward do what they say.
 */

export const PAGES = ['audience', 'sessions', 'history', 'turn', 'sharing', 'sources', 'welcome'] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  readonly page: PageName;
  /** What comes after the page, decoded: the id of an account. Null is none. */
  readonly item: string | null;
  readonly query: URLSearchParams;
}

let current = $state.raw<Route>(read());
const follow = () => {
  current = read();
};
addEventListener('hashchange', follow);
addEventListener('popstate', follow);

export const route = {
  get page(): PageName {
    return current.page;
  },
  get item(): string | null {
    return current.item;
  },
  /** Must not be written to. */
  get query(): URLSearchParams {
    return current.query;
  },
  /** Stays on the page. A small step, as of a cursor that is dragged, makes no entry to go back to. */
  setQuery(query: Readonly<Record<string, string | readonly string[] | null>>, { isStep = false } = {}): void {
    const next = new URLSearchParams(current.query);
    for (const [name, value] of Object.entries(query)) {
      next.delete(name);
      for (const each of value === null ? [] : [value].flat()) next.append(name, each);
    }
    const href = hrefOf(current.page, current.item, next);
    if (isStep) history.replaceState(null, '', href);
    else history.pushState(null, '', href);
    follow();
  },
};

/** A link within the page. */
export function hrefOf(page: PageName, item: string | null = null, query = new URLSearchParams()): string {
  return `#${page}${item === null ? '' : `/${encodeURIComponent(item)}`}${query.size > 0 ? `?${query}` : ''}`;
}

/** Any other fragment is a place on the page of the audience. */
function read(): Route {
  const [, page, item, query] = /^#([a-z]+)(?:\/([^?]+))?(?:\?(.*))?$/.exec(location.hash) ?? [];
  if (!isPage(page)) return { page: 'audience', item: null, query: new URLSearchParams() };
  return { page, item: item === undefined ? null : decoded(item), query: new URLSearchParams(query ?? '') };
}

function isPage(name: string | undefined): name is PageName {
  return (PAGES as readonly (string | undefined)[]).includes(name);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
