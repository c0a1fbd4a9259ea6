/**
 * The streams: their properties as fetched and as `stream` events change them, with the live counts of the newest
 * audience. Fetched again when the audience speaks of one that is not known.
 */

import type { StreamWire } from '../../../src/http/contract.ts';
import { type ApiError, ask } from './api.ts';
import { live } from './live.svelte.ts';
import { polled } from './polled.svelte.ts';

const REFRESH = 60_000;

export interface StreamList {
  /** The greatest audience first; null until they are known. */
  readonly streams: readonly StreamWire[] | null;
  readonly error: ApiError | null;
}

/** Must be called while a component is created. */
export function createStreamList(): StreamList {
  let known = $state.raw<ReadonlyMap<string, StreamWire> | null>(null);
  const unknown = $derived(
    Object.keys(live.audience?.streams ?? {})
      .filter((id) => known?.has(id) === false)
      .join(),
  );
  const list = polled(
    async (signal) => {
      const { items } = await ask('streams', {}, signal);
      known = new Map(items.map((stream) => [stream.id, stream]));
    },
    REFRESH,
    () => {
      void unknown;
      return true;
    },
  );
  $effect(() =>
    live.onStream((stream) => {
      if (known !== null) known = new Map([...known, [stream.id, stream]]);
    }),
  );
  const streams = $derived(known === null ? null : counted([...known.values()], live.audience?.streams ?? null));
  return {
    get streams() {
      return streams;
    },
    get error() {
      return list.error;
    },
  };
}

function counted(streams: readonly StreamWire[], counts: Readonly<Record<string, number>> | null): StreamWire[] {
  const newest = streams.map((stream) => ({
    ...stream,
    sessions: counts === null ? stream.sessions : (counts[stream.id] ?? 0),
  }));
  return newest.sort((a, b) => sizeOf(b) - sizeOf(a) || a.stream.localeCompare(b.stream));
}

function sizeOf(stream: StreamWire): number {
  return countedOf(stream) ?? stream.sessions;
}

/** The count of the server, where it is all there is; otherwise null. */
export function countedOf({ countOnly, sessions, reportedListeners }: StreamWire): number | null {
  return countOnly && sessions === 0 ? reportedListeners : null;
}
