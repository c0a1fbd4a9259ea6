/**
 * Points as lines (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/): a measurement, one tag `name`,
 * one integer field `users`, and the time in seconds. The syntax has no way to write a line end, and none for a backslash
 * at the end of a value: those become spaces, and nothing.
 */

export interface Reading {
  readonly name: string;
  readonly users: number;
}

export function linesOf(measurement: string, readings: readonly Reading[], seconds: number): string[] {
  const start = `${escapeMeasurement(measurement)},name=`;
  return readings.map(({ name, users }) => `${start}${escapeTag(name)} users=${users}i ${seconds}`);
}

export function escapeMeasurement(text: string): string {
  return writable(text).replace(/[, ]/g, '\\$&');
}

export function escapeTag(text: string): string {
  return writable(text).replace(/[,= ]/g, '\\$&');
}

/** An empty value is none that could be written. */
function writable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/\\+$/, '') || 'unknown';
}
