/** What a stream has played: asked again when its title changes, and not with every count. */

import type { StreamWire } from '../../../src/http/contract.ts';
import type { ApiError } from './api.ts';
import { askStream } from './api.ts';
import { polled } from './polled.svelte.ts';

export interface StreamTitles {
  /** Newest last; none before they are known. */
  readonly titles: readonly { readonly at: string; readonly title: string }[];
  readonly error: ApiError | null;
}

/** Must be called while a component is created; ends with it. */
export function streamTitles(stream: () => StreamWire): StreamTitles {
  // Read apart: a count changes the stream, and neither of these.
  const id = $derived(stream().id);
  const title = $derived(stream().title);
  const details = polled(
    (signal) => askStream(id, signal),
    60_000,
    () => {
      void title;
      return true;
    },
  );
  return {
    get titles() {
      return details.value?.id === id ? details.value.titles : [];
    },
    get error() {
      return details.error;
    },
  };
}
