/**
 * For bench/enrich.ts: what plays, by user agents of the apps and bots that others have collected. The peer is
 * `node-device-detector` called directly, as its page says; beside it what the rest of the process notices of our thread.
 */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import DeviceDetector from 'node-device-detector';
import { clientFacts } from '../src/core/observation.ts';
import { caseFile, noCases } from '../src/enrich/fixture.ts';
import { createEnrichment } from '../src/enrich/index.ts';
import { createDetector } from '../src/enrich/player/detector.ts';
import { ScopedCounters } from '../src/telemetry/counters.ts';
import { silentLog } from '../src/telemetry/log.ts';
import { digits, megabytes, perSecond, whole } from './format.ts';
import { inTurns, ratioOf, timed } from './harness.ts';
import type { Report } from './report.ts';

const TURNS = { rounds: 3, warmUps: 1 };

export async function measurePlayers(report: Report): Promise<void> {
  if (noCases !== false) {
    report.remark(`Players: ${noCases}.`);
    return;
  }
  const agents = collectedAgents().filter((_, i) => i % 3 === 0);
  report.note(`players of ${whole(agents.length)} distinct user agents`);
  const Matomo = DeviceDetector as unknown as typeof DeviceDetector.default;
  const direct = new Matomo();
  const detect = createDetector();
  const { ours, theirs } = await inTurns(TURNS, {
    ours: () =>
      timed(() => {
        for (const agent of agents) detect(agent);
      }),
    theirs: () =>
      timed(() => {
        for (const agent of agents) {
          direct.parseBot(agent);
          direct.detect(agent);
        }
      }),
  });
  report.figure({
    what: 'players of distinct user agents, on this thread',
    ours: perSecond(agents.length, ours),
    peer: { name: 'node-device-detector', figure: perSecond(agents.length, theirs) },
    ratio: ratioOf(ours, theirs),
  });
  await measureThread(agents, report);
}

function collectedAgents(): string[] {
  return ['apps', 'bots'].flatMap((name) => {
    const file = JSON.parse(readFileSync(caseFile(`user-agents/${name}.examples.json`), 'utf8')) as {
      readonly entries: readonly { readonly examples: readonly string[] }[];
    };
    return [...new Set(file.entries.flatMap((entry) => entry.examples))];
  });
}

async function measureThread(agents: readonly string[], report: Report): Promise<void> {
  let told = 0;
  const enrichment = await createEnrichment({
    geo: false,
    asnDatabase: false,
    privacy: { addresses: 'full', ipv4Bits: 24, ipv6Bits: 48 },
    key: new Uint8Array(32),
    acceptDeclared: true,
    found: () => told++,
    log: silentLog,
    counters: new ScopedCounters(),
  });
  const before = process.memoryUsage.rss();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const asking = await timed(() => {
    for (const userAgent of agents) enrichment.identify('bench', clientFacts({ userAgent }));
  });
  const answering = await timed(() => enrichment.settled());
  delay.disable();
  if (told === 0) throw new Error('the thread has told nothing');
  report.figure({
    what: '  by the thread, its start included',
    ours: `asked in ${digits(asking)} ms, all told in ${digits(answering)} ms`,
  });
  const [nearly, most] = [delay.percentile(99), delay.max].map((nanoseconds) => digits(nanoseconds / 1e6));
  report.figure({ what: '  event loop blocked meanwhile', ours: `99 %: ${nearly} ms, at most ${most} ms` });
  report.figure({ what: '  memory of the thread', ours: megabytes(process.memoryUsage.rss() - before) });
  await enrichment.close();
}
