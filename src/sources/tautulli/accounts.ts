/**
 * What Tautulli says of accounts, for questions that are asked of it once: rows of `get_users_table`, rows of `get_history`
 * as they are, and the places of `get_geoip_lookup` (all of 2.17). The live source reads rows as presences: parse.ts.
 * Pure.
 */

import { fieldsOf, textIn } from '../../transports/poll/json-fields.ts';
import { numberOf } from './parse.ts';

export interface TautulliUser {
  /** `user_id`: 0 is the pseudo-user `Local`. */
  readonly id: string;
  readonly friendlyName: string | null;
  readonly username: string | null;
}

/** Null if the row names nobody. */
export function parseUser(row: unknown): TautulliUser | null {
  const fields = fieldsOf(row) ?? {};
  const id = textIn(fields, 'user_id');
  if (id === null) return null;
  return { id, friendlyName: textIn(fields, 'friendly_name'), username: textIn(fields, 'username') };
}

/** A row of the history. Times are milliseconds since the epoch; what is missing or null is null. */
export interface TautulliPlay {
  /** `row_id`. */
  readonly id: string;
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
  /** `play_duration`, before 2.12.3 `duration`; 0 if there is neither. */
  readonly playSeconds: number;
  readonly device: string | null;
  readonly platform: string | null;
  readonly player: string | null;
  readonly address: string | null;
  readonly title: string | null;
}

/** Null if the row still plays, or is none. */
export function parsePlay(row: unknown): TautulliPlay | null {
  const fields = fieldsOf(row) ?? {};
  const id = textIn(fields, 'row_id');
  if (id === null || textIn(fields, 'state') !== null) return null;
  return {
    id,
    startedAt: timeOf(fields['started']),
    stoppedAt: timeOf(fields['stopped']),
    playSeconds: Math.max(numberOf(fields['play_duration']) || numberOf(fields['duration']) || 0, 0),
    device: textIn(fields, 'machine_id'),
    platform: textIn(fields, 'platform'),
    player: textIn(fields, 'player'),
    address: textIn(fields, 'ip_address'),
    title: textIn(fields, 'full_title', 'title'),
  };
}

const LAST_SECOND = 9_007_199_254;

/** 0 is no time. */
function timeOf(value: unknown): number | null {
  const seconds = numberOf(value);
  return seconds === null || seconds <= 0 || seconds > LAST_SECOND ? null : seconds * 1000;
}

export interface TautulliPlace {
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  /** Degrees; 0 is as good as any. Null unless both are sensible. */
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Null if the answer says nothing of where it is. */
export function parsePlace(content: unknown): TautulliPlace | null {
  const fields = fieldsOf(content) ?? {};
  const latitude = within(numberOf(fields['latitude']), 90);
  const longitude = within(numberOf(fields['longitude']), 180);
  const isPlaced = latitude !== null && longitude !== null;
  const names = { city: textIn(fields, 'city'), region: textIn(fields, 'region'), country: textIn(fields, 'country') };
  if (!isPlaced && Object.values(names).every((name) => name === null)) return null;
  return { ...names, latitude: isPlaced ? latitude : null, longitude: isPlaced ? longitude : null };
}

function within(value: number | null, most: number): number | null {
  return value !== null && Math.abs(value) <= most ? value : null;
}
