/**
 * The demo that a newcomer sees: an HLS origin and a crowd on loopback. What the origin logs is watched like any other
 * access log, so every number on the dashboard has gone the real way.
 */

import { mkdirSync } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { drawAddresses } from './addresses.ts';
import { runCrowd } from './crowd.ts';
import { startOrigin } from './origin.ts';

export interface DemoOptions {
  /** Where the log is written; made if it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly size?: number;
  readonly countryOf: (address: string) => string | null;
}

export interface Demo {
  stop(): Promise<void>;
}

/** The log that the demo will write: it need not be there yet. */
export function demoLog(directory: string): string {
  return `${directory}/access.log`;
}

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { directory, clock, random, size = 300 } = options;
  mkdirSync(directory, { recursive: true });
  const origin = await startOrigin(demoLog(directory));
  const addresses = drawAddresses(size * 3, options.countryOf, random);
  const stopping = new AbortController();
  const crowd = runCrowd({
    port: origin.port,
    clock,
    random,
    size,
    signal: stopping.signal,
    address: () => addresses[Math.floor(random() * addresses.length)]!,
  });
  return {
    stop: async () => {
      stopping.abort();
      await crowd;
      await origin.close();
    },
  };
}
