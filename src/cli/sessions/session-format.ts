/** What sessions can be written as, by the name of the file. */

export const SESSION_FORMATS = ['csv', 'jsonl', 'parquet', 'sqlite'] as const;
export type SessionFormat = (typeof SESSION_FORMATS)[number];

/** Written from its beginning to its end, so that it need not be a file. */
export const STREAMED_FORMATS: readonly SessionFormat[] = ['csv', 'jsonl'];

/** How the names of files of a format end. */
const EXTENSIONS: Readonly<Record<SessionFormat, RegExp>> = {
  csv: /\.csv$/i,
  jsonl: /\.(jsonl|ndjson)$/i,
  parquet: /\.parquet$/i,
  sqlite: /\.(sqlite3?|db)$/i,
};

/** By the end of the name; null if it tells nothing. */
export function formatOfName(path: string): SessionFormat | null {
  return SESSION_FORMATS.find((format) => EXTENSIONS[format].test(path)) ?? null;
}
