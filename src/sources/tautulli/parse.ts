/**
 * What Tautulli says of plays: rows of `get_history`, which are over, and sessions of `get_activity`, which are live
 * (both of 2.17; before 2.12.3 rows have `duration` only). Pure; asking is api.ts's and index.ts's.
 *
 * A row and the live session before it must be known for the same play, so listener and stream are computed alike:
 * the stream is what was played (`full_title`), the listener is the user. In a row numbers are numbers, in a live
 * session they are texts, and anything may be null.
 */

import {
  type ClientFacts,
  clientFacts,
  type Details,
  type DetailValue,
  FOREVER,
  type Instant,
  type Presence,
  presence,
} from '../../core/observation.ts';
import { type Fields, fieldsOf, listIn, textIn } from '../../transports/poll/json-fields.ts';

export interface HistoryRow {
  /** Row id and start: tells rows apart, also after Tautulli's database was begun anew. */
  readonly key: string;
  /** Seconds since the epoch. */
  readonly started: number;
  readonly presence: Presence;
}

export interface HistoryPage {
  /** How many rows there are in all pages. */
  readonly filtered: number;
  /** How many rows this page has, whatever they are. */
  readonly length: number;
  readonly rows: readonly HistoryRow[];
  /** Rows of what still plays: the live view tells of those. */
  readonly active: number;
  readonly unreadable: number;
}

/** Null if this is no page of history. */
export function parseHistory(content: unknown): HistoryPage | null {
  const answer = fieldsOf(content) ?? {};
  const page = listIn(answer, 'data');
  const filtered = numberOf(answer['recordsFiltered']);
  if (page === null || filtered === null) return null;
  const rows: HistoryRow[] = [];
  let active = 0;
  let unreadable = 0;
  for (const each of page) {
    const fields = fieldsOf(each);
    if (fields === null) {
      unreadable++;
      continue;
    }
    if (textIn(fields, 'state') !== null || textIn(fields, 'row_id') === null) {
      active++;
      continue;
    }
    const row = rowOf(fields);
    if (row === null) unreadable++;
    else rows.push(row);
  }
  return { filtered, length: page.length, rows, active, unreadable };
}

/** The year 2255: what is later is no time. */
const LAST_SECOND = 9_007_199_254;

function rowOf(fields: Fields): HistoryRow | null {
  const started = numberOf(fields['started']);
  if (started === null || started <= 0 || started > LAST_SECOND) return null;
  const played = Math.max(numberOf(fields['play_duration']) ?? numberOf(fields['duration']) ?? 0, 0);
  const told = numberOf(fields['stopped']);
  const stopped = Math.min(told === null || told < started ? started + played : told, LAST_SECOND);
  const id = textIn(fields, 'row_id')!;
  const content = [id, started, stopped, textIn(fields, 'user_id'), textIn(fields, 'rating_key')];
  return {
    key: `${id}:${started}`,
    started,
    presence: presence({
      stream: streamOf(fields),
      client: clientOf(fields, `row ${content.join(' ')}`),
      from: Math.round(started * 1000),
      to: Math.round(stopped * 1000),
      over: true,
      details: detailsOf(fields, {
        playSeconds: played,
        pausedSeconds: numberOf(fields['paused_counter']),
        percentComplete: numberOf(fields['percent_complete']),
      }),
    }),
  };
}

export interface Activity {
  readonly present: readonly Presence[];
  readonly unreadable: number;
}

/** Null if Tautulli does not know: it answers `{}` while it cannot reach its Plex. One session may come without a list. */
export function parseActivity(content: unknown, at: Instant): Activity | null {
  const answer = fieldsOf(content) ?? {};
  const sessions = listIn(answer, 'sessions') ?? (textIn(answer, 'session_key') === null ? null : [answer]);
  if (sessions === null) return null;
  const present: Presence[] = [];
  let unreadable = 0;
  for (const each of sessions) {
    const fields = fieldsOf(each) ?? {};
    const key = textIn(fields, 'session_key');
    if (key === null) {
      unreadable++;
      continue;
    }
    // Plex counts session keys from one again when it restarts; with its own session id they are unique.
    const connection = `live ${key} ${textIn(fields, 'session_id') ?? ''}`;
    present.push(
      presence({
        stream: streamOf(fields),
        client: clientOf(fields, connection),
        from: at,
        until: FOREVER,
        provisional: true,
        details: detailsOf(fields, {}),
      }),
    );
  }
  return { present, unreadable };
}

function streamOf(fields: Fields): string {
  const title = textIn(fields, 'full_title', 'title');
  if (title !== null) return title;
  const ratingKey = textIn(fields, 'rating_key');
  return ratingKey === null ? 'unknown' : `#${ratingKey}`;
}

function clientOf(fields: Fields, connection: string): ClientFacts {
  const product = textIn(fields, 'product');
  const platform = textIn(fields, 'platform');
  return clientFacts({
    address: textIn(fields, 'ip_address'),
    userAgent: product !== null && platform !== null ? `${product} (${platform})` : (product ?? platform),
    user: textIn(fields, 'friendly_name', 'user', 'username'),
    device: textIn(fields, 'machine_id'),
    connection,
  });
}

/** Our names of Tautulli's fields. */
const DETAILS = {
  player: 'player',
  product: 'product',
  platform: 'platform',
  location: 'location',
  mediaType: 'media_type',
  transcodeDecision: 'transcode_decision',
  ratingKey: 'rating_key',
} as const;

function detailsOf(fields: Fields, numbers: Readonly<Record<string, number | null>>): Details {
  const details: Record<string, DetailValue> = {};
  for (const [name, field] of Object.entries(DETAILS)) {
    const text = textIn(fields, field);
    if (text !== null) details[name] = text;
  }
  for (const [name, value] of Object.entries(numbers)) if (value !== null) details[name] = value;
  return details;
}

/** A number, or a text that is one; null is anything else. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
