/**
 * Collects what has changed since the last commit. A commit is a consistent cut: sessions, reports and watermarks with
 * just the cursors of the batches that made them.
 */

import type { Changes } from '../core/news.ts';
import type { Session, SessionRecord } from '../core/session.ts';
import { SnapshotRoom, Snapshots } from '../core/snapshot.ts';
import type { Tracker } from '../core/tracker.ts';
import { Slice } from '../lib/turn.ts';
import type { Commit, Sample, StoredReport } from '../store/store.ts';

/** So many open sessions are kept before it is asked whether the event loop should turn. */
const KEPT_AT_A_TIME = 500;

export class Recorder {
  readonly #tracker: Tracker;
  /** Each once, as `isWaiting` says; some of them may have been closed, or superseded, since. */
  #open: Session[] = [];
  #closed = new Map<string, SessionRecord>();
  #superseded: string[] = [];
  #reports: StoredReport[] = [];
  #samples: Sample[] = [];
  readonly #cursors = new Map<string, unknown>();
  readonly #room = new SnapshotRoom();

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** How much is waiting to be committed. */
  get size(): number {
    return this.#open.length + this.kept;
  }

  /** How much of it is kept here alone: open sessions are there anyway, and many changes of one are one. */
  get kept(): number {
    return this.#closed.size + this.#superseded.length + this.#reports.length + this.#samples.length;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.#cursors.size === 0;
  }

  take(changes: Changes): void {
    for (const { id } of changes.superseded) {
      this.#superseded.push(id);
      // It may have been closed and opened again since the last commit.
      this.#closed.delete(id);
    }
    for (const session of changes.opened) this.#wait(session);
    for (const session of changes.updated) this.#wait(session);
    for (const session of changes.closed) this.#closed.set(session.id, this.#tracker.describe(session));
  }

  #wait(session: Session): void {
    if (session.isWaiting) return;
    session.isWaiting = true;
    this.#open.push(session);
  }

  /** A session that the tracker has never had. */
  keep(session: SessionRecord): void {
    this.#closed.set(session.id, session);
  }

  report(report: StoredReport): void {
    this.#reports.push(report);
  }

  sample(sample: Sample): void {
    this.#samples.push(sample);
  }

  /** Null removes a cursor. */
  cursor(source: string, cursor: unknown): void {
    this.#cursors.set(source, cursor);
  }

  /**
   * Everything so far, as it is now; what comes from now on is for the next one, which must not begin before this one is
   * stored. In slices: until it has ended, nothing may be observed and nobody may leave.
   */
  *cut(sequence: number): Generator<void, Commit> {
    const sessions = this.#open;
    const open = new Snapshots(sessions.length, this.#room);
    const commit: Commit = {
      sequence,
      superseded: this.#superseded,
      closed: [...this.#closed.values()],
      open,
      reports: this.#reports,
      samples: this.#samples,
      cursors: Object.fromEntries(this.#cursors),
      residue: this.#tracker.residue(),
    };
    this.#open = [];
    this.#closed = new Map();
    this.#superseded = [];
    this.#reports = [];
    this.#samples = [];
    this.#cursors.clear();
    const slice = new Slice();
    for (const [index, session] of sessions.entries()) {
      if (index % KEPT_AT_A_TIME === 0 && slice.isOver) {
        yield;
        slice.begin();
      }
      session.isWaiting = false;
      if (session.isTold) this.#tracker.keep(session, open);
    }
    return commit;
  }
}
