/** Figures as people read them: three digits that count, a unit, and the least and the most beside the median. */

import type { Samples } from './harness.ts';

export function whole(count: number): string {
  return Math.round(count).toLocaleString('en');
}

export function megabytes(bytes: number): string {
  return `${whole(bytes / 1e6)} MB`;
}

export function kilobytes(bytes: number): string {
  return `${digits(bytes / 1000)} kB`;
}

export function seconds({ median, least, most }: Samples): string {
  return `${digits(median)} s (${digits(least)}–${digits(most)})`;
}

export function milliseconds({ median, least, most }: Samples): string {
  return `${digits(median)} ms (${digits(least)}–${digits(most)})`;
}

/** `count` things in so many milliseconds: how many a second. */
export function perSecond(count: number, { median, least, most }: Samples): string {
  const rate = (ms: number) => (count / ms) * 1000;
  const [unit, name] = rate(median) >= 1e6 ? [1e6, ' million'] : [1, ''];
  const [slow, middle, fast] = [most, median, least].map((ms) => digits(rate(ms) / unit));
  return `${middle}${name}/s (${slow}–${fast})`;
}

/** Three digits that count, but no fewer than stand before the point. */
export function digits(value: number): string {
  if (Math.abs(value) >= 100) return whole(value);
  return value.toPrecision(3);
}
