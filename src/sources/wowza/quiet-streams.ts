/**
 * Wowza lists a stream only while somebody plays it. One that nobody plays any more may well be on the air: as long as
 * its application instance is loaded nothing is known of it but that nobody listens.
 */

import type { Instant, StreamReport } from '../../core/observation.ts';
import type { ConnectionCounts } from './parse.ts';

/** Of a server with many films, the last ones. */
const MAX_REMEMBERED = 1000;

export class QuietStreams {
  /** The instances of streams that were played, the one played last at the end. */
  readonly #instanceOf = new Map<string, string>();

  /** Reports of those that are played and of those that were. What is missing went with its application instance. */
  reportsOf({ instances, streams }: ConnectionCounts, at: Instant): StreamReport[] {
    for (const { stream, instance } of streams) {
      this.#instanceOf.delete(stream);
      this.#instanceOf.set(stream, instance);
    }
    const played = new Set(streams.map(({ stream }) => stream));
    const quiet: StreamReport[] = [];
    for (const [stream, instance] of this.#instanceOf) {
      const isForgotten = !instances.has(instance) || this.#instanceOf.size > MAX_REMEMBERED;
      if (isForgotten) this.#instanceOf.delete(stream);
      else if (!played.has(stream)) quiet.push({ kind: 'report', stream, at, status: 'unknown', listeners: 0 });
    }
    const up = streams.map(({ stream, listeners }) => ({
      kind: 'report' as const,
      stream,
      at,
      status: 'up' as const,
      listeners,
    }));
    return [...up, ...quiet];
  }
}
