/**
 * Collects what has changed since the last commit. A commit is a consistent cut: sessions, reports and watermarks with
 * just the cursors of the batches that made them.
 */

import type { Session, SessionRecord } from '../core/session.ts';
import type { Changes, OpenSession, Tracker } from '../core/tracker.ts';
import { nextTurn } from '../lib/turn.ts';
import type { Commit, Sample, StoredReport } from '../store/store.ts';

export class Recorder {
  readonly #tracker: Tracker;
  readonly #open = new Map<string, Session>();
  readonly #closed = new Map<string, SessionRecord>();
  #superseded: string[] = [];
  #reports: StoredReport[] = [];
  #samples: Sample[] = [];
  readonly #cursors = new Map<string, unknown>();

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** How much is waiting to be committed. */
  get size(): number {
    return this.#open.size + this.kept;
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
      this.#open.delete(id);
      // It may have been closed and opened again since the last commit.
      this.#closed.delete(id);
    }
    for (const session of changes.opened) this.#open.set(session.id, session);
    for (const session of changes.updated) this.#open.set(session.id, session);
    for (const session of changes.closed) {
      this.#open.delete(session.id);
      this.#closed.set(session.id, this.#tracker.describe(session));
    }
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
   * Everything so far; afterwards nothing is waiting. Of very many open sessions some are written down at a time, and between
   * them the event loop has its turn: until it is done the tracker must be told nothing.
   */
  async cut(sequence: number): Promise<Commit> {
    const sessions = [...this.#open.values()];
    const commit: Omit<Commit, 'open'> = {
      sequence,
      superseded: this.#superseded,
      closed: [...this.#closed.values()],
      reports: this.#reports,
      samples: this.#samples,
      cursors: Object.fromEntries(this.#cursors),
      residue: this.#tracker.residue(),
    };
    this.#open.clear();
    this.#closed.clear();
    this.#superseded = [];
    this.#reports = [];
    this.#samples = [];
    this.#cursors.clear();
    const open: OpenSession[] = [];
    for (const session of sessions) {
      if (open.length > 0 && open.length % SLICE === 0) await nextTurn();
      open.push(this.#tracker.snapshot(session));
    }
    return { ...commit, open };
  }
}

/** Some milliseconds' worth. */
const SLICE = 2000;
