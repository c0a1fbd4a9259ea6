/** Entries of systemd's journal, as `journalctl --output=json` prints them: one object a line (systemd's JOURNAL_EXPORT_FORMATS). */

import type { Instant } from '../../core/observation.ts';

export interface JournalEntry {
  readonly message: string;
  readonly at: Instant;
  /** Its place in the journal; null if it is not told. */
  readonly cursor: string | null;
}

/** Null if it is no entry with a message and a time. */
export function parseEntry(line: string): JournalEntry | null {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof entry !== 'object' || entry === null) return null;
  const { MESSAGE, __REALTIME_TIMESTAMP, __CURSOR } = entry as Record<string, unknown>;
  const message = textOf(MESSAGE);
  if (message === null || typeof __REALTIME_TIMESTAMP !== 'string' || !/^\d{1,16}$/.test(__REALTIME_TIMESTAMP))
    return null;
  return {
    message,
    at: Math.floor(Number(__REALTIME_TIMESTAMP) / 1000),
    cursor: typeof __CURSOR === 'string' ? __CURSOR : null,
  };
}

/** What is not printable UTF-8 comes as a list of bytes, and a field that is there several times as a list of those. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  if (!value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) return textOf(value[0]);
  return Buffer.from(value as number[]).toString('utf8');
}

/** The arguments of journalctl. `matches`: `unit.service` or `FIELD=value`; `which`: how it is limited. */
export function journalArguments(matches: readonly string[], which: readonly string[]): string[] {
  const units = matches.map((match) => (match.includes('=') ? match : `--unit=${match}`));
  return ['--output=json', '--all', '--no-pager', '--quiet', ...which, ...units];
}
