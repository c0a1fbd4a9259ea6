/** What becomes of sessions between two times that somebody asks. */

import type { Session } from './session.ts';

/** What has changed since it was last asked. A session may be both opened and closed. */
export interface Changes {
  readonly opened: readonly Session[];
  /** Neither opened nor closed; also those that have ended but are not final yet. */
  readonly updated: readonly Session[];
  /** Those of the updated that may count under something else than before, or no longer: see facetOf. */
  readonly regrouped: readonly Session[];
  /** Final: no observation can change them any more. */
  readonly closed: readonly Session[];
  /** These ids go before the above come: they are part of, or replaced by, the session `by` (which may be themselves, opened again). */
  readonly superseded: readonly { readonly id: string; readonly by: string }[];
}

export const OPENED = 1;
export const UPDATED = 2;
export const CLOSED = 4;
/** It was told to be closed before: that row must go. */
export const REOPENED = 8;
/** Updated, and perhaps counted under something else. */
export const REGROUPED = 16;
const ANEW = OPENED | CLOSED | REOPENED;

export class News {
  #told: Session[] = [];
  #superseded: { id: string; by: string }[] = [];

  /** `news`: of the above. */
  tell(session: Session, news: number): void {
    if (news !== UPDATED) session.hasOnlyMoved = false;
    if (session.rare !== null && session.rare.replacedBy !== null) return;
    if (session.news === 0) this.#told.push(session);
    session.news |= news;
  }

  /** The session is part of, or replaced by, another one: takes back what was told of it. */
  retract(session: Session, by: string): void {
    const isKnown = (session.news & OPENED) === 0 || (session.news & REOPENED) !== 0;
    if (isKnown) this.#superseded.push({ id: session.id, by });
    session.news = 0;
  }

  /** What has changed since the last call. */
  take(): Changes {
    const opened: Session[] = [];
    const updated: Session[] = [];
    const regrouped: Session[] = [];
    const closed: Session[] = [];
    for (const session of this.#told) {
      const { news } = session;
      session.news = 0;
      if ((news & REOPENED) !== 0) this.#superseded.push({ id: session.id, by: session.id });
      if ((news & OPENED) !== 0) opened.push(session);
      if ((news & CLOSED) !== 0) closed.push(session);
      // Nothing is left to tell of what was taken back.
      if (news === 0 || (news & ANEW) !== 0) continue;
      updated.push(session);
      if ((news & REGROUPED) !== 0) regrouped.push(session);
    }
    const superseded = this.#superseded;
    this.#told = [];
    this.#superseded = [];
    return { opened, updated, regrouped, closed, superseded };
  }
}
