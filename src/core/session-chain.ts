/** The sessions of one key that are tracked: a list, oldest first, by its first one. */

import type { Session } from './session.ts';

export function newestOf(head: Session): Session {
  let newest = head;
  while (newest.next !== null) newest = newest.next;
  return newest;
}

export function* chained(heads: ReadonlyMap<string, Session>): Generator<Session> {
  for (const head of heads.values()) {
    for (let each: Session | null = head; each !== null; each = each.next) yield each;
  }
}

/** Adds a session to the list of its key, oldest first. */
export function chain(heads: Map<string, Session>, key: string, session: Session): void {
  const head = heads.get(key);
  session.isAlone = head === undefined;
  if (head === undefined || session.start < head.start) {
    if (head !== undefined) head.isAlone = false;
    session.next = head ?? null;
    heads.set(key, session);
    return;
  }
  head.isAlone = false;
  let before = head;
  while (before.next !== null && before.next.start <= session.start) before = before.next;
  session.next = before.next;
  before.next = session;
}

export function unchain(heads: Map<string, Session>, key: string, session: Session): boolean {
  const head = heads.get(key);
  if (head === undefined) return false;
  if (head === session) {
    if (session.next === null) heads.delete(key);
    else heads.set(key, session.next);
  } else {
    let before = head;
    while (before.next !== null && before.next !== session) before = before.next;
    if (before.next !== session) return false;
    before.next = session.next;
  }
  session.next = null;
  const rest = heads.get(key);
  if (rest !== undefined && rest.next === null) rest.isAlone = true;
  return true;
}

/** Which session of its connection it is, from 1 on. */
export function visitOf(session: Session): number {
  return session.rare?.visit ?? 1;
}
