/**
 * Network interfaces as a source: what tcpdump sees there on the server's port, told twice a second. After a restart a
 * roster says who is still there as far as we know, so that no ghost survives and nobody begins anew.
 */

import { type Instant, type Presence, presence, type Roster } from '../../core/observation.ts';
import { HeadcountError } from '../../lib/errors.ts';
import { captureLive } from '../../transports/capture/live.ts';
import { createCaptureReader } from '../../transports/capture/pcap.ts';
import type { SourceContext } from '../source.ts';
import type { Allocation } from './allocation.ts';
import type { Allocations } from './allocations.ts';
import { restoreState, type SavedState, savedState, saveState } from './cursor.ts';
import { TurnReader, type TurnReaderOptions } from './reader.ts';

const TELL_EVERY = 500;
/** While nothing comes, the watermark follows the clock at this distance: the kernel hands packets over a second late. */
const DISTANCE = 2000;
const SAVE_EVERY = 2000;

export interface LiveCaptureOptions extends Omit<TurnReaderOptions, 'counters' | 'foldMs'> {
  /** One or several. */
  readonly interfaces: readonly string[];
  /** Of the server, as addresses or blocks; none is all. */
  readonly hosts: readonly string[];
  readonly snapLength: number;
  readonly bufferKiB: number;
}

export async function runLive(options: LiveCaptureOptions, context: SourceContext): Promise<void> {
  const { counters, signal, emit, messages } = context;
  const reader = new TurnReader({ ...options, counters, messages, foldMs: TELL_EVERY });
  const begun = begin(reader.allocations, context);
  await emit({ observations: [begun], watermark: begun.at });

  const tell = inTurn(createTeller(reader, context, begun.at));
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const listening = options.interfaces.map((name) =>
    listen(name, reader, tell, options, { ...context, signal: until }).catch((error: unknown) => {
      failures.push(error);
      stop.abort();
    }),
  );
  await Promise.all(listening);
  if (failures.length > 0) throw failures[0];
}

type Tell = (isIdle: boolean) => Promise<void>;

async function listen(
  name: string,
  reader: TurnReader,
  tell: Tell,
  { ports, hosts, snapLength, bufferKiB }: LiveCaptureOptions,
  { clock, signal, counters }: SourceContext,
): Promise<void> {
  const capture = createCaptureReader(reader.onPacket);
  const chunks = captureLive({
    interface: name,
    filter: filterFor(name, ports, hosts),
    snapLength,
    bufferKiB,
    idleMs: TELL_EVERY,
    clock,
    signal,
    onCounts: ({ received, dropped }) => {
      counters.add('kernelReceived', received);
      counters.add('kernelDropped', dropped);
    },
  });
  for await (const chunk of chunks) {
    if (chunk !== null) capture.write(chunk);
    if (capture.isCorrupt) {
      throw new HeadcountError('CAPTURE_FAILED', `tcpdump sent something else than packets from "${name}".`);
    }
    await tell(chunk === null);
  }
}

/** What several interfaces ask for at a time is done one by one. */
function inTurn(tell: Tell): Tell {
  let last: Promise<void> = Promise.resolve();
  return (isIdle) => {
    const next = last.then(() => tell(isIdle));
    // Whoever asked is told of a failure; the next one asks anew.
    last = next.catch(() => {});
    return next;
  };
}

/** In the language of pcap-filter(7), with and without a VLAN tag, of which `any` knows nothing. */
export function filterFor(name: string, ports: readonly number[], hosts: readonly string[]): string {
  const from = ports.map((port) => `port ${port}`).join(' or ');
  const at = hosts.map((host) => (host.includes('/') ? `net ${host}` : `host ${host}`)).join(' or ');
  const wanted = at === '' ? `(${from})` : `(${from}) and (${at})`;
  return name === 'any' ? wanted : `(${wanted}) or (vlan and (${wanted}))`;
}

/** Tells what there is, if it is time to. */
function createTeller(reader: TurnReader, { clock, emit }: SourceContext, begunAt: Instant): Tell {
  let told = begunAt;
  let toldAt = clock.elapsed();
  let savedAt = Number.NEGATIVE_INFINITY;
  let savedChanges = 0;
  return async (isIdle) => {
    const elapsed = clock.elapsed();
    if (!isIdle && elapsed - toldAt < TELL_EVERY) return;
    toldAt = elapsed;
    const quiet = Math.floor(clock.now() - DISTANCE);
    if (isIdle) reader.passTime(quiet);
    const { observations, watermark } = reader.cut();
    const { changes } = reader.allocations;
    const isNew = changes !== savedChanges && elapsed - savedAt >= SAVE_EVERY;
    if (isNew) {
      savedChanges = changes;
      savedAt = elapsed;
    }
    // Neither a wall clock that steps back nor the distance takes back what has been said.
    told = Math.max(told, watermark ?? quiet, isIdle ? quiet : Number.NEGATIVE_INFINITY);
    await emit({
      observations,
      watermark: told,
      ...(isNew ? { cursor: { version: 1, state: saveState(reader.allocations) } } : {}),
    });
  };
}

/** Restores who is still there, and says so. */
function begin(allocations: Allocations, { cursor, clock, counters }: SourceContext): Roster {
  const now = clock.now();
  const state = stateOf(cursor);
  if (state !== null) restoreState(allocations, state, now);
  if (state?.isPartial) counters.add('unsavedAllocations');
  const present = [...allocations.values()].map((allocation) => stillThere(allocation, now));
  // If not all could be saved, those who are missing must not be taken for gone: their leases run out by themselves.
  return { kind: 'roster', at: now, streams: state?.isPartial ? [] : null, present };
}

function stillThere({ stream, client, leaseEnd }: Allocation, now: Instant): Presence {
  return presence({ stream, client, from: now, until: Math.floor(leaseEnd) });
}

function stateOf(cursor: unknown): SavedState | null {
  const parsed = savedState.safeParse((cursor as { state?: unknown } | null)?.state);
  return parsed.success ? parsed.data : null;
}
