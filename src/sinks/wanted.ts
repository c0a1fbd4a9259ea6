/** What the options `events`, `statuses`, `streams` and so on let a sink be told of. */

import { isWithin, parseStreamPattern } from '../core/access.ts';
import { type EventSketch, isSameLimit } from '../core/event.ts';
import type { CommonSinkOptions } from './sink.ts';

export function wantedBy(common: CommonSinkOptions): (event: EventSketch) => boolean {
  const { statuses, statusFor, thresholds } = common;
  const types = new Set(common.events);
  const isOfStream = streamFilter(common.streams);
  return ({ type, source, stream, status, held = 0, limit }) => {
    if (!types.has(type) || !isOfStream(source, stream)) return false;
    if (status !== undefined && (held !== statusFor || !statuses.includes(status))) return false;
    return limit === undefined || thresholds.some((each) => isSameLimit(each, limit));
  };
}

/** `STREAM` or `SOURCE/STREAM`, with `*` for any text; none is all. A name that is not known any more fits everything. */
export function streamFilter(streams: readonly string[]): (source: string | null, stream: string | null) => boolean {
  if (streams.length === 0) return () => true;
  // The name of a stream may have slashes, and stars, itself.
  const names = new Set(streams);
  const patterns = streams.map(parseStreamPattern);
  const anySource = patterns.map(({ stream }) => ({ source: '*', stream }));
  return (source, stream) => {
    if (stream === null || names.has(stream)) return true;
    return source === null ? isWithin(anySource, '', stream) : isWithin(patterns, source, stream);
  };
}
