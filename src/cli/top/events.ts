/** Server-sent events (WHATWG HTML §9.2) as Headcount writes them: one `event`, one `data` line of JSON. */

import { HeadcountError } from '../../lib/errors.ts';

export interface LiveEvent {
  readonly event: string;
  readonly data: unknown;
}

/** No event of ours is longer. */
const LONGEST = 4 * 1024 * 1024;

/** Throws `PEER_ANSWERED_BADLY` if what comes is no such event. */
export class EventReader {
  #rest = '';

  /** The events that are complete now. */
  take(text: string): LiveEvent[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop()!;
    if (this.#rest.length > LONGEST) throw notEvents();
    return blocks.flatMap((block) => eventIn(block) ?? []);
  }
}

function eventIn(block: string): LiveEvent | null {
  const lines = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line));
  const fields = new Map(lines.map((line) => [line?.[1], line?.[2]]));
  const [event, data] = [fields.get('event'), fields.get('data')];
  if (event === undefined || data === undefined) return null;
  try {
    return { event, data: JSON.parse(data) };
  } catch {
    throw notEvents();
  }
}

function notEvents(): HeadcountError {
  return new HeadcountError('PEER_ANSWERED_BADLY', 'What answers there sends no events of Headcount.');
}
