/**
 * One question for each of many streams of one server, a few at a time. A question that fails says nothing of the others,
 * unless all fail: then the server is the trouble.
 */

import { HeadcountError } from '../lib/errors.ts';

export interface Answers<Item, Answer> {
  /** In no particular order. */
  readonly answered: readonly Answer[];
  readonly failed: ReadonlySet<Item>;
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
  const answered: Answer[] = [];
  const failures = new Map<Item, unknown>();
  const waiting = [...items];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const item = next;
      await ask(item).then(
        (answer) => answered.push(answer),
        (error: unknown) => failures.set(item, error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  signal.throwIfAborted();
  const refused = [...failures.values()].find(isRefusedLogin);
  if (refused !== undefined) throw refused;
  if (failures.size > 0 && failures.size === items.length) throw failures.values().next().value;
  return { answered, failed: new Set(failures.keys()) };
}

function isRefusedLogin(error: unknown): boolean {
  return error instanceof HeadcountError && error.code === 'PEER_REFUSED_LOGIN';
}
