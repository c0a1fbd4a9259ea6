/** The insight of a running Headcount, with its files in the data directory. */

import { join } from 'node:path';
import { AuditLog } from './audit.ts';
import { FeedbackBook } from './feedback.ts';
import { LiveSharing, type LiveSharingOptions } from './live.ts';
import { ToldFindings } from './told.ts';

export type { AuditEntry } from './audit.ts';
export type { Feedback } from './feedback.ts';
export type { FeedbackKind } from './kinds.ts';
export type { AccountReport, LiveSharing } from './live.ts';
export type { AccountSummary, Ranked, RankingQuery } from './ranking.ts';

export interface OpenSharingOptions extends Omit<LiveSharingOptions, 'feedback' | 'told' | 'audit'> {
  /** The data directory. */
  readonly directory: string;
}

/** Throws `FEEDBACK_DAMAGED`. Nothing happens before `start`. */
export function openLiveSharing({ directory, ...options }: OpenSharingOptions): LiveSharing {
  return new LiveSharing({
    ...options,
    feedback: FeedbackBook.open(join(directory, 'sharing-feedback.json')),
    told: new ToldFindings(join(directory, 'sharing-told.json')),
    audit: new AuditLog(join(directory, 'sharing-audit.jsonl')),
  });
}
