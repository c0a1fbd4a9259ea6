/** How far the clocks of a time zone are ahead of UTC, by the rules that Node brings along (IANA). Times are milliseconds. */

export interface ZoneOffset {
  /** As IANA spells it. */
  readonly zone: string;
  /** Negative in the west. Takes some microseconds: whoever asks often keeps the answers. */
  offsetAt(at: number): number;
}

/** By an IANA name, or for an offset such as `+02:00`. Throws a RangeError if there is no such zone. */
export function zoneOffset(zone: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...PARTS });
  const { timeZone } = format.resolvedOptions();
  return { zone: timeZone, offsetAt: timeZone === 'UTC' ? () => 0 : (at) => offsetOf(format, at) };
}

/** By an IANA name; null if there is no such zone. Mere offsets have no name. */
export function namedZoneOffset(name: string): ZoneOffset | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return zoneOffset(name);
  } catch {
    return null;
  }
}

const PARTS = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  era: 'short',
} as const;

function offsetOf(format: Intl.DateTimeFormat, at: number): number {
  const shown: Partial<Record<string, string>> = {};
  for (const { type, value } of format.formatToParts(at)) shown[type] = value;
  const { year, month, day, hour, minute, second, era } = shown as Record<keyof typeof PARTS, string>;
  // Not Date.UTC, which takes the first hundred years for those of the 20th century.
  const wall = new Date(0);
  wall.setUTCFullYear(era === 'BC' ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  wall.setUTCHours(Number(hour), Number(minute), Number(second));
  return wall.getTime() - Math.floor(at / 1000) * 1000;
}
