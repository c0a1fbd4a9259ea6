/**
 * One question for each of many streams of one server, a few at a time. A question that fails says nothing of the others,
 * unless all fail: then the server is the trouble.
 */

import { HeadcountError } from '../lib/errors.ts';

export interface Answers<Item, Answer> {
  /** In no particular order. */
  readonly answered: ReadonlyMap<Item, Answer>;
  /** With what each question rejected. */
  readonly failed: ReadonlyMap<Item, unknown>;
}

/**
 * Asks `ask` for every item, at most `atOnce` at a time. Rejects with what the first question said if every one fails,
 * if a login was refused (it would be refused for all), or if `signal` aborts.
 */
export async function askEach<Item, Answer>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  ask: (item: Item) => Promise<Answer>,
): Promise<Answers<Item, Answer>> {
  const answered = new Map<Item, Answer>();
  const failed = new Map<Item, unknown>();
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) {
      if (signal.aborted) return;
      await ask(item).then(
        (answer) => answered.set(item, answer),
        (error: unknown) => failed.set(item, error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  signal.throwIfAborted();
  const refused = [...failed.values()].find(isRefusedLogin);
  if (refused !== undefined) throw refused;
  if (failed.size > 0 && failed.size === items.length) throw failed.values().next().value;
  return { answered, failed };
}

function isRefusedLogin(error: unknown): boolean {
  return error instanceof HeadcountError && error.code === 'PEER_REFUSED_LOGIN';
}
