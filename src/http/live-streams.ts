/** The streams that there are now, on the wire. */

import type { AudienceView } from '../core/limited-audience.ts';
import type { StreamWire } from './contract.ts';
import type { StreamsView } from './service.ts';
import { streamWire } from './wire.ts';

export interface LiveView {
  readonly audience: Pick<AudienceView, 'countOfStream' | 'streams'>;
  readonly streams: StreamsView;
}

/** Streams that a source has spoken of, and streams that only have an audience. The greatest audience first. */
export function allStreams(live: LiveView): StreamWire[] {
  const { streams, audience } = live;
  const items = streams.list().map((state) => streamWire(state, audience.countOfStream(state.source, state.stream)));
  const known = new Set(items.map(({ id }) => id));
  for (const { source, stream } of audience.streams()) {
    if (!known.has(streams.idOf(source, stream))) items.push(oneStream(live, source, stream));
  }
  return items.sort(greatestAudienceFirst);
}

export function greatestAudienceFirst(a: StreamWire, b: StreamWire): number {
  return b.sessions - a.sessions || compare(a.stream, b.stream) || compare(a.source, b.source);
}

export function oneStream(live: LiveView, source: string, stream: string): StreamWire {
  const { streams, audience } = live;
  const state = streams.get(source, stream) ?? streams.unspoken(source, stream);
  return streamWire(state, audience.countOfStream(source, stream));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
