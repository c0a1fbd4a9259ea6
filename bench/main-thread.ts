/** How long the main thread of a page is held by one task after the other, as Chromium traces it. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';

export interface MainThread {
  /** Milliseconds of each task that took at least one. */
  readonly tasks: readonly number[];
  /** That were watched. */
  readonly seconds: number;
}

/** An event of the trace, as far as we read it: times are microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly args?: { readonly name?: string };
}

const SHORTEST_MS = 1;

export async function watchMainThread(cdp: CDPSession, milliseconds: number): Promise<MainThread> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: unknown[] }) => {
    events.push(...(value as TraceEvent[]));
  };
  cdp.on('Tracing.dataCollected', collect as never);
  await cdp.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline', '__metadata'] },
  });
  await sleep(milliseconds);
  const complete = once(cdp as never, 'Tracing.tracingComplete');
  await cdp.send('Tracing.end');
  await complete;
  cdp.off('Tracing.dataCollected', collect as never);
  return { tasks: tasksIn(events), seconds: milliseconds / 1000 };
}

/** Of the process that did most: others are of the browser itself. */
function tasksIn(events: readonly TraceEvent[]): number[] {
  const mains = new Set<string>();
  for (const { name, pid, tid, args } of events) {
    if (name === 'thread_name' && args?.name === 'CrRendererMain') mains.add(`${pid} ${tid}`);
  }
  const byThread = new Map<string, number[]>();
  for (const { name, ph, pid, tid, dur = 0 } of events) {
    const thread = `${pid} ${tid}`;
    if (ph !== 'X' || name !== 'RunTask' || !mains.has(thread) || dur < SHORTEST_MS * 1000) continue;
    byThread.set(thread, [...(byThread.get(thread) ?? []), dur / 1000]);
  }
  const sum = (tasks: readonly number[]) => tasks.reduce((total, each) => total + each, 0);
  const busiest = [...byThread.values()].sort((a, b) => sum(b) - sum(a))[0];
  if (busiest === undefined) throw new Error('the trace has no task of the main thread');
  return busiest;
}
