/**
 * Started by enrich-players.ts: how long a process takes to read its rules and to answer for the first
 * time, and how much of that its thread was at work: the rest is what else the machine does.
 */

import { BROWSERS } from '../src/enrich/player/fixture.ts';

const [, , userAgent] = BROWSERS[0]!;

const START: Readonly<Record<string, () => Promise<() => unknown>>> = {
  ours: async () => {
    const { createDetector } = await import('../src/enrich/player/detector.ts');
    return () => createDetector()(userAgent);
  },
  theirs: async () => {
    const { default: Matomo } = (await import('node-device-detector')) as unknown as {
      default: new () => { parseBot(text: string): unknown; detect(text: string): unknown };
    };
    return () => {
      const detector = new Matomo();
      detector.parseBot(userAgent);
      return detector.detect(userAgent);
    };
  },
};

const before = performance.now();
const answer = await START[process.argv[2]!]!();
const imported = performance.now();
const busyBefore = process.threadCpuUsage();
answer();
const busy = process.threadCpuUsage(busyBefore);
const times = {
  importing: imported - before,
  answering: performance.now() - imported,
  busy: (busy.user + busy.system) / 1000,
};
process.stdout.write(`${JSON.stringify(times)}\n`);
