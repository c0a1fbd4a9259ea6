/**
 * Common Media Client Data: what players say of themselves (CTA-5004), in the query (`CMCD=`) or in four headers. Keys are
 * separated by commas, texts are quoted, a key alone is true; in version 2 (CTA-5004-B) a number may be a list, `(5000;v 128;a)`.
 */

import type { Details } from '../../core/observation.ts';

export interface Cmcd {
  /** The playback session, as the player has made it up. */
  readonly sid: string | null;
  /** Encoded bitrate of what was asked for, in kbit/s. */
  readonly bitrate: number | null;
  /** Measured throughput, in kbit/s. */
  readonly throughput: number | null;
  /** The buffer had run empty. */
  readonly isStarved: boolean;
}

/** Longer ones are cut: all keys of the standard together are shorter. */
export const LONGEST_CMCD = 2048;
const LONGEST_SID = 64;

const KEY = /(?:^|,)\s*(sid|br|mtp|bs)(?:=("(?:[^"\\]|\\.)*"|\([^()]*\)|[^,]*))?(?=,|$)/g;

/** Of several lists together: the four headers. */
export function parseCmcd(list: string): Cmcd {
  let sid: string | null = null;
  let bitrate: number | null = null;
  let throughput: number | null = null;
  let isStarved = false;
  for (const [, key, value = ''] of list.slice(0, LONGEST_CMCD).matchAll(KEY)) {
    if (key === 'sid') sid ??= textOf(value);
    else if (key === 'br') bitrate ??= numberOf(value);
    else if (key === 'mtp') throughput ??= numberOf(value);
    else isStarved ||= value === '' || value === '?1' || value === 'true';
  }
  return { sid, bitrate, throughput, isStarved };
}

function textOf(value: string): string | null {
  const text = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
  return text === '' || text.length > LONGEST_SID ? null : text;
}

/** Of a list the greatest: what the tracks of one player come to, if only one says. */
function numberOf(value: string): number | null {
  const numbers = [...value.matchAll(/\d{1,9}(?:\.\d{1,3})?/g)].map(([text]) => Number(text));
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/** As it is kept on a session; null if there is nothing to keep. */
export function detailsOf({ bitrate, throughput, isStarved }: Cmcd): Details | null {
  if (bitrate === null && throughput === null && !isStarved) return null;
  return {
    ...(bitrate === null ? {} : { cmcdBitrate: bitrate }),
    ...(throughput === null ? {} : { cmcdThroughput: throughput }),
    ...(isStarved ? { cmcdStarved: true } : {}),
  };
}
