/** What a user agent says of the player behind it. */

import type { Player } from '../../core/identity.ts';

export interface Finding {
  /** Null is "it says nothing". */
  readonly player: Player | null;
  readonly bot: boolean;
}

/**
 * What `Player.type` may be: a web `browser` (a player in a page, such as hls.js, shows as its browser) · a `player` made for
 * listening or watching · an `app` of a station, a directory or a platform · a `library` that apps are made with, where
 * the app itself does not show · a `tool` that fetches for people who test · a `bot`.
 */
export const PLAYER_TYPES = ['browser', 'player', 'app', 'library', 'tool', 'bot'] as const;
export type PlayerType = (typeof PLAYER_TYPES)[number];

/** One shape for all of them. */
export function playerOf(
  name: string | null,
  version: string | null,
  type: PlayerType | null,
  platform: string | null,
): Player {
  return { name, version, type, platform };
}
