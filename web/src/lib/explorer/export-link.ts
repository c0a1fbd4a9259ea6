/** The address of an export: the question of the page, and the columns of its table by the names that files have for them. */

export const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

type Query = Readonly<Record<string, string | readonly string[]>>;

/** Where the table has another name, or more in one column. */
const COLUMNS_OF: Readonly<Record<string, readonly string[]>> = {
  country: ['countryCode', 'country'],
  city: ['city', 'region'],
  network: ['organization', 'asn'],
  player: ['player', 'playerVersion'],
  address: ['ip'],
  duration: ['durationSeconds'],
  rate: ['bytes', 'durationSeconds'],
};

/** What a page of the table has and a file has not. */
const OF_PAGES = new Set(['limit', 'cursor', 'offset', 'session']);

/** `columns` are those of the table; null is all that files have. An id goes first, so that rows can be told apart. */
export function exportLink(format: Format, query: Query, columns: readonly string[] | null): string {
  const search = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(query)) {
    if (!OF_PAGES.has(name)) for (const each of [value].flat()) search.append(name, each);
  }
  if (columns !== null) {
    const names = ['id', ...columns.flatMap((column) => COLUMNS_OF[column] ?? [column])];
    search.set('columns', [...new Set(names)].join(','));
  }
  return `api/v1/sessions/export?${search}`;
}
