/** What the streams of spyservers are called that somebody else runs: by their ports. */

import { z } from 'zod';

/** `{ '5020': '20m_band' }`. */
export type PortNames = Readonly<Record<string, string>>;

const Port = z.string().regex(/^\d{1,5}$/, { error: 'is no port' });

/** In a URL, and wherever one likes, `5020:20m_band,5040:40m_band`. */
export const portNames = z.preprocess(readNames, z.record(Port, z.string().min(1).max(255)));

export function streamOf(port: number, names: PortNames): string {
  return names[port] ?? `port ${port}`;
}

/** Anything but a text of pairs is for the schema to judge. */
function readNames(written: unknown): unknown {
  if (typeof written !== 'string') return written;
  const pairs = written.split(',').map((pair) => /^\s*(\d+)\s*:\s*(.+?)\s*$/.exec(pair));
  return pairs.every((pair) => pair !== null) ? Object.fromEntries(pairs.map((pair) => [pair![1], pair![2]])) : written;
}
