/**
 * A history whose truth is known, written as the log of an Icecast: two mounts over the days on which the clocks of Berlin
 * went forward, from Friday, 28 March, to Monday, 31 March 2025.
 */

import { writeFileSync } from 'node:fs';
import { logTime } from '../../src/sources/access-log/fixture.ts';

export const ZONE = 'Europe/Berlin';
const HOUR = 3_600_000;
/** Midnight of the 28th in Berlin. */
export const BEGIN = Date.parse('2025-03-27T23:00:00Z');
/** Four days, one of which has 23 hours. */
export const END = BEGIN + 95 * HOUR;

export interface Listening {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly address: string;
}

/** In every hour two listen to /talk.mp3 for the first half; five to /music.ogg for three quarters of it, but for the nights. */
export function listenings(): Listening[] {
  const all: Listening[] = [];
  for (let hour = 0; hour < 95; hour++) {
    const at = BEGIN + hour * HOUR;
    const count = new Date(at).getUTCHours() < 5 ? 1 : 5;
    for (let i = 0; i < 2; i++) all.push(listening('/talk.mp3', at, HOUR / 2, i));
    for (let i = 0; i < count; i++) all.push(listening('/music.ogg', at, (HOUR * 3) / 4, 10 + i));
  }
  return all;
}

function listening(stream: string, from: number, length: number, number: number): Listening {
  return { stream, from, to: from + length, address: `198.51.100.${number}` };
}

/** A connection is a line, written when it is over. */
export function writePast(path: string, all: readonly Listening[] = listenings()): void {
  const lines = all
    .toSorted((a, b) => a.to - b.to)
    .map(({ stream, from, to, address }) => {
      const seconds = (to - from) / 1000;
      return `${address} - - [${logTime(to)}] "GET ${stream} HTTP/1.1" 200 ${seconds * 16_000} "-" "VLC/3.0.20 LibVLC/3.0.20" ${seconds}\n`;
    });
  writeFileSync(path, lines.join(''));
}
