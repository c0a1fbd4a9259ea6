/** What the crash tests and the process that they kill agree on: commits that say by their number what there must be. */

import type { Commit, StoredReport } from '../store.ts';
import { closedEvent, closedSession, commitOf, openSession } from '../suite/rows.ts';
import type { Migration } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';

export const OPEN = 600;
/** It is told nothing: everything waits for it. */
export const SINK = 'hook';
const SUPERSEDED = 10;

const idOf = (batch: number, i: number) => `${batch}/${i}`;
const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** Closes what the commit before has opened, opens as many, and takes back a few of those closed by the one before. */
export function commitNumber(sequence: number): Commit {
  return commitOf(sequence, {
    superseded: sequence > 2 ? each(SUPERSEDED, (i) => idOf(sequence - 2, i)) : [],
    closed: sequence > 1 ? each(OPEN, (i) => closedSession(idOf(sequence - 1, i), { bytes: sequence })) : [],
    open: each(OPEN, (i) => openSession(idOf(sequence, i), { bytes: sequence })),
    reports: [reportNumber(sequence)],
    samples: [{ source: 'edge-1', stream: 'radio', at: sequence, metric: 'listeners', value: sequence }],
    cursors: { 'edge-1': sequence },
    residue: { watermarks: { 'edge-1': sequence }, waiting: [] },
    events: [closedEvent(`event ${sequence}`)],
  });
}

export function reportNumber(sequence: number): StoredReport {
  return { source: 'edge-1', report: { kind: 'report', stream: 'radio', at: sequence, status: 'up' } };
}

/** How many sessions there are after that many commits. */
export function sessionsAfter(sequence: number): number {
  return sequence * OPEN - SUPERSEDED * Math.max(sequence - 2, 0);
}

/** A step after ours; `interrupt` is called half-way. */
export function nextStep(interrupt: () => Promise<void>): readonly Migration[] {
  return [
    ...MIGRATIONS,
    {
      summary: 'a colour for every session',
      apply: async (run) => {
        await run('ALTER TABLE sessions ADD COLUMN colour VARCHAR');
        await run("UPDATE sessions SET colour = 'red'");
        await interrupt();
        await run('ALTER TABLE open_sessions ADD COLUMN colour VARCHAR');
        await run("UPDATE open_sessions SET colour = 'green'");
      },
    },
  ];
}
