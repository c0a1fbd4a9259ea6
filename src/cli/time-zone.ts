/** The option `--time-zone`. */

import { type WallClock, wallClockOf } from '../insights/summary/wall-clock.ts';
import { HeadcountError } from '../lib/errors.ts';
import { nearest } from './args.ts';

/** An IANA name, or `local` for the zone of this machine. Throws `BAD_USAGE` if there is none of this name. */
export function clockOf(asked: string): WallClock {
  const zone = asked === 'local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : asked;
  const clock = wallClockOf(zone);
  if (clock !== null) return clock;
  const near = nearest(zone, Intl.supportedValuesOf('timeZone'));
  const hint = near === null ? 'Write it as Europe/Berlin, or local.' : `Did you mean ${near}?`;
  throw new HeadcountError('BAD_USAGE', `There is no time zone "${zone}". ${hint}`);
}
